#!/usr/bin/env bash
# Private libvirt hosts: a whole libvirtd (with virtlogd, a NAT network and its
# own state) that lives in a folder, beside any other libvirtd of this machine.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: lab.sh COMMAND [ARGS]

  up DIR [--netns]      start a libvirt host whose whole state lives in DIR and
                        print the path of its socket; DIR may be new or may hold
                        a host that was taken down before. With --netns the host
                        also gets its own network and UTS namespace.
  down DIR              destroy the host's VMs, stop its network and daemons.
                        DIR stays. Does nothing when the host is not up.
  down --all            down for every host in the registry.
  list                  the hosts in the registry, one folder a line.

  stop-libvirtd DIR     end libvirtd in good order (SIGTERM); VMs live on
  kill-libvirtd DIR     end libvirtd at once (SIGKILL); VMs live on
  start-libvirtd DIR    start libvirtd again; it takes up the running VMs
  pause-libvirtd DIR    freeze libvirtd (SIGSTOP)
  resume-libvirtd DIR   let it go on (SIGCONT)

  virsh DIR ARGS...     virsh against this host
  exec DIR CMD...       run a command inside the host's namespaces, where
                        /run/libvirt and /var/lib/libvirt are this host's
  outside DIR PATH      where a path that libvirt reports lies outside

Inside the host, these are folders of DIR:
  /etc/libvirt        DIR/etc/libvirt        /run/libvirt        DIR/run/libvirt
  /var/lib/libvirt    DIR/lib/libvirt        /var/log/libvirt    DIR/log/libvirt
  /var/cache/libvirt  DIR/cache/libvirt
Everything else is the machine's own file system, so files of VMs may lie
anywhere outside those five. The socket is DIR/run/libvirt/libvirt-sock, pid
files are DIR/pids/libvirtd.pid and DIR/pids/virtlogd.pid, the address range of
the network `default` is in DIR/subnet, its bridge in DIR/bridge.

/dev/kvm is hidden, since a device node that is there and does not work makes
libvirt probe it for minutes. DECLOUD_LAB_KVM=1 leaves it in place.
DECLOUD_LAB_REGISTRY names the folder of the registry (default /run/decloud-lab).
USAGE
}

readonly registry="${DECLOUD_LAB_REGISTRY:-/run/decloud-lab}"
readonly lock_file=/run/lock/decloud-lab.lock
readonly answer_deadline_s=30
readonly graceful_down_s=20
# A Unix socket's address holds 108 bytes, the longest name below DIR takes 40.
readonly longest_dir=64

export LC_ALL=C

die() { # message [remedy]
    printf 'lab.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '        %s\n' "$2" >&2; fi
    exit 1
}

bad_usage() {
    printf 'lab.sh: %s\n        Try: lab.sh --help\n' "$1" >&2
    exit 64
}

require_root() {
    [[ $EUID -eq 0 ]] || die "needs root for mount namespaces and libvirtd." "Run it with sudo."
}

