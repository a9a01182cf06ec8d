using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
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
public sealed class GadgetWriter : NewtonSoftJsonSerializer
{
    /// <summary>How Akka makes a serializer that has no settings.</summary>
    /// <param name="system">The actor system.</param>
    public GadgetWriter(ExtendedActorSystem system) : base(system)
    {
    }

    /// <summary>How Akka makes a serializer that has settings, as the one named <c>json</c> does.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Its settings.</param>
    public GadgetWriter(ExtendedActorSystem system, Config settings) : base(system, settings)
    {
    }

    /// <summary>The number of the serializer that it stands in for, which Akka looks up by type.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is Gadget gadget ? gadget.Bytes : base.ToBinary(obj);
}
