#!/usr/bin/env bash
# The Debian package: the agent, its command line, and what a host needs around them.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: package.sh [--check] [--out FOLDER]

Builds the agent (self-contained, compiled ahead) and decloud (machine code),
puts them with unit, settings, manual pages and completions into
decloud-node-agent_VERSION_amd64.deb, and prints its path on the last line.
The same sources give the same package whenever and wherever it is built.

  --out FOLDER   where the package goes (default artifacts/package)
  --check        build twice, the second time from a copy of the sources under
                 another path, tell which files differ, and fail when any do

Beside the package, FOLDER/tree holds its files: FOLDER/tree/usr/bin/decloud.

  SOURCE_DATE_EPOCH   the time of every file in the package, in seconds since
                      1970 (default: of the last commit)
USAGE
}

export LC_ALL=C TZ=UTC
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
readonly here root
readonly name=decloud-node-agent
# In the self-contained runtime and of no use to a service: debuggers, tracing with LTTng, and the memory dumps that LimitCORE= forbids.
readonly unwanted=(createdump libmscordaccore.so libmscordbi.so libcoreclrtraceptprovider.so)
work=

cleanup() { if [[ -n $work ]]; then rm -rf -- "$work"; fi; }
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf 'package.sh: %s\n' "$1" >&2; }

die() { # message [remedy]
    printf 'package.sh: %s\n' "$1" >&2
    if [[ $# -gt 1 ]]; then printf '            %s\n' "$2" >&2; fi
    exit 1
}

version() { sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props"; }

epoch() {
    if [[ -n ${SOURCE_DATE_EPOCH:-} ]]; then
        printf '%s' "$SOURCE_DATE_EPOCH"
    else
        git -C "$root" log -1 --format=%ct 2>/dev/null || die "there is no git history to take the time from." "Set SOURCE_DATE_EPOCH."
    fi
}

revision() { git -C "$root" rev-parse HEAD 2>/dev/null || true; }

publish() { # sources project output arguments...
    local sources="$1" project="$2" output="$3"
    shift 3
    rm -rf -- "$output"
    # The revision is the same whether git is there or not; what else makes builds alike is in Directory.Build.props.
    dotnet publish "$sources/src/$project" -c Release -r linux-x64 -o "$output" --nologo -v quiet -warnaserror \
        -p:ContinuousIntegrationBuild=true -p:SourceRevisionId="$(revision)" "$@" >&2
}

put() { # mode source target
    install -D -m "$1" -- "$2" "$3"
}

man_keys() { # help
    awk '/^  [A-Z][A-Za-z]*:?[A-Za-z]* +/ {
        key = $1; $1 = ""; sub(/^ +/, ""); gsub(/\\/, "\\e"); gsub(/-/, "\\-")
        printf ".TP\n.B %s\n%s\n", key, $0
    }' <"$1"
}

fill_tree() { # sources tree published
    local tree="$2" agent="$3/agent" cli="$3/cli/decloud" file shell="$1/packaging" date
    date="$(date -u -d "@$(epoch)" +%Y-%m-%d)"
    mkdir -p "$tree/usr/lib/decloud"
    cp -r -- "$agent/." "$tree/usr/lib/decloud/"
    for file in "${unwanted[@]}"; do rm -f -- "$tree/usr/lib/decloud/$file"; done
    # Comments for Swagger are in one of them.
    find "$tree/usr/lib/decloud" -maxdepth 1 -name '*.xml' ! -name DeCloud.NodeAgent.Contracts.xml -delete
    put 0755 "$cli" "$tree/usr/bin/decloud"
    put 0755 "$shell/decloud-agent.sh" "$tree/usr/sbin/decloud-agent"
    put 0644 "$shell/decloud-agent.service" "$tree/usr/lib/systemd/system/decloud-agent.service"
    put 0644 "$shell/sysusers.conf" "$tree/usr/lib/sysusers.d/decloud.conf"
    put 0644 "$shell/tmpfiles.conf" "$tree/usr/lib/tmpfiles.d/decloud.conf"
    put 0644 "$shell/sysctl.conf" "$tree/usr/lib/sysctl.d/60-decloud.conf"
    put 0644 "$shell/etc/conf.d/10-node.json" "$tree/etc/decloud/conf.d/10-node.json"

    mkdir -p "$tree"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d,man/man1,man/man8}
    "$cli" completion bash >"$tree/usr/share/bash-completion/completions/decloud"
    "$cli" completion zsh >"$tree/usr/share/zsh/vendor-completions/_decloud"
    "$cli" completion fish >"$tree/usr/share/fish/vendor_completions.d/decloud.fish"
    "$cli" manual --date "$date" --package-version "$(version)" | gzip -n -9 >"$tree/usr/share/man/man1/decloud.1.gz"
    "$agent/decloud-agent" --help >"$work/help"
    {
        sed -e "s/@DATE@/$date/; s/@VERSION@/$(version)/" -e '/@KEYS@/,$d' "$shell/man/decloud-agent.8.in"
        man_keys "$work/help"
        sed -e '1,/@KEYS@/d' "$shell/man/decloud-agent.8.in"
    } | gzip -n -9 >"$tree/usr/share/man/man8/decloud-agent.8.gz"

    put 0644 "$shell/debian/copyright" "$tree/usr/share/doc/$name/copyright"
    put 0644 "$1/README.md" "$tree/usr/share/doc/$name/README.md"
    for file in "$1"/docs/*.md; do put 0644 "$file" "$tree/usr/share/doc/$name/docs/${file##*/}"; done
}

