/*
 * A discovery at X: rule 5 of docs/cluster.md.
 * Where X is settled and a holder answers, nothing lies between: that has to be right at each moment (check_holders).
 * Else each member reads the roll call at a moment of its own, and then the one with the highest number is asked. What counts is what was true at some time since it began.
 * So it begins as late as it may, when the first member reads, and is followed only while what it could end in has been wrong all the time: one link, or 404 while somebody lives.
 * That it makes a fallback the holder happens at any time (be_asked), as if one had begun long ago.
 */

inline end_discovery() {
  step = IDLE; asker = 0; wrong = 0; pending = 0; suspects = 0
}

#define REACHED(i_) (RUNS(i_) && !APART(i_, w) -> BIT(i_) : 0)
#define KNOWN(link_) (known >> (3 * (link_ - 1)) & 7)

/* b: links that whoever asks at w has to know of; a: the nodes that w reaches. */
inline look_for_known() {
  b = 0; a = REACHED(0) | REACHED(1) | REACHED(2);
  for (c : 1 .. JOINS) {
    if :: HAS(alive, c) && !APART(home[c], w) && (KNOWN(c) & a) -> b = b | BIT(c) :: else fi
  }
}
/* Then: whether this answer, or 404, would be wrong at this moment. */
#define IS_WRONG(link_) ((link_) == 0 && (b || (expecting & a)) || (link_) && HAS(alive, link_) && IS_ABOVE(b, link_))

inline check_holders() {
  for (w : 0 .. 2) {
    if
    :: ACTS(w) && IS_SETTLED(w) ->
      look_for_known();
      for (u : 0 .. 2) {
        assert(!(ACTS(u) && !APART(u, w) && role[u] == ASK && NEWEST(u) && IS_WRONG(NEWEST(u))))
      }
    :: else
    fi
  }
}

/* Rule 5: the question. A fallback that knows of a higher claim looks first whether it is still true. */
#ifdef MISTAKE_HOLDS_AGAINST_RIVALS
#define IS_FREE(i_) (role[i_] == FALLBACK)
#else
#define IS_FREE(i_) (role[i_] == FALLBACK && !IS_ABOVE(rivals[i_], NEWEST(i_)))
#endif
#define IS_MORE(i_, j_) (ACTS(i_) && !APART(i_, j_) && NEWEST(i_) > NEWEST(j_))
#define IS_HIGHEST(i_) (!IS_MORE(0, i_) && !IS_MORE(1, i_) && !IS_MORE(2, i_))

inline be_asked(me) {
  printf("node %d: is asked\n", me);
  if :: IS_FREE(me) -> hold(me) :: else -> elect(me) fi
}

/* A member says nothing: no 404. */
#ifdef MISTAKE_PARTIAL_IS_ENOUGH
#define PARTIAL_IS_ENOUGH 1
#else
#define PARTIAL_IS_ENOUGH 0
#endif
inline miss_member() {
  if :: wrong == 0 && !PARTIAL_IS_ENOUGH -> end_discovery() :: else fi
}

/* All have answered who will. */
inline conclude() {
  look_for_silent(wrong, home[wrong], pending, suspects);
  if
  :: wrong == 0 -> assert(pending && !PARTIAL_IS_ENOUGH); end_discovery()
  :: wrong && !a && !HAS(pending, home[wrong]) && !APART(asker, home[wrong]) -> step = DIRECT; pending = BIT(home[wrong]); suspects = 0
  :: else -> end_discovery()
  fi
}

/* A member reads the roll call, or the question, and what it says is heard. The question names the highest number: who has it no more does not answer. */
#ifdef MISTAKE_ANY_NUMBER
#define IS_MORE_THAN_WRONG(i_) (NEWEST(i_) > NEWEST(home[wrong]))
#else
#define IS_MORE_THAN_WRONG(i_) (NEWEST(i_) > wrong)
#endif
inline read_discovery(me) {
  if
  :: step == DIRECT ->
    assert(!(NEWEST(me) == wrong && (role[me] == ASK || IS_FREE(me))));
    end_discovery()
  :: step == CALLING && (IS_MORE_THAN_WRONG(me) || (wrong == 0 && (role[me] != NONE || HAS(over, me)))) -> end_discovery()
  :: else ->
    printf("node %d: has %d, rivals %d\n", me, NEWEST(me), rivals[me]);
    pending = pending & ~BIT(me);
    suspects = (wrong -> suspects | rivals[me] : 0);
    if :: pending == 0 -> conclude() :: else fi
  fi
}

/* Of nodes that are on the same side, one asks: the first that acts. */
#define IS_FIRST(i_, except_) ((i_) != (except_) && !((i_) > 0 && (except_) != 0 && ACTS(0)) && !((i_) > 1 && (except_) != 1 && ACTS(1)))
#define IS_ASKER(i_) (phase < HEALED && side != 3 -> (i_) == side || IS_FIRST(i_, side) : IS_FIRST(i_, 3))

/* A discovery at who, whose roll call is read first by the node first. */
inline discover(who, first, link) {
  w = who; look_for_known();
  if
  :: IS_WRONG(link) ->
    printf("node %d: discovery\n", who);
    step = CALLING; asker = (phase < HEALED && side != 3 -> who : 3); wrong = link;
    pending = 7 & ~BIT(dead);
    for (u : 0 .. 2) {
      if :: APART(who, u) -> pending = pending & ~BIT(u) :: else fi
    }
    if :: (dead != 3 && mourning != FORGOTTEN) || APART(who, 0) || APART(who, 1) || APART(who, 2) -> miss_member() :: else fi;
    if :: step == CALLING -> read_discovery(first) :: else fi
  :: else
  fi
}
