namespace DeCloud.NodeAgent.Tests.Architecture;

/// <summary>The directions in which the projects may look, and what each may know of the world.</summary>
public sealed class ArchitectureTests
{
    private const string Libvirt = "DeCloud.Libvirt";
    private const string Contracts = "DeCloud.NodeAgent.Contracts";
    private const string Remote = "DeCloud.NodeAgent.Remote";
    private const string Core = "DeCloud.NodeAgent.Core";
    private const string Actors = "DeCloud.NodeAgent.Actors";
    private const string Infrastructure = "DeCloud.NodeAgent.Infrastructure";
    private const string Agent = "DeCloud.NodeAgent";
    private const string AgentAssembly = "decloud-agent";
    private const string Cli = "DeCloud.NodeAgent.Cli";
    private const string CliAssembly = "decloud";

    private static readonly string[] Ours = [Libvirt, Contracts, Remote, Core, Actors, Infrastructure, Agent, AgentAssembly, Cli, CliAssembly];

    /// <summary>Processes, sockets, files and the machine's clock.</summary>
    private static readonly string[] World =
    [
        "System.Diagnostics.Process", "System.Diagnostics.ProcessStartInfo", "System.Net.Sockets.", "System.Net.Http.", "System.Net.WebRequest", "System.Net.Dns",
        "System.IO.File", "System.IO.FileStream", "System.IO.FileInfo", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo", "System.IO.RandomAccess",
        "System.IO.Pipes.", "System.IO.MemoryMappedFiles.", "Microsoft.Win32.", "CliWrap.",
    ];

    [Theory]
    [InlineData(Libvirt, "")]
    [InlineData(Contracts, "")]
    [InlineData(Remote, Contracts)]
    [InlineData(Core, Contracts)]
    [InlineData(Actors, Core + "," + Remote)]
    [InlineData(Infrastructure, Core + "," + Libvirt)]
    [InlineData(Agent, Actors + "," + Infrastructure)]
    [InlineData(Cli, Contracts)]
    public void A_project_names_those_below_it_alone(string project, string expected) =>
        Assert.Equal(Words(expected), Tree.ProjectReferences(project).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(Libvirt, "")]
    [InlineData(Contracts, "")]
    [InlineData(Remote, Contracts)]
    [InlineData(Core, Contracts)]
    [InlineData(Actors, Contracts + "," + Core + "," + Remote)]
    [InlineData(Infrastructure, Contracts + "," + Core + "," + Libvirt)]
    [InlineData(AgentAssembly, Actors + "," + Contracts + "," + Core + "," + Infrastructure + "," + Libvirt + "," + Remote)]
    [InlineData(CliAssembly, Contracts)]
    public void An_assembly_uses_those_below_it_alone(string assembly, string allowed)
    {
        var used = Tree.AssemblyReferences(assembly);

        Assert.NotEmpty(used);
        Assert.Empty(used.Intersect(Ours).Except(Words(allowed)));
    }

    [Theory]
    [InlineData(Libvirt)]
    [InlineData(Contracts)]
    [InlineData(Core)]
    [InlineData(Infrastructure)]
    public void Actors_are_known_to_actors_and_to_the_composition_alone(string assembly)
    {
        Assert.DoesNotContain(Tree.AssemblyReferences(assembly), IsAkka);
        Assert.DoesNotContain(Tree.PackageReferences(assembly), IsAkka);
        Assert.Contains(Tree.AssemblyReferences(Actors), IsAkka);

        static bool IsAkka(string name) => name.StartsWith("Akka", StringComparison.Ordinal) || name.StartsWith("Petabridge", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Contracts)]
    [InlineData(Core)]
    public void Contracts_and_domain_know_nothing_of_the_world(string assembly)
    {
        Assert.Empty(WorldIn(assembly));
        Assert.Empty(Tree.PackageReferences(assembly));
        Assert.DoesNotContain(Tree.AssemblyReferences(assembly), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Contracts)]
    [InlineData(Core)]
    public void Contracts_and_domain_read_no_clock_and_draw_no_lots(string assembly)
    {
        string[] unsteady = ["System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.Random.get_Shared", "System.Environment."];

        Assert.DoesNotContain(Tree.MemberReferences(assembly), member => unsteady.Any(name => member.StartsWith(name, StringComparison.Ordinal)));
        Assert.DoesNotContain("System.TimeProvider", Tree.TypeReferences(assembly));
        Assert.DoesNotContain("System.Diagnostics.Stopwatch", Tree.TypeReferences(assembly));
    }

    /// <summary>The journal is the one thing that actors keep on a disk; who hosts it reads its configuration and makes its file.</summary>
    [Fact]
    public void Actors_know_no_process_and_no_socket_and_files_only_where_the_journal_is_hosted()
    {
        Assert.DoesNotContain(WorldIn(Actors), type => !IsFile(type));
        var files = Tree.Sources
            .Where(source => source.Contains($"{Path.DirectorySeparatorChar}{Actors}{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(source => File.ReadLines(source).Any(MentionsFile))
            .Select(source => Path.GetFileName(Path.GetDirectoryName(source)));
        Assert.DoesNotContain(files, folder => folder != "Persistence");

        static bool IsFile(string type) => type is "System.IO.File" or "System.IO.FileInfo" or "System.IO.FileStream" or "System.IO.Directory" or "System.IO.DirectoryInfo";

        static bool MentionsFile(string line) =>
            !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
            && new[] { " File.", "(File.", "!File.", " Directory.", "(Directory.", "!Directory.", "new FileInfo(", "new FileStream(", "new DirectoryInfo(" }.Any(line.Contains);
    }

    [Fact]
    public void The_scan_sees_what_it_looks_for()
    {
        Assert.Contains("System.IO.File", WorldIn(Infrastructure));
        Assert.Contains("System.Net.Sockets.Socket", WorldIn(Libvirt));
        Assert.NotEmpty(Tree.Sources);
    }

    [Fact]
    public void A_folder_is_a_subject_and_never_a_kind()
    {
        string[] kinds = ["Services", "Helpers", "Managers", "Utils", "Utilities", "Common", "Misc"];
        var folders = Tree.Sources.SelectMany(source => Path.GetRelativePath(Tree.Root, source).Split(Path.DirectorySeparatorChar)[..^1]).Distinct();

        Assert.Empty(folders.Intersect(kinds, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void No_file_is_longer_than_five_hundred_lines() =>
        Assert.Empty(Tree.Sources.Where(source => File.ReadLines(source).Count() > 500).Select(source => Path.GetRelativePath(Tree.Root, source)));

    private static IEnumerable<string> WorldIn(string assembly) =>
        // The family of an address is a property of the address, wherever the framework keeps the word.
        Tree.TypeReferences(assembly).Where(type => type != "System.Net.Sockets.AddressFamily" && World.Any(name => name.EndsWith('.') ? type.StartsWith(name, StringComparison.Ordinal) : type == name));

    private static IEnumerable<string> Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
}
