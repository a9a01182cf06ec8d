using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>
/// Whoever has the sources can verify the package. What a second build of all of it costs minutes to tell, its compiler alone tells in one: the id of an assembly is the hash of all that
/// is in it before it is compiled ahead, and stays in it after. <c>scripts/package.sh --check</c> builds all of it twice.
/// </summary>
[Collection(PackageCollection.Name)]
public sealed class ReproducibilityTests(Package package)
{
    // The same files as the package's script takes for its second build, and the console, which is built already.
    private const string Copy = """
        cd "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh | tar --null -cf - --files-from=- | tar -xf - -C "$2"
        if [ -d web/obj ]; then cp -a web/obj "$2/web/obj"; fi
        """;

    [Fact]
    public async Task The_same_sources_compiled_elsewhere_give_the_assemblies_of_the_package()
    {
        var elsewhere = Path.Combine("/var/tmp", "dcsources-" + Guid.NewGuid().ToString("n")[..8]);
        Directory.CreateDirectory(elsewhere);
        try
        {
            await Package.RunAsync("bash", "-euo", "pipefail", "-c", Copy, "bash", LibvirtHost.RepositoryRoot(), elsewhere);
            var revision = FileVersionInfo.GetVersionInfo(package.In("usr/lib/decloud/decloud-agent.dll")).ProductVersion!.Split('+')[^1];
            // The tests have no network: the packages are there since the first build, what is known against them was asked then.
            await Package.BuildAsync(
                "env", "MSBUILDDISABLENODEREUSE=1", "dotnet", "build", Path.Combine(elsewhere, "src/DeCloud.NodeAgent"), "-c", "Release", "-r", "linux-x64", "--nologo", "-v", "quiet",
                "-p:NuGetAudit=false", "-p:ContinuousIntegrationBuild=true", "-p:SourceRevisionId=" + revision);

            var again = Ids(Path.Combine(elsewhere, "src/DeCloud.NodeAgent/bin/Release/net10.0/linux-x64"));
            Assert.Contains("decloud-agent.dll", again.Keys);
            Assert.Equal(Ids(package.In("usr/lib/decloud")), again);
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    private static SortedDictionary<string, Guid> Ids(string folder) => new(
        Directory.EnumerateFiles(folder, "*.dll").Where(f => Path.GetFileName(f) is var name && (name.StartsWith("DeCloud.", StringComparison.Ordinal) || name == "decloud-agent.dll")).ToDictionary(f => Path.GetFileName(f), IdOf),
        StringComparer.Ordinal);

    private static Guid IdOf(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        var metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }
}
