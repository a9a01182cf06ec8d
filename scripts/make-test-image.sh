#!/usr/bin/env bash
# Bootable images for the tests and the demo, made of the distribution's packages.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: make-test-image.sh [--cloud] [--out FILE]

Makes a bootable qcow2 image and prints its path on the last line. Without
--cloud: the distribution's kernel and a busybox, under 40 MB, described in
scripts/test-guest/README.md; needs no root. With --cloud: Debian 12 with
cloud-init, sshd, qemu-guest-agent and systemd-networkd, made by mmdebstrap as root.

  --out FILE   also put the image at FILE
  --key        print the image's name in the cache and make nothing

An image is made once and kept in ${XDG_CACHE_HOME:-~/.cache}/decloud-test-images,
under a name that covers this script, its files and the packages' versions.
DECLOUD_DEBIAN_MIRROR names a Debian mirror for --cloud.
USAGE
}

export LC_ALL=C
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
readonly here
readonly suite=bookworm
readonly boot_mib=64
readonly data_mib=32
readonly cloud_boot_mib=96
readonly cloud_root_mib=1600
readonly cloud_packages=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,udev,dbus,cloud-init,cloud-guest-utils,netplan.io,iproute2,openssh-server,sudo,qemu-guest-agent,e2fsprogs,ca-certificates,kmod
# What the guest needs to find its disks, seed, network, console and buttons.
readonly guest_modules=(virtio_pci virtio_blk virtio_scsi sd_mod sr_mod virtio_net virtio_console virtio_balloon
    virtio_rng isofs vfat nls_cp437 nls_ascii nls_iso8859_1 nls_utf8 button evdev pvpanic_mmio pvpanic_pci)

work=
cleanup() { if [[ -n $work ]]; then rm -rf -- "$work"; fi; }
trap cleanup EXIT
trap 'exit 130' INT TERM

die() { # message [remedy]
    printf 'make-test-image.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '                    %s\n' "$2" >&2; fi
    exit 1
}

say() { printf 'make-test-image.sh: %s\n' "$1" >&2; }