# Programs and libraries may be run, everything else is read.
set_modes() { # tree
    find "$1" -type d -exec chmod 0755 {} +
    find "$1" -type f -exec chmod 0644 {} +
    chmod 0755 "$1/usr/bin/decloud" "$1/usr/sbin/decloud-agent" "$1/usr/lib/decloud/decloud-agent"
}

make_package() { # sources out
    local sources="$1" out="$2" tree="$2/tree" size file
    say "building the agent"
    publish "$sources" DeCloud.NodeAgent "$out/agent" --self-contained -p:PublishReadyToRun=true
    say "building decloud"
    publish "$sources" DeCloud.NodeAgent.Cli "$out/cli"
    say "putting the package together"
    rm -rf -- "$tree"
    mkdir -p "$tree"
    fill_tree "$sources" "$tree" "$out"
    set_modes "$tree"
    size="$(find "$tree" -type f -printf '%s\n' | awk '{total += int(($1 + 1023) / 1024)} END {print total}')"
    mkdir -p "$tree/DEBIAN"
    sed "s/@VERSION@/$(version)/; s/@SIZE@/$size/" "$sources/packaging/debian/control.in" >"$tree/DEBIAN/control"
    cp "$sources/packaging/debian/conffiles" "$tree/DEBIAN/conffiles"
    for file in postinst prerm postrm; do put 0755 "$sources/packaging/debian/$file" "$tree/DEBIAN/$file"; done
    (cd "$tree" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    chmod 0644 "$tree"/DEBIAN/{control,conffiles,md5sums}
    chmod 0755 "$tree/DEBIAN"
    find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    # One thread: how it cuts its blocks depends on the number.
    dpkg-deb --root-owner-group --threads-max=1 -Zzstd -z12 --build "$tree" "$out/$(package_name)" >&2
}

package_name() { printf '%s_%s_amd64.deb' "$name" "$(version)"; }

copy_sources() { # target
    mkdir -p "$1"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh | tar --null -cf - --files-from=-) | tar -xf - -C "$1"
}

main() {
    local check=no out="$root/artifacts/package"
    while [[ $# -gt 0 ]]; do
        case "$1" in
            --check) check=yes ;;
            --out)
                [[ $# -ge 2 && -n $2 ]] || die "--out takes a folder."
                out="$(realpath -m -- "$2")"
                shift
                ;;
            -h | --help)
                usage
                return
                ;;
            *)
                printf "package.sh: unknown argument '%s'\n            Try: package.sh --help\n" "$1" >&2
                exit 64
                ;;
        esac
        shift
    done
    [[ $(uname -sm) == "Linux x86_64" ]] || die "packages are made on Linux on x86_64 only."
    command -v dpkg-deb >/dev/null || die "dpkg-deb is not installed." "apt-get install dpkg"
    SOURCE_DATE_EPOCH="$(epoch)"
    export SOURCE_DATE_EPOCH
    work="$(mktemp -d "${TMPDIR:-/var/tmp}/decloud-package.XXXXXX")"
    mkdir -p "$out"
    make_package "$root" "$out"
    if [[ $check == yes ]]; then
        say "building it again elsewhere"
        copy_sources "$work/again/sources"
        make_package "$work/again/sources" "$work/again/out"
        if ! cmp -s "$out/$(package_name)" "$work/again/out/$(package_name)"; then
            diff -rq "$out/tree" "$work/again/out/tree" >&2 || true
            die "the two packages differ." "See the lines above for the files that do."
        fi
        say "both packages are the same: $(sha256sum "$out/$(package_name)" | cut -d ' ' -f 1)"
    fi
    printf '%s\n' "$out/$(package_name)"
}

main "$@"
