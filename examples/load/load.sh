#!/usr/bin/env bash
# Loads web-cache while its table is rewritten ten times a second, and checks every response:
# no wrong status, no torn snapshot, no version older than one seen before the request, and what was written is read.
# The wrk options are for the parts that only read; the one that writes needs one connection for each thread.
#
# usage: examples/load/load.sh [SECONDS [wrk options]]
#
# Needs wrk: `apt-get install wrk` on Debian, `brew install wrk` on macOS, or https://github.com/wg/wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-10}
shift || true
[ $# -gt 0 ] || set -- -t2 -c64
export ROWS=2000
TOKEN=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
export TOKEN
export VERDICT=examples/load/verdict.lua

command -v wrk >/dev/null || { sed -n 's/^# Needs wrk/wrk is not installed/p' "$0" >&2; exit 1; }
cargo build --quiet --release --package examples --bin web-cache
program=${CARGO_TARGET_DIR:-target}/release/web-cache

work=$(mktemp -d)
writer= server=
end() {
  [ -z "$writer" ] || kill "$writer" || true
  [ -z "$server" ] || kill "$server" || true
  wait
  rm -rf "$work"
}
trap end EXIT

# A whole new table takes the place of the old one in one step.
write_table() {
  awk -v rows="$ROWS" -v generation="$1" \
    'BEGIN { print "id,generation"; for (n = 0; n < rows; n++) printf "k%d,%d\n", n, generation }' >"$work/new.csv"
  mv "$work/new.csv" "$work/table.csv"
}

write_table 0
printf '%s\n' "$TOKEN" >"$work/token"
mkfifo "$work/address"
"$program" --table "$work/table.csv" --key id --admin-token-file "$work/token" --listen 127.0.0.1:0 >"$work/address" 2>"$work/log" &
server=$!
read -r address <"$work/address"

(
  generation=0
  while :; do
    sleep 0.1 &
    generation=$((generation + 1))
    write_table "$generation"
    wait $!
  done
) &
writer=$!

for part in lookup snapshot mixed; do
  [ "$part" != mixed ] || set -- -t16 -c16
  before=$(grep -c 'the table has changed' "$work/log" || true)
  printf '\n== %s\n' "$part"
  wrk "$@" -d "${seconds}s" --latency -s "examples/load/$part.lua" "http://$address"
  reloads=$(($(grep -c 'the table has changed' "$work/log") - before))
  echo "the table changed $reloads times"
  # A table that stands still shows nothing.
  if [ "$reloads" -lt "$((seconds * 2))" ]; then
    echo "that is too seldom" >&2
    exit 1
  fi
done

if grep -E 'ERROR|panicked' "$work/log"; then
  echo "the server was not content" >&2
  exit 1
fi
printf '\nall well\n'
