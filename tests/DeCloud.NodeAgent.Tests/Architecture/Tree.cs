using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace DeCloud.NodeAgent.Tests.Architecture;

/// <summary>The source tree and what its assemblies say of themselves.</summary>
internal static class Tree
{
    /// <summary>Where the solution is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every source file below src, without what the build makes.</summary>
    public static IEnumerable<string> Sources { get; } = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"))
        .ToImmutableArray();

    /// <summary>The projects of ours that a project names, by the names of their files.</summary>
    public static IEnumerable<string> ProjectReferences(string project) => Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

    /// <summary>The packages that a project names.</summary>
    public static IEnumerable<string> PackageReferences(string project) => Items(project, "PackageReference");

    /// <summary>The assemblies that an assembly of ours was compiled against and uses.</summary>
    public static IReadOnlyList<string> AssemblyReferences(string assembly) =>
        Read(assembly, metadata => metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToList());

    /// <summary>The full names of the types of others that an assembly of ours mentions.</summary>
    public static IReadOnlyList<string> TypeReferences(string assembly) => Read(assembly, metadata => metadata.TypeReferences.Select(handle => NameOf(metadata, handle)).ToList());

    /// <summary>The members of types of others that an assembly of ours mentions, as <c>Namespace.Type.Member</c>.</summary>
    public static IReadOnlyList<string> MemberReferences(string assembly) => Read(assembly, metadata => metadata.MemberReferences
        .Select(metadata.GetMemberReference)
        .Where(member => member.Parent.Kind == HandleKind.TypeReference)
        .Select(member => $"{NameOf(metadata, (TypeReferenceHandle)member.Parent)}.{metadata.GetString(member.Name)}")
        .ToList());

    private static IEnumerable<string> Items(string project, string kind) =>
        XElement.Load(Path.Combine(Root, "src", project, project + ".csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value);

    private static T Read<T>(string assembly, Func<MetadataReader, T> read)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        return read(file.GetMetadataReader());
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(metadata, (TypeReferenceHandle)type.ResolutionScope)}.{metadata.GetString(type.Name)}"
            : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DeCloud.NodeAgent.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No DeCloud.NodeAgent.sln above {AppContext.BaseDirectory}.");
    }
}
