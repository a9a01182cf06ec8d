#!/usr/bin/env bash
# Every test, from a clean checkout. The last line is `N passed, N failed`.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: test.sh [--unit]

Installs what the tests need, restores with the lock files, builds with warnings
as errors, makes the test images (kept between runs), runs both suites and
prints what failed. The last line is `N passed, N failed`; the exit status is not
0 when a test failed, a suite did not end in time, or no test ran.

  --unit   only the suite that needs neither root nor libvirt

  DECLOUD_TEST_IMAGE, DECLOUD_CLOUD_IMAGE   images to use instead of making them
USAGE
}

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
readonly here root
readonly results="$root/artifacts/test-results"
readonly solution="$root/DeCloud.NodeAgent.sln"
readonly unit_suite=DeCloud.NodeAgent.Tests
readonly integration_suite=DeCloud.NodeAgent.IntegrationTests
# Together with build and images these stay below an hour.
readonly unit_limit_s=480
readonly integration_limit_s=2400
status=0
hosts=
said_numbers=no

say() { printf '== %s\n' "$1"; }

# The hosts that the suites started are recorded in a registry of this run, so
# that only those are taken down, also after a suite that was killed.
clean_up() {
    [[ -n $hosts && -d $hosts ]] || return 0
    local entry pid
    for entry in "$hosts"/*; do
        if [[ -f $entry ]]; then
            say "taking down a libvirt host that was left: $(<"$entry")"
            "$here/lab.sh" down "$(<"$entry")" || true
        fi
    done
    # What else the suites left running bears this run's registry in its environment.
    for entry in /proc/[0-9]*/environ; do
        pid="${entry#/proc/}"
        pid="${pid%/environ}"
        if { tr '\0' '\n' <"$entry" | grep -qxF "DECLOUD_LAB_REGISTRY=$hosts"; } 2>/dev/null; then
            say "ending a process that was left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c 1-120)"
            kill -KILL "$pid" 2>/dev/null || true
        fi
    done
    rm -rf -- "$hosts"
}

# Whoever reads the last line reads it after a failed build too.
on_exit() {
    local outcome=$?
    trap - EXIT
    clean_up
    if [[ $said_numbers == no && $outcome -ne 0 ]]; then printf '0 passed, 0 failed\n'; fi
    exit "$outcome"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

# A network of its own with nothing but loopback: a firewall of this machine, or
# rules that an agent left on it, have no say in the tests, nor the tests in them.
readonly own_network=(unshare --net -- sh -c 'ip link set lo up && exec "$@"' own-network)

run_suite() { # name suite limit filter [prefix...]
    local name="$1" suite="$2" limit="$3" outcome=0
    "${@:5}" timeout --kill-after=30 "$limit" dotnet test "$root/tests/$suite" -c Release --no-build --nologo \
        ${4:+--filter "$4"} --logger "trx;LogFileName=$name.trx" --results-directory "$results" || outcome=$?
    case "$outcome" in
        0) ;;
        124 | 137)
            say "$name did not end within $limit s"
            return 1
            ;;
        *) return 1 ;;
    esac
}

left_results() { # name
    [[ -s $results/$1.trx ]] && return
    say "$1 left no results"
    status=1
}

# Most of the time the tests wait, for guests that boot and graces that pass: two
# halves go at once, each in a network of its own. What one of them says is printed
# when both have ended, so that their lines do not mix.
run_halves() { # suite limit namespace-of-the-first
    local suite="$1" limit="$2" first second
    say "$suite, in two halves; what they say follows when they have ended"
    run_suite "$suite.1" "$suite" "$limit" "FullyQualifiedName~$3" "${own_network[@]}" >"$results/1.log" 2>&1 &
    first=$!
    run_suite "$suite.2" "$suite" "$limit" "FullyQualifiedName!~$3" "${own_network[@]}" >"$results/2.log" 2>&1 &
    second=$!
    wait "$first" || status=1
    wait "$second" || status=1
    cat "$results/1.log" "$results/2.log"
    left_results "$suite.1"
    left_results "$suite.2"
}

