#!/usr/bin/env bash
# Installs what the agent, the demo or the tests need and this machine lacks.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: setup.sh [run|demo|test]

  run    what a node needs to host VMs: libvirt, QEMU, networking, the .NET SDK,
         and Node.js, with which the web console is built
  demo   run, and what makes the small test image
  test   demo, and what the test suites start or ask (Wine among it: 700 MB, and Chromium)

Installs with apt what is missing and nothing else; a second call does nothing.
Needs root, by itself or through sudo. Exit 69: this machine's distribution does
not have what is needed; the remedy is printed.
USAGE
}

readonly unavailable=69
readonly run_packages=(libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils iproute2 dnsmasq-base
    wireguard-tools nftables
    iptables util-linux procps ca-certificates curl)
readonly demo_packages=(busybox-static syslinux syslinux-common mtools dosfstools fdisk e2fsprogs kmod cpio zstd
    xz-utils jq openssh-client)
# gcc links the command-line program, which is compiled to machine code; prometheus brings promtool, which checks metrics and alert rules.
readonly test_packages=(gcc libc6-dev zlib1g-dev mmdebstrap debian-archive-keyring extlinux genisoimage xorriso
    postgresql strace wrk iputils-ping wireguard-go systemd man-db chromium fonts-dejavu-core prometheus sqlite3)
# The agent for Windows is run by the tests on Wine: 104 MB to download, 695 MB installed.
readonly windows_packages=(wine wine64)
readonly sdk_major=10
readonly node_version=20.19

say() { printf 'setup.sh: %s\n' "$1" >&2; }

die() { # status message [remedy...]
    local status="$1"
    shift
    printf 'setup.sh: %s\n' "$1" >&2
    shift
    if [[ $# -gt 0 ]]; then printf '          %s\n' "$@" >&2; fi
    exit "$status"
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die 77 "needs root to install packages, and there is no sudo." "Run it as root."
    fi
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

lists_updated=no
update_lists() {
    [[ $lists_updated == no ]] || return 0
    say "apt-get update"
    as_root apt-get -qq update || die "$unavailable" "apt-get update failed." "Is a package mirror reachable? See the lines above."
    lists_updated=yes
}

install() { # packages...
    # Without systemd a package's script would start its daemon by hand and leave
    # it running; RUNLEVEL=1 tells it not to.
    local environment=(DEBIAN_FRONTEND=noninteractive)
    if [[ ! -d /run/systemd/system ]]; then environment+=(RUNLEVEL=1); fi
    say "installing $*"
    as_root env "${environment[@]}" apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@" >/dev/null ||
        die "$unavailable" "apt-get install failed." "See the lines above. If packages were not found: is a package mirror reachable?"
}

sdk_is_there() {
    command -v dotnet >/dev/null || return 1
    dotnet --list-sdks 2>/dev/null | awk -F. -v wanted="$sdk_major" '$1 >= wanted {found = 1} END {exit !found}'
}

available() { [[ -n $(apt-cache policy "$1" | awk '/Candidate:/ && $2 != "(none)" {print $2}') ]]; }

ensure_sdk() {
    if sdk_is_there; then return; fi
    local package="dotnet-sdk-$sdk_major.0"
    available "$package" || update_lists
    if available "$package"; then
        install "$package"
        return
    fi
    local id=debian version=12
    if [[ -r /etc/os-release ]]; then
        # shellcheck source=/dev/null
        id="$(. /etc/os-release && printf '%s' "${ID:-debian}")"
        # shellcheck source=/dev/null
        version="$(. /etc/os-release && printf '%s' "${VERSION_ID:-12}")"
    fi
    local remedy=()
    if [[ $id == ubuntu ]]; then
        remedy+=("Ubuntu has it in the .NET backports archive:"
            "  sudo apt-get install -y software-properties-common"
            "  sudo add-apt-repository -y ppa:dotnet/backports")
    else
        remedy+=("Add Microsoft's package source, then run this again:"
            "  curl -fsSLo packages.deb https://packages.microsoft.com/config/$id/$version/packages-microsoft-prod.deb"
            "  sudo dpkg -i packages.deb && sudo apt-get update")
    fi
    die "$unavailable" "the .NET $sdk_major SDK is missing, and the package sources of this machine do not have it." \
        "${remedy[@]}" "Or without root: https://dot.net/v1/dotnet-install.sh --channel $sdk_major.0, and put it into PATH."
}

node_is_there() {
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    dpkg --compare-versions "$(node --version | tr -d v)" ge "$node_version"
}

# The agent builds and runs without it too, so only the tests insist.
ensure_node() { # set
    if node_is_there; then return; fi
    local candidate
    candidate="$(apt-cache policy nodejs | awk '/Candidate:/ {print $2}')"
    if [[ -z $candidate || $candidate == "(none)" ]]; then
        update_lists
        candidate="$(apt-cache policy nodejs | awk '/Candidate:/ {print $2}')"
    fi
    if ! command -v node >/dev/null && dpkg --compare-versions "${candidate:-0}" ge "$node_version"; then
        install nodejs npm
        return
    fi
    local remedy=("Install Node.js $node_version or later with npm from https://nodejs.org, and run this again.")
    if [[ $1 == test ]]; then
        die "$unavailable" "Node.js $node_version or later is missing, and the package sources of this machine do not have it." "${remedy[@]}"
    fi
    say "Node.js $node_version or later is missing here: the agent is built without its web console. ${remedy[*]}"
}

other_distribution() {
    local hint=()
    if command -v dnf >/dev/null; then
        hint=("sudo dnf install libvirt-daemon-kvm libvirt-client qemu-kvm qemu-img iproute dnsmasq iptables nftables nodejs npm dotnet-sdk-$sdk_major.0")
    elif command -v pacman >/dev/null; then
        hint=("sudo pacman -S --needed libvirt qemu-base qemu-img iproute2 dnsmasq iptables nftables nodejs npm dotnet-sdk")
    fi
    if [[ ${#hint[@]} -gt 0 ]]; then
        die "$unavailable" "installs with apt only; here, install this and try again:" "${hint[@]}" \
            "The test image is made on Debian and Ubuntu only."
    fi
    die "$unavailable" "finds no apt here." "Install libvirt, QEMU, iproute2, dnsmasq, iptables, nftables and the .NET $sdk_major SDK by hand."
}

main() {
    local set="${1:-run}" wanted=() missing=() package
    case "$set" in
        run) wanted=("${run_packages[@]}") ;;
        demo) wanted=("${run_packages[@]}" "${demo_packages[@]}") ;;
        test) wanted=("${run_packages[@]}" "${demo_packages[@]}" "${test_packages[@]}" "${windows_packages[@]}") ;;
        -h | --help)
            usage
            return
            ;;
        *)
            printf "setup.sh: there is no set '%s'.\n          Try: setup.sh --help\n" "$set" >&2
            exit 64
            ;;
    esac
    command -v apt-get >/dev/null || other_distribution
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if [[ ${#missing[@]} -gt 0 ]]; then
        update_lists
        install "${missing[@]}"
    fi
    ensure_sdk
    ensure_node "$set"
    say "everything for '$set' is there."
}

main "$@"