require_tools() {
    local tool missing=()
    for tool in "$@"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    [[ ${#missing[@]} -eq 0 ]] || die "not installed: ${missing[*]}." "Run scripts/setup.sh test first."
}

# --- packages --------------------------------------------------------------

candidate() { apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }

kernel_package() {
    local name
    for name in linux-image-cloud-amd64 linux-image-virtual linux-image-amd64; do
        if [[ -n $(candidate "$name") ]]; then printf '%s' "$name"; return; fi
    done
    die "apt knows no kernel package." "Run apt-get update. Other distributions than Debian and Ubuntu cannot make this image."
}

depends() { # package pattern
    apt-cache depends --no-recommends --no-suggests "$1" | awk '/Depends:/ {print $2}' | grep -E "$2" | head -n 1 || true
}

unpack_kernel() { # folder
    local package image modules
    package="$(kernel_package)"
    image="$(depends "$package" '^linux-image-[0-9]')"
    [[ -n $image ]] || die "$package names no kernel image."
    modules="$(depends "$image" '^linux-modules-[0-9]')"
    say "downloading $image"
    (cd "$1" && apt-get -qq download "$image" ${modules:+"$modules"} 2>/dev/null) ||
        die "apt-get download $image failed." "Run apt-get update, then try again."
    local archive
    for archive in "$1"/*.deb; do dpkg-deb -x "$archive" "$1/root"; done
    # Since the merged /usr of newer releases the modules may lie below usr/.
    if [[ ! -d $1/root/lib/modules ]]; then mkdir -p "$1/root/lib" && mv "$1/root/usr/lib/modules" "$1/root/lib/modules"; fi
}

# --- disk ------------------------------------------------------------------

# A FAT file system with syslinux, a kernel and an initramfs, made without mounting.
make_boot_partition() { # file mib kernel initramfs command-line
    rm -f "$1"
    truncate -s "$2M" "$1"
    # 2048: the partition's first sector, which syslinux reads from here.
    mkfs.fat -F 32 -s 1 -h 2048 -n BOOT "$1" >/dev/null
    printf 'DEFAULT linux\nPROMPT 0\nTIMEOUT 0\nLABEL linux\n  LINUX /vmlinuz\n  INITRD /initrd\n  APPEND %s\n' "$5" >"$work/syslinux.cfg"
    MTOOLS_SKIP_CHECK=1 mcopy -i "$1" "$3" ::/vmlinuz
    MTOOLS_SKIP_CHECK=1 mcopy -i "$1" "$4" ::/initrd
    MTOOLS_SKIP_CHECK=1 mcopy -i "$1" "$work/syslinux.cfg" ::/syslinux.cfg
    syslinux --install "$1"
}

# Master boot record, boot partition, and a second partition that comes last so
# that it can grow with the disk.
join_disk() { # disk boot boot-mib second second-mib
    truncate -s "$((1 + $3 + $5 + 1))M" "$1"
    printf 'label: dos\nstart=2048, size=%s, type=c, bootable\nstart=%s, size=%s, type=83\n' \
        "$(($3 * 2048))" "$((2048 + $3 * 2048))" "$(($5 * 2048))" | sfdisk --quiet "$1"
    dd if="$(boot_record)" of="$1" bs=440 count=1 conv=notrunc status=none
    dd if="$2" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
    dd if="$4" of="$1" bs=1M seek=$((1 + $3)) conv=notrunc,sparse status=none
}

boot_record() {
    local file
    for file in /usr/lib/syslinux/mbr/mbr.bin /usr/lib/SYSLINUX/mbr.bin /usr/lib/EXTLINUX/mbr.bin; do
        if [[ -r $file ]]; then printf '%s' "$file"; return; fi
    done
    die "syslinux's mbr.bin is not installed." "Run scripts/setup.sh test first."
}

# --- the small guest -------------------------------------------------------

make_initramfs() { # kernel-root output
    local root="$work/initramfs" version module line count=0
    version="$(basename "$(echo "$1"/lib/modules/*)")"
    mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,data,seed,modules,tmp}
    cp -r "$here"/test-guest/{bin,etc,www} "$root/"
    cp "$(command -v busybox)" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    ln -s bin/busybox "$root/init"

    depmod -b "$1" "$version"
    # In the order in which each finds what it needs already loaded.
    for module in "${guest_modules[@]}"; do
        modprobe -d "$1" -S "$version" --show-depends "$module" 2>/dev/null || true
    done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$work/modules"
    [[ -s $work/modules ]] || die "the kernel $version has none of the modules that the guest needs."
    while read -r line; do
        module="$(printf '%02d-%s' "$((count++))" "$(basename "${line%%.ko*}").ko")"
        case "$line" in
            *.ko) cp "$line" "$root/modules/$module" ;;
            *.zst) zstd -qdc "$line" >"$root/modules/$module" ;;
            *.xz) xz -dc "$line" >"$root/modules/$module" ;;
            *) die "a module is packed in a way this script does not know: $line" ;;
        esac
        printf '%s\n' "$module"
    done <"$work/modules" >"$root/modules/order"
    (cd "$root" && find . -print0 | sort -z | cpio --null --quiet --create --format=newc --owner=0:0 | gzip -n -9) >"$2"
}

make_small() { # output
    require_tools apt-get dpkg-deb busybox cpio gzip zstd depmod modprobe mkfs.fat mcopy syslinux mke2fs sfdisk qemu-img
    ! ldd "$(command -v busybox)" >/dev/null 2>&1 || die "busybox is not the static one." "apt-get install busybox-static"
    mkdir "$work/kernel"
    unpack_kernel "$work/kernel"
    say "making the initramfs and the disk"
    make_initramfs "$work/kernel/root" "$work/initrd"
    # Beside the console, all of it is there to start a second sooner when emulated.
    make_boot_partition "$work/boot" "$boot_mib" "$(echo "$work"/kernel/root/boot/vmlinuz-*)" "$work/initrd" \
        "console=ttyS0 quiet mitigations=off nokaslr apparmor=0 audit=0 no_timer_check tsc=reliable"
    truncate -s "${data_mib}M" "$work/data"
    mke2fs -q -t ext4 -L decloud-data "$work/data"
    join_disk "$work/disk" "$work/boot" "$boot_mib" "$work/data" "$data_mib"
    qemu-img convert -c -f raw -O qcow2 "$work/disk" "$1"
}

# --- the cloud image -------------------------------------------------------

make_cloud() { # output
    require_tools mmdebstrap mkfs.fat mcopy syslinux mke2fs sfdisk qemu-img
    [[ $EUID -eq 0 ]] || die "--cloud needs root, for the owners of the files in the image." "Run it with sudo."
    local root="$work/root" options=()
    if [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
        options+=(--keyring=/usr/share/keyrings/debian-archive-keyring.gpg)
    fi
    say "installing Debian $suite into a folder (a minute)"
    mmdebstrap --quiet --mode=root --variant=minbase --format=directory "${options[@]}" \
        --include="$cloud_packages" --aptopt='Acquire::Retries "3"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$root" "${DECLOUD_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2 ||
        die "mmdebstrap failed." "Is the Debian mirror reachable? DECLOUD_DEBIAN_MIRROR names another."

    say "making the disk"
    # Without the vendor's machine-id and host keys each VM makes its own.
    : >"$root/etc/machine-id"
    rm -f "$root"/etc/ssh/ssh_host_*
    printf 'LABEL=decloud-root / ext4 errors=remount-ro,discard 0 1\n' >"$root/etc/fstab"
    printf 'datasource_list: [ NoCloud, None ]\n' >"$root/etc/cloud/cloud.cfg.d/90_datasource.cfg"
    # An RSA key takes most of a minute on an emulated processor.
    printf 'ssh_genkeytypes: [ed25519, ecdsa]\n' >"$root/etc/cloud/cloud.cfg.d/91_host-keys.cfg"
    # The image carries no locales, and apt's sources are right as they are.
    printf 'locale: false\napt_preserve_sources_list: true\n' >"$root/etc/cloud/cloud.cfg.d/92_keep.cfg"
    systemctl --quiet --root="$root" enable systemd-networkd.service qemu-guest-agent.service ssh.service 2>/dev/null ||
        chroot "$root" systemctl --quiet enable systemd-networkd.service ssh.service
    local unit
    for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    # The name servers of the host that made the image are nobody else's.
    rm -f "$root/etc/resolv.conf"
    ln -s ../run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"

    cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
    cp "$root"/boot/initrd.img-* "$work/initrd"
    rm -f "$root"/boot/initrd.img-* "$root"/boot/vmlinuz-*
    make_boot_partition "$work/boot" "$cloud_boot_mib" "$work/vmlinuz" "$work/initrd" \
        "root=LABEL=decloud-root ro console=ttyS0 quiet"
    truncate -s "${cloud_root_mib}M" "$work/second"
    mke2fs -q -t ext4 -L decloud-root -d "$root" "$work/second"
    join_disk "$work/disk" "$work/boot" "$cloud_boot_mib" "$work/second" "$cloud_root_mib"
    qemu-img convert -c -f raw -O qcow2 "$work/disk" "$1"
}

# --- the cache -------------------------------------------------------------

cache_name() { # kind
    local packages name
    case "$1" in
        small) packages="$(kernel_package) busybox-static syslinux" ;;
        cloud) packages="linux-image-cloud-amd64 cloud-init" ;;
    esac
    {
        cat "${BASH_SOURCE[0]}"
        for name in $packages; do
            printf '%s %s\n' "$name" "$(candidate "$name")"
        done
        if [[ $1 == small ]]; then find "$here/test-guest" -type f -print0 | sort -z | xargs -0 cat; fi
    } | sha256sum | cut -c1-16 | sed "s/^/decloud-test-$1-/; s/\$/.qcow2/"
}

main() {
    local kind=small out='' key_only=no
    while [[ $# -gt 0 ]]; do
        case "$1" in
            --cloud) kind=cloud ;;
            --key) key_only=yes ;;
            --out)
                [[ $# -ge 2 && -n $2 ]] || die "--out takes a file."
                out="$2"
                shift
                ;;
            -h | --help)
                usage
                exit 0
                ;;
            *)
                printf "make-test-image.sh: unknown argument '%s'\n                    Try: make-test-image.sh --help\n" "$1" >&2
                exit 64
                ;;
        esac
        shift
    done
    [[ $(uname -m) == x86_64 ]] || die "images are made on x86_64 only, this is $(uname -m)."
    require_tools apt-cache sha256sum flock

    local name cache image
    name="$(cache_name "$kind")"
    if [[ $key_only == yes ]]; then
        printf '%s\n' "$name"
        return
    fi
    cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/decloud-test-images"
    image="$cache/$name"
    mkdir -p "$cache"
    # Two that want the same image at once: one makes it, the other waits.
    exec 9>"$cache/$kind.lock"
    flock 9
    if [[ ! -s $image ]]; then
        work="$(mktemp -d "${TMPDIR:-/var/tmp}/decloud-image.XXXXXX")"
        "make_$kind" "$work/image.qcow2"
        chmod 0644 "$work/image.qcow2"
        cp "$work/image.qcow2" "$image.part"
        mv "$image.part" "$image"
        # Older ones of the same kind are of no use any more.
        find "$cache" -maxdepth 1 -name "decloud-test-$kind-*.qcow2" ! -name "$name" -delete
    fi
    if [[ -n $out ]]; then
        cp --reflink=auto "$image" "$out.part"
        mv "$out.part" "$out"
        image="$out"
    fi
    realpath "$image"
}

main "$@"
