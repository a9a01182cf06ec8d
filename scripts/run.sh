#!/usr/bin/env bash
# From a fresh Debian or Ubuntu machine to a running agent, in the foreground.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: run.sh [AGENT-ARGS...]

Installs what is missing, starts libvirt and its default network, builds the
agent and runs it until Ctrl-C. VMs go on running without it. Arguments are
given to the agent, for example:

  run.sh --Libvirt:AllowEmulation=true     on a machine without KVM: slow VMs
  run.sh --Http:Url=http://127.0.0.1:5200  another port
  run.sh --StatePath=/srv/decloud          another place than /var/lib/decloud

Call it as yourself: the build runs as you, and sudo is used for the rest.
USAGE
}

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
readonly root
readonly private_run=/run/decloud

say() { printf 'run.sh: %s\n' "$1"; }

die() { # message [remedy...]
    printf 'run.sh: %s\n' "$1" >&2
    shift
    if [[ $# -gt 0 ]]; then printf '        %s\n' "$@" >&2; fi
    exit 1
}

as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

# --- KVM -------------------------------------------------------------------

cpu_virtualizes() { grep -qwE 'vmx|svm' /proc/cpuinfo; }
kvm_opens() { as_root sh -c 'exec 3<>/dev/kvm' 2>/dev/null; }

emulation_is_allowed() { # agent arguments...
    local argument
    for argument in "$@"; do
        case "${argument,,}" in --libvirt:allowemulation=true | /libvirt:allowemulation=true) return 0 ;; esac
    done
    [[ ${Libvirt__AllowEmulation:-} == [Tt]rue ]]
}

tell_about_kvm() { # agent arguments...
    local reason
    if ! cpu_virtualizes; then
        reason="the processor shows no vmx or svm flag"
    elif [[ ! -e /dev/kvm ]]; then
        reason="there is no /dev/kvm"
    elif ! kvm_opens; then
        reason="/dev/kvm cannot be opened"
    else
        return 0
    fi
    if emulation_is_allowed "$@"; then
        say "no usable KVM here ($reason): VMs are emulated, which is slow and no boundary against a hostile guest."
    else
        say "no usable KVM here ($reason): CREATING A VM WILL BE REFUSED."
        say "To try the agent all the same, with slow emulated VMs: $0 --Libvirt:AllowEmulation=true"
        say "On real hardware, turn virtualization on in the firmware; in a cloud VM, ask for nested virtualization."
    fi
}

# --- libvirt ---------------------------------------------------------------

system_virsh() { as_root virsh -q -c qemu:///system "$@"; }
libvirt_answers() { as_root timeout 10 virsh -q -c qemu:///system uri >/dev/null 2>&1; }

wait_for_libvirt() { # where to look
    local deadline=$((SECONDS + 60))
    until libvirt_answers; do
        ((SECONDS < deadline)) || die "libvirt does not answer after a minute." "$1"
        sleep 0.2
    done
}

start_libvirt_with_systemd() {
    local unit
    if systemctl list-unit-files libvirtd.service 2>/dev/null | grep -q '^libvirtd.service'; then
        as_root systemctl start libvirtd.service
    else
        for unit in virtqemud.socket virtnetworkd.socket virtlogd.socket; do as_root systemctl start "$unit"; done
    fi
    wait_for_libvirt "See: journalctl -u libvirtd -u virtqemud"
}

start_libvirt_by_hand() {
    as_root mkdir -p /run/libvirt
    if [[ ! -S /run/libvirt/virtlogd-sock ]] || ! as_root pgrep -x virtlogd >/dev/null; then as_root virtlogd -d; fi
    if [[ -e /dev/kvm ]] && ! cpu_virtualizes; then
        # libvirt would probe a KVM that cannot work for minutes. It gets a mount
        # namespace of its own in which the device is a file that nobody may
        # read; its VMs then must not try to move that mount (namespaces = []).
        say "hiding /dev/kvm from libvirt, since the processor cannot use it"
        # shellcheck disable=SC2016 # the inner shell expands it
        as_root unshare --mount --propagation slave sh -euc '
            mkdir -p "$1"
            : >"$1/no-kvm" && chmod 000 "$1/no-kvm"
            { cat /etc/libvirt/qemu.conf; echo; echo "namespaces = []"; } >"$1/qemu.conf"
            chmod 600 "$1/qemu.conf"
            mount --bind "$1/no-kvm" /dev/kvm
            mount --bind "$1/qemu.conf" /etc/libvirt/qemu.conf
            exec libvirtd -d' run.sh "$private_run"
    else
        as_root libvirtd -d
    fi
    wait_for_libvirt "Run libvirtd in a terminal to see why."
}

ensure_libvirt() {
    if libvirt_answers; then
        say "libvirt is running"
    elif [[ -d /run/systemd/system ]]; then
        say "starting libvirt"
        start_libvirt_with_systemd
    else
        say "starting virtlogd and libvirtd (no systemd here)"
        start_libvirt_by_hand
    fi
}

ensure_default_network() {
    if ! system_virsh net-info default >/dev/null 2>&1; then
        local definition=/usr/share/libvirt/networks/default.xml
        [[ -r $definition ]] || die "libvirt has no network 'default', and $definition is not there to make it." \
            "Name another network with --Libvirt:Network=NAME."
        system_virsh net-define "$definition" >/dev/null
    fi
    system_virsh net-autostart default >/dev/null
    if ! system_virsh net-list --name | grep -qx default; then
        system_virsh net-start default >/dev/null || die "the network 'default' does not start." \
            "If its addresses are taken (this machine is itself a VM on 192.168.122.0/24):" \
            "  sudo virsh net-edit default    and choose another range, then try again."
    fi
}

# Each running VM holds 2,048 of these; the kernel's own 65,536 bound a host to 32 VMs.
ensure_async_io() {
    if (($(</proc/sys/fs/aio-max-nr) >= 1048576)); then return; fi
    say "raising fs.aio-max-nr until the next boot, so that more than 32 VMs can run"
    as_root sh -c 'echo 1048576 >/proc/sys/fs/aio-max-nr' 2>/dev/null || say "it can't be raised here: about 32 VMs can run"
}

# --- the agent -------------------------------------------------------------

# setup.sh has said why when there is none.
node_is_there() {
    command -v node >/dev/null && command -v npm >/dev/null && dpkg --compare-versions "$(node --version | tr -d v)" ge 20.19
}

build_agent() {
    local options=()
    if ! node_is_there; then options+=(-p:WebConsole=false); fi
    say "building the agent"
    (cd "$root" && dotnet publish src/DeCloud.NodeAgent -c Release -o artifacts/agent --nologo -v quiet "${options[@]}") ||
        die "the build failed." "See the lines above."
}

agent_url() { # agent arguments...
    local argument url="${Http__Url:-http://localhost:5100}"
    for argument in "$@"; do
        case "${argument,,}" in --http:url=*) url="${argument#*=}" ;; esac
    done
    printf '%s' "${url%/}"
}

say_where() { # url
    if node_is_there; then printf '\n  console     %s' "$1"; fi
    cat <<WHERE

  Swagger     $1/swagger
  try first   curl $1/api/node/resources
  a VM        curl -X POST $1/api/vms -H 'Content-Type: application/json' -d '{
                "name": "first", "vCpus": 1, "memoryBytes": 1073741824, "diskBytes": 10737418240,
                "baseImageUrl": "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2",
                "baseImageHash": "", "sshPublicKey": "'"\$(cat ~/.ssh/id_ed25519.pub)"'"}'
  its address curl $1/api/vms       then: ssh debian@ADDRESS
  stop        Ctrl-C                VMs go on running

WHERE
}

main() {
    case "${1:-}" in -h | --help)
        usage
        return
        ;;
    esac
    [[ $(uname -s) == Linux ]] || die "hosts VMs on Linux only." "Elsewhere: dotnet run --project src/DeCloud.NodeAgent"
    "$root/scripts/setup.sh" run
    ensure_libvirt
    ensure_default_network
    ensure_async_io
    build_agent
    tell_about_kvm "$@"
    say_where "$(agent_url "$@")"
    local agent="$root/artifacts/agent/decloud-agent"
    if [[ $EUID -eq 0 ]]; then exec "$agent" "$@"; fi
    # Settings may come by environment, and a dotnet outside the usual places by DOTNET_ROOT.
    exec sudo --preserve-env "$agent" "$@"
}

main "$@"