# One number of the results' element <Counters total=".." passed=".." failed=".." .../>.
counter() { # file name
    tr '\n' ' ' <"$1" | grep -o '<Counters [^>]*>' | grep -o " $2=\"[0-9]*\"" | tr -dc 0-9 || true
}

# Name and message of each failed test: one record a test, line ends as \001.
print_failures() { # file
    local record name
    tr '\n' '\001' <"$1" | sed 's/<UnitTestResult /\n&/g; s/<\/Results>/\n&/' |
        { grep -a '^<UnitTestResult [^>]*outcome="\(Failed\|Error\|Timeout\|Aborted\)"' || true; } |
        while IFS= read -r record; do
            name="${record#* testName=\"}"
            printf 'FAILED %s\n' "${name%%\"*}" | plain
            printf '%s\n' "$record" | sed -n 's/.*<Message>\(.*\)<\/Message>.*/\1/p' | plain | tr '\001' '\n' |
                sed -n '1,20s/^/    /p'
            echo
        done
}

plain() { sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&apos;/'"'"'/g; s/&#xD;//g; s/&amp;/\&/g'; }

main() {
    local unit_only=no
    case "${1:-}" in
        "") ;;
        --unit) unit_only=yes ;;
        -h | --help)
            usage
            return
            ;;
        *)
            printf "test.sh: unknown argument '%s'\n         Try: test.sh --help\n" "$1" >&2
            exit 64
            ;;
    esac
    cd "$root"
    rm -rf -- "$results"
    mkdir -p "$results"

    if [[ $unit_only == no ]]; then
        if [[ $EUID -ne 0 ]]; then
            printf 'test.sh: the integration tests start libvirt hosts and need root.\n         Run it with sudo, or: test.sh --unit\n' >&2
            exit 77
        fi
        "$here/setup.sh" test
    fi
    say "restoring and building"
    dotnet restore "$solution" --locked-mode --nologo -v quiet
    dotnet build "$solution" -c Release --no-restore --nologo -v quiet -warnaserror

    if [[ $unit_only == no ]]; then
        # As they ship: the package, and in it the command-line program as machine code.
        say "building the package"
        DECLOUD_PACKAGE="$("$here/package.sh" | tail -n 1)"
        export DECLOUD_PACKAGE DECLOUD_CLI="$root/artifacts/package/tree/usr/bin/decloud"
        say "publishing the agent for Windows"
        dotnet publish "$root/src/DeCloud.NodeAgent" -c Release -r win-x64 --self-contained -o "$root/artifacts/windows-agent" \
            --nologo -v quiet -warnaserror
        export DECLOUD_WINDOWS_AGENT="$root/artifacts/windows-agent/decloud-agent.exe"
        say "making the test images"
        : "${DECLOUD_TEST_IMAGE:=$("$here/make-test-image.sh" | tail -n 1)}"
        : "${DECLOUD_CLOUD_IMAGE:=$("$here/make-test-image.sh" --cloud | tail -n 1)}"
        export DECLOUD_TEST_IMAGE DECLOUD_CLOUD_IMAGE
        "$here/make-test-chroot.sh" >/dev/null
        hosts="$(mktemp -d /run/decloud-test-hosts.XXXXXX)"
        export DECLOUD_LAB_REGISTRY="$hosts"
    fi

    say "$unit_suite"
    run_suite "$unit_suite" "$unit_suite" "$unit_limit_s" "" || status=1
    left_results "$unit_suite"
    if [[ $unit_only == no ]]; then
        run_halves "$integration_suite" "$integration_limit_s" "$integration_suite.Agent."
    fi
    clean_up

    local file name passed=0 failed=0 total=0 number
    for file in "$results"/*.trx; do
        [[ -s $file ]] || continue
        print_failures "$file"
        number="$(counter "$file" passed)" && passed=$((passed + ${number:-0}))
        for name in failed error timeout aborted; do
            number="$(counter "$file" "$name")" && failed=$((failed + ${number:-0}))
        done
        number="$(counter "$file" total)" && total=$((total + ${number:-0}))
    done
    if ((total == 0 || passed + failed == 0)); then
        say "no test ran"
        status=1
    fi
    if ((failed > 0)); then status=1; fi
    said_numbers=yes
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit "$status"
}

main "$@"
