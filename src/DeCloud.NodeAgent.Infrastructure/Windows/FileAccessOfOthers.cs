using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace DeCloud.NodeAgent.Infrastructure.Windows;

/// <summary>
/// Who can get at a file or folder besides those who are trusted with everything on the machine anyway: the system, its administrators, the installer of Windows, and the user that the
/// agent runs as. What is denied to somebody is not counted in favour: a rule that allows is enough to be named.
/// </summary>
[SupportedOSPlatform("windows")]
public static class FileAccessOfOthers
{
    // Access masks, winnt.h: the generic rights are what a rule may hold instead of those of a file.
    private const int GenericAll = 0x10000000, GenericWrite = 0x40000000, GenericRead = unchecked((int)0x80000000);

    private const FileSystemRights Writing =
        FileSystemRights.WriteData | FileSystemRights.AppendData | FileSystemRights.Delete | FileSystemRights.DeleteSubdirectoriesAndFiles
        | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership | (FileSystemRights)(GenericAll | GenericWrite);

    private const FileSystemRights Reading = FileSystemRights.ReadData | (FileSystemRights)(GenericAll | GenericRead);

    /// <summary>Service SID of the installer of Windows, <c>NT SERVICE\TrustedInstaller</c>.</summary>
    private static readonly SecurityIdentifier Installer = new("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464");

    /// <summary>The others who may read, change or replace it, or who own it.</summary>
    /// <param name="security">Owner and access rules of the file or folder.</param>
    /// <returns>Their names, or their SIDs where they have none; empty when it is private.</returns>
    public static IReadOnlyList<string> Of(FileSystemSecurity security)
    {
        ArgumentNullException.ThrowIfNull(security);
        var others = security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)).Cast<FileSystemAccessRule>()
            .Where(rule => rule.AccessControlType == AccessControlType.Allow && (rule.FileSystemRights & (Writing | Reading)) != 0)
            .Select(rule => (SecurityIdentifier)rule.IdentityReference);
        var owner = (SecurityIdentifier?)security.GetOwner(typeof(SecurityIdentifier));
        return [.. (owner is null ? others : others.Append(owner)).Where(sid => !IsTrusted(sid)).Distinct().Select(NameOf)];
    }

    /// <summary>Full rights for the trusted, nothing for anybody else, nothing inherited.</summary>
    internal static DirectorySecurity Private()
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (var sid in new[] { Known(WellKnownSidType.LocalSystemSid), Known(WellKnownSidType.BuiltinAdministratorsSid), Me() }.Distinct())
        {
            security.AddAccessRule(new(
                sid, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit, PropagationFlags.None, AccessControlType.Allow));
        }

        return security;
    }

    private static bool IsTrusted(SecurityIdentifier sid) =>
        sid.IsWellKnown(WellKnownSidType.LocalSystemSid)
        || sid.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid)
        // These two stand for whoever owns it, who is looked at by itself.
        || sid.IsWellKnown(WellKnownSidType.CreatorOwnerSid)
        || sid.IsWellKnown(WellKnownSidType.WinCreatorOwnerRightsSid)
        || sid == Installer
        || sid == Me();

    private static SecurityIdentifier Known(WellKnownSidType type) => new(type, null);

    private static SecurityIdentifier Me()
    {
        using var identity = WindowsIdentity.GetCurrent();
        return identity.User!;
    }

    private static string NameOf(SecurityIdentifier sid)
    {
        try
        {
            return sid.Translate(typeof(NTAccount)).Value;
        }
        catch (Exception unknown) when (unknown is IdentityNotMappedException or SystemException)
        {
            return sid.Value;
        }
    }
}
