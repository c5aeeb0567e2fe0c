/* What happens to nodes, and time. */

inline forget_calls(from, to) {
  called[from] = called[from] & ~BIT(to);
  if :: step != IDLE && asker == from && HAS(pending, to) -> pending = pending & ~BIT(to); miss_member() :: else fi
}

/* The engine takes its subscriptions away. What it has said is still on its way. */
inline crash(who) {
  printf("node %d: crash\n", who);
  crashes = 0; dead = who;
  give_up(who); over = over & ~BIT(who);
  if
  :: step != IDLE && asker == who -> end_discovery()
  :: step != IDLE && asker == 3 && HAS(pending, who) -> pending = pending & ~BIT(who); miss_member()
  :: else
  fi;
  for (u : 0 .. 2) {
    if :: u != who -> inbox[IN(u, who)] = 0; forget_calls(u, who) :: else fi
  }
  for (c : 1 .. JOINS) {
    if :: home[c] == who -> alive = alive & ~BIT(c) :: else fi
  }
  if :: sleeper == who -> paused = 0; stale = 0; slow = 0; unheard = 0 :: else fi;
  if :: side == who -> side = 3; phase = 0 :: else fi
}

inline pause(who) {
  printf("node %d: stands still\n", who);
  pauses = 0; sleeper = who; paused = 1; stale = 1;
  if :: step != IDLE && asker == who -> end_discovery() :: else fi
}

/* What is on its way between the two sides is lost. Asks: where a discovery runs, it is at this node. */
inline cut(who, asks) {
  printf("node %d: cut off\n", who);
  cuts = 0; side = who; phase = 1;
  if :: step != IDLE && ACTS(asks) -> asker = asks :: else -> end_discovery() fi;
  for (u : 0 .. 2) {
    if :: u != who -> inbox[IN(u, who)] = 0; inbox[IN(who, u)] = 0; forget_calls(u, who); forget_calls(who, u) :: else fi
  }
}

#define RUNNING ((RUNS(0) -> 1 : 0) | (RUNS(1) -> 2 : 0) | (RUNS(2) -> 4 : 0))
#define HAS_READ(i_) (!RUNS(i_) || (inbox[2 * (i_)] | inbox[2 * (i_) + 1]) == 0)
#define HAVE_READ (HAS_READ(0) && HAS_READ(1) && HAS_READ(2))
#define IS_QUIET (HAVE_READ && !((called[0] | called[1] | called[2] | pending) & RUNNING))
/* All have answered who will: half a second is over. */
#define IS_ANSWERED(awaited_) ((awaited_) == 0 || IS_QUIET)
#define IS_DECIDED (!(electing & RUNNING) && !(step == CALLING && (asker == 3 || RUNS(asker))))

/* These two have not heard each other yet after the cut. Only when they have, and have read what is said again then (rule 7), can one know what the other has. */
#define IS_UNHEARD(i_, j_) (ACROSS(i_, j_) && (phase < HEARD || (unheard && ((i_) == sleeper || (j_) == sleeper))))

/* A second passes, and more than one; what was not answered by now is 503. */
inline pass_1s() {
  printf("1 s\n");
  end_discovery();
  for (w : 0 .. 2) {
    if :: HAS(expecting, w) && RUNS(w) -> give_up(w) :: else fi
  }
#ifndef MISTAKE_NOT_SAID_AGAIN
  for (w : 0 .. 2) {
    a = 0;
    for (b : 0 .. 2) {
      if :: phase >= HEALED && IS_UNHEARD(w, b) && RUNS(w) && RUNS(b) -> a = 1 :: else fi
    }
    if :: a && NEWEST(w) -> publish(w, NEWEST(w), true, true) :: else fi
  }
#endif
  unheard = (paused && (phase == HEALED || unheard));
  phase = (phase == 1 -> NOTICED : (phase == HEALED -> HEARD : phase));
  slow = paused;
  mourning = (dead != 3 && mourning == 0 -> MISSED : mourning)
}

#define IS_LASTING (!paused && !slow && !unheard && !(expecting & RUNNING) && step == IDLE && (phase == 0 || phase == HEARD))

/* Long after all faults: one node at most holds the token, and it has the newest. Where none holds it, all that have it are fallbacks, and a discovery makes one the holder: no silence lasts. */
inline pass_10s() {
  printf("10 s\n");
  for (u : 0 .. 2) {
    assert(role[u] != ASK || (NEWEST(u) && !IS_ABOVE(alive, NEWEST(u))));
    assert((role[u] == NONE) == (NEWEST(u) == 0))
  }
  side = 3; phase = 0; mourning = (mourning == MISSED -> FORGOTTEN : mourning)
}

/* After each step: what is known, what is judged, and what makes no difference any more. */
inline end_step() {
  stale = stale && (paused || !HAS_READ(sleeper));
  if :: !paused && !stale && !slow && !unheard -> sleeper = 3 :: else fi;
  a = HAVE_READ;
  for (c : 1 .. JOINS) {
    for (u : 0 .. 2) {
      if
      :: !HAS(alive, c) -> known = known & ~BIT(3 * (c - 1) + u)
      :: HAS(alive, c) && a && RUNS(u) && !IS_UNHEARD(home[c], u) -> known = known | BIT(3 * (c - 1) + u)
      :: else
      fi;
      if :: HAS(reported[u], c) && (!HAS(called[u], home[c]) || c <= NEWEST(u)) -> reported[u] = reported[u] & ~BIT(c) :: else fi
    }
    if :: HAS(suspects, c) && !HAS(pending, home[c]) -> suspects = suspects & ~BIT(c) :: else fi
  }
  if
  :: step != IDLE ->
    w = asker; look_for_known();
    if :: IS_WRONG(wrong) :: else -> end_discovery() fi
  :: else
  fi;
  check_holders();
  n = 0; o = 0; l = 0; a = 0; b = 0; c = 0; u = 0; k = 0; w = 0
}
