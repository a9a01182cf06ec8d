using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>Certificates of an authority that lives as long as the benchmark.</summary>
internal static class Certificates
{
    /// <summary>Makes an authority, whose certificate is <c>ca.pem</c>.</summary>
    /// <param name="folder">Where it goes.</param>
    public static X509Certificate2 Authority(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(7));
        File.WriteAllText(Path.Combine(folder, "ca.pem"), made.ExportCertificatePem());
        return made;
    }

    /// <summary>Makes a certificate and its key, <c>FILE.pem</c> and <c>FILE.key</c>.</summary>
    /// <param name="authority">Who signs it.</param>
    /// <param name="folder">Where they go.</param>
    /// <param name="file">Their name.</param>
    /// <param name="names">The names it is for.</param>
    public static void Certify(X509Certificate2 authority, string folder, string file, IReadOnlyList<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + file, key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using var made = request.Create(authority, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(1), RandomNumberGenerator.GetBytes(12));
        File.WriteAllText(Path.Combine(folder, file + ".pem"), made.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, file + ".key"), key.ExportPkcs8PrivateKeyPem());
    }
}
