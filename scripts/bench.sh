#!/usr/bin/env bash
# The benchmarks, each against its yardstick in the same run, as a Markdown table.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: bench.sh [--write] [NAME...]

Publishes the agent as it ships (self-contained, compiled ahead), starts a private
libvirt host, measures, takes everything down and prints a Markdown table. Needs
root. Without NAME all of them run, about half an hour:

  create    create to running, against the same steps in a straight line; programs started
  list      GET /api/vms with 100 VMs, against bare Kestrel
  resources  reads of the machine, against bare Kestrel; what sampling it costs
  metrics   /metrics with 200 VMs, alone and by 20 at once
  restart   kill -9 to ready with 200 and 1,000 VMs; memory
  start     start to the first 200
  journal   events a second
  import    image import with verification, against curl | tee | sha256sum
  change    QEMU killed, guest powered off, until the API shows it
  hang      reads while libvirtd hangs
  libvirt   the libvirt client, against virsh
  push      an orchestrator's command until QEMU obeys, against the libvirt call
  nodes     a thousand simulated nodes on one sample orchestrator
  cli       the decloud program as a whole process
  inspection  messages an actor takes, watched or not
  micro     pure code

  --write   also write the table to docs/benchmarks.md; only with all of them

Figures of a busy machine are noisy; ratios are less so. Close what else runs.
USAGE
}

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
readonly here root
readonly all=(create list resources metrics restart start journal import change hang libvirt push nodes cli inspection micro)
work=
load="$(cut -d ' ' -f 1-3 /proc/loadavg)"

die() { # message [remedy]
    printf 'bench.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '          %s\n' "$2" >&2; fi
    exit 1
}

say() { printf '== %s\n' "$1" >&2; }

take_down() {
    local status=$?
    trap - EXIT
    if [[ -n $work ]]; then
        if [[ $status -ne 0 && -s $work/agent.log ]]; then
            printf '\nThe end of the agents'"'"' log:\n' >&2
            tail -n 30 "$work/agent.log" >&2
        fi
        "$here/lab.sh" down "$work/lab" || status=1
        rm -rf -- "$work"
    fi
    exit "$status"
}

machine() {
    local model memory storage
    model="$(awk -F ': ' '/^model name/ {print $2; exit}' /proc/cpuinfo)"
    memory="$(awk '/^MemTotal/ {printf "%.0f", $2 / 1048576}' /proc/meminfo)"
    storage="$(stat -f -c %T "$work")"
    # shellcheck disable=SC1091
    printf '%s processors (%s), %s GiB of memory, state on %s; %s, Linux %s, libvirt %s, QEMU %s, .NET %s; guests %s.\n' \
        "$(nproc)" "$model" "$memory" "$storage" "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(uname -r | cut -d - -f 1)" \
        "$(libvirtd --version | awk '{print $NF}')" "$(qemu-system-x86_64 --version | awk 'NR == 1 {print $4}')" \
        "$(dotnet --version)" "emulated (TCG)"
}

table() {
    printf '| What | Measured | Budget | Holds |\n|---|---|---|---|\n'
    cat "$work/rows.md"
}

