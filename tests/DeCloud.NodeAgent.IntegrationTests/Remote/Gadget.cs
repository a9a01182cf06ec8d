using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Serialization;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>
/// A message that names a type of the runtime, which Akka's own JSON serializer would make and set up: a watcher of files. That it was made shows from outside, because the kernel lists
/// what a process watches.
/// </summary>
/// <param name="Folder">The canary: the folder that is watched by whoever falls for it.</param>
internal sealed record Gadget(string Folder)
{
    /// <summary>What is sent.</summary>
    public byte[] Bytes => Encoding.UTF8.GetBytes($$"""{"$type":"System.IO.FileSystemWatcher, System.IO.FileSystem.Watcher","Path":"{{Folder}}","EnableRaisingEvents":true}""");

    /// <summary>Whether a process watches the folder.</summary>
    /// <param name="process">Its id, or <c>self</c>.</param>
    /// <param name="inode">The folder's inode.</param>
    public static bool HasSprung(string process, long inode)
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $" ino:{inode:x} ");
        foreach (var file in Directory.GetFiles($"/proc/{process}/fdinfo"))
        {
            try
            {
                if (File.ReadAllText(file).Contains(mark, StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (IOException)
            {
                // Closed meanwhile.
            }
        }

        return false;
    }
}

/// <summary>Akka's own JSON serializer, but that a gadget is sent as it is.</summary>
/// <param name="system">The actor system.</param>
public sealed class GadgetWriter(ExtendedActorSystem system) : NewtonSoftJsonSerializer(system)
{
    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is Gadget gadget ? gadget.Bytes : base.ToBinary(obj);
}
