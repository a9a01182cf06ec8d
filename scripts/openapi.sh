#!/usr/bin/env bash
# Writes the pages that are made of the program: docs/openapi.json and docs/settings.md.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: openapi.sh

Builds the agent and writes docs/openapi.json, the API's OpenAPI document, and
docs/settings.md, the table of every setting. The unit tests fail when either is
not what the program says.
USAGE
}

case "${1:-}" in
    "") ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        printf "openapi.sh: unknown argument '%s'\n            Try: openapi.sh --help\n" "$1" >&2
        exit 64
        ;;
esac
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
dotnet build tests/DeCloud.NodeAgent.Tests -c Release --nologo -v quiet
DECLOUD_WRITE_DOCS=yes dotnet test tests/DeCloud.NodeAgent.Tests -c Release --no-build --nologo --filter 'FullyQualifiedName~GeneratedDocsTests'
