#!/usr/bin/env bash
# Certificates for the way between orchestrators and nodes, for development and
# tests: an authority of one's own, and certificates that it signs.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: certs.sh FOLDER NAME...
       certs.sh FOLDER --expired NAME

Makes FOLDER/ca.pem and ca.key unless they are there, and for every NAME a
certificate FOLDER/NAME.pem with its key NAME.key (mode 0600). NAME is what the
certificate is for: a node's name, or an orchestrator's. A NAME whose files are
there already is left alone. --expired makes one that was valid until yesterday.

The agent:         --Remote:CertificateFile=FOLDER/node-1.pem
                   --Remote:KeyFile=FOLDER/node-1.key
                   --Remote:AuthorityFile=FOLDER/ca.pem
                   --Remote:Orchestrators=orchestrator
The orchestrator:  --cert FOLDER/orchestrator.pem --key FOLDER/orchestrator.key
                   --ca FOLDER/ca.pem

The authority's key lies beside the certificates: whoever reads it commands every
node that trusts it. For more than development, keep it elsewhere.
USAGE
}

readonly valid_days=365

if [[ $# -lt 2 || $1 == -* ]]; then
    usage
    [[ ${1:-} == --help || ${1:-} == -h ]] && exit 0
    exit 64
fi

folder="$1"
shift
expired=no
if [[ $1 == --expired ]]; then
    expired=yes
    shift
fi

umask 077
mkdir -p -- "$folder"

if [[ ! -f $folder/ca.pem ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
        -subj "/CN=DeCloud development authority" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
fi

for name in "$@"; do
    if [[ ! $name =~ ^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$ ]]; then
        printf 'certs.sh: %q is no name for a certificate\n' "$name" >&2
        exit 64
    fi
    [[ -f $folder/$name.pem ]] && continue

    if [[ $expired == yes ]]; then
        from="$(date -u -d '3 days ago' +%Y%m%d%H%M%SZ)"
        until="$(date -u -d yesterday +%Y%m%d%H%M%SZ)"
    else
        # From a day ago: the clocks of two machines differ.
        from="$(date -u -d yesterday +%Y%m%d%H%M%SZ)"
        until="$(date -u -d "$valid_days days" +%Y%m%d%H%M%SZ)"
    fi

    work="$(mktemp -d "$folder/.making.XXXXXX")"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=$name" -keyout "$work/key" -out "$work/request" 2>/dev/null
    cat >"$work/extensions" <<EXTENSIONS
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:$name
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
EXTENSIONS
    # "x509" can't set dates on every version of OpenSSL that is around; "ca" can.
    : >"$work/index"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' "$work" "$work" >"$work/config"
    openssl ca -batch -notext -config "$work/config" -cert "$folder/ca.pem" -keyfile "$folder/ca.key" -extfile "$work/extensions" \
        -startdate "$from" -enddate "$until" -in "$work/request" -out "$work/certificate" 2>/dev/null
    mv -- "$work/key" "$folder/$name.key"
    # The certificate comes last: where it is, everything is.
    mv -- "$work/certificate" "$folder/$name.pem"
    rm -rf -- "$work"
done
