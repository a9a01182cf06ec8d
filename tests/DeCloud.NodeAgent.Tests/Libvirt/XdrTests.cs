using CsCheck;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Parameters;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class XdrTests
{
    private static readonly Gen<string> Text = Gen.String.Where(text => !text.Contains('\0') && !text.Any(char.IsSurrogate));

    [Fact]
    public void Numbers_come_back_as_they_were_written() =>
        Gen.Select(Gen.Int, Gen.UInt, Gen.Long, Gen.ULong, Gen.Double).Sample((int32, uint32, int64, uint64, number) =>
        {
            using var writer = new XdrWriter();
            writer.Int32(int32).UInt32(uint32).Int64(int64).UInt64(uint64).Double(number);
            var reader = new XdrReader(writer.Written.Span);
            Assert.Equal(int32, reader.ReadInt32());
            Assert.Equal(uint32, reader.ReadUInt32());
            Assert.Equal(int64, reader.ReadInt64());
            Assert.Equal(uint64, reader.ReadUInt64());
            Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits(reader.ReadDouble()));
            reader.EnsureEnd();
        });

    [Fact]
    public void Strings_come_back_and_fill_whole_words() =>
        Gen.Select(Text, Text, Gen.Bool).Sample((first, second, present) =>
        {
            using var writer = new XdrWriter(1);
            writer.String(first).OptionalString(present ? second : null);
            Assert.Equal(0, writer.Written.Length % 4);
            var reader = new XdrReader(writer.Written.Span);
            Assert.Equal(first, reader.ReadString());
            Assert.Equal(present ? second : null, reader.ReadOptionalString());
            reader.EnsureEnd();
        });

    [Fact]
    public void Domains_come_back_as_they_were_written() =>
        Gen.Select(Text, Gen.Guid, Gen.Int).Sample((name, uuid, id) =>
        {
            using var writer = new XdrWriter();
            writer.Domain(new DomainRef(name, uuid, id));
            var reader = new XdrReader(writer.Written.Span);
            Assert.Equal(new DomainRef(name, uuid, id), DomainWire.Read(ref reader));
            reader.EnsureEnd();
        });

    [Fact]
    public void Headers_come_back_as_they_were_written() =>
        Gen.Select(Gen.Int, Gen.UInt).Sample((number, serial) =>
        {
            var header = new MessageHeader(new Procedure(RpcProgram.Qemu, number), MessageType.Reply, serial, MessageStatus.Error);
            using var writer = new XdrWriter();
            header.Write(writer);
            Assert.Equal(ProtocolLimits.Header, writer.Written.Length);
            var reader = new XdrReader(writer.Written.Span);
            Assert.Equal(header, MessageHeader.Read(ref reader));
        });

    [Fact]
    public void A_uuid_is_written_in_the_order_of_its_digits()
    {
        using var writer = new XdrWriter();
        writer.Uuid(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(writer.Written.Span));
    }

    [Fact]
    public void Every_type_of_parameter_is_read()
    {
        using var writer = new XdrWriter();
        writer.UInt32(7)
            .String("int").Int32(1).Int32(-5)
            .String("uint").Int32(2).UInt32(uint.MaxValue)
            .String("llong").Int32(3).Int64(long.MinValue)
            .String("ullong").Int32(4).UInt64(ulong.MaxValue)
            .String("double").Int32(5).Double(1.5)
            .String("boolean").Int32(6).Int32(1)
            .String("string").Int32(7).String("text");
        var reader = new XdrReader(writer.Written.Span, new StringCache());

        var parameters = TypedParameters.Read(ref reader, ProtocolLimits.StatisticsParameters);

        Assert.Equal(-5, parameters.Int64("int"));
        Assert.Null(parameters.UInt64("int"));
        Assert.Equal(uint.MaxValue, parameters.UInt64("uint"));
        Assert.Equal(long.MinValue, parameters.Int64("llong"));
        Assert.Equal(ulong.MaxValue, parameters.UInt64("ullong"));
        Assert.Null(parameters.Int64("ullong"));
        Assert.Equal("18446744073709551615", parameters["ullong"].ToString());
        Assert.Equal(1.5, parameters["double"].AsDouble);
        Assert.True(parameters["boolean"].AsBoolean);
        Assert.Equal("text", parameters.Text("string"));
        Assert.Null(parameters.UInt64("absent"));
    }

    [Fact]
    public void Names_are_kept_and_never_mixed_up()
    {
        var cache = new StringCache();
        Assert.Same(cache.Get("state.state"u8), cache.Get("state.state"u8));
        Gen.Select(Text, Text).Sample((first, second) =>
        {
            Assert.Equal(first, cache.Get(System.Text.Encoding.UTF8.GetBytes(first)));
            Assert.Equal(second, cache.Get(System.Text.Encoding.UTF8.GetBytes(second)));
        });
    }

    [Fact]
    public void Cut_values_are_refused_at_every_length()
    {
        using var writer = new XdrWriter();
        writer.Domain(new DomainRef("name", Guid.NewGuid(), 7));
        var whole = writer.Written.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            Assert.Throws<LibvirtProtocolException>(() =>
            {
                var reader = new XdrReader(cut);
                DomainWire.Read(ref reader);
            });
        }
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x8000_0000u)]
    [InlineData((uint)ProtocolLimits.String + 1)]
    [InlineData(5u)]
    public void A_string_that_is_too_long_or_not_there_is_refused(uint length) =>
        Assert.Throws<LibvirtProtocolException>(() =>
        {
            var reader = new XdrReader(Words(length, 0x41424344u));
            reader.ReadString();
        });

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(101u)]
    [InlineData(3u)]
    public void A_list_that_is_too_long_or_not_there_is_refused_before_it_is_allocated(uint count)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<LibvirtProtocolException>(() =>
        {
            var reader = new XdrReader(Words(count, 1, 2));
            reader.ReadList(100, 4, static (ref XdrReader element) => element.ReadInt32());
        });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void A_presence_other_than_0_or_1_and_bytes_left_over_are_refused()
    {
        Assert.Throws<LibvirtProtocolException>(() =>
        {
            var reader = new XdrReader(Words(2));
            reader.ReadPresence();
        });
        Assert.Throws<LibvirtProtocolException>(() => new XdrReader(Words(2)).EnsureEnd());
    }

    [Fact]
    public void What_the_protocol_cannot_carry_is_refused_before_it_is_sent()
    {
        using var writer = new XdrWriter();
        Assert.Throws<ArgumentException>(() => writer.String("a\0b"));
        Assert.Throws<ArgumentException>(() => writer.String(new string('x', ProtocolLimits.String + 1)));
        var large = new string('x', ProtocolLimits.String);
        Assert.Throws<ArgumentException>(() =>
        {
            for (var i = 0; i < 9; i++)
            {
                writer.String(large);
            }
        });
    }

    private static byte[] Words(params uint[] words)
    {
        using var writer = new XdrWriter();
        foreach (var word in words)
        {
            writer.UInt32(word);
        }

        return writer.Written.ToArray();
    }
}
