using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Nftables;

namespace DeCloud.NodeAgent.Tests.Ports;

public sealed class RuleCheckTests
{
    private readonly SteppedTime _time = new();
    private ToolResult _answer = new(1, "", "no such table type");
    private int _runs;

    [Fact]
    public async Task A_filter_that_refuses_for_a_day_is_asked_a_few_times_an_hour_and_says_all_the_same_why()
    {
        var check = Check();
        for (var looks = 0; looks < 24 * 60 * 6; looks++)
        {
            Assert.Equal("no such table type", await check.RefusalAsync(default));
            _time.Passed += TimeSpan.FromSeconds(10);
        }

        Assert.InRange(_runs, 24 * 6, 24 * 6 + 10);
    }

    [Fact]
    public async Task One_that_takes_the_rules_is_known_by_the_next_asking_and_refuses_later_as_if_for_the_first_time()
    {
        var check = Check();
        await check.RefusalAsync(default);
        _answer = new(0, "", "");
        Assert.NotNull(await check.RefusalAsync(default));
        _time.Passed += TimeSpan.FromSeconds(20);
        Assert.Null(await check.RefusalAsync(default));

        _answer = new(1, "", "gone");
        Assert.Equal("gone", await check.RefusalAsync(default));
        _answer = new(0, "", "");
        _time.Passed += TimeSpan.FromSeconds(20);
        Assert.Null(await check.RefusalAsync(default));
        Assert.Equal(4, _runs);
    }

    private RuleCheck Check() => new(
        _ =>
        {
            _runs++;
            return Task.FromResult(_answer);
        },
        _time);
}
