using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Tests.Configuration;

public sealed class PlatformPathsTests
{
    [Theory]
    [InlineData(@"C:\")]
    [InlineData(@"C:\ProgramData\DeCloud")]
    [InlineData(@"d:\vm store\a.b-c_d")]
    [InlineData(@"C:\Console\com10\nul2")]
    public void Windows_takes_full_paths_on_a_drive(string path) => Assert.True(PlatformPaths.IsPlainOnWindows(path));

    [Theory]
    [InlineData("")]
    [InlineData(@"C:")]
    [InlineData(@"C:state")]
    [InlineData(@"\state")]
    [InlineData("/var/lib/decloud")]
    [InlineData("C:/ProgramData/DeCloud")]
    [InlineData(@"C:\a\\b")]
    [InlineData(@"C:\a\..\b")]
    [InlineData(@"C:\a\.\b")]
    [InlineData(@"C:\a\b.")]
    [InlineData(@"C:\a\b ")]
    [InlineData(@"C:\a\b:stream")]
    [InlineData(@"C:\a\*")]
    [InlineData("C:\\a\tb")]
    [InlineData(@"C:\NUL")]
    [InlineData(@"C:\a\con.txt")]
    [InlineData(@"C:\a\LPT1")]
    [InlineData(@"C:\a\com¹.log")]
    [InlineData(@"\\server\share\state")]
    [InlineData(@"\\?\C:\state")]
    [InlineData(@"\\.\pipe\x")]
    public void Windows_refuses_paths_that_mean_something_else_than_they_say(string path) => Assert.False(PlatformPaths.IsPlainOnWindows(path));

    [Theory]
    [InlineData("/", true)]
    [InlineData("/var/lib/decloud", true)]
    [InlineData("/a b/c:d", true)]
    [InlineData("", false)]
    [InlineData("a/b", false)]
    [InlineData("/a//b", false)]
    [InlineData("/a/../b", false)]
    [InlineData("/a/.", false)]
    [InlineData("/a\nb", false)]
    [InlineData(@"C:\a", false)]
    public void Linux_takes_plain_paths_from_the_root(string path, bool isPlain) => Assert.Equal(isPlain, PlatformPaths.IsPlainOnUnix(path));
}
