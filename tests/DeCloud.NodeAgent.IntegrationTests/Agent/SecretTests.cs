using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>What a tenant plants in user data is for the guest alone.</summary>
public sealed class SecretTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    [Fact]
    public async Task User_data_is_in_no_log_no_journal_and_no_answer()
    {
        var token = "planted-" + Guid.NewGuid().ToString("n");
        var request = Lab.Small(64) with { UserData = $"#cloud-config\n# {token}\n" };
        var key = Guid.NewGuid().ToString();
        var answers = new List<string> { (await Lab.Api.TryCreateAsync(request, key)).Body, (await Lab.Api.TryCreateAsync(request with { VCpus = 2 }, key)).Body, (await Lab.Api.TryCreateAsync(request with { VCpus = -1 })).Body };
        var created = await Lab.Api.CreateAsync(request, key);
        await Lab.Api.DoneAsync(created);
        var id = created.Vm!.Id;
        answers.Add((await Lab.Api.TryCreateAsync(request with { UserData = request.UserData + '\0' })).Body);
        await Lab.Agent.RestartAsync();
        foreach (var path in (string[])[$"/api/vms/{id}", "/api/vms", $"/api/vms/{id}/history", $"/api/vms/{id}/history?at={DateTimeOffset.UtcNow.UtcDateTime:O}", $"/api/operations/{created.Operation.Id}", "/api/node", $"/api/journal/vm-{id}", "/api/journal/vms", "/api/dead-letters", "/api/warnings?state=all", $"/api/actors/show?path=/user/node/vms/{id}"])
        {
            var answer = await Lab.Api.SendAsync(HttpMethod.Get, path);
            Assert.True((int)answer.Status == 200, $"{path}: {answer}");
            answers.Add(answer.Body);
        }

        Assert.All(answers, a => Assert.DoesNotContain(token, a, StringComparison.Ordinal));
        Assert.DoesNotContain(token, Lab.Agent.Log, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(Lab.StatePath, "journal.db*"))
        {
            Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)) < 0, $"{file} holds the token.");
        }

        // Where it must be, and be nobody else's to read.
        var holders = Directory.GetFiles(Path.Combine(Lab.StatePath, "vms", id.ToString())).Where(f => File.ReadAllBytes(f).AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)) >= 0).ToList();
        Assert.Contains(holders, f => f.EndsWith("seed.img", StringComparison.Ordinal));
        Assert.All(holders, f => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(f) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)));
        await Lab.RemoveAsync(id);
        await Lab.Invariants.AssertAsync(id);
    }

    [Fact]
    public async Task Nasty_names_are_refused_and_leave_no_trace()
    {
        var before = Tree();
        var nasty = NastyNames().Distinct().ToList();
        Assert.InRange(nasty.Count, 200, 1000);
        foreach (var name in nasty)
        {
            var answer = await Lab.Api.TryCreateAsync(Lab.Small(64) with { Name = name });
            Assert.True((int)answer.Status == 400 && answer.Code == "invalid-request", $"'{name}': {answer}");
            Assert.Contains("name", answer.As(RestJson.Default.ProblemResource).Errors!.Keys);
        }

        Assert.Empty(await Lab.Api.VmsAsync());
        Assert.Equal(before, Tree());
        await Lab.Invariants.AssertAsync();
    }

    private List<string> Tree() => [.. Directory.GetFileSystemEntries(Lab.StatePath, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith("journal.db", StringComparison.Ordinal)).Order()];

    private static IEnumerable<string> NastyNames()
    {
        string[] whole = ["", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "-rf", "--help", "$(reboot)", "`reboot`", "a;reboot", "a|b", "a&b", "a\nb", "a\r\nb", "a\0b", "<name/>", "]]>", "&amp;", "'", "\"", "\\", "a'--", "%2e%2e", "%n%s", "Ünï", "名", "🙂", "a\u202eb", "a\u200bb", "A", "aB", "1a", "a_b", "a.b", "a-", "-a", new('a', 64), new('a', 100_000), "con\u0000", "a b", "a\tb", "{0}", "{{name}}", "${HOME}", "~", "*", "?"];
        foreach (var name in whole)
        {
            yield return name;
        }

        // Every character that is none of a name's, in front, inside and behind.
        for (var c = (char)0; c < 128; c++)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                yield return $"a{c}b";
                yield return $"{c}ab";
                yield return $"ab{c}";
            }
        }
    }
}
