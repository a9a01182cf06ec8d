using System.Buffers.Binary;
using System.Text;
using CsCheck;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class CreateVmValidationTests
{
    private const long MiB = 1L << 20;
    private static readonly CreateVmValidation Validation = new(new VmsSection(TimeSpan.Zero, 8, 64L << 30, 1L << 40, 0), new ImageUrlPolicy("/var/lib/decloud/images", [], true, new HashSet<int>()));

    public static IEnumerable<string> NastyNames()
    {
        string[] written =
        [
            "", " ", "a ", " a", "a\n", "a\r\n", "\na", "a\nb", "a\tb", "a\0", "\0", "a\0b", "a\u0085", "a\u2028", "A", "Web", "wEb", "1web", "-web", "web-", "-", "--", "a-", "_web", "we_b", ".", "..", "../../etc",
            "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "C:\\x", "..\\..", "~", "~root", "-rf", "--help", "-oProxyCommand=x", "web;reboot", "web|cat", "web&", "web&&id", "$(id)", "`id`", "${HOME}", "$IFS", "a>b", "a<b",
            "<name>", "</name><x/>", "&amp;", "&lt;", "]]>", "<!--", "'", "\"", "a'b", "a\"b", "%00", "%2e%2e", "%n", "a%sb", "{0}", "{{x}}", "a,b", "a=b", "a:b", "a;b", "a@b", "a#b", "a!b", "a*b", "a?b", "[a]", "(a)", "a+b", "a^b",
            "web.example", "web.", "a b", "a\u00a0b", "a\u200bb", "a\u200db", "\ufeffa", "a\ufeff", "wеb", "ａ", "а", "ﬁ", "ı", "ß", "é", "e\u0301", "ñ", "ö", "日本", "한국", "עברית", "\u202eabc", "a\u202e", "🙂", "a🙂", "\ud83d", "\ude42", "a\ud800b", "ſ", "K",
            "١", "a١", "a²", "a½", "Ⅷ", "a\u0660", "İ", "a\u034f", "\u001b[31m", "a\u0007", "a\u007f", "a\u0080", "a\u009f", "a\ufffe", "a\uffff", "con ", "CON", "nul.", "COM1", "aux.txt", "LPT1:", "undefined\n", "null\0", "true ", "NaN", "None", "-1", "0", "1e9", "0x1",
            "a--b-", "xn--", "xn--a-", "dc-\n", "libvirt\u0000", "sda;", "eth0 up", "../a", "./a", "a/..", "a/.", "//a", "a//b", "http://a", "file:a", "a\u000b", "a\u000c", "\u2029", "a\u061c", "a\u2066b\u2069", "a\u00ad", "a\u1680", "a\u3000b", "𝐚", "ａｂ", "ⓐ", "a\ue000",
        ];
        var long64 = new[] { new string('a', 64), new string('a', 65), new string('a', 255), new string('a', 256), new string('a', 4096), "a" + new string('-', 62), new string('a', 62) + "-x", new string('a', 63) + "\n" };
        var controls = Enumerable.Range(0, 32).Select(c => $"we{(char)c}b");
        return written.Concat(long64).Concat(controls);
    }

    [Fact]
    public void Two_hundred_nasty_names_are_refused()
    {
        var names = NastyNames().Distinct().ToList();
        Assert.True(names.Count >= 200, $"{names.Count}");
        Assert.All(names, name => Assert.Equal(["name"], Validation.Check(Request() with { Name = name }).ByField.Keys));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("web-1")]
    [InlineData("a--b")]
    [InlineData("con")]
    [InlineData("z9")]
    public void Plain_names_are_taken(string name) => Assert.True(Validation.Check(Request() with { Name = name }).IsEmpty);

    [Fact]
    public void A_name_of_63_characters_is_taken() => Assert.True(Validation.Check(Request() with { Name = new string('a', 63) }).IsEmpty);

    [Fact]
    public void A_name_is_taken_exactly_when_it_is_a_dns_label() => Gen.String[Gen.Char["ab-01A_. \n"], 0, 66].Sample(name =>
    {
        var isLabel = name.Length is > 0 and <= 63 && name[0] is 'a' or 'b' && name.Length <= 63 && name[^1] != '-' && name.All(c => c is 'a' or 'b' or '-' or '0' or '1');
        return Validation.Check(Request() with { Name = name }).IsEmpty == isLabel;
    });

    [Theory]
    [InlineData(0, 64 * MiB, MiB, "vCpus")]
    [InlineData(-1, 64 * MiB, MiB, "vCpus")]
    [InlineData(9, 64 * MiB, MiB, "vCpus")]
    [InlineData(int.MaxValue, 64 * MiB, MiB, "vCpus")]
    [InlineData(1, 0, MiB, "memoryBytes")]
    [InlineData(1, -64 * MiB, MiB, "memoryBytes")]
    [InlineData(1, 63 * MiB, MiB, "memoryBytes")]
    [InlineData(1, (64 * MiB) + 1, MiB, "memoryBytes")]
    [InlineData(1, 65 * 1024 * MiB, MiB, "memoryBytes")]
    [InlineData(1, long.MaxValue, MiB, "memoryBytes")]
    [InlineData(1, 64 * MiB, 0, "diskBytes")]
    [InlineData(1, 64 * MiB, MiB - 512, "diskBytes")]
    [InlineData(1, 64 * MiB, MiB + 1, "diskBytes")]
    [InlineData(1, 64 * MiB, (1L << 40) + 512, "diskBytes")]
    [InlineData(1, 64 * MiB, long.MinValue, "diskBytes")]
    [InlineData(1, 64 * MiB, MiB, "")]
    [InlineData(8, 64 * 1024 * MiB, 1L << 40, "")]
    [InlineData(1, 65 * MiB, MiB + 512, "")]
    public void Sizes_have_bounds_and_steps(int vCpus, long memory, long disk, string field) =>
        Assert.Equal(field, string.Join(',', Validation.Check(Request() with { VCpus = vCpus, MemoryBytes = memory, DiskBytes = disk }).ByField.Keys));

    [Theory]
    [InlineData("https://images.example/a.qcow2", true)]
    [InlineData("http://images.example:8080/a?b=c", true)]
    [InlineData("HTTPS://IMAGES.EXAMPLE/A", true)]
    [InlineData("https://[2001:db8::1]/a", true)]
    [InlineData("file:///var/lib/decloud/images/a.qcow2", true)]
    [InlineData("file:///var/lib/decloud/images/sub/a%20b.img", true)]
    [InlineData("", false)]
    [InlineData("a.qcow2", false)]
    [InlineData("/var/lib/decloud/images/a", false)]
    [InlineData("//images.example/a", false)]
    [InlineData("ftp://images.example/a", false)]
    [InlineData("gopher://images.example/a", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:,x", false)]
    [InlineData("nbd://images.example/a", false)]
    [InlineData("json:{\"driver\":\"file\"}", false)]
    [InlineData("https:///a", false)]
    [InlineData("https://user@images.example/a", false)]
    [InlineData("https://user:secret@images.example/a", false)]
    [InlineData("https://images.example/a#b", false)]
    [InlineData("https://images.example/a b", false)]
    [InlineData("https://images.example/a\n", false)]
    [InlineData(" https://images.example/a", false)]
    [InlineData("https://images.example\\@evil.example/a", false)]
    [InlineData("https://images.example/a\0", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("file:///var/lib/decloud/images", false)]
    [InlineData("file:///var/lib/decloud/images/", false)]
    [InlineData("file:///var/lib/decloud/images-evil/a", false)]
    [InlineData("file:///var/lib/decloud/images/../secret", false)]
    [InlineData("file:///var/lib/decloud/images/%2e%2e/secret", false)]
    [InlineData("file:///var/lib/decloud/images/..%2fsecret", false)]
    [InlineData("file:///var/lib/decloud/images/a%00b", false)]
    [InlineData("file:///var/lib/decloud/images//a", true)]
    [InlineData("file://images.example/var/lib/decloud/images/a", false)]
    [InlineData("file:///var/lib/decloud/images/a?x", false)]
    public void Image_urls_lead_only_where_images_may_come_from(string url, bool isTaken) =>
        Assert.Equal(isTaken, Validation.Check(Request() with { BaseImageUrl = url }).IsEmpty);

    [Fact]
    public void An_image_url_has_a_length_and_may_be_kept_from_plain_http()
    {
        Assert.False(Validation.Check(Request() with { BaseImageUrl = "https://a.example/" + new string('a', 2048) }).IsEmpty);
        Assert.False((Validation with { Urls = new ImageUrlPolicy("/x", [], false, new HashSet<int>()) }).Check(Request() with { BaseImageUrl = "http://a.example/a" }).IsEmpty);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(Samples.Digest, true)]
    [InlineData("sha256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", true)]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false)]
    [InlineData("sha256:9f86", false)]
    [InlineData(Samples.Digest + "\n", false)]
    [InlineData("md5:9f86d081884c7d659a2feaa0c55ad015", false)]
    [InlineData("sha256:zf86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false)]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../etc/passw", false)]
    [InlineData(" ", false)]
    public void Image_hashes_are_sha256_or_absent(string hash, bool isTaken) =>
        Assert.Equal(isTaken, Validation.Check(Request() with { BaseImageHash = hash }).IsEmpty);

    [Fact]
    public void Keys_of_every_known_type_are_taken()
    {
        Assert.Null(SshPublicKey.Check(Key("ssh-ed25519", new byte[32])));
        Assert.Null(SshPublicKey.Check(Key("ssh-rsa", [1, 0, 1], new byte[257])));
        Assert.Null(SshPublicKey.Check(Key("ecdsa-sha2-nistp256", "nistp256"u8.ToArray(), new byte[65])));
        Assert.Null(SshPublicKey.Check(Key("ecdsa-sha2-nistp521", "nistp521"u8.ToArray(), new byte[133])));
        Assert.Null(SshPublicKey.Check(Key("sk-ssh-ed25519@openssh.com", new byte[32], "ssh:"u8.ToArray())));
        Assert.Null(SshPublicKey.Check(Key("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256"u8.ToArray(), new byte[65], "ssh:"u8.ToArray())));
        Assert.Null(SshPublicKey.Check(Samples.SshKey));
        Assert.Null(SshPublicKey.Check(Samples.SshKey.Split(" me@")[0]));
        Assert.Null(SshPublicKey.Check(Samples.SshKey + " with Ünïcode and spaces"));
    }

    public static TheoryData<string> WrongKeys => new()
    {
        "x",
        " " + Samples.SshKey,
        Samples.SshKey + "\n",
        Samples.SshKey + "\n" + Samples.SshKey,
        Samples.SshKey + "\r",
        Samples.SshKey + "\0",
        Samples.SshKey + "\u0085",
        Samples.SshKey + "\u2028x",
        "command=\"id\" " + Samples.SshKey,
        "from=\"*\" " + Samples.SshKey,
        "no-pty " + Samples.SshKey,
        "#" + Samples.SshKey,
        "ssh-dss AAAA",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        "ssh-ed25519\t" + Samples.SshKey.Split(' ')[1],
        Samples.SshKey.Replace("ssh-ed25519", "ssh-rsa", StringComparison.Ordinal),
        Samples.SshKey.Replace("HR4f", "", StringComparison.Ordinal),
        Key("ssh-ed25519", new byte[31]),
        Key("ssh-ed25519", new byte[32], new byte[1]),
        Key("ssh-rsa", [1, 0, 1]),
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        Key("ssh-rsa", [1, 0, 1], new byte[20_000]),
    };

    [Theory]
    [MemberData(nameof(WrongKeys))]
    public void Keys_that_are_no_single_plain_key_are_refused(string key) =>
        Assert.Equal(["sshPublicKey"], Validation.Check(Request() with { SshPublicKey = key }).ByField.Keys);

    [Fact]
    public void Any_bytes_for_a_key_are_judged_without_an_exception() =>
        Gen.Byte.Array[0, 80].Sample(bytes => SshPublicKey.Check("ssh-ed25519 " + Convert.ToBase64String(bytes)) is not null);

    [Fact]
    public void User_data_is_64_kib_of_utf8_without_nul()
    {
        Assert.True(Validation.Check(Request() with { UserData = new string('a', 65536) }).IsEmpty);
        Assert.True(Validation.Check(Request() with { UserData = "" }).IsEmpty);
        Assert.False(Validation.Check(Request() with { UserData = new string('a', 65537) }).IsEmpty);
        Assert.False(Validation.Check(Request() with { UserData = new string('é', 32769) }).IsEmpty);
        Assert.False(Validation.Check(Request() with { UserData = "a\0b" }).IsEmpty);
        Assert.Null(Validation.Check(Request() with { UserData = "a\0b" }).ByField["userData"][0].Value);
    }

    [Theory]
    [InlineData("env", "test", true)]
    [InlineData("a/b.c-d_e", "", true)]
    [InlineData("k", "Grüße 🙂", true)]
    [InlineData("", "x", false)]
    [InlineData("-a", "x", false)]
    [InlineData("a-", "x", false)]
    [InlineData("a b", "x", false)]
    [InlineData("a=b", "x", false)]
    [InlineData("a\n", "x", false)]
    [InlineData("é", "x", false)]
    [InlineData("k", "a\nb", false)]
    [InlineData("k", "a\0", false)]
    public void Labels_have_plain_keys_and_printable_values(string key, string value, bool isTaken) =>
        Assert.Equal(isTaken, Validation.Check(Request() with { Labels = new Dictionary<string, string> { [key] = value } }).IsEmpty);

    [Fact]
    public void Labels_have_a_number_and_lengths()
    {
        Assert.True(Validation.Check(Request() with { Labels = Labels(32) }).IsEmpty);
        Assert.False(Validation.Check(Request() with { Labels = Labels(33) }).IsEmpty);
        Assert.False(Validation.Check(Request() with { Labels = new Dictionary<string, string> { [new string('k', 64)] = "x" } }).IsEmpty);
        Assert.False(Validation.Check(Request() with { Labels = new Dictionary<string, string> { ["k"] = new string('x', 256) } }).IsEmpty);
    }

    [Fact]
    public void The_empty_uuid_is_no_identity() => Assert.Equal(["id"], Validation.Check(Request() with { Id = Guid.Empty }).ByField.Keys);

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_and_shortened()
    {
        var errors = Validation.Check(new()
        {
            Id = Guid.Empty,
            Name = new string('X', 5000),
            VCpus = 0,
            MemoryBytes = 0,
            DiskBytes = 0,
            BaseImageUrl = "x",
            BaseImageHash = "x",
            SshPublicKey = "x",
            UserData = "\0",
            Labels = new Dictionary<string, string> { [""] = "" },
        });

        Assert.Equal(["baseImageHash", "baseImageUrl", "diskBytes", "id", "labels", "memoryBytes", "name", "sshPublicKey", "userData", "vCpus"], errors.ByField.Keys.Order());
        Assert.True(errors.ByField["name"][0].Value!.Length < 150);
    }

    private static CreateVmRequest Request() => new()
    {
        Name = "web-1",
        VCpus = 1,
        MemoryBytes = 64 * MiB,
        DiskBytes = MiB,
        BaseImageUrl = "https://images.example/a.qcow2",
        BaseImageHash = "",
        SshPublicKey = "",
    };

    private static Dictionary<string, string> Labels(int count) => Enumerable.Range(0, count).ToDictionary(i => $"k{i}", i => "v");

    private static string Key(string type, params byte[][] fields)
    {
        using var blob = new MemoryStream();
        foreach (var field in fields.Prepend(Encoding.ASCII.GetBytes(type)))
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
            blob.Write(length);
            blob.Write(field);
        }

        return $"{type} {Convert.ToBase64String(blob.ToArray())}";
    }
}
