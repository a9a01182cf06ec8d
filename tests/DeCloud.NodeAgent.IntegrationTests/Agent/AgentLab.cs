using CliWrap;
using DeCloud.Libvirt;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A private libvirt host with an agent on it, and an observer of both.</summary>
public class AgentLab : IAsyncLifetime
{
    private readonly string _state = Path.Combine("/var/tmp", "dcagent-" + Guid.NewGuid().ToString("n")[..8]);
    private LibvirtConnection? _observer;

    /// <summary>The host.</summary>
    public LibvirtHost Host { get; }

    /// <summary>An agent in the machine's own network.</summary>
    public AgentLab()
        : this(new LibvirtHost())
    {
    }

    /// <summary>An agent on a host.</summary>
    /// <param name="host">The host; not up yet.</param>
    protected AgentLab(LibvirtHost host) => Host = host;

    /// <summary>The agent.</summary>
    public AgentProcess Agent { get; private set; } = null!;

    /// <summary>Its API.</summary>
    public AgentApi Api => Agent.Api;

    /// <summary>Its state folder.</summary>
    public string StatePath => _state;

    /// <summary>What must hold after every fault.</summary>
    public Invariants Invariants { get; private set; } = null!;

    /// <summary>Settings of the agent beside the usual.</summary>
    protected virtual string[] Settings => [];

    /// <summary>A request for the small guest.</summary>
    /// <param name="mebibytes">Memory; 128 boots, less only runs.</param>
    public CreateVmRequest Small(int mebibytes = 128) => new()
    {
        Name = "small",
        VCpus = 1,
        MemoryBytes = (long)mebibytes << 20,
        DiskBytes = 256L << 20,
        BaseImageUrl = "file://" + Path.Combine(StatePath, "images", "small.qcow2"),
    };

    /// <summary>Brings a small VM up to where its guest is ready.</summary>
    public async Task<VmResource> ReadyVmAsync(CreateVmRequest? request = null)
    {
        var created = await Api.CreateAsync(request ?? Small());
        await Api.DoneAsync(created);
        await GuestReadyAsync(created.Vm!.Id, 1);
        return await AddressAsync(created.Vm.Id);
    }

    /// <summary>Waits until the guest has said for the given time that it is ready.</summary>
    public Task GuestReadyAsync(Guid id, int times) => Patience.UntilAsync(
        $"the guest is ready for time {times}",
        TimeSpan.FromSeconds(60),
        async () => (await Api.ConsoleAsync(id)).Split("decloud-test-guest: ready").Length > times);

    /// <summary>Waits until the guest's address is in the view.</summary>
    public Task<VmResource> AddressAsync(Guid id) =>
        Api.UntilVmAsync(id, "the VM has an address", TimeSpan.FromSeconds(30), vm => vm.Addresses.Count > 0);

    /// <summary>Starts a whole distribution, as tenants run it; it boots for minutes after this.</summary>
    /// <param name="name">The VM's name.</param>
    /// <param name="memoryGiB">Memory in GiB.</param>
    /// <param name="diskGiB">Disk in GiB.</param>
    /// <returns>The VM's id, and the file of the private key that opens it.</returns>
    public async Task<(Guid Id, string Key)> CloudVmAsync(string name, int memoryGiB, int diskGiB)
    {
        var image = Path.Combine(StatePath, "images", "cloud.qcow2");
        File.Copy(await TestImages.CloudAsync(), image);
        var key = Path.Combine(Host.Files, "key");
        await Cli.Wrap("ssh-keygen").WithArguments(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key]).ExecuteAsync();
        var created = await Api.CreateAsync(new()
        {
            Name = name,
            VCpus = 2,
            MemoryBytes = (long)memoryGiB << 30,
            DiskBytes = (long)diskGiB << 30,
            BaseImageUrl = "file://" + image,
            SshPublicKey = (await File.ReadAllTextAsync(key + ".pub")).Trim(),
        });
        await Api.DoneAsync(created);
        return (created.Vm!.Id, key);
    }

    /// <summary>Asks the guest through its own web server.</summary>
    public static async Task<string> AskGuestAsync(VmResource vm, string path)
    {
        ArgumentNullException.ThrowIfNull(vm);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return await Patience.UntilAsync("the guest's web server answers", TimeSpan.FromSeconds(20), async () =>
        {
            try
            {
                return await http.GetStringAsync(new Uri($"http://{vm.Addresses[0]}/{path}"));
            }
            catch (HttpRequestException)
            {
                // It starts a moment after the guest is ready.
                return null;
            }
        });
    }

    /// <summary>Deletes a VM and waits for its end.</summary>
    public async Task RemoveAsync(Guid id) => await Api.DoneAsync(await Api.DeleteAsync(id));

    /// <summary>Has the agent run, without VMs: what an earlier test left is gone afterwards.</summary>
    public async Task BeginAsync()
    {
        if (!Agent.IsRunning)
        {
            Agent.Start();
        }

        await Agent.ReadyAsync();
        Invariants.ForgetBystanders();
        foreach (var vm in await Api.VmsAsync())
        {
            await RemoveAsync(vm.Id);
        }
    }

    /// <summary>An observer's connection to libvirt, not the agent's; made anew when the daemon has gone meanwhile.</summary>
    public async Task<LibvirtConnection> ObserverAsync()
    {
        if (_observer is null || _observer.Closed.IsCompleted)
        {
            _observer = await Host.ConnectAsync();
        }

        return _observer;
    }

    /// <inheritdoc/>
    public virtual async Task InitializeAsync()
    {
        // Before the host, whose namespace has the mounts of now.
        Directory.CreateDirectory(_state, Passable);
        await PrepareStateAsync();
        await Host.InitializeAsync();
        Directory.CreateDirectory(Path.Combine(_state, "images"), Passable);
        File.Copy(await TestImages.SmallAsync(), Path.Combine(_state, "images", "small.qcow2"));
        Agent = Make();
        await BeforeStartAsync();
        Invariants = new(this);
        await Agent.StartReadyAsync();
    }

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        await Agent.DisposeAsync();
        if (_observer is not null)
        {
            await _observer.DisposeAsync();
        }

        await Host.DisposeAsync();
        await DropStateAsync();
        Directory.Delete(_state, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called when the state folder was made and is empty.</summary>
    protected virtual Task PrepareStateAsync() => Task.CompletedTask;

    /// <summary>Makes the agent; it does not run yet.</summary>
    protected virtual AgentProcess Make() => new(Host, _state, Settings);

    /// <summary>Called when everything is there that the agent will find.</summary>
    protected virtual Task BeforeStartAsync() => Task.CompletedTask;

    /// <summary>Called before the state folder is removed.</summary>
    protected virtual Task DropStateAsync() => Task.CompletedTask;

    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}