document() {
    cat <<'TEXT'
# Benchmarks

What the agent costs on top of what it drives, measured by `scripts/bench.sh --write` (one name, as in `scripts/bench.sh create`, runs
one). Each figure stands against its yardstick in the same run, in turns, because machines differ and are busy: the ratios carry over,
the absolute figures are of the machine below. Budgets are those of the design; a figure that misses its own says **no**.

TEXT
    printf 'Machine: %s Load before the run: %s.\n\n' "$(machine)" "$load"
    table
    cat <<'TEXT'

How to read them:

- *Create* is the time from sending the POST to the operation's success through the API, which comes after libvirt says that the VM
  runs; the journal writes, the look at libvirt and HTTP are in it. The straight line is a program on the same libvirt client that runs
  qemu-img, writes the seed, defines and starts, with nothing stored and nothing checked. Who goes first changes from pair to pair.
  What comes on top is the create without its own call to libvirt's start, which the agent's metrics tell, and without the qemu-img of
  the straight line beside it. The starts themselves scatter by more than that from one to the next, so they have a row of their own.
- *Programs started* are counted by strace on every thread and child of the agent.
- The VMs of *list* and *restart* were created, ran and were stopped: the journal holds what the VMs' own decisions make of that life,
  and the domains are defined in libvirt's QEMU driver. None of them runs, because a thousand emulated guests do not fit.
- *Kill to ready* begins with the start of the new process and ends with the first 200 from `/readyz`, which is given after every VM
  was compared with libvirt. The benchmark fails when one of them is missing then.
- *Import* is compared up to the file that is downloaded, verified and on disk; the copy into our own flat image follows and is told apart.
- *After libvirt's event* begins when another client of the daemon, on a connection of its own, has the event.
TEXT
}

main() {
    local write=no names=() compiled=() name socket image
    while [[ $# -gt 0 ]]; do
        case "$1" in
            --write) write=yes ;;
            -h | --help)
                usage
                return
                ;;
            *)
                [[ " ${all[*]} " == *" $1 "* ]] || die "unknown benchmark '$1'." "Try: bench.sh --help"
                names+=("$1")
                ;;
        esac
        shift
    done
    if [[ ${#names[@]} -eq 0 ]]; then names=("${all[@]}"); elif [[ $write == yes ]]; then die "--write is for all benchmarks." "Leave the names out."; fi
    [[ $EUID -eq 0 ]] || die "needs root for the private libvirt host." "Run it with sudo."

    # Fifty VMs at once take more asynchronous requests, 2,048 each, than the kernel allows by itself.
    if (($(</proc/sys/fs/aio-max-nr) < 1048576)); then
        echo 1048576 >/proc/sys/fs/aio-max-nr || die "fs.aio-max-nr can't be raised here." "Raise it on the host: sysctl -w fs.aio-max-nr=1048576"
    fi

    "$here/setup.sh" test
    cd "$root"
    say "publishing the agent"
    dotnet publish src/DeCloud.NodeAgent -c Release -r linux-x64 --self-contained -p:PublishReadyToRun=true -o artifacts/bench/agent --nologo -v quiet >&2
    dotnet publish src/DeCloud.NodeAgent.Cli -c Release -r linux-x64 -o artifacts/bench/cli --nologo -v quiet >&2
    dotnet build tests/DeCloud.NodeAgent.Benchmarks -c Release -o artifacts/bench/bench --nologo -v quiet >&2
    image="$("$here/make-test-image.sh" | tail -n 1)"

    work="$(mktemp -d /var/tmp/decloud-bench.XXXXXX)"
    trap take_down EXIT
    trap 'exit 130' INT TERM
    # QEMU runs as a user of its own and has to reach the VMs' disks below.
    chmod 0755 "$work"
    : >"$work/rows.md"
    say "starting a private libvirt host"
    socket="$("$here/lab.sh" up "$work/lab")"
    [[ -S $socket ]] || die "the libvirt host has no socket."
    for name in "${names[@]}"; do
        say "$name"
        # The agent's own parts that run in the benchmark's process are compiled as they are in the agent; its yardsticks elsewhere as programs are by default.
        compiled=()
        if [[ $name == inspection || $name == journal ]]; then compiled=(env DOTNET_TieredPGO=0); fi
        "${compiled[@]}" "$root/artifacts/bench/bench/DeCloud.NodeAgent.Benchmarks" "$name" \
            "--agent=$root/artifacts/bench/agent/decloud-agent" "--cli=$root/artifacts/bench/cli/decloud" "--host=$work/lab" "--script=$here/lab.sh" \
            "--image=$image" "--work=$work" "--rows=$work/rows.md" >&2
    done
    table
    if [[ $write == yes ]]; then
        mkdir -p docs
        document >docs/benchmarks.md
        say "written to docs/benchmarks.md"
    fi
}

main "$@"
