using System.Security.Cryptography;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>The bootable image in the image folder of a state folder.</summary>
/// <param name="Url">Its address for the agent.</param>
/// <param name="Hash">What it hashes to.</param>
internal sealed record BenchImage(string Url, string Hash)
{
    public static async Task<BenchImage> PutAsync(Setting setting, string state)
    {
        var folder = Path.Combine(state, "images");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "bench.qcow2");
        File.Copy(setting.Image, file, overwrite: true);
        await using var content = File.OpenRead(file);
        return new($"file://{file}", "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(content)));
    }

    public CreateVmRequest Request(string name) => new()
    {
        Name = name,
        VCpus = 1,
        MemoryBytes = 128 << 20,
        DiskBytes = 1 << 30,
        BaseImageUrl = Url,
        BaseImageHash = Hash,
    };
}
