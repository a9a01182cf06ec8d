namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>Kinds of messages (linux/netlink.h, nfnetlink.h and nf_tables.h); those of nf_tables carry its subsystem, 10, in the upper byte.</summary>
internal static class NetlinkType
{
    /// <summary>NLMSG_ERROR; with the error 0 it is a confirmation.</summary>
    public const ushort Error = 2;

    /// <summary>NLMSG_DONE.</summary>
    public const ushort Done = 3;

    /// <summary>NFNL_MSG_BATCH_BEGIN.</summary>
    public const ushort BatchBegin = 0x10;

    /// <summary>NFNL_MSG_BATCH_END.</summary>
    public const ushort BatchEnd = 0x11;

    /// <summary>NFNL_SUBSYS_NFTABLES.</summary>
    public const ushort Tables = 10;

    /// <summary>NFT_MSG_GETTABLE.</summary>
    public const ushort GetTable = (Tables << 8) | 1;

    /// <summary>NFT_MSG_GETCHAIN.</summary>
    public const ushort GetChain = (Tables << 8) | 4;

    /// <summary>NFT_MSG_GETRULE.</summary>
    public const ushort GetRule = (Tables << 8) | 7;

    /// <summary>NFT_MSG_GETSET.</summary>
    public const ushort GetSet = (Tables << 8) | 10;

    /// <summary>NFT_MSG_NEWSETELEM.</summary>
    public const ushort NewElement = (Tables << 8) | 12;

    /// <summary>NFT_MSG_GETSETELEM.</summary>
    public const ushort GetElement = (Tables << 8) | 13;

    /// <summary>NFT_MSG_DELSETELEM.</summary>
    public const ushort DeleteElement = (Tables << 8) | 14;

    /// <summary>NFT_MSG_GETGEN.</summary>
    public const ushort GetGeneration = (Tables << 8) | 16;
}

/// <summary>Flags of messages (linux/netlink.h).</summary>
internal static class NetlinkFlags
{
    /// <summary>NLM_F_REQUEST.</summary>
    public const ushort Request = 1;

    /// <summary>NLM_F_ACK: confirm.</summary>
    public const ushort Confirm = 4;

    /// <summary>NLM_F_DUMP_INTR: the list changed while it was told.</summary>
    public const ushort Interrupted = 0x10;

    /// <summary>NLM_F_DUMP: tell all.</summary>
    public const ushort Dump = 0x300;

    /// <summary>NLM_F_CREATE.</summary>
    public const ushort Create = 0x400;
}

/// <summary>Kinds of attributes (linux/netfilter/nf_tables.h and nfnetlink.h), named after what holds them.</summary>
internal static class NftAttribute
{
    /// <summary>NFNL_BATCH_GENID: the transaction is for this generation of the ruleset alone.</summary>
    public const ushort BatchGeneration = 1;

    /// <summary>NFTA_GEN_ID.</summary>
    public const ushort GenerationId = 1;

    /// <summary>NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE and NFTA_SET_ELEM_LIST_TABLE: the table, everywhere.</summary>
    public const ushort Table = 1;

    /// <summary>NFTA_RULE_CHAIN.</summary>
    public const ushort RuleChain = 2;

    /// <summary>NFTA_RULE_HANDLE.</summary>
    public const ushort RuleHandle = 3;

    /// <summary>NFTA_SET_NAME and NFTA_SET_ELEM_LIST_SET.</summary>
    public const ushort Set = 2;

    /// <summary>NFTA_SET_ELEM_LIST_ELEMENTS.</summary>
    public const ushort Elements = 3;

    /// <summary>NFTA_LIST_ELEM.</summary>
    public const ushort ListElement = 1;

    /// <summary>NFTA_SET_ELEM_KEY.</summary>
    public const ushort ElementKey = 1;

    /// <summary>NFTA_SET_ELEM_DATA.</summary>
    public const ushort ElementData = 2;

    /// <summary>NFTA_SET_ELEM_FLAGS.</summary>
    public const ushort ElementFlags = 3;

    /// <summary>NFTA_SET_ELEM_KEY_END.</summary>
    public const ushort ElementKeyEnd = 10;

    /// <summary>NFTA_DATA_VALUE.</summary>
    public const ushort Value = 1;

    /// <summary>NFTA_CHAIN_COUNTERS.</summary>
    public const ushort ChainCounters = 8;

    /// <summary>NFTA_SET_DESC and what comes behind it, save NFTA_SET_HANDLE, depends on the kernel's age and on how many elements there are.</summary>
    public const ushort SetDescription = 9;

    /// <summary>NFTA_SET_HANDLE.</summary>
    public const ushort SetHandle = 16;
}
