namespace DeCloud.Libvirt.Protocol;

/// <summary>A procedure of a program.</summary>
/// <param name="Program">The program.</param>
/// <param name="Number">The procedure's number in it.</param>
internal readonly record struct Procedure(RpcProgram Program, int Number)
{
    /// <summary>A procedure of the hypervisor-neutral program.</summary>
    public static implicit operator Procedure(RemoteProcedure procedure) => new(RpcProgram.Remote, (int)procedure);

    /// <summary>A procedure of the QEMU program.</summary>
    public static implicit operator Procedure(QemuProcedure procedure) => new(RpcProgram.Qemu, (int)procedure);

    /// <summary>The name where it is known, for messages.</summary>
    public override string ToString() => Program switch
    {
        RpcProgram.Remote => ((RemoteProcedure)Number).ToString(),
        RpcProgram.Qemu => ((QemuProcedure)Number).ToString(),
        _ => $"{(uint)Program:x}/{Number}",
    };
}