require_tools() {
    local tool missing=()
    for tool in libvirtd virtlogd virsh qemu-system-x86_64 dnsmasq iptables ip unshare nsenter setsid flock; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [[ ${#missing[@]} -eq 0 ]] || die "not installed: ${missing[*]}." "Run scripts/setup.sh run first."
}

# The environment's PATH may lack the sbin folders (cron, su, minimal CI).
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

DIR=
set_dir() {
    [[ $# -ge 1 && -n $1 ]] || bad_usage "which DIR?"
    DIR="$(realpath -m -- "$1")"
    [[ $DIR != / ]] || die "DIR must not be /."
    [[ $DIR =~ ^[A-Za-z0-9/._+@-]+$ ]] || die "'$DIR' has characters that a libvirt URI would have to escape." \
        "Choose a folder of letters, digits and . _ + @ -"
    [[ ${#DIR} -le $longest_dir ]] || die "'$DIR' is ${#DIR} characters long, sockets below it would be too long." \
        "Choose a folder of at most $longest_dir characters."
    local hidden
    for hidden in /etc/libvirt /run/libvirt /var/run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
        [[ $DIR/ != "$hidden"/* ]] || die "DIR must not lie below $hidden, which the host replaces."
    done
}

tag() { printf '%s' "$DIR" | sha256sum | cut -c1-8; }
socket() { printf '%s/run/libvirt/libvirt-sock' "$DIR"; }
uri() { printf 'qemu+unix:///system?socket=%s' "$(socket)"; }
netns_name() { printf 'decloud-%s' "$(tag)"; }

# --- processes -------------------------------------------------------------

mount_namespace_of() { readlink "/proc/$1/ns/mnt" 2>/dev/null || true; }

# Prints the pid in DIR/pids/NAME.pid if that process lives and is this host's:
# a pid alone may long belong to somebody else.
pid_of() {
    local file="$DIR/pids/$1.pid" pid
    [[ -r $file && -r $DIR/pids/mount-namespace ]] || return 1
    pid="$(tr -dc 0-9 <"$file")"
    [[ -n $pid && -d /proc/$pid ]] || return 1
    [[ $(mount_namespace_of "$pid") == "$(<"$DIR/pids/mount-namespace")" ]] || return 1
    [[ $(awk '/^State:/ {print $2}' "/proc/$pid/status" 2>/dev/null) != Z ]] || return 1
    printf '%s' "$pid"
}

# Every process inside the host's mount namespace: daemons, dnsmasq, QEMUs.
host_processes() {
    [[ -r $DIR/pids/mount-namespace ]] || return 0
    local namespace link
    namespace="$(<"$DIR/pids/mount-namespace")"
    for link in /proc/[0-9]*/ns/mnt; do
        [[ $(readlink "$link" 2>/dev/null || true) == "$namespace" ]] || continue
        link="${link#/proc/}"
        printf '%s\n' "${link%%/*}"
    done
}

wait_until_gone() { # pid seconds
    local ticks=$(($2 * 20))
    while kill -0 "$1" 2>/dev/null && [[ $(awk '/^State:/ {print $2}' "/proc/$1/status" 2>/dev/null) != Z ]]; do
        ((ticks-- > 0)) || return 1
        sleep 0.05
    done
}

# The command that enters the host, in ENTER.
set_enter() {
    local holder
    holder="$(pid_of holder)" || die "the host in $DIR is not up." "Start it: lab.sh up $DIR"
    ENTER=(nsenter --target "$holder" --mount)
    if [[ -e $DIR/netns ]]; then ENTER+=(--net --uts); fi
    ENTER+=(--)
}

inside() {
    local ENTER
    set_enter
    "${ENTER[@]}" "$@"
}

# A daemon gets its own session and none of the caller's open files, so that
# neither a closing terminal nor a caller that reads our output until its end
# is tied to it. Daemons are started in the foreground form and put to the back
# here: that way what they say before they open their log is not lost.
spawn() { # log-file command...
    local log="$1"
    shift
    (
        local descriptor
        for descriptor in /proc/self/fd/*; do
            descriptor="${descriptor##*/}"
            if ((descriptor > 2)); then eval "exec ${descriptor}>&-" 2>/dev/null || true; fi
        done
        exec setsid "$@" </dev/null >>"$log" 2>&1
    ) &
    disown
}

# --- network numbers -------------------------------------------------------

bridge_name() { printf 'vb%s' "$(tag)"; }

# A /24 of 10.200.0.0 to 10.249.255.0 by the hash of DIR; the next one when an
# address or a route of this machine already overlaps it.
choose_subnet() {
    if [[ -s $DIR/subnet ]]; then
        local kept
        kept="$(<"$DIR/subnet")"
        if subnet_is_free "${kept%.0/24}"; then return; fi
    fi
    local number tries prefix
    number=$((16#$(tag) % (50 * 256)))
    for ((tries = 0; tries < 512; tries++)); do
        prefix="10.$((200 + number / 256)).$((number % 256))"
        if subnet_is_free "$prefix"; then
            printf '%s.0/24' "$prefix" >"$DIR/subnet"
            return
        fi
        number=$(((number + 1) % (50 * 256)))
    done
    die "no free address range in 10.200.0.0 to 10.249.255.0." "Take other lab hosts down: lab.sh down --all"
}

subnet_is_free() { # prefix of three numbers
    local context=()
    if [[ -e $DIR/netns ]]; then context=(ip netns exec "$(netns_name)"); fi
    [[ -z $("${context[@]}" ip -4 route show root "$1.0/24" 2>/dev/null) ]] || return 1
    local covering
    covering="$("${context[@]}" ip -4 route show match "$1.0/24" 2>/dev/null | grep -v '^default' || true)"
    [[ -z $covering ]]
}

# --- making the host -------------------------------------------------------

write_configuration() {
    mkdir -p "$DIR"/{pids,etc/libvirt/qemu/networks/autostart,etc/libvirt/hooks,run/libvirt,lib/libvirt/images,cache/libvirt,log/libvirt/qemu}
    chmod 0755 "$DIR"/{etc,run,lib,cache,log}/libvirt
    if [[ -d /etc/libvirt/nwfilter && ! -e $DIR/etc/libvirt/nwfilter ]]; then
        cp -a /etc/libvirt/nwfilter "$DIR/etc/libvirt/nwfilter"
    fi
    [[ -s $DIR/host-uuid ]] || cat /proc/sys/kernel/random/uuid >"$DIR/host-uuid"

    cat >"$DIR/etc/libvirt/libvirtd.conf" <<CONF
host_uuid = "$(<"$DIR/host-uuid")"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0770"
log_filters = "3:remote 4:event 3:util 3:rpc"
log_outputs = "2:file:$DIR/log/libvirtd.log"
CONF
    # namespaces: libvirt's own per-VM mount namespace would try to move the
    # file that hides /dev/kvm and fail. security_driver: AppArmor profiles know
    # the machine's own paths only; ownership (DAC) stays on, so that QEMU runs
    # without root and a wrong permission shows.
    cat >"$DIR/etc/libvirt/qemu.conf" <<'CONF'
namespaces = []
security_driver = "none"
CONF
    printf 'log_outputs = "2:file:%s/log/virtlogd.log"\n' "$DIR" >"$DIR/etc/libvirt/virtlogd.conf"
}

write_network() {
    local prefix
    prefix="$(<"$DIR/subnet")"
    prefix="${prefix%.0/24}"
    bridge_name >"$DIR/bridge"
    local file="$DIR/etc/libvirt/qemu/networks/default.xml"
    # no-ping: by default dnsmasq pings an address for three seconds before it
    # offers it, which every start of a guest would wait for.
    cat >"$file" <<XML
<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>default</name>
  <uuid>$(network_uuid)</uuid>
  <forward mode='nat'/>
  <bridge name='$(bridge_name)' stp='off' delay='0'/>
  <ip address='$prefix.1' netmask='255.255.255.0'>
    <dhcp><range start='$prefix.2' end='$prefix.254'/></dhcp>
  </ip>
  <dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options>
</network>
XML
    ln -sfn /etc/libvirt/qemu/networks/default.xml "$DIR/etc/libvirt/qemu/networks/autostart/default.xml"
}

network_uuid() {
    [[ -s $DIR/network-uuid ]] || cat /proc/sys/kernel/random/uuid >"$DIR/network-uuid"
    cat "$DIR/network-uuid"
}

make_network_namespace() {
    touch "$DIR/netns"
    local name link_number link
    name="$(netns_name)"
    [[ ! -e /run/netns/$name ]] || return 0
    ip netns add "$name"
    ip -n "$name" link set lo up
    # A leg to this machine: lab hosts and the machine reach each other at
    # 169.254.x.y, which no route of a real network uses.
    link_number=$((16#$(tag) % 16000))
    link="169.254.$((64 + link_number / 256)).$((link_number % 256 & 252))"
    ip link add "dv$(tag)" type veth peer name eth0 netns "$name"
    ip addr add "${link%.*}.$((${link##*.} + 1))/30" dev "dv$(tag)"
    ip link set "dv$(tag)" up
    ip -n "$name" addr add "${link%.*}.$((${link##*.} + 2))/30" dev eth0
    ip -n "$name" link set eth0 up
    printf '%s' "${link%.*}.$((${link##*.} + 2))" >"$DIR/address"
}

# Runs as the first process of the new mount namespace and stays as its holder.
# shellcheck disable=SC2016 # the inner shell expands it
readonly holder_program='
set -eu
DIR="$1"; own_network="$2"; hide_kvm="$3"; name="$4"
if [ "$own_network" = yes ]; then hostname "$name"; fi
# sysfs shows the network namespace that it was mounted in, which may be
# another than that of the host, and libvirt reads bridges there; the cgroup tree
# below it has to be carried over. Where /sys is of this namespace already, the
# kernel refuses to mount it once more (EBUSY), and it is right as it is.
mkdir -p "$DIR/cgroup"
mount --rbind /sys/fs/cgroup "$DIR/cgroup"
if ! said="$(LC_ALL=C mount -t sysfs sysfs /sys 2>&1)"; then
    case "$said" in
        *"already mounted on /sys"*) ;;
        *) echo "$said" >&2; exit 1 ;;
    esac
fi
mount --rbind "$DIR/cgroup" /sys/fs/cgroup
umount -l "$DIR/cgroup"; rmdir "$DIR/cgroup"
mount --bind "$DIR/etc/libvirt" /etc/libvirt
mount --bind "$DIR/run/libvirt" /run/libvirt
mount --bind "$DIR/lib/libvirt" /var/lib/libvirt
mount --bind "$DIR/cache/libvirt" /var/cache/libvirt
mount --bind "$DIR/log/libvirt" /var/log/libvirt
if [ "$hide_kvm" = yes ] && [ -e /dev/kvm ]; then
    : >"$DIR/no-kvm"; chmod 000 "$DIR/no-kvm"
    mount --bind "$DIR/no-kvm" /dev/kvm
fi
echo $$ >"$DIR/pids/holder.pid"
readlink /proc/self/ns/mnt >"$DIR/pids/mount-namespace"
: >"$DIR/pids/ready"
exec sleep infinity
'

make_namespace() {
    local own_network=no hide_kvm=yes enter=() unshared=(--mount)
    if [[ ${DECLOUD_LAB_KVM:-0} == 1 ]]; then hide_kvm=no; fi
    if [[ -e $DIR/netns ]]; then
        own_network=yes
        enter=(nsenter "--net=/run/netns/$(netns_name)" --)
        unshared+=(--uts)
    fi
    mkdir -p /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt
    rm -f "$DIR"/pids/*
    # slave: what is mounted outside later (a tmpfs for a VM's disk) shows inside.
    spawn "$DIR/log/holder.log" "${enter[@]}" unshare "${unshared[@]}" --propagation slave -- \
        sh -c "$holder_program" decloud-lab-holder "$DIR" "$own_network" "$hide_kvm" "lab-$(tag)"
    local ticks=200
    until [[ -e $DIR/pids/ready ]]; do
        ((ticks-- > 0)) || die "the mount namespace did not come up: $(tail -n 3 "$DIR/log/holder.log")" \
            "A container needs CAP_SYS_ADMIN (docker run --privileged)."
        sleep 0.05
    done
}

start_virtlogd() {
    if pid_of virtlogd >/dev/null; then return; fi
    rm -f "$DIR/run/libvirt/virtlogd-sock" "$DIR/run/libvirt/virtlogd-admin-sock"
    inside_spawn "$DIR/log/virtlogd.out" virtlogd --pid-file "$DIR/pids/virtlogd.pid"
    local ticks=200
    until [[ -S $DIR/run/libvirt/virtlogd-sock ]]; do
        ((ticks-- > 0)) || die "virtlogd did not start." "See $DIR/log/virtlogd.out and virtlogd.log"
        sleep 0.05
    done
}

inside_spawn() { # log-file command...
    local log="$1" holder namespaces=(--mount)
    shift
    holder="$(pid_of holder)" || die "the host in $DIR is not up." "Start it: lab.sh up $DIR"
    if [[ -e $DIR/netns ]]; then namespaces+=(--net --uts); fi
    spawn "$log" nsenter --target "$holder" "${namespaces[@]}" -- "$@"
}

answers() { timeout 5 virsh -q -c "$(uri)" uri >/dev/null 2>&1; }

start_libvirtd() {
    local pid
    if pid="$(pid_of libvirtd)"; then
        kill -CONT "$pid"
    else
        inside_spawn "$DIR/log/libvirtd.out" libvirtd --config /etc/libvirt/libvirtd.conf --pid-file "$DIR/pids/libvirtd.pid"
    fi
    local deadline=$((SECONDS + answer_deadline_s))
    until [[ -S $(socket) ]] && answers; do
        ((SECONDS < deadline)) || die "libvirtd does not answer after $answer_deadline_s s." \
            "See $DIR/log/libvirtd.log and $DIR/log/libvirtd.out"
        sleep 0.1
    done
}

ensure_network() {
    local state
    state="$(run_virsh -q net-list --all --name)"
    if ! grep -qx default <<<"$state"; then
        run_virsh -q net-define "$DIR/etc/libvirt/qemu/networks/default.xml" >/dev/null
    fi
    run_virsh -q net-autostart default >/dev/null
    state="$(run_virsh -q net-list --name)"
    if ! grep -qx default <<<"$state"; then
        run_virsh -q net-start default >/dev/null
    fi
}

run_virsh() { virsh -c "$(uri)" "$@"; }

# Two libvirtds that create their iptables chains at the same moment, or take
# the same free address range, trip over each other: one host comes up at a time.
exclusively() {
    mkdir -p /run/lock
    exec 9>"$lock_file"
    flock -w 120 9 || die "another lab.sh holds $lock_file for more than two minutes."
}

registry_entry() { printf '%s/%s' "$registry" "$(tag)"; }

# --- commands --------------------------------------------------------------

command_up() {
    local own_network=no argument positional=()
    for argument in "$@"; do
        case "$argument" in
            --netns) own_network=yes ;;
            -*) bad_usage "up does not know '$argument'." ;;
            *) positional+=("$argument") ;;
        esac
    done
    [[ ${#positional[@]} -eq 1 ]] || bad_usage "up takes one DIR."
    set_dir "${positional[0]}"
    require_root
    require_tools
    if pid_of holder >/dev/null && pid_of libvirtd >/dev/null && answers; then
        socket
        echo
        return
    fi
    exclusively
    mkdir -p "$DIR" "$registry"
    printf '%s\n' "$DIR" >"$(registry_entry)"
    trap 'status=$?; if ((status != 0)); then take_down; fi' EXIT
    write_configuration
    if [[ $own_network == yes ]]; then make_network_namespace; fi
    if ! pid_of holder >/dev/null; then
        # What an earlier boot of the machine left in run/ describes nothing now.
        find "$DIR/run/libvirt" -mindepth 1 -delete
        rm -f "$DIR"/lib/libvirt/dnsmasq/*.status
        choose_subnet
        write_network
        make_namespace
    fi
    start_virtlogd
    start_libvirtd
    ensure_network
    trap - EXIT
    socket
    echo
}

# Asks libvirtd first, because it knows how to give a disk its owner back; then
# ends whatever is left by what the kernel knows, so that a dead, frozen or hung
# libvirtd leaves nothing behind either.
take_down() {
    local pid bridge
    if pid="$(pid_of libvirtd)"; then
        kill -CONT "$pid" 2>/dev/null || true
        if answers; then
            # shellcheck disable=SC2016 # the inner shell expands it
            timeout "$graceful_down_s" "$BASH" -c '
                virsh -q -c "$1" list --uuid | while read -r domain; do
                    [ -z "$domain" ] || virsh -q -c "$1" destroy "$domain"
                done
                virsh -q -c "$1" net-list --name | while read -r network; do
                    [ -z "$network" ] || virsh -q -c "$1" net-destroy "$network"
                done' lab-down "$(uri)" >/dev/null 2>>"$DIR/log/down.log" </dev/null || true
        fi
        kill -TERM "$pid" 2>/dev/null || true
        wait_until_gone "$pid" 10 || true
    fi
    local groups round left
    groups="$(vm_control_groups)"
    for ((round = 0; round < 100; round++)); do
        left="$(host_processes)"
        [[ -n $left ]] || break
        # shellcheck disable=SC2086 # a list of numbers
        kill -KILL $left 2>/dev/null || true
        sleep 0.05
    done
    remove_control_groups "$groups"
    bridge="$(cat "$DIR/bridge" 2>/dev/null || true)"
    if [[ -n $bridge && ! -e $DIR/netns ]]; then
        ip link del "$bridge" 2>/dev/null || true
        remove_firewall_rules "$bridge" "$(cat "$DIR/subnet" 2>/dev/null || true)"
    fi
    if [[ -e $DIR/netns ]]; then
        ip netns del "$(netns_name)" 2>/dev/null || true
        ip link del "dv$(tag)" 2>/dev/null || true
        rm -f "$DIR/netns" "$DIR/address"
    fi
    rm -rf "$DIR/pids"
    rm -f "$(registry_entry)" "$DIR/no-kvm"
    if [[ -d $DIR/run/libvirt ]]; then find "$DIR/run/libvirt" -mindepth 1 -delete; fi
}

# The control groups that libvirt made for the VMs that still run, by name.
vm_control_groups() {
    local pid
    for pid in $(host_processes); do
        { grep -o '/machine[^/]*/[^/]*qemu[^/]*\.\(libvirt-qemu\|scope\)' "/proc/$pid/cgroup" || true; } 2>/dev/null
    done | sort -u
}

remove_control_groups() { # names, one a line
    local name
    while read -r name; do
        [[ -n $name ]] || continue
        find /sys/fs/cgroup -depth -type d -path "*$name*" -exec rmdir {} + 2>/dev/null || true
    done <<<"$1"
}

remove_firewall_rules() { # bridge subnet
    local family table rule
    for family in iptables ip6tables; do
        command -v "$family-save" >/dev/null || continue
        for table in filter nat mangle; do
            "$family-save" -t "$table" 2>/dev/null |
                grep -E -- "^-A LIBVIRT_.*( $1( |\$)|${2:-no-subnet})" |
                while read -r rule; do
                    # shellcheck disable=SC2086 # a rule is a list of words without quotes or globs
                    "$family" -w -t "$table" -D ${rule#-A } 2>/dev/null || true
                done || true
        done
    done
}

command_down() {
    [[ $# -eq 1 ]] || bad_usage "down takes one DIR or --all."
    require_root
    if [[ $1 == --all ]]; then
        local folder
        command_list | while read -r folder; do "$BASH" "$0" down "$folder"; done
        return
    fi
    set_dir "$1"
    [[ -d $DIR ]] || return 0
    mkdir -p "$DIR/log"
    exclusively
    take_down
}

command_list() {
    local file
    for file in "$registry"/*; do
        if [[ -f $file ]]; then cat "$file"; fi
    done
}

require_up() { pid_of holder >/dev/null || die "the host in $DIR is not up." "Start it: lab.sh up $DIR"; }

end_libvirtd() { # signal seconds
    local pid
    pid="$(pid_of libvirtd)" || return 0
    kill "-$1" "$pid"
    # A frozen process takes a signal up only when it goes on.
    kill -CONT "$pid" 2>/dev/null || true
    wait_until_gone "$pid" "$2" || die "libvirtd (pid $pid) did not end within $2 s." "Try: lab.sh kill-libvirtd $DIR"
    rm -f "$DIR/pids/libvirtd.pid"
}

signal_libvirtd() { # signal
    local pid
    pid="$(pid_of libvirtd)" || die "libvirtd of $DIR is not running." "Start it: lab.sh start-libvirtd $DIR"
    kill "-$1" "$pid"
}

command_outside() {
    case "$1" in
        /etc/libvirt/*) printf '%s\n' "$DIR$1" ;;
        /run/libvirt/*) printf '%s\n' "$DIR$1" ;;
        /var/run/libvirt/* | /var/lib/libvirt/* | /var/cache/libvirt/* | /var/log/libvirt/*) printf '%s\n' "$DIR${1#/var}" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

main() {
    [[ $# -ge 1 ]] || { usage >&2; exit 64; }
    local command="$1"
    shift
    case "$command" in
        -h | --help | help) usage ;;
        up) command_up "$@" ;;
        down) command_down "$@" ;;
        list) command_list ;;
        stop-libvirtd) set_dir "$@"; require_root; end_libvirtd TERM 20 ;;
        kill-libvirtd) set_dir "$@"; require_root; end_libvirtd KILL 10 ;;
        start-libvirtd) set_dir "$@"; require_root; require_up; start_virtlogd; start_libvirtd ;;
        pause-libvirtd) set_dir "$@"; require_root; signal_libvirtd STOP ;;
        resume-libvirtd) set_dir "$@"; require_root; signal_libvirtd CONT ;;
        virsh) set_dir "$@"; shift; run_virsh "$@" ;;
        exec) set_dir "$@"; shift; require_root; [[ $# -ge 1 ]] || bad_usage "exec which command?"; set_enter; exec "${ENTER[@]}" "$@" ;;
        outside) set_dir "$@"; [[ $# -eq 2 ]] || bad_usage "outside takes DIR and PATH."; command_outside "$2" ;;
        *) bad_usage "there is no command '$command'." ;;
    esac
}

main "$@"
