/* What a node does: rules 1 to 4 of docs/cluster.md. */

inline send(from, to, message) {
  k = 1;
  do
  :: inbox[IN(from, to)] >= k -> k = 8 * k
  :: else -> break
  od;
  assert(k <= FULL);
  inbox[IN(from, to)] = inbox[IN(from, to)] + k * (message)
}

/* To those who are subscribed to ask, to fallback. */
inline publish(from, message, toAsk, toFallback) {
  for (u : 0 .. 2) {
    if :: u != from && u != dead && !APART(from, u) && ((toAsk && ON_ASK(u)) || (toFallback && ON_FALLBACK(u))) -> send(from, u, message) :: else fi
  }
}

inline end_roll_call(who) {
  electing = electing & ~BIT(who); called[who] = 0; reported[who] = 0
}

/* Rule 4. The engine says at once where nobody is subscribed. */
inline elect(who) {
  electing = electing | BIT(who); reported[who] = 0;
  called[who] = 7 & ~BIT(who) & ~BIT(dead);
  for (u : 0 .. 2) {
    if :: APART(who, u) -> called[who] = called[who] & ~BIT(u) :: else fi
  }
}

inline hold(who) {
  end_roll_call(who);
  if :: role[who] == NONE -> over = over & ~BIT(who) :: role[who] == FALLBACK -> over = over | BIT(who) :: else fi;
  role[who] = ASK; expecting = expecting & ~BIT(who);
  publish(who, NEWEST(who), true, true)
}

inline go_to_fallback(who) {
  role[who] = FALLBACK; over = over | BIT(who)
}

inline give_up(who) {
  end_roll_call(who);
  role[who] = NONE; rivals[who] = 0; expecting = expecting & ~BIT(who);
#ifdef MISTAKE_FORGETS_MOVED
  over = over & ~BIT(who)
#else
  over = over | BIT(who)
#endif
}

/* Rule 1. */
inline join(who) {
  joined++; printf("node %d: %d joins\n", who, joined);
  alive = alive | BIT(joined); home[joined] = who;
  hold(who)
}

inline set_rival(me, from, number) {
  for (b : 1 .. JOINS) {
    if :: home[b] == from -> rivals[me] = rivals[me] & ~BIT(b) :: else fi
  }
#ifndef MISTAKE_NO_RIVAL
  rivals[me] = rivals[me] | ((number) -> BIT(number) : 0)
#endif
}

/* Rule 2. */
inline read_claim(from, me, number) {
  set_rival(me, from, number);
  if
  :: number > NEWEST(me) ->
    end_roll_call(me);
    if :: role[me] == ASK && NEWEST(me) -> go_to_fallback(me) :: role[me] == ASK && !NEWEST(me) -> give_up(me) :: else fi
#ifndef WITHOUT_REPLIES
  :: number < NEWEST(me) -> publish(me, NEWEST(me), true, false)
#endif
  :: else
  fi
}

/* Rule 3. */
#ifdef MISTAKE_LEFT_SAYS_NOTHING
#define REST 0
#else
#define REST c - LEFT(0)
#endif
inline read_left(from, me) {
  set_rival(me, from, REST);
  if :: role[me] == FALLBACK && !IS_ABOVE(rivals[me], NEWEST(me)) -> elect(me) :: else fi
}

inline read(from, me) {
  c = inbox[IN(from, me)] & 7; inbox[IN(from, me)] = inbox[IN(from, me)] >> 3;
  if
  :: role[me] == NONE
  :: role[me] != NONE && c >= LEFT(0) -> printf("node %d: reads left of %d, which has %d\n", me, from, c - LEFT(0)); read_left(from, me)
  :: else -> printf("node %d: reads claim %d of %d\n", me, c, from); read_claim(from, me, c)
  fi
}

/* Rule 3. Lost: without a goodbye. */
inline leave(link, lost) {
  printf("%d leaves node %d (lost: %d)\n", link, home[link], lost);
  w = home[link]; b = (NEWEST(w) == link);
  alive = alive & ~BIT(link); leaves--;
  if
  :: b && role[w] == ASK ->
#ifndef WITHOUT_LEFT
    publish(w, LEFT(NEWEST(w)), false, true);
#endif
    if
#if defined(MISTAKE_NO_ROLL_CALL)
    :: NEWEST(w) -> hold(w)
#elif defined(WITHOUT_LEFT)
    :: NEWEST(w) -> end_roll_call(w); go_to_fallback(w)
#else
    :: NEWEST(w) -> go_to_fallback(w); elect(w)
#endif
    :: !NEWEST(w) && lost -> expecting = expecting | BIT(w)
    :: else -> give_up(w)
    fi
  :: b && role[w] == FALLBACK ->
    if :: !NEWEST(w) -> give_up(w) :: NEWEST(w) && HAS(electing, w) -> elect(w) :: else fi
  :: else
  fi
}

/* A member reads the roll call of an election, and what it says is heard. */
inline read_roll_call(elector, me) {
  printf("node %d: has %d, rivals %d, to %d\n", me, NEWEST(me), rivals[me], elector);
  called[elector] = called[elector] & ~BIT(me);
  if
  :: NEWEST(me) > NEWEST(elector) -> end_roll_call(elector)
  :: else -> reported[elector] = reported[elector] | rivals[me]
  fi
}

/* Rule 4: whether the newest is silent. Who is waited for in vain stands still. */
inline look_for_silent(number, whose, awaited, claims) {
#ifdef MISTAKE_CUT_OFF_IS_BELIEVED
  a = false;
#else
  a = (awaited && phase >= NOTICED && (sleeper == side || whose == side));
#endif
  for (c : 1 .. JOINS) {
    if :: HAS(claims, c) && c > number && HAS(awaited, home[c]) -> a = true :: else fi
  }
#ifdef MISTAKE_SILENT_IS_IGNORED
  a = false
#endif
}

inline end_election(who) {
  printf("node %d: all have answered\n", who);
  b = reported[who] | rivals[who]; k = NEWEST(who);
  look_for_silent(k, who, called[who], b);
  if :: !a && role[who] == FALLBACK && NEWEST(who) -> hold(who) :: else -> end_roll_call(who) fi
}
