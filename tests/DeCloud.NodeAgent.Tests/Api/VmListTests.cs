using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class VmListTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        for (var i = 1; i <= 5; i++)
        {
            Publish(i, i % 2 == 0 ? "stopped" : "running", ("env", i < 4 ? "test" : "live"), ("tier", i == 1 ? "a" : "b"));
        }
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("", "1 2 3 4 5", 5)]
    [InlineData("?limit=2", "1 2", 5)]
    [InlineData("?limit=2&after=00000000-0000-0000-0000-000000000002", "3 4", 5)]
    [InlineData("?limit=2&after=00000000-0000-0000-0000-000000000004", "5", 5)]
    [InlineData("?after=ffffffff-ffff-ffff-ffff-ffffffffffff", "", 5)]
    [InlineData("?state=stopped", "2 4", 2)]
    [InlineData("?state=paused", "", 0)]
    [InlineData("?name=vm-3", "3", 1)]
    [InlineData("?label=env=test", "1 2 3", 3)]
    [InlineData("?label=env=test&label=tier=b", "2 3", 2)]
    [InlineData("?label=env=test&state=running", "1 3", 2)]
    public async Task Lists_are_filtered_ordered_and_paged(string query, string expected, int total)
    {
        var answer = await _host.Get("/api/vms" + query);

        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, string.Join(' ', answer.Json.GetProperty("items").EnumerateArray().Select(vm => vm.GetProperty("name").GetString()![3..])));
        Assert.Equal(total, answer.Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Following_next_leads_through_every_vm_once()
    {
        var seen = new List<string>();
        var query = "?limit=2";
        for (var pages = 0; pages < 5; pages++)
        {
            var page = (await _host.Get("/api/vms" + query)).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(vm => vm.GetProperty("name").GetString()!));
            if (!page.TryGetProperty("next", out var next))
            {
                break;
            }

            query = $"?limit=2&after={next.GetString()}";
        }

        Assert.Equal(["vm-1", "vm-2", "vm-3", "vm-4", "vm-5"], seen);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?limit=-1", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?after=1", "after")]
    [InlineData("?state=broken", "state")]
    [InlineData("?label=env", "label")]
    [InlineData("?label==x", "label")]
    [InlineData("?lmit=1", "lmit")]
    public async Task Wrong_parameters_are_named(string query, string field)
    {
        var answer = await _host.Get("/api/vms" + query);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem));
        Assert.Equal([field], answer.ErrorFields);
    }

    [Fact]
    public async Task A_change_is_seen_at_once_and_an_unchanged_board_is_not_written_again()
    {
        var bodies = new VmListBodies(_host.Board);
        var first = bodies.Of(VmListQuery.All);
        Assert.Same(first, bodies.Of(VmListQuery.All));
        Assert.Equal(first, System.Text.Encoding.UTF8.GetBytes((await _host.Get("/api/vms")).Text));

        Publish(6, "running");
        Assert.NotSame(first, bodies.Of(VmListQuery.All));
        Assert.Equal(6, (await _host.Get("/api/vms")).Json.GetProperty("total").GetInt32());

        _host.Board.Remove(new(Id(1)));
        Assert.Equal(5, (await _host.Get("/api/vms")).Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Lists_have_their_length_and_no_user_data()
    {
        var answer = await _host.Get("/api/vms");

        Assert.Equal(answer.Text.Length, answer.Message.Content.Headers.ContentLength);
        Assert.DoesNotContain("userData\"", answer.Text, StringComparison.Ordinal);
    }

    private static Guid Id(int number) => Guid.Parse($"00000000-0000-0000-0000-{number:d12}");

    private void Publish(int number, string state, params (string, string)[] labels) =>
        _host.Board.Publish(new VmId(Id(number)), Samples.Vm(Id(number), $"vm-{number}", state, labels: labels));
}
