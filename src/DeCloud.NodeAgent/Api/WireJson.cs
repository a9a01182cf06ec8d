using System.Text.Encodings.Web;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api;

/// <summary>How answers are written: as <see cref="RestJson"/> says, and with quotes and plus signs as they are, because people read them. No browser takes them for HTML: every answer says that it is JSON and not to be sniffed.</summary>
internal static class WireJson
{
    /// <summary>The writers.</summary>
    public static RestJson Types { get; } = new(new JsonSerializerOptions(RestJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
