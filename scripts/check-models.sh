#!/usr/bin/env bash
# The model of docs/models, searched by spin: what has to hold does, also without the rules that are not needed for it, and each planted mistake is found within the bounds in which the rules hold.
# Needs spin and a C compiler. One core: 1 min for the search of all faults together, 2 s for each other one or 5; 1.5 GB.
set -u
models="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/docs/models"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cp "$models"/*.pml . || exit 1
passed=0
failed=0

# search OPTIMISATION FLAGS...: says "holds", "broken" (a counterexample), "unfinished" (time, memory or depth did not reach) or "unreadable".
search() {
  local optimisation=$1
  shift
  rm -f claims.pml.trail
  if ! { spin -a "$@" claims.pml && gcc "$optimisation" -w -DSAFETY -DNOREDUCE -DVECTORSZ=256 -DMEMLIM=3000 -o pan pan.c; } >log 2>&1; then
    echo "unreadable"
    return
  fi
  (ulimit -t 180; nice -n 10 ./pan -w24 -m10000) >out 2>&1
  if grep -q 'errors: [1-9]' out && grep -q 'assertion violated' out; then echo "broken"
  elif grep -q 'errors: 0' out && ! grep -qE 'Search not completed|max search depth|reached -DMEMLIM' out; then echo "holds"
  else echo "unfinished"; fi
}

# expect RESULT NAME FLAGS...
expect() {
  local wanted=$1 name=$2 result optimisation=-O2
  shift 2
  if [[ $wanted == broken ]]; then optimisation=-O0; fi
  result=$(search "$optimisation" "$@")
  if [[ $result == "$wanted" ]]; then
    passed=$((passed + 1))
    echo "$name: $result, $(grep -oE '[0-9]+ states, stored' out | head -1), $(grep -oE 'depth reached [0-9]+' out | head -1); $passed passed"
    return
  fi
  failed=$((failed + 1))
  echo "$name: $result, wanted: $wanted (spin -a $*)"
  cat log
  if [[ $result == broken ]]; then spin -t "$@" claims.pml | grep -E '^ *(node|healed|[0-9]+ (leaves|s|ms))'; fi
}

# holds_and_finds NAME FLAGS... -- MISTAKE...: the rules hold, and each mistake is found, within the same bounds.
holds_and_finds() {
  local name=$1 flags=()
  shift
  while [[ $1 != -- ]]; do flags+=("$1"); shift; done
  shift
  expect holds "$name" "${flags[@]}"
  for mistake in "$@"; do expect broken "  planted: $mistake" "${flags[@]}" "-DMISTAKE_$mistake"; done
}

holds_and_finds "two joins, two leaves, a crash, a pause and a cut" -DJOINS=2 -DLEAVES=2 -DCRASHES=1 -DPAUSES=1 -DCUTS=1 -- \
  NOT_SAID_AGAIN SETTLES_AT_ONCE PARTIAL_IS_ENOUGH SILENT_IS_IGNORED CUT_OFF_IS_BELIEVED
holds_and_finds "three joins, three leaves" -DJOINS=3 -DLEAVES=3 -- NO_ROLL_CALL FORGETS_MOVED NO_RIVAL HOLDS_AGAINST_RIVALS LEFT_SAYS_NOTHING
holds_and_finds "three joins, a leave and a cut" -DJOINS=3 -DLEAVES=1 -DCUTS=1 -- ANY_NUMBER
expect holds "three joins, three leaves, a crash and a pause" -DJOINS=3 -DLEAVES=3 -DCRASHES=1 -DPAUSES=1
expect holds "  without left and replies" -DJOINS=3 -DLEAVES=3 -DCRASHES=1 -DPAUSES=1 -DWITHOUT_LEFT -DWITHOUT_REPLIES
expect holds "three joins, a leave, a crash, a pause and a cut" -DJOINS=3 -DLEAVES=1 -DCRASHES=1 -DPAUSES=1 -DCUTS=1
echo "models: $passed passed, $failed failed"
((failed == 0))
