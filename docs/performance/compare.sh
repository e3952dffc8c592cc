#!/usr/bin/env bash
# Compares foureyes with DuckDB over seeded companies, in one run: from a snapshot to
# who breaks which rule. Both must find the same. Usage, from anywhere:
#
#   docs/performance/compare.sh [ACCOUNTS...]
#
# ACCOUNTS are the sizes; about 14.5 memberships each. Default: 1000 10000 100000
# 1000000. The last needs 6 GB of memory, 1 GB of disk and some minutes. It wants Go,
# node and npm, which fetches DuckDB. FOUREYES_ROUNDS says how often each is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."

program="$(mktemp)"
trap 'rm -f "$program"' EXIT
CGO_ENABLED=0 go build -trimpath -tags noentra -o "$program" ./cmd/foureyes

uptime
CI=true FOUREYES_PROGRAM="$program" FOUREYES_ACCOUNTS="${*:-1000 10000 100000 1000000}" \
	go test -tags noentra -count 1 -timeout 60m -v -run '^TestScale$' ./sod/tosql
uptime
