namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A VM's life with the journal in SQLite.</summary>
public sealed class SqliteLifeTests(AgentLab lab) : AgentLifeSuite(lab), IClassFixture<AgentLab>;

/// <summary>Kills with the journal in SQLite.</summary>
public sealed class SqliteKillTests(AgentLab lab) : KillSuite(lab), IClassFixture<AgentLab>;
