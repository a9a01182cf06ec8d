using System.Globalization;
using System.Text.RegularExpressions;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>What is in the package, and what systemd says of the unit.</summary>
[Collection(PackageCollection.Name)]
public sealed partial class PackageTests(Package package)
{
    private const double MostExposure = 2.0;

    [Fact]
    public async Task The_unit_is_understood_and_as_closed_as_promised()
    {
        // Against the package's own files, so that what the unit starts must be where it says.
        var (exit, verdict) = await Package.TryAsync("systemd-analyze", "verify", "--recursive-errors=no", "--man=no", "--root=" + package.Tree, "/usr/lib/systemd/system/decloud-agent.service");
        Assert.True(exit == 0 && !verdict.Contains("decloud-agent.service", StringComparison.Ordinal), verdict);

        var report = await Package.RunAsync("systemd-analyze", "security", "--offline=yes", package.Unit);
        var exposure = double.Parse(ExposureIn().Match(report).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(exposure <= MostExposure, report);
    }

    [Fact]
    public void A_stop_of_the_unit_ends_its_own_processes_and_a_hang_ends_in_a_new_start()
    {
        Assert.Equal(["notify"], package.UnitSetting("Type"));
        Assert.Equal(["mixed"], package.UnitSetting("KillMode"));
        Assert.Equal(["always"], package.UnitSetting("Restart"));
        Assert.Equal(["78"], package.UnitSetting("RestartPreventExitStatus"));
        Assert.NotEmpty(package.UnitSetting("WatchdogSec"));
        // QEMU is libvirt's, in libvirt's slice: nothing that binds libvirt's units to this one may be here.
        Assert.DoesNotContain(File.ReadLines(package.Unit), l => l.StartsWith("Requires=", StringComparison.Ordinal) || l.StartsWith("BindsTo=", StringComparison.Ordinal) || l.StartsWith("PartOf=", StringComparison.Ordinal) || l.StartsWith("Slice=", StringComparison.Ordinal) || l.StartsWith("Delegate=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_owned_by_a_builder_and_nothing_can_be_written_by_others()
    {
        var lines = (await Package.RunAsync("dpkg-deb", "-c", package.File)).TrimEnd().Split('\n');

        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Matches(@"^[-d]rw[x-]r-[x-]r-[x-] root/root ", line));
        Assert.Single(lines.Select(l => Regex.Match(l, @"\d{4}-\d\d-\d\d \d\d:\d\d").Value).Distinct());
    }

    [Theory]
    [InlineData("usr/share/man/man1/decloud.1.gz", "vm create")]
    [InlineData("usr/share/man/man8/decloud-agent.8.gz", "Libvirt:AllowEmulation")]
    public async Task The_manual_pages_are_sound_and_tell_of_everything(string page, string word)
    {
        var shown = await Package.RunAsync("man", "--warnings=mac", "-P", "cat", "-l", package.In(page));

        // What the formatter complains of names a line of the page; the page's own text is indented.
        Assert.DoesNotMatch(@"(?m)^\S.*:\d+: (?:warning|error)", shown);
        Assert.Contains(word, shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shells_understand_the_completions()
    {
        await Package.RunAsync("bash", "-n", package.In("usr/share/bash-completion/completions/decloud"));
        var found = await Package.RunAsync(
            "bash", "-c", "PATH=$1/usr/bin:$PATH; . \"$1/usr/share/bash-completion/completions/decloud\"; COMP_LINE='decloud vm cre'; COMP_POINT=14; COMP_WORDS=(decloud vm cre); COMP_CWORD=2; _decloud; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash", package.Tree);
        Assert.Equal("create", found.Trim());
        Assert.Contains("compdef", await File.ReadAllTextAsync(package.In("usr/share/zsh/vendor-completions/_decloud")), StringComparison.Ordinal);
        Assert.Contains("complete -c decloud", await File.ReadAllTextAsync(package.In("usr/share/fish/vendor_completions.d/decloud.fish")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postinst")]
    [InlineData("prerm")]
    [InlineData("postrm")]
    public async Task The_scripts_are_plain_shell(string script)
    {
        var folder = Directory.CreateTempSubdirectory("dccontrol-").FullName;
        try
        {
            await Package.RunAsync("dpkg-deb", "-e", package.File, folder);
            await Package.RunAsync("dash", "-n", Path.Combine(folder, script));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"Overall exposure level for decloud-agent\.service: ([0-9.]+)")]
    private static partial Regex ExposureIn();
}
