#!/usr/bin/env bash
# The whole life of a VM, from nothing to its serial console and back to nothing.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: demo.sh

Builds the agent and a small test image, starts a private libvirt host and the
agent on it, and then does with curl what a user does: creates a VM, reads its
serial console and its history, stops it, starts it again, deletes it. At the
end it checks that nothing is left and takes everything down. Touches nothing
outside a folder of its own; needs root.

  DECLOUD_DEMO_PORT   the agent's port (default 5199)
USAGE
}

case "${1:-}" in -h | --help)
    usage
    exit 0
    ;;
esac

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
readonly here root
readonly port="${DECLOUD_DEMO_PORT:-5199}"
readonly url="http://127.0.0.1:$port"
readonly console_deadline_s=180
work=
agent_pid=

say() { printf '\n\033[1m== %s\033[0m\n' "$1"; }

die() { # message [remedy]
    printf 'demo.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '         %s\n' "$2" >&2; fi
    exit 1
}

take_down() {
    local status=$?
    trap - EXIT
    if [[ $status -ne 0 && -n $work && -s $work/agent.log ]]; then
        printf '\nThe end of the agent'"'"'s log:\n' >&2
        tail -n 30 "$work/agent.log" >&2
    fi
    if [[ -n $agent_pid ]]; then
        kill -TERM "$agent_pid" 2>/dev/null || true
        wait "$agent_pid" 2>/dev/null || true
    fi
    if [[ -n $work ]]; then
        "$here/lab.sh" down "$work/lab" || status=1
        rm -rf -- "$work"
    fi
    exit "$status"
}

# Prints a request as a user would type it, makes it, prints the answer, and
# leaves the body in $work/body and the headers in $work/headers.
call() { # method path [curl arguments...]
    local method="$1" path="$2" argument shown="" code
    shift 2
    for argument in "$@"; do
        if [[ $argument =~ ^-?[A-Za-z]+$ ]]; then shown+=" $argument"; else shown+=" ${argument@Q}"; fi
    done
    printf '$ curl -X %s %s%s\n' "$method" "'$url$path'" "$shown"
    code="$(curl -sS -X "$method" -o "$work/body" -D "$work/headers" -w '%{http_code}' --max-time 60 "$@" "$url$path")" ||
        die "the agent did not answer."
    printf '%s ' "$code"
    if ! jq . "$work/body" 2>/dev/null; then cat "$work/body"; fi
    echo
    [[ $code == 2* ]] || die "$method $path was answered $code."
}

location() { tr -d '\r' <"$work/headers" | awk 'tolower($1) == "location:" {print $2}'; }

wait_for_operation() { # path
    local path="$1" status deadline=$((SECONDS + 180))
    while :; do
        call GET "$path?wait=30s"
        status="$(jq -r .status "$work/body")"
        case "$status" in
            succeeded) return ;;
            running) ((SECONDS < deadline)) || die "the operation still runs after three minutes." ;;
            *) die "the operation ended as '$status'." ;;
        esac
    done
}

# The console is asked again until the guest has said what is waited for.
wait_for_console() { # vm text occurrences
    local deadline=$((SECONDS + console_deadline_s)) count
    while :; do
        count="$(curl -sS --max-time 10 "$url/api/vms/$1/console?tail=65536" | grep -cF "$2" || true)"
        if ((count >= $3)); then return; fi
        ((SECONDS < deadline)) || die "the guest did not say '$2' within $console_deadline_s s."
        sleep 0.5
    done
}

wait_until_ready() {
    local deadline=$((SECONDS + 60))
    until curl -fsS --max-time 5 -o /dev/null "$url/readyz" 2>/dev/null; do
        kill -0 "$agent_pid" 2>/dev/null || die "the agent ended before it was ready."
        ((SECONDS < deadline)) || die "the agent is not ready after a minute."
        sleep 0.2
    done
}

request_id() { cat /proc/sys/kernel/random/uuid; }

