using System.Security.Cryptography;
using DeCloud.NodeAgent.Remote;
using DeCloud.Orchestrator;

Options options;
PeerCertificates certificates;
try
{
    options = Options.Parse(args);
    certificates = PeerCertificates.Load(options.Certificate, options.Key, options.Authority);
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or CryptographicException)
{
    await Console.Error.WriteLineAsync(e.Message);
    await Console.Error.WriteLineAsync(Options.Usage);
    return 64;
}

using var owned = certificates;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

var output = new Output(options.IsJson, Console.Out);
await using var fleet = new Fleet(options, certificates, output);
fleet.Start();
var script = new Script(fleet, output);
try
{
    foreach (var line in options.Commands)
    {
        if (!await script.RunAsync(line, stop.Token))
        {
            return 0;
        }
    }

    while (await Console.In.ReadLineAsync(stop.Token) is { } line && await script.RunAsync(line, stop.Token))
    {
    }
}
catch (OperationCanceledException)
{
    // The user has had enough.
}

return 0;
