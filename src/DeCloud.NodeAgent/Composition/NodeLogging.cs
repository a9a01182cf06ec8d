namespace DeCloud.NodeAgent.Composition;

/// <summary>Logs: one event one line on standard output.</summary>
internal static class NodeLogging
{
    /// <summary>Adds the console, as text or, with <c>Logging:Console:FormatterName=json</c>, as JSON.</summary>
    public static void AddNodeLogging(this WebApplicationBuilder builder, IConfiguration configuration)
    {
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            o.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddJsonConsole(o =>
        {
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "O";
        });
        if (builder.Configuration["Logging:Console:FormatterName"] is not "json")
        {
            builder.Logging.AddConsole(o => o.FormatterName = Microsoft.Extensions.Logging.Console.ConsoleFormatterNames.Simple);
        }
    }
}