assert_nothing_is_left() {
    local left
    call GET /api/vms
    [[ $(jq -r .total "$work/body") == 0 ]] || die "the agent still lists a VM."
    left="$("$here/lab.sh" virsh "$work/lab" -q list --all --uuid | tr -d '[:space:]')"
    [[ -z $left ]] || die "libvirt still has a domain: $left"
    left="$(find "$work/state/vms" -type f 2>/dev/null || true)"
    [[ -z $left ]] || die "files are left: $left"
    left="$(find "$work/lab/run/libvirt/qemu" -name '*.pid' ! -name driver.pid 2>/dev/null || true)"
    [[ -z $left ]] || die "a QEMU is left: $left"
    echo "no VM, no domain, no file, no QEMU."
}

main() {
    [[ $EUID -eq 0 ]] || die "needs root for the private libvirt host." "Run it with sudo."
    "$here/setup.sh" demo
    work="$(mktemp -d /var/tmp/decloud-demo.XXXXXX)"
    trap take_down EXIT
    trap 'exit 130' INT TERM
    # QEMU runs as a user of its own and has to reach the VM's disk below.
    chmod 0755 "$work"

    say "Building the agent"
    (cd "$root" && dotnet publish src/DeCloud.NodeAgent -c Release -o artifacts/agent --nologo -v quiet)
    say "Making the test image (kept for the next time)"
    local image digest
    image="$("$here/make-test-image.sh" | tail -n 1)"
    digest="sha256:$(sha256sum "$image" | cut -d ' ' -f 1)"
    mkdir -p "$work/state/images"
    cp "$image" "$work/state/images/test.qcow2"
    echo "$image ($digest)"

    say "Starting a private libvirt host"
    local socket
    socket="$("$here/lab.sh" up "$work/lab")"
    echo "$socket"

    say "Starting the agent"
    "$root/artifacts/agent/decloud-agent" "--Http:Url=$url" "--StatePath=$work/state" \
        "--Libvirt:Uri=qemu+unix:///system?socket=$socket" --Libvirt:AllowEmulation=true \
        --Vms:StopGrace=00:00:20 </dev/null >"$work/agent.log" 2>&1 &
    agent_pid=$!
    wait_until_ready
    call GET /api/node

    say "Creating a VM"
    local vm operation body
    ssh-keygen -q -t ed25519 -N '' -C demo -f "$work/key"
    body="$(jq -cn --arg key "$(<"$work/key.pub")" --arg url "file://$work/state/images/test.qcow2" --arg hash "$digest" '{
        name: "demo", vCpus: 1, memoryBytes: 134217728, diskBytes: 1073741824, baseImageUrl: $url, baseImageHash: $hash,
        sshPublicKey: $key}')"
    local key
    key="$(request_id)"
    call POST /api/vms -H 'Content-Type: application/json' -H "Idempotency-Key: $key" -d "$body"
    operation="$(location)"
    vm="$(jq -r '.vm.id' "$work/body")"
    wait_for_operation "$operation"

    say "The same request again, as after a lost answer: the same operation"
    call POST /api/vms -H 'Content-Type: application/json' -H "Idempotency-Key: $key" -d "$body"
    [[ $(location) == "$operation" ]] || die "the repeated request became another operation."

    say "Waiting for the guest, then its serial console"
    wait_for_console "$vm" 'decloud-test-guest: ready' 1
    printf '$ curl %s\n' "'$url/api/vms/$vm/console?tail=4096'"
    curl -sS "$url/api/vms/$vm/console?tail=4096"
    call GET "/api/vms/$vm"

    say "Stopping it in good order, and starting it again"
    call POST "/api/vms/$vm/stop" -H "Idempotency-Key: $(request_id)"
    wait_for_operation "$(location)"
    call POST "/api/vms/$vm/start" -H "Idempotency-Key: $(request_id)"
    wait_for_operation "$(location)"
    wait_for_console "$vm" 'decloud-test-guest: ready' 2
    printf '$ curl %s | grep boot:\n' "'$url/api/vms/$vm/console?tail=4096'"
    curl -sS "$url/api/vms/$vm/console?tail=4096" | grep 'boot:'

    say "What happened to it"
    call GET "/api/vms/$vm/history"

    say "Deleting it"
    call DELETE "/api/vms/$vm" -H "Idempotency-Key: $(request_id)"
    wait_for_operation "$(location)"

    say "Nothing is left"
    assert_nothing_is_left

    say "Done; taking the agent and the libvirt host down"
}

main
