using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

[SupportedOSPlatform("linux")]
public sealed class ImageImportSpec : IAsyncLifetime
{
    private const string Tag = "\"v1\"";
    private readonly ImageLab _lab = new();
    private readonly byte[] _disk = ImageLab.RawDisk(8 << 20);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Fact]
    public async Task An_honest_image_is_published_as_our_own_flat_read_only_qcow2()
    {
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, _disk, Tag));
        var image = await _lab.ImportAsync(server.Url("/a.raw"), ImageLab.DigestOf(_disk));

        Assert.Equal(ImageLab.DigestOf(_disk), image.Digest);
        Assert.True(image.IsPinned);
        Assert.Equal("raw", image.SourceFormat);
        Assert.Equal(_disk.Length, image.VirtualSizeBytes);
        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
        var path = _lab.ImagePath(image);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
        Assert.Equal(new FileInfo(path).Length, image.SizeBytes);
        Assert.DoesNotContain("backing", await ImageLab.QemuImgAsync("info", "-f", "qcow2", path), StringComparison.Ordinal);
        Assert.Equal([$"images/sha256/{image.Digest.Hex}", $"images/sha256/{image.Digest.Hex}.json"], _lab.StateFiles());
        Assert.Equal([image], await _lab.NewStore().ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_compressed_qcow2_without_a_hash_is_accepted_and_its_digest_recorded()
    {
        var qcow2 = await _lab.Qcow2Async(_disk, "-c", "-o", "compression_type=zstd");
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, qcow2, Tag));
        var image = await _lab.ImportAsync(server.Url("/a.qcow2?secret=1"));

        Assert.Equal(ImageLab.DigestOf(qcow2), image.Digest);
        Assert.False(image.IsPinned);
        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
    }

    [Fact]
    public async Task An_image_in_the_cache_costs_no_traffic_even_in_another_process()
    {
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, _disk, Tag));
        var first = await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));
        var second = await _lab.ImportAsync(server.Url("/elsewhere"), ImageLab.DigestOf(_disk));

        Assert.Equal(first, second);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_damaged_image_is_moved_aside_and_imported_again()
    {
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, _disk, Tag));
        var image = await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));
        var path = _lab.ImagePath(image);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var file = File.OpenWrite(path))
        {
            file.Seek(-100, SeekOrigin.End);
            file.WriteByte(0x5a);
        }

        await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));

        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(_disk, await _lab.GuestBytesAsync(path));
        Assert.Contains(_lab.StateFiles(), name => name.EndsWith(".corrupt-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_hash_is_refused_for_good_and_leaves_nothing()
    {
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, _disk, Tag));
        var refusal = await _lab.RefusalOfAsync(server.Url("/a"), ImageLab.DigestOf([1]));

        Assert.Equal(FailureCodes.ImageHashMismatch, refusal.Code);
        Assert.True(refusal.IsPermanent);
        Assert.Empty(_lab.StateFiles());
    }

    [Fact]
    public async Task A_cut_is_resumed_where_it_was()
    {
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is null)
            {
                await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
                await reply.BodyAsync(_disk.AsMemory(0, 3_000_000));
                return;
            }

            await reply.HonestAsync(request, _disk, Tag);
        });
        var image = await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));

        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
        Assert.Equal([null, 3_000_000L], server.Requests.Select(request => request.RangeStart));
        Assert.Equal(Tag, server.Requests.Last().Headers["If-Range"]);
    }

    [Fact]
    public async Task A_later_process_resumes_what_an_earlier_one_has_fetched()
    {
        _lab.Options = _lab.Options with { Resumes = 0 };
        var isUp = false;
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (isUp)
            {
                await reply.HonestAsync(request, _disk, Tag);
                return;
            }

            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
            await reply.BodyAsync(_disk.AsMemory(0, 5_000_000));
        });
        var cut = await _lab.RefusalOfAsync(server.Url("/a"), ImageLab.DigestOf(_disk));
        Assert.Equal((FailureCodes.ImageUnreachable, false), (cut.Code, cut.IsPermanent));

        // A start of the agent looks through the folder first and must leave the download alone.
        Assert.Empty(await _lab.NewStore().ListAsync(CancellationToken.None));
        isUp = true;
        var image = await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));

        Assert.Equal(5_000_000, server.Requests.Last().RangeStart);
        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
    }

    [Fact]
    public async Task Another_version_in_between_is_fetched_from_its_beginning()
    {
        var newer = ImageLab.RawDisk(8 << 20, seed: 2);
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is null)
            {
                await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
                await reply.BodyAsync(_disk.AsMemory(0, 3_000_000));
                return;
            }

            await reply.HonestAsync(request, newer, "\"v2\"");
        });
        var image = await _lab.ImportAsync(server.Url("/a"));

        Assert.Equal(ImageLab.DigestOf(newer), image.Digest);
        Assert.Equal(newer, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
    }

    [Fact]
    public async Task A_resumed_download_that_does_not_fit_together_is_fetched_once_more_before_it_is_refused()
    {
        var isSecond = false;
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is not null)
            {
                isSecond = true;
                await reply.HonestAsync(request, _disk, Tag);
                return;
            }

            // The same tag for other bytes: only the hash can tell.
            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
            await reply.BodyAsync(isSecond ? _disk : ImageLab.RawDisk(8 << 20, seed: 3).AsMemory(0, 3_000_000));
        });
        _lab.Options = _lab.Options with { Resumes = 0 };
        await _lab.RefusalOfAsync(server.Url("/a"), ImageLab.DigestOf(_disk));
        var image = await _lab.ImportAsync(server.Url("/a"), ImageLab.DigestOf(_disk));

        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_date_resumes_when_it_is_older_than_the_answer_and_a_weak_tag_never_does()
    {
        const string Date = "Tue, 03 Nov 2026 10:00:00 GMT";
        var isSecondVisit = false;
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is not null)
            {
                await reply.HonestAsync(request, _disk, Date);
                return;
            }

            var isDated = request.Path == "/dated";
            var isAgain = !isDated && isSecondVisit;
            isSecondVisit = !isDated;
            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", isDated ? $"Last-Modified: {Date}" : "ETag: W/\"1\"", "Date: Wed, 04 Nov 2026 10:00:00 GMT");
            await reply.BodyAsync(isAgain ? _disk : _disk.AsMemory(0, 3_000_000));
        });

        Assert.Equal(ImageLab.DigestOf(_disk), (await _lab.ImportAsync(server.Url("/dated"))).Digest);
        Assert.Equal((3_000_000L, Date), (server.Requests.Last().RangeStart, server.Requests.Last().Headers["If-Range"]));
        await _lab.NewStore().RemoveAsync(ImageLab.DigestOf(_disk), CancellationToken.None);
        Assert.Equal(ImageLab.DigestOf(_disk), (await _lab.ImportAsync(server.Url("/weak"))).Digest);
        Assert.Equal([null, 3_000_000L, null, null], server.Requests.Select(request => request.RangeStart));
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_is_heard_from_the_beginning()
    {
        var isFirst = true;
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
            await reply.BodyAsync(isFirst ? _disk.AsMemory(0, 3_000_000) : _disk);
            isFirst = false;
        });
        var image = await _lab.ImportAsync(server.Url("/a"));

        Assert.Equal(ImageLab.DigestOf(_disk), image.Digest);
    }

    [Theory]
    [InlineData("bytes 0-1/8388608")]
    [InlineData("bytes 3000001-8388607/8388608")]
    [InlineData("bytes 3000000-8388607/9999999")]
    public async Task A_part_that_was_not_asked_for_is_not_appended(string range)
    {
        var isResumed = false;
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is not null)
            {
                isResumed = true;
                await reply.HeadAsync("206 Partial Content", "Content-Length: 2", $"Content-Range: {range}", $"ETag: {Tag}");
                await reply.BodyAsync(new byte[2]);
                return;
            }

            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
            await reply.BodyAsync(isResumed ? _disk : _disk.AsMemory(0, 3_000_000));
        });
        var image = await _lab.ImportAsync(server.Url("/a"));

        Assert.Equal(ImageLab.DigestOf(_disk), image.Digest);
    }

    [Fact]
    public async Task A_server_that_always_cuts_fails_for_now_after_bounded_tries()
    {
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}");
            await reply.BodyAsync(_disk.AsMemory(0, 100_000));
        });
        var refusal = await _lab.RefusalOfAsync(server.Url("/a"));

        Assert.Equal((FailureCodes.ImageUnreachable, false), (refusal.Code, refusal.IsPermanent));
        Assert.Equal(4, server.Requests.Count);
        _lab.AssertNothingPublished();
    }

    [Fact]
    public async Task A_cut_that_looks_like_an_end_is_caught_by_the_hash_or_refused_without_one()
    {
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK");
            await reply.BodyAsync(_disk.AsMemory(0, 4 << 20));
        });

        Assert.Equal(FailureCodes.ImageHashMismatch, (await _lab.RefusalOfAsync(server.Url("/a"), ImageLab.DigestOf(_disk))).Code);
        Assert.Equal(FailureCodes.ImageRefused, (await _lab.RefusalOfAsync(server.Url("/a"))).Code);
        Assert.Empty(_lab.StateFiles());
    }

    [Fact]
    public async Task A_short_word_about_the_length_is_caught_by_the_hash()
    {
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK", "Content-Length: 1048576");
            await reply.BodyAsync(_disk);
        });

        Assert.Equal(FailureCodes.ImageHashMismatch, (await _lab.RefusalOfAsync(server.Url("/a"), ImageLab.DigestOf(_disk))).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silent_server_is_left_in_time(bool hasAnswered)
    {
        _lab.Options = _lab.Options with { Resumes = 0, IdleTimeout = TimeSpan.FromMilliseconds(300), ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        await using var server = new LiarServer(async (_, reply) =>
        {
            if (hasAnswered)
            {
                await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}");
                await reply.BodyAsync(_disk.AsMemory(0, 1000));
            }

            await reply.SilenceAsync();
        });
        var refusal = await _lab.RefusalOfAsync(server.Url("/a")).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((FailureCodes.ImageUnreachable, false), (refusal.Code, refusal.IsPermanent));
    }

    [Fact]
    public async Task A_trickle_is_left_when_the_whole_time_is_over()
    {
        _lab.Options = _lab.Options with { TotalTimeout = TimeSpan.FromMilliseconds(800) };
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}");
            for (var i = 0; i < 1000; i++)
            {
                await reply.BodyAsync(new byte[1]);
                await Task.Delay(50, reply.Stop);
            }
        });
        var refusal = await _lab.RefusalOfAsync(server.Url("/a")).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((FailureCodes.ImageUnreachable, false), (refusal.Code, refusal.IsPermanent));
    }

    [Fact]
    public async Task An_endless_body_stops_at_the_limit()
    {
        _lab.Options = _lab.Options with { MaxDownloadBytes = 4 << 20 };
        await using var server = new LiarServer(async (_, reply) =>
        {
            await reply.HeadAsync("200 OK", "Transfer-Encoding: chunked");
            var chunk = Encoding.ASCII.GetBytes("10000\r\n").Concat(new byte[65536]).Concat("\r\n"u8.ToArray()).ToArray();
            for (var i = 0; i < 5000; i++)
            {
                await reply.BodyAsync(chunk);
            }
        });
        var refusal = await _lab.RefusalOfAsync(server.Url("/a"));

        Assert.Equal((FailureCodes.ImageTooLarge, true), (refusal.Code, refusal.IsPermanent));
        Assert.Empty(_lab.StateFiles());
    }

    [Fact]
    public async Task An_announced_length_above_the_limit_is_refused_before_the_first_byte()
    {
        await using var server = new LiarServer((_, reply) => reply.HeadAsync("200 OK", "Content-Length: 1099511627776"));
        Assert.Equal(FailureCodes.ImageTooLarge, (await _lab.RefusalOfAsync(server.Url("/a"))).Code);
        Assert.Empty(_lab.StateFiles());
    }

    [Fact]
    public async Task Compression_that_was_not_asked_for_is_refused_and_never_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[64 << 20]);
        }

        await using var server = new LiarServer((request, reply) =>
            request.Path == "/encoded" ? reply.WholeAsync(packed.ToArray(), "Content-Encoding: gzip") : reply.WholeAsync(packed.ToArray()));

        Assert.Equal(FailureCodes.ImageRefused, (await _lab.RefusalOfAsync(server.Url("/encoded"))).Code);
        Assert.Contains("gzip", (await _lab.RefusalOfAsync(server.Url("/plain"))).Message, StringComparison.Ordinal);
        Assert.Empty(_lab.StateFiles());
    }

    [Theory]
    [InlineData("404 Not Found", FailureCodes.ImageNotFound, true)]
    [InlineData("410 Gone", FailureCodes.ImageNotFound, true)]
    [InlineData("403 Forbidden", FailureCodes.ImageNotFound, true)]
    [InlineData("503 Service Unavailable", FailureCodes.ImageUnreachable, false)]
    [InlineData("429 Too Many Requests", FailureCodes.ImageUnreachable, false)]
    [InlineData("206 Partial Content", FailureCodes.ImageNotFound, true)]
    public async Task A_status_says_whether_trying_again_helps(string status, string code, bool isPermanent)
    {
        await using var server = new LiarServer((_, reply) => reply.HeadAsync(status, "Content-Length: 0"));
        var refusal = await _lab.RefusalOfAsync(server.Url("/a?token=secret"));

        Assert.Equal((code, isPermanent), (refusal.Code, refusal.IsPermanent));
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_named()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(certificate);
            Assert.Equal(0, await tls.ReadAsync(new byte[1]));
        });
        var refusal = await _lab.RefusalOfAsync($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/a");
        await Record.ExceptionAsync(() => serving);

        Assert.Equal((FailureCodes.ImageUnreachable, false), (refusal.Code, refusal.IsPermanent));
        Assert.Contains("certificate", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_system_that_fills_up_fails_for_now_and_keeps_nothing_unfinished()
    {
        var small = Path.Combine(_lab.Root, "small");
        Directory.CreateDirectory(small);
        await CliWrap.Cli.Wrap("mount").WithArguments(["-t", "tmpfs", "-o", "size=12m,mode=0755", "none", small]).ExecuteAsync();
        try
        {
            _lab.Options = _lab.Options with { Folder = Path.Combine(small, "images"), MinimumFreeBytes = 0 };
            await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, request.Path == "/large" ? ImageLab.RawDisk(64 << 20) : _disk, Tag));
            foreach (var path in new[] { "/large", "/does-not-fit-twice" })
            {
                var refusal = await _lab.RefusalOfAsync(server.Url(path));
                Assert.Equal((FailureCodes.DiskFull, false), (refusal.Code, refusal.IsPermanent));
            }

            Assert.Empty(Directory.EnumerateFiles(Path.Combine(small, "images", "sha256")));
        }
        finally
        {
            await CliWrap.Cli.Wrap("umount").WithArguments([small]).ExecuteAsync();
        }
    }

    [Fact]
    public async Task A_closed_port_fails_for_now()
    {
        var server = new LiarServer((_, _) => Task.CompletedTask);
        var url = server.Url("/a");
        await server.DisposeAsync();
        var refusal = await _lab.RefusalOfAsync(url);

        Assert.Equal((FailureCodes.ImageUnreachable, false), (refusal.Code, refusal.IsPermanent));
    }

    [Fact]
    public async Task Redirects_are_followed_five_times_and_no_more()
    {
        await using var server = new LiarServer((request, reply) =>
        {
            var left = int.Parse(request.Path[1..], System.Globalization.CultureInfo.InvariantCulture);
            return left == 0 ? reply.WholeAsync(_disk) : reply.HeadAsync("302 Found", $"Location: /{left - 1}", "Content-Length: 0");
        });

        Assert.Equal(ImageLab.DigestOf(_disk), (await _lab.ImportAsync(server.Url("/5"))).Digest);
        Assert.Equal(FailureCodes.ImageUrlRefused, (await _lab.RefusalOfAsync(server.Url("/6"))).Code);
    }

    [Theory]
    [InlineData("file:///etc/shadow")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[fd00:ec2::254]/a")]
    [InlineData("ftp://127.0.0.1/a")]
    [InlineData("http://user:word@127.0.0.1/a")]
    public async Task A_redirect_to_a_forbidden_place_is_refused_for_good(string target)
    {
        await using var server = new LiarServer((_, reply) => reply.HeadAsync("302 Found", $"Location: {target}", "Content-Length: 0"));
        var refusal = await _lab.RefusalOfAsync(server.Url("/a"));

        Assert.Equal((FailureCodes.ImageUrlRefused, true), (refusal.Code, refusal.IsPermanent));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("127.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0")]
    public async Task Without_the_operators_leave_no_spelling_reaches_loopback(string host)
    {
        _lab.Options = _lab.Options with { AllowPrivateAddresses = false };
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        var refusal = await _lab.RefusalOfAsync(server.Url("/a").Replace("127.0.0.1", host, StringComparison.Ordinal));

        Assert.Equal((FailureCodes.ImageUrlRefused, true), (refusal.Code, refusal.IsPermanent));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Different_images_are_imported_at_the_same_time_and_equal_ones_once_published()
    {
        byte[][] disks = [.. Enumerable.Range(10, 6).Select(seed => ImageLab.RawDisk(2 << 20, seed))];
        await using var server = new LiarServer((request, reply) => reply.WholeAsync(disks[request.Path[1] - '0']));
        var store = _lab.NewStore();
        var urls = Enumerable.Range(0, 6).SelectMany(i => new[] { server.Url($"/{i}"), server.Url($"/{i}?again") });
        var images = await Task.WhenAll(urls.Select(url => store.ImportAsync(new(url, null), new Progress<ImportProgress>(), CancellationToken.None)));

        Assert.Equal(6, images.Select(image => image.Digest).Distinct().Count());
        Assert.Equal(6, (await store.ListAsync(CancellationToken.None)).Count);
        foreach (var image in images)
        {
            Assert.Contains(disks, disk => ImageLab.DigestOf(disk) == image.Digest);
        }
    }

    [Fact]
    public async Task A_cancelled_import_publishes_nothing_and_is_resumed()
    {
        using var stop = new CancellationTokenSource();
        var half = new TaskCompletionSource();
        await using var server = new LiarServer(async (request, reply) =>
        {
            if (request.RangeStart is not null)
            {
                await reply.HonestAsync(request, _disk, Tag);
                return;
            }

            await reply.HeadAsync("200 OK", $"Content-Length: {_disk.Length}", $"ETag: {Tag}");
            await reply.BodyAsync(_disk.AsMemory(0, 4 << 20));
            half.SetResult();
            await reply.SilenceAsync();
        });
        var import = _lab.ImportAsync(server.Url("/a"), null, stop.Token);
        await half.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => import);
        _lab.AssertNothingPublished();

        Assert.Equal(ImageLab.DigestOf(_disk), (await _lab.ImportAsync(server.Url("/a"))).Digest);
    }

    [Fact]
    public async Task An_import_cancelled_in_its_conversion_publishes_nothing_and_needs_no_second_download()
    {
        var large = ImageLab.RawDisk(160 << 20);
        await using var server = new LiarServer((request, reply) => reply.HonestAsync(request, large, Tag));
        using var stop = new CancellationTokenSource();
        var progress = new StageTrigger("convert", stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _lab.NewStore().ImportAsync(new(server.Url("/a"), null), progress, stop.Token));
        _lab.AssertNothingPublished();

        Assert.Equal(ImageLab.DigestOf(large), (await _lab.ImportAsync(server.Url("/a"))).Digest);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Looking_at_the_cache_all_the_time_disturbs_no_import()
    {
        byte[][] disks = [.. Enumerable.Range(30, 8).Select(seed => ImageLab.RawDisk(1 << 20, seed))];
        await using var server = new LiarServer((request, reply) => reply.WholeAsync(disks[request.Path[1] - '0']));
        var store = _lab.NewStore();
        using var stop = new CancellationTokenSource();
        var looking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await store.ListAsync(CancellationToken.None);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.ImportAsync(new(server.Url($"/{i}"), null), new Progress<ImportProgress>(), CancellationToken.None)));
        await stop.CancelAsync();
        await looking;

        Assert.Equal(8, (await store.ListAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Progress_names_its_stages_in_order()
    {
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        var stages = new StageTrigger("none", () => { });
        await _lab.NewStore().ImportAsync(new(server.Url("/a"), null), stages, CancellationToken.None);

        Assert.Equal(["download", "convert", "verify"], stages.Seen.Distinct());
    }

    [Fact]
    public async Task A_full_disk_fails_for_now_before_the_first_byte()
    {
        _lab.Options = _lab.Options with { MinimumFreeBytes = long.MaxValue / 2 };
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        var refusal = await _lab.RefusalOfAsync(server.Url("/a"));

        Assert.Equal((FailureCodes.DiskFull, false), (refusal.Code, refusal.IsPermanent));
        _lab.AssertNothingPublished();
    }

    [Fact]
    public async Task What_an_interrupted_import_left_is_removed_by_the_next_look()
    {
        var store = _lab.NewStore();
        await store.ListAsync(CancellationToken.None);
        var hex = new string('a', 64);
        var images = Path.Combine(_lab.Images, "sha256");
        foreach (var name in new[] { hex + ".json", $"{hex}.{Guid.NewGuid():N}.tmp", $"{hex}.json.{Guid.NewGuid():N}.tmp", "README" })
        {
            await File.WriteAllTextAsync(Path.Combine(images, name), "x");
        }

        await File.WriteAllTextAsync(Path.Combine(_lab.Images, "downloads", hex + ".part"), "x");
        Assert.Empty(await store.ListAsync(CancellationToken.None));

        Assert.Equal(["images/sha256/README"], _lab.StateFiles());
    }

    [Fact]
    public async Task A_removed_image_is_gone_and_removing_it_again_is_no_error()
    {
        await using var server = new LiarServer((_, reply) => reply.WholeAsync(_disk));
        var store = _lab.NewStore();
        var image = await store.ImportAsync(new(server.Url("/a"), null), new Progress<ImportProgress>(), CancellationToken.None);
        await store.RemoveAsync(image.Digest, CancellationToken.None);
        await store.RemoveAsync(image.Digest, CancellationToken.None);

        Assert.Empty(_lab.StateFiles());
        Assert.Empty(await store.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_file_of_the_image_folder_is_imported_and_stays()
    {
        Directory.CreateDirectory(_lab.Images);
        var source = Path.Combine(_lab.Images, "local.raw");
        await File.WriteAllBytesAsync(source, _disk);
        var image = await _lab.ImportAsync("file://" + source, ImageLab.DigestOf(_disk));

        Assert.Equal(_disk, await _lab.GuestBytesAsync(_lab.ImagePath(image)));
        Assert.True(File.Exists(source));
    }

    private sealed class StageTrigger(string stage, Action effect) : IProgress<ImportProgress>
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = new();

        public void Report(ImportProgress value)
        {
            Seen.Enqueue(value.Stage);
            if (value.Stage == stage)
            {
                effect();
            }
        }
    }
}
