#!/usr/bin/env bash
# Loads the shop: a constant page, pages through the cache, and pages from the database each time. Prints the requests per
# second, their ratio to the constant page, and the queries that the database was asked per request.
# Then it locks the database for some seconds, and demands that the pages are served meanwhile.
#
# usage: examples/load/shop.sh [SECONDS [wrk options]]
#
# PRODUCTS (5000) are in the database. SKEW (1) says how unequally they are asked for. CAPACITY (10000) pages fit in the cache.
#
# Needs wrk: `apt-get install wrk` on Debian, `brew install wrk` on macOS, or https://github.com/wg/wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-10}
shift || true
[ $# -gt 0 ] || set -- -t1 -c64
export PRODUCTS=${PRODUCTS:-5000} SKEW=${SKEW:-1} ONE_PATH=
capacity=${CAPACITY:-10000}
lock_seconds=5

command -v wrk >/dev/null || { sed -n 's/^# Needs wrk/wrk is not installed/p' "$0" >&2; exit 1; }
cargo build --quiet --release --package examples --example shop
program=${CARGO_TARGET_DIR:-target}/release/examples/shop

work=$(mktemp -d)
server= locker=
end() {
  [ -z "$locker" ] || kill "$locker" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap end EXIT

# start OPTIONS...: starts a server, and sets `address`.
start() {
  rm -f "$work/address"
  mkfifo "$work/address"
  "$program" --port 0 --database "$work/shop.sqlite" --products "$PRODUCTS" --capacity "$capacity" "$@" >"$work/address" &
  server=$!
  read -r address <"$work/address"
}

stop() {
  kill "$server"
  wait "$server" || true
  server=
}

# metric NAME: a figure of the server, or 0.
metric() {
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  awk -v name="$1" '$1 == name { found = $2 } END { print found + 0 }' <&3
  exec 3>&-
}

# load SECONDS WRK-OPTIONS...: sets `requests`, `rate`, `errors` and `slow` (99 of 100 are answered within these milliseconds).
load() {
  local time=$1
  shift
  wrk "$@" -d "${time}s" --latency -s examples/load/shop.lua "http://$address" >"$work/wrk"
  read -r _ requests rate errors slow < <(grep '^result ' "$work/wrk")
  if [ "$errors" -ne 0 ]; then
    cat "$work/wrk" >&2
    echo "$errors requests failed" >&2
    exit 1
  fi
}

# measure NAME WRK-OPTIONS...: loads the server, and prints a line.
measure() {
  local name=$1 queries
  shift
  load 2 "$@"
  queries=$(metric shop_database_queries_total)
  load "$seconds" "$@"
  queries=$(($(metric shop_database_queries_total) - queries))
  [ "$name" != constant ] || constant=$rate
  awk -v name="$name" -v rate="$rate" -v constant="$constant" -v queries="$queries" -v requests="$requests" -v slow="$slow" \
    'BEGIN { printf "%-16s %9d %9.2f %13.4f %9.1f ms\n", name, rate, rate / constant, queries / requests, slow }'
}

printf '%-16s %9s %9s %13s %12s\n' '' requests/s ratio queries/req. '99 % within'
start --no-cache
ONE_PATH=/constant measure constant "$@"
measure 'without a cache' "$@"
stop
start
measure 'with the cache' "$@"
stop

# Only pages that were loaded can be served then, so all of them fit.
capacity=$((PRODUCTS * 2))
start
printf '\nthe database is locked for more than %d s\n' "$lock_seconds"
load 2 "$@"
mkfifo "$work/locked"
"$program" lock --database "$work/shop.sqlite" --seconds 600 >"$work/locked" &
locker=$!
read -r _ <"$work/locked"
stale=$(metric 'shop_cache_stale_total{cache="pages"}')
load "$lock_seconds" "$@"
stale=$(($(metric 'shop_cache_stale_total{cache="pages"}') - stale))
kill "$locker" || { echo 'the lock had ended' >&2; exit 1; }
wait "$locker" || true
locker=
echo "$requests requests ($rate per second, 99 % within $slow ms), none failed; $stale failed loads gave an old page"
[ "$stale" -gt 0 ] || { echo 'no load has failed, so that shows nothing' >&2; exit 1; }
