#!/usr/bin/env bash
# A small Debian in an archive, in which the tests install, upgrade and remove the package.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: make-test-chroot.sh

Makes a tar archive of Debian 12 with systemd's tools (150 MB, half a minute, as
root) and prints its path. It is made once and kept in
${XDG_CACHE_HOME:-~/.cache}/decloud-test-images, under a name that covers this
script. DECLOUD_DEBIAN_MIRROR names a Debian mirror.
USAGE
}

export LC_ALL=C
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
readonly suite=bookworm

die() { # message [remedy]
    printf 'make-test-chroot.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '                     %s\n' "$2" >&2; fi
    exit 1
}

make() { # output
    local options=()
    if [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
        options+=(--keyring=/usr/share/keyrings/debian-archive-keyring.gpg)
    fi
    printf 'make-test-chroot.sh: installing Debian %s into an archive (half a minute)\n' "$suite" >&2
    mmdebstrap --quiet --mode=root --variant=minbase --format=tar "${options[@]}" --include=systemd,libssl3,libstdc++6 \
        --aptopt='Acquire::Retries "3"' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$1" "${DECLOUD_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2 ||
        die "mmdebstrap failed." "Is the Debian mirror reachable? DECLOUD_DEBIAN_MIRROR names another."
}

case "${1:-}" in
    "") ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        printf "make-test-chroot.sh: unknown argument '%s'\n                     Try: make-test-chroot.sh --help\n" "$1" >&2
        exit 64
        ;;
esac
[[ $EUID -eq 0 ]] || die "needs root, for the owners of the files in the archive." "Run it with sudo."
command -v mmdebstrap >/dev/null || die "not installed: mmdebstrap." "Run scripts/setup.sh test first."
cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/decloud-test-images"
archive="$cache/decloud-test-chroot-$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-16).tar"
mkdir -p "$cache"
exec 9>"$cache/chroot.lock"
flock 9
if [[ ! -s $archive ]]; then
    trap 'rm -f -- "$archive.part"' EXIT
    make "$archive.part"
    find "$cache" -maxdepth 1 -name 'decloud-test-chroot-*.tar' -delete
    mv "$archive.part" "$archive"
fi
realpath "$archive"
