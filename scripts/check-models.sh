#!/usr/bin/env bash
# The models of docs/models, searched by spin: what has to hold does, and each planted mistake is found.
# Needs spin and a C compiler. Every search: one core, at most 2 minutes of its time and 1.5 GB; a breadth-first one, so that a counterexample is the shortest.
set -u
model="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/docs/models/claims.pml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# search FLAGS...: says "holds", "broken" (a counterexample) or "unfinished" (time or memory did not reach).
search() {
  cp "$model" . && spin -a -DBREADTH "$@" claims.pml >log 2>&1 || { echo "unreadable"; return; }
  gcc -O2 -w -DSAFETY -DNOREDUCE -DBFS -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=1500 -o pan pan.c >>log 2>&1 || { echo "unreadable"; return; }
  (ulimit -t 120; nice -n 10 ./pan -w22) >out 2>&1
  if grep -q 'errors: [1-9]' out; then echo "broken"
  elif grep -q 'errors: 0' out && ! grep -qE 'Search not completed|max search depth' out; then echo "holds"
  else echo "unfinished"; fi
}

# expect RESULT NAME FLAGS...
expect() {
  local wanted=$1 name=$2 result
  shift 2
  result=$(search "$@")
  echo "$name: $result ($(grep -oE '[0-9]+ states, stored' out | head -1))"
  [[ $result == "$wanted" ]] && return
  failed=1
  echo "  wanted: $wanted"
  if [[ $result == broken ]]; then
    grep -m1 '^pan:1' out
    spin -t -DBREADTH "$@" claims.pml 2>/dev/null | grep -E '^ *(node|tick)' | head -60
  fi
}

expect holds "joins, moves and leaves" -DJOINS=2 -DLEAVES=1
expect holds "a node that stands still" -DJOINS=2 -DLEAVES=0 -DPAUSES=1
expect holds "a crash" -DJOINS=2 -DLEAVES=0 -DCRASHES=1
expect broken "planted: a holder keeps the token from a fresh claim with a lower number" -DJOINS=2 -DLEAVES=0 -DAHEAD=2 -DMISTAKE_KEEPS
exit $failed
