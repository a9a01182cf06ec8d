using DeCloud.NodeAgent.IntegrationTests.Persistence;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>An agent whose journal is in a PostgreSQL cluster of its own.</summary>
public sealed class PostgreSqlLab : AgentLab
{
    private readonly PostgreSqlCluster _cluster = new();

    /// <inheritdoc/>
    protected override string[] Settings => ["Persistence:Provider=PostgreSql", $"Persistence:ConnectionString={_cluster.ConnectionString}"];

    /// <inheritdoc/>
    protected override Task PrepareStateAsync() => _cluster.InitializeAsync();

    /// <inheritdoc/>
    protected override Task DropStateAsync() => _cluster.DisposeAsync();
}

/// <summary>A VM's life with the journal in PostgreSQL.</summary>
public sealed class PostgreSqlLifeTests(PostgreSqlLab lab) : AgentLifeSuite(lab), IClassFixture<PostgreSqlLab>;

/// <summary>Kills with the journal in PostgreSQL.</summary>
public sealed class PostgreSqlKillTests(PostgreSqlLab lab) : KillSuite(lab), IClassFixture<PostgreSqlLab>;
