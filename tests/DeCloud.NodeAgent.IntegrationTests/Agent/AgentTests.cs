namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Tests that share an agent; each begins without VMs, whatever the one before left.</summary>
public abstract class AgentTests(AgentLab lab) : IAsyncLifetime
{
    /// <summary>The agent and its host.</summary>
    protected AgentLab Lab { get; } = lab;

    /// <inheritdoc/>
    public virtual Task InitializeAsync() => Lab.BeginAsync();

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;
}
