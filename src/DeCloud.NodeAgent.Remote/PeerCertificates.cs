using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DeCloud.NodeAgent.Remote;

/// <summary>Who one is and whom one trusts: an own certificate with its key, and the authorities that sign for peers. The machine's own list of authorities is never asked.</summary>
public sealed class PeerCertificates : IDisposable
{
    private readonly X509Certificate2Collection _authorities;

    private PeerCertificates(X509Certificate2 own, X509Certificate2Collection authorities, string name) => (Own, _authorities, Name) = (own, authorities, name);

    /// <summary>The own certificate with its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>The own name: the first DNS name of the certificate.</summary>
    public string Name { get; }

    /// <summary>Reads the files.</summary>
    /// <param name="certificateFile">The own certificate, PEM.</param>
    /// <param name="keyFile">Its private key, PEM, not encrypted.</param>
    /// <param name="authorityFile">One or more certificates of authorities, PEM.</param>
    /// <exception cref="IOException">A file can't be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should, or certificate and key do not belong together.</exception>
    public static PeerCertificates Load(string certificateFile, string keyFile, string authorityFile)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        // By way of PKCS#12: a key that was only just imported from PEM can't be used for TLS on every platform.
        var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authorityFile);
        return authorities.Count == 0 ? throw new CryptographicException($"{authorityFile} holds no certificate.")
            : NamesOf(own).FirstOrDefault() is not { } name ? throw new CryptographicException($"{certificateFile} has no DNS name among its subject alternative names.")
            : new(own, authorities, name);
    }

    /// <summary>The names that a certificate is for: the DNS names among its subject alternative names. The subject itself does not count.</summary>
    /// <param name="certificate">The certificate.</param>
    public static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames());
    }

    /// <summary>Why a peer's certificate is not accepted; null when it is: signed by one of the authorities, valid now, and for one of the names, letter by letter.</summary>
    /// <param name="certificate">The peer's certificate, or null when it sent none.</param>
    /// <param name="names">The names.</param>
    public string? Objection(X509Certificate? certificate, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (certificate is not X509Certificate2 peer)
        {
            return "it showed no certificate";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        // There is no place to ask in a private overlay: an authority revokes by being replaced, an orchestrator by its name being taken off the list.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (!chain.Build(peer))
        {
            return $"its certificate is not valid ({string.Join(", ", chain.ChainStatus.Select(s => s.Status).Distinct())})";
        }

        return NamesOf(peer).Intersect(names, StringComparer.Ordinal).Any() ? null : "its certificate is for another name";
    }

    /// <summary>How to knock at a peer: a TLS client that accepts it under one name alone.</summary>
    /// <param name="name">The name.</param>
    /// <param name="onObjection">Told why the peer was not accepted.</param>
    public SslClientAuthenticationOptions ClientOptions(string name, Action<string> onObjection) => new()
    {
        TargetHost = name,
        ClientCertificates = [Own],
        EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            var objection = Objection(certificate, [name]);
            if (objection is not null)
            {
                onObjection(objection);
            }

            return objection is null;
        },
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        foreach (var authority in _authorities)
        {
            authority.Dispose();
        }
    }
}
