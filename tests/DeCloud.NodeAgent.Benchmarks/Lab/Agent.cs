using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>The published agent as a process of its own, and a client of its API.</summary>
internal sealed class Agent : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(120);

    /// <summary>Answers leave out what is null.</summary>
    private static readonly JsonSerializerOptions Json = new(RestJson.Default.Options) { RespectRequiredConstructorParameters = false };
    private readonly Process _process;

    private Agent(Process process, Uri address, long startedAt)
    {
        _process = process;
        StartedAt = startedAt;
        Http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(90) };
    }

    public HttpClient Http { get; }

    public int Pid => _process.Id;

    public int Port => Http.BaseAddress!.Port;

    /// <summary>Just before the process was started.</summary>
    public long StartedAt { get; }

    /// <summary>Starts an agent and waits for nothing.</summary>
    /// <param name="setting">Where things are.</param>
    /// <param name="state">Its state folder.</param>
    /// <param name="more">More arguments.</param>
    public static Agent Start(Setting setting, string state, params string[] more)
    {
        var port = LoopbackServer.FreePort();
        string[] arguments =
        [
            $"--Http:Url=http://127.0.0.1:{port}", $"--StatePath={state}", $"--Libvirt:Uri={setting.QemuUri}", "--Libvirt:AllowEmulation=true",
            "--Images:AllowPrivateAddresses=true", "--Images:ReserveBytes=1 GiB", .. more,
        ];
        var since = Stopwatch.GetTimestamp();
        return new(Programs.Start(setting.Agent, arguments, Path.Combine(setting.Work, "agent.log")), new($"http://127.0.0.1:{port}"), since);
    }

    /// <summary>Starts an agent and waits until it is ready.</summary>
    public static async Task<Agent> StartReadyAsync(Setting setting, string state, params string[] more)
    {
        var agent = Start(setting, state, more);
        await agent.AnswersAsync("/readyz");
        return agent;
    }

    /// <summary>Waits for the first 200 from a path. Tells how long after the process' start it came.</summary>
    public async Task<TimeSpan> AnswersAsync(string path)
    {
        while (Stopwatch.GetElapsedTime(StartedAt) < StartDeadline && !_process.HasExited)
        {
            try
            {
                using var answer = await Http.GetAsync(path);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return Stopwatch.GetElapsedTime(StartedAt);
                }
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet.
            }

            await Task.Delay(2);
        }

        throw new InvalidOperationException($"The agent did not answer 200 on {path} within {StartDeadline}; see agent.log.");
    }

    /// <summary>Creates a VM and waits until its operation has ended well.</summary>
    public async Task<VmResource> CreateAsync(CreateVmRequest request)
    {
        using var answer = await Http.PostAsJsonAsync("/api/vms", request, RestJson.Default.CreateVmRequest);
        return await EndedAsync(answer);
    }

    /// <summary>Asks a VM to change (start, stop?force=true, ...) and waits until the operation has ended well.</summary>
    public async Task<VmResource> ChangeAsync(Guid id, string what)
    {
        using var answer = await Http.PostAsync($"/api/vms/{id}/{what}", null);
        return await EndedAsync(answer);
    }

    public async Task DeleteAsync(Guid id)
    {
        using var answer = await Http.DeleteAsync($"/api/vms/{id}");
        await EndedAsync(answer);
    }

    public async Task<VmResource> GetAsync(Guid id) => (await Http.GetFromJsonAsync<VmResource>($"/api/vms/{id}", Json))!;

    /// <summary>Memory of the process in main memory (VmRSS), in MiB.</summary>
    public async Task<double> ResidentMiBAsync()
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{Pid}/status")).Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>kill -9, as if the power of the process were cut.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        Http.Dispose();
        _process.Dispose();
    }

    private async Task<VmResource> EndedAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{(int)answer.StatusCode}: {text}");
        }

        var accepted = JsonSerializer.Deserialize<AcceptedResource>(text, Json)!;
        var operation = accepted.Operation;
        while (operation.Status == "running")
        {
            operation = (await Http.GetFromJsonAsync<OperationResource>($"/api/operations/{operation.Id}?wait=30s", Json))!;
        }

        return operation.Status == "succeeded" ? accepted.Vm! : throw new InvalidOperationException($"{operation.Kind} ended as {operation.Status}: {operation.Error?.Message}");
    }
}
