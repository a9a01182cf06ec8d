using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Composition;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Windows;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>An answer that was read whole.</summary>
internal sealed record Answer(int Status, string Text, HttpResponseMessage Message)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>The code of the problem document; checks that it is a whole one.</summary>
    public string Problem
    {
        get
        {
            Assert.Equal("application/problem+json", Message.Content.Headers.ContentType?.MediaType);
            var problem = Json;
            Assert.Equal(Status, problem.GetProperty("status").GetInt32());
            Assert.NotEmpty(problem.GetProperty("title").GetString()!);
            Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
            Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
            return problem.GetProperty("type").GetString()!["/docs/errors#".Length..];
        }
    }

    public IReadOnlyList<string> ErrorFields => [.. Json.GetProperty("errors").EnumerateObject().Select(e => e.Name)];

    public string? Header(string name) =>
        Message.Headers.TryGetValues(name, out var values) || Message.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;
}

/// <summary>The real server on a port of its own, with scripted actors where the node's would be.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    private readonly Dictionary<string, string> _settings = new(StringComparer.OrdinalIgnoreCase) { ["Http:Url"] = "http://127.0.0.1:0" };
    private WebApplication? _app;

    public Script Node { get; } = new();

    public Script Vms { get; } = new();

    public Script Images { get; } = new();

    public Script WireGuard { get; } = new();

    public Script Orchestrator { get; } = new();

    public Script Ports { get; } = new();

    internal NetworkBoard Network { get; } = new();

    internal VmBoard Board { get; } = new();

    internal OperationBoard Operations { get; } = new();

    public Script Resources { get; } = new();

    internal ResourceBoard ResourceBoard { get; } = new();

    internal ScriptedHistory History { get; } = new();

    internal ScriptedFeed Feed { get; } = new();

    internal WarningBoard WarningBoard { get; } = new();

    internal ScriptedJournal Journal { get; } = new();

    internal ScriptedFiles Files { get; } = new();

    public HttpClient Client { get; private set; } = new();

    internal IServiceProvider Services => _app!.Services;

    internal Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Whether the actors are missing, as before the node is up.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether the host runs VMs.</summary>
    public bool RunsVms { get; init; } = true;

    public static async Task<ApiHost> StartAsync(params (string Key, string Value)[] settings)
    {
        var host = new ApiHost();
        foreach (var (key, value) in settings)
        {
            host._settings[key] = value;
        }

        await host.InitializeAsync();
        return host;
    }

    public async Task InitializeAsync()
    {
        var errors = NodeConfiguration.Read(_settings.ToDictionary(s => s.Key, s => new Setting(s.Value, "test"), StringComparer.OrdinalIgnoreCase), _ => default, out var options);
        Assert.Empty(errors);
        var quiet = new ConfigurationBuilder().AddInMemoryCollection([new("Logging:LogLevel:Default", "Critical")]).Build();
        _app = NodeHost.Build(options, quiet, AddScripts);
        await _app.StartAsync();
        Address = new(_app.Urls.Single(url => !url.StartsWith("http://unix:", StringComparison.Ordinal)));
        Client = new() { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _app!.DisposeAsync();
    }

    internal Task StopAsync() => _app!.StopAsync();

    internal Task<Answer> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    internal Task<Answer> Post(string path, string? body = null, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, path, body, headers);

    internal Task<Answer> Put(string path, string? body = null, params (string Name, string Value)[] headers) => Send(HttpMethod.Put, path, body, headers);

    internal Task<Answer> Delete(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Delete, path, null, headers);

    internal async Task<Answer> Send(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            if (name == "Content-Type")
            {
                request.Content!.Headers.ContentType = null;
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
            }
        }

        var response = await Client.SendAsync(request);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    private IServiceCollection AddScripts(IServiceCollection services, NodeOptions options) => (RunsVms ? services : services.AddSingleton<IHypervisor>(new UnsupportedHost()))
        .AddSingleton(Time)
        .AddSingleton(options)
        .AddSingleton(Board)
        .AddSingleton(Network)
        .AddSingleton(Operations)
        .AddSingleton(ResourceBoard)
        .AddSingleton<IVmHistory>(History)
        .AddSingleton<IEventFeed>(Feed)
        .AddSingleton<IVmFiles>(Files)
        .AddSingleton<IJournalView>(Journal)
        .AddSingleton(WarningBoard)
        .AddInspection()
        .AddAkka("test", (akka, provider) =>
        {
            akka.WithInspection(provider);
            akka.AddHocon("akka.loglevel = OFF, akka.stdout-loglevel = OFF, akka.coordinated-shutdown.run-by-clr-shutdown-hook = off", HoconAddMode.Prepend);
            if (!IsEmpty)
            {
                akka.WithActors((system, registry) =>
                {
                    registry.Register<NodeKey>(system.ActorOf(Node.Props(), "node"));
                    registry.Register<VmsKey>(system.ActorOf(Vms.Props(), "vms"));
                    registry.Register<ImagesKey>(system.ActorOf(Images.Props(), "images"));
                    registry.Register<WireGuardKey>(system.ActorOf(WireGuard.Props(), "wireguard"));
                    registry.Register<ResourcesKey>(system.ActorOf(Resources.Props(), "resources"));

                    registry.Register<OrchestratorKey>(system.ActorOf(Orchestrator.Props(), "orchestrator"));
                    registry.Register<PortsKey>(system.ActorOf(Ports.Props(), "ports"));
                });
            }
        });
}
