using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Seed;

namespace DeCloud.NodeAgent.Tests.Seed;

public sealed class NoCloudSeedSpec
{
    private const int Sector = 2048;
    private static readonly SeedContent Content = new("iid-1", "web-1", "ssh-ed25519 AAAA", "52:54:00:00:00:01");

    [Fact]
    public void The_volume_descriptors_carry_the_label_in_both_alphabets()
    {
        var seed = NoCloudSeed.Write(Content, null);

        Assert.Equal(0, seed.Length % Sector);
        Assert.Equal("CD001", Encoding.ASCII.GetString(seed, 16 * Sector + 1, 5));
        Assert.Equal("cidata".PadRight(32), Encoding.ASCII.GetString(seed, 16 * Sector + 40, 32));
        Assert.Equal((byte)2, seed[17 * Sector]);
        Assert.Equal("%/E", Encoding.ASCII.GetString(seed, 17 * Sector + 88, 3));
        Assert.Equal("cidata".PadRight(16), Encoding.BigEndianUnicode.GetString(seed, 17 * Sector + 40, 32));
        Assert.Equal((byte)255, seed[18 * Sector]);
        Assert.Equal(seed.Length / Sector, BinaryPrimitives.ReadInt32LittleEndian(seed.AsSpan(16 * Sector + 80)));
        Assert.Equal(seed.Length / Sector, BinaryPrimitives.ReadInt32BigEndian(seed.AsSpan(16 * Sector + 84)));
    }

    [Fact]
    public void Records_stand_in_the_order_of_their_names_and_point_at_their_content()
    {
        var userData = Encoding.ASCII.GetBytes(new string('u', 5000));
        var files = FilesOf(NoCloudSeed.Write(Content, userData), folderSector: 24, Encoding.BigEndianUnicode);

        Assert.Equal(["meta-data", "network-config", "user-data", "vendor-data"], files.Select(file => file.Name));
        Assert.Equal(userData, files[2].Bytes);
    }

    [Fact]
    public void Short_names_keep_to_the_plain_standard()
    {
        var files = FilesOf(NoCloudSeed.Write(Content, "x"u8.ToArray()), folderSector: 23, Encoding.ASCII);
        Assert.Equal(4, files.Count);
        Assert.All(files, file => Assert.Matches(@"\A[A-Z0-9_]{1,8}\.[A-Z0-9_]{1,3};1\z", file.Name));
        Assert.Equal(files.Select(file => file.Name).Order(StringComparer.Ordinal), files.Select(file => file.Name));
    }

    [Fact]
    public void Whatever_the_tenant_writes_it_comes_back_byte_for_byte_and_ours_stays_json() =>
        Gen.Select(Gen.Byte.Array[0, 9000], Gen.String, Gen.String)
            .Sample(
                (userData, name, key) =>
                {
                    var files = FilesOf(NoCloudSeed.Write(new("iid-1", name, key, "52:54:00:00:00:01"), userData), 24, Encoding.BigEndianUnicode).ToDictionary(file => file.Name, file => file.Bytes);
                    using var meta = JsonDocument.Parse(files["meta-data"]);
                    using var vendor = JsonDocument.Parse(files["vendor-data"].AsMemory("#cloud-config\n".Length));
                    return files["user-data"].AsSpan().SequenceEqual(userData) && meta.RootElement.EnumerateObject().Count() == (key.Length > 0 ? 3 : 2);
                },
                iter: 500);

    [Fact]
    public void The_second_interface_has_a_fixed_address_and_a_way_to_the_overlay_alone()
    {
        var overlay = new SeedOverlay("52:55:00:00:00:01", new(IPAddress.Parse("10.80.7.2"), 24), IPAddress.Parse("10.80.7.1"), IPNetwork.Parse("10.80.0.0/16"), 1420);
        Assert.Equal(
            """{"version":2,"ethernets":{"eth0":{"match":{"macaddress":"52:54:00:00:00:01"},"set-name":"eth0","dhcp4":true}}}""" + "\n",
            NetworkConfigOf(Content));
        Assert.Equal(
            """{"version":2,"ethernets":{"eth0":{"match":{"macaddress":"52:54:00:00:00:01"},"set-name":"eth0","dhcp4":true},"eth1":{"match":{"macaddress":"52:55:00:00:00:01"},"set-name":"eth1","dhcp4":false,"addresses":["10.80.7.2/24"],"mtu":1420,"routes":[{"to":"10.80.0.0/16","via":"10.80.7.1"}]}}}""" + "\n",
            NetworkConfigOf(Content with { Overlay = overlay }));

        static string NetworkConfigOf(SeedContent content) =>
            Encoding.ASCII.GetString(FilesOf(NoCloudSeed.Write(content, null), 24, Encoding.BigEndianUnicode).Single(file => file.Name == "network-config").Bytes);
    }

    [Fact]
    public void An_empty_user_data_is_the_tenants_word_and_not_replaced_by_ours()
    {
        var files = FilesOf(NoCloudSeed.Write(Content, ReadOnlyMemory<byte>.Empty), 24, Encoding.BigEndianUnicode);
        Assert.Empty(files.Single(file => file.Name == "user-data").Bytes);
        Assert.Contains(files, file => file.Name == "vendor-data");
    }

    private static List<(string Name, byte[] Bytes)> FilesOf(byte[] image, int folderSector, Encoding encoding)
    {
        var files = new List<(string, byte[])>();
        for (var at = folderSector * Sector; image[at] != 0; at += image[at])
        {
            var start = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + 2)) * Sector;
            var length = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + 10));
            if ((image[at + 25] & 2) == 0)
            {
                files.Add((encoding.GetString(image, at + 33, image[at + 32]), image[start..(start + length)]));
            }
        }

        return files;
    }
}
