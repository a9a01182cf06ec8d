namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>The package's life in a Debian: what it brings, what it keeps, what it takes with it and what it never takes.</summary>
[Collection(PackageCollection.Name)]
public sealed class InstallTests(Package package)
{
    private const string Conffile = "/etc/decloud/conf.d/10-node.json";
    private const string Token = "/etc/decloud/api-token";
    private const string Disk = "/var/lib/decloud/vms/0197b0a0-0000-7000-8000-000000000001/disk.qcow2";

    [Fact]
    public async Task What_an_operator_changed_outlives_upgrade_and_removal_and_disks_outlive_a_purge()
    {
        await using var debian = await DebianRoot.CreateAsync();
        await InstallAsync(debian, package.File);

        Assert.Contains("decloud", await debian.RunAsync("id", "decloud"), StringComparison.Ordinal);
        Assert.Equal("640 root decloud 64", (await debian.RunAsync("stat", "-c", "%a %U %G %s", Token)).Trim());
        Assert.Equal("711 decloud decloud", (await debian.RunAsync("stat", "-c", "%a %U %G", "/var/lib/decloud")).Trim());
        Assert.Equal("750 root decloud", (await debian.RunAsync("stat", "-c", "%a %U %G", "/etc/decloud/conf.d")).Trim());
        Assert.Equal("755 decloud decloud", (await debian.RunAsync("stat", "-c", "%a %U %G", "/run/decloud")).Trim());
        Assert.True(new FileInfo(debian.At("/etc/systemd/system/multi-user.target.wants/decloud-agent.service")).LinkTarget is not null);
        Assert.StartsWith("decloud-agent ", await debian.RunAsync("/usr/sbin/decloud-agent", "--version"), StringComparison.Ordinal);
        Assert.Contains("Looks after", await debian.RunAsync("decloud", "--help"), StringComparison.Ordinal);

        var token = await File.ReadAllTextAsync(debian.At(Token));
        await File.WriteAllTextAsync(debian.At(Conffile), """{ "Http": { "Socket": "/run/decloud/mine.sock" } }""");
        await File.WriteAllTextAsync(debian.At("/etc/decloud/conf.d/20-mine.json"), "{}");
        Write(debian, Disk, "a tenant's");
        Write(debian, "/var/lib/decloud/journal.db", "promises");

        var next = debian.At("/next.deb");
        await package.RepackAsync("9.9.9", next, tree => File.WriteAllText(Path.Join(tree, Conffile), """{ "Http": { "Socket": "/run/decloud/other.sock" } }"""));
        await InstallAsync(debian, next);
        Assert.Equal("9.9.9", (await debian.RunAsync("dpkg-query", "-W", "-f", "${Version}", "decloud-node-agent")).Trim());
        Assert.Contains("mine.sock", await File.ReadAllTextAsync(debian.At(Conffile)), StringComparison.Ordinal);
        Assert.Equal(token, await File.ReadAllTextAsync(debian.At(Token)));
        Assert.True(File.Exists(debian.At(Disk)));

        var removed = await debian.RunAsync("dpkg", "--remove", "decloud-node-agent");
        Assert.Contains("its 1 VMs are left as they are", removed, StringComparison.Ordinal);
        Assert.False(File.Exists(debian.At("/usr/lib/decloud/decloud-agent")));
        Assert.All([Conffile, Token, Disk, "/var/lib/decloud/journal.db"], kept => Assert.True(File.Exists(debian.At(kept)), kept));

        var purged = await debian.RunAsync("dpkg", "--purge", "decloud-node-agent");
        Assert.Contains("/var/lib/decloud is kept: there are disks of VMs", purged, StringComparison.Ordinal);
        Assert.All([Conffile, Token], gone => Assert.False(File.Exists(debian.At(gone)), gone));
        Assert.All([Disk, "/var/lib/decloud/journal.db", "/etc/decloud/conf.d/20-mine.json"], kept => Assert.True(File.Exists(debian.At(kept)), kept));

        // Once more, now without VMs: everything that is the agent's goes, and nothing else.
        await InstallAsync(debian, package.File);
        Directory.Delete(Path.GetDirectoryName(debian.At(Disk))!, recursive: true);
        Write(debian, "/var/lib/decloud/images/sha256/aa", "an image");
        Write(debian, "/var/lib/decloud/notes.txt", "an operator's");
        purged = await debian.RunAsync("dpkg", "--purge", "decloud-node-agent");
        Assert.Contains("something in it that is not the agent's", purged, StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(debian.At("/var/lib/decloud")).Select(Path.GetFileName));
        Assert.False(Directory.Exists(debian.At("/usr/lib/decloud")));
        Assert.Equal(["/etc/decloud", "/etc/decloud/conf.d", "/etc/decloud/conf.d/20-mine.json"], (await debian.RunAsync("find", "/etc/decloud")).Trim().Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task State_of_an_agent_that_ran_as_root_is_taken_over_without_what_is_qemus_or_libvirts()
    {
        await using var debian = await DebianRoot.CreateAsync();
        Write(debian, "/var/lib/decloud/journal.db", "promises");
        Write(debian, Disk, "a tenant's");
        var log = Path.Join(Path.GetDirectoryName(Disk), "console.log");
        Write(debian, log, "of virtlogd");
        await debian.RunAsync("chown", "64055:64055", Disk);

        await InstallAsync(debian, package.File);

        Assert.Equal("decloud", (await debian.RunAsync("stat", "-c", "%U", "/var/lib/decloud/journal.db")).Trim());
        Assert.Equal("decloud", (await debian.RunAsync("stat", "-c", "%U", Path.GetDirectoryName(Disk)!)).Trim());
        Assert.Equal("64055", (await debian.RunAsync("stat", "-c", "%u", Disk)).Trim());
        Assert.Equal("root", (await debian.RunAsync("stat", "-c", "%U", log)).Trim());
    }

    private static async Task InstallAsync(DebianRoot debian, string package)
    {
        var inside = debian.At("/new.deb");
        if (package != inside)
        {
            File.Copy(package, inside, overwrite: true);
        }

        // libvirt and QEMU are half a gigabyte, and none of what is tested here.
        await debian.RunAsync("dpkg", "--force-depends", "--force-confdef", "--force-confold", "--install", "/new.deb");
    }

    private static void Write(DebianRoot debian, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(debian.At(path))!);
        File.WriteAllText(debian.At(path), text);
    }
}
