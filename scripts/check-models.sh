#!/usr/bin/env bash
# The models of docs/models, searched by spin: what has to hold does, and each planted mistake is found by the same search in which the rules without it hold.
# Needs spin and a C compiler. Each search: one core, at most 90 s of its time and 3 GB, and some 15 s to compile; a breadth-first one, so that a counterexample is the shortest.
set -u
model="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/docs/models/claims.pml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cp "$model" . || exit 1
passed=0
failed=0

# search FLAGS...: says "holds", "broken" (a counterexample), "unfinished" (time or memory did not reach) or "unreadable".
search() {
  if ! { spin -a "$@" claims.pml && gcc -O1 -w -DSAFETY -DNOREDUCE -DBFS -DCOLLAPSE -DVECTORSZ=1024 -DMEMLIM=3000 -o pan pan.c; } >log 2>&1; then
    echo "unreadable"
    return
  fi
  (ulimit -t 90; nice -n 10 ./pan -w22) >out 2>&1
  if grep -q 'errors: [1-9]' out && grep -q 'assertion violated' out; then echo "broken"
  elif grep -q 'errors: 0' out && ! grep -qE 'Search not completed|max search depth' out; then echo "holds"
  else echo "unfinished"; fi
}

# expect RESULT NAME FLAGS...
expect() {
  local wanted=$1 name=$2 result
  shift 2
  result=$(search "$@")
  if [[ $result == "$wanted" ]]; then
    passed=$((passed + 1))
    echo "$name: $result, $(grep -oE '[0-9]+ states, stored' out | head -1), $(grep -oE 'depth reached [0-9]+' out | head -1); $passed passed"
    return
  fi
  failed=$((failed + 1))
  echo "$name: $result, wanted: $wanted (spin -a $*)"
  cat log
  if [[ $result == broken ]]; then spin -t "$@" claims.pml | grep -E '^ *(node|server|tick)' | head -60; fi
}

# holds_and_finds NAME FLAGS... -- MISTAKE...: the rules hold, and each mistake is found, in searches of the same bounds.
holds_and_finds() {
  local name=$1 flags=()
  shift
  while [[ $1 != -- ]]; do flags+=("$1"); shift; done
  shift
  expect holds "$name" "${flags[@]}"
  for mistake in "$@"; do expect broken "  planted: $mistake" "${flags[@]}" "-DMISTAKE_$mistake"; done
}

expect holds "a leave and a crash" -DJOINS=2 -DLEAVES=1 -DCRASHES=1
expect holds "a node is cut off, and the heal" -DJOINS=2 -DCUTS=1
expect holds "a leave, and a node that stands still" -DJOINS=2 -DLEAVES=1 -DPAUSES=1
expect broken "  planted: FALLBACK_DOES_NOT_ASK" -DJOINS=2 -DPAUSES=1 -DMISTAKE_FALLBACK_DOES_NOT_ASK
holds_and_finds "three joins and a leave" -DJOINS=3 -DLAG=0 -DLEAVES=1 -- TELLS_UNHEARD ASSERTS_ONCE_A_SECOND
holds_and_finds "a node that has heard nobody yet, a cut and its heal" -DJOINS=2 -DAHEAD=8 -DCUTS=1 -DLAG=0 -- NO_SHIFT GROWS_SILENTLY
echo "models: $passed passed, $failed failed"
((failed == 0))
