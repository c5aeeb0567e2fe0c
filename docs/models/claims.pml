/*
 * The claims of a cluster of registries to one token: three nodes, their engine, discoveries. README.md says what is modelled and what is not.
 * One process; every step is atomic. Bounds of a run, all by -D: JOINS (2 or 3), LEAVES, CRASHES, PAUSES, CUTS, AHEAD, LAG.
 * A planted mistake is chosen by -DMISTAKE_...: spin has to find it.
 */
#ifndef JOINS
#define JOINS 2
#endif
#ifndef LEAVES
#define LEAVES 0
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef PAUSES
#define PAUSES 0
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef AHEAD
#define AHEAD 0 /* the counter of node 0 at the start: the others have not heard it yet */
#endif
#ifndef LAG
#define LAG 1 /* 1: a subscription is known at the other servers later; 0: at once */
#endif
#define CAPACITY 7

/* What a node is subscribed to. */
#define NONE 0
#define ASK 1
#define FALLBACK 2

/* Messages: a kind with the sender's subscription, and a number with the registrant's identity. */
#define OLDER 1    /* claims */
#define FRESH 2
#define AGAIN 3    /* fresh, made again */
#define LEFT 4
#define GAVE_WAY 5
#define HERE 6     /* the answer to the roll call */

/* Steps of a discovery. */
#define IDLE 0
#define ASKING 1
#define CALLING 2 /* the roll call */
#define ASKING_BOTH 3 /* on both subjects at once */

/* What was answered: nothing, "moved", or an endpoint; of those that of a holder is before that of a fallback, and the highest number first. */
#define MOVED 1
#define ENDPOINT(number_, subject_) (2 + (number_) + ((subject_) == ASK -> 32 : 0))

#define AT(i_, j_) ((i_) * 3 + (j_))
#define APART(i_, j_) (apart < 3 && (i_) != (j_) && ((i_) == apart || (j_) == apart))
#define RUNS(i_) (up[i_] && !paused[i_])
#define READABLE(i_, j_) (RUNS(j_) && len(inbox[AT(i_, j_)]) > 0)
#define QUIET (!READABLE(0, 1) && !READABLE(0, 2) && !READABLE(1, 0) && !READABLE(1, 2) && !READABLE(2, 0) && !READABLE(2, 1) && !(LAG && (UNLEARNED(0, 1) || UNLEARNED(0, 2) || UNLEARNED(1, 0) || UNLEARNED(1, 2) || UNLEARNED(2, 0) || UNLEARNED(2, 1))))
#define UNLEARNED(i_, j_) (up[i_] && !APART(i_, j_) && seen[AT(i_, j_)] != subscribed[j_])
#define EMPTY(j_) (len(inbox[AT(0, j_)]) == 0 && len(inbox[AT(1, j_)]) == 0 && len(inbox[AT(2, j_)]) == 0)
/* The newest link at a node; 3: there is none. */
#define NEWEST(n_) (where[2] == (n_) -> 2 : (where[1] == (n_) -> 1 : (where[0] == (n_) -> 0 : 3)))
#define HAS(n_) (NEWEST(n_) != 3)
#define NUMBER(n_) number[NEWEST(n_)]
/* The node of a first registrant is always node 0; of two equal numbers the lower node's is the higher claim, which is the bad case. */
#define IS_HIGHER(number_, node_, otherNumber_, other_) ((number_) > (otherNumber_) || ((number_) == (otherNumber_) && (node_) < (other_)))
#define IS_SETTLED(n_) (unsettled[n_] == 0 && (late[n_] & ~missing[n_]) == 0)

chan inbox[9] = [CAPACITY] of { byte, byte };
byte subscribed[3];
byte seen[9];      /* seen[AT(i, j)]: what i's server knows of j's subscription */
byte where[3] = 3; /* of a link, which are numbered in the true order of joining: its node; 3: not yet, or no more */
byte number[4];    /* of a link */
byte identity[3];  /* of a link's registrant */
byte counter[3];
byte fresh[3];     /* seconds that the newest link is fresh yet */
byte repeats[3];   /* how often its claim is to be made again */
byte unsettled[3]; /* seconds */
bool waits[3];     /* a registrant was lost, and may be back within the gap */
bool lowered[3];   /* an older one took the place of the newest a moment ago */
bool stale[3];     /* stood still, and has not read what came meanwhile */
bool up[3] = true;
bool paused[3];
byte missing[3];   /* members, as bits */
byte late[3];      /* members whose heartbeat did not come */
byte skipped[3];   /* members of whom a heartbeat was lost */
byte apart = 3;    /* the node that is cut off from the others; 3: none */
byte side = 3;     /* ghost: the one that was, until what followed the heal has been read */
byte healing;      /* ghost: 2: the cut is over, no heartbeat has told it yet; 1: what the heartbeat made them say is on its way */
byte known;        /* ghost: links of which all that they made nodes say has been read, as bits */

byte older[3];     /* ghost: links that were known when a link joined; two that join within the latency of the engine are in no order */

byte joined, leaves = LEAVES, crashes = CRASHES, pauses = PAUSES, cuts = CUTS;

/* The discovery that runs. */
byte step, asker;
byte question[3];  /* the subject of a question that a node has not answered yet */
byte calls;        /* answers to the roll call that are on their way */
bool complete;     /* all have answered it */
byte best, bestLink;
byte acceptable;   /* ghost: links that were the newest living one at some time since it began */
bool nobody;       /* ghost: at some time since it began nobody lived that it can know */

/* Scratch: nothing at the end of each step, for a state is compared whole. */
byte i_, j_, k_, l_, m_, n_, a_, r_, t_;

inline send(from, to, kind, a, registrant) {
  if
  :: up[to] && !APART(from, to) ->
    assert(len(inbox[AT(from, to)]) < CAPACITY);
    inbox[AT(from, to)]!(kind) + 8 * subscribed[from], (a) + 16 * (registrant)
  :: else
  fi
}

/* A claim, on ask, and where it is said to both on fallback too. */
inline publish_claim(who, kind, both) {
  for (l_ : 0 .. 2) {
    if
    :: l_ != who && (seen[AT(who, l_)] == ASK || (both && seen[AT(who, l_)] == FALLBACK)) ->
      send(who, l_, kind, NUMBER(who), (kind == OLDER -> 0 : 1 + identity[NEWEST(who)]))
    :: else
    fi
  }
}

inline publish_left(who) {
  for (l_ : 0 .. 2) {
    if
    :: l_ != who && seen[AT(who, l_)] == FALLBACK -> send(who, l_, LEFT, 0, 0)
    :: else
    fi
  }
}

/* claims.ts: #announce */
inline announce(who) {
  if
  :: fresh[who] > 0 -> publish_claim(who, FRESH, true)
  :: else -> publish_claim(who, OLDER, true)
  fi
}

/* claims.ts: #claim; a fallback's registrant is not a newcomer, and may not be the newest of all */
inline claim(who, anew) {
  waits[who] = false;
#ifndef MISTAKE_FALLBACK_IS_FRESH
  if
  :: subscribed[who] == FALLBACK && !(anew) ->
    fresh[who] = 0; lowered[who] = true;
#ifndef MISTAKE_FALLBACK_SAYS_ONCE
    repeats[who] = 2
#endif
  :: else
  fi;
#endif
  subscribed[who] = ASK;
  announce(who)
}

/* claims.ts: #claimAnew */
inline claim_anew(who) {
  counter[who]++;
  number[NEWEST(who)] = counter[who];
  fresh[who] = 3;
#ifndef MISTAKE_NO_REPEAT
  repeats[who] = 2;
#endif
  claim(who, true)
}

/* claims.ts: #settle */
inline settle(who) {
  subscribed[who] = (HAS(who) -> FALLBACK : NONE)
}

/* claims.ts: #giveWay */
inline give_way(who) {
  repeats[who] = 0; waits[who] = false;
  settle(who)
}

/* claims.ts: changed, when the newest link of a node is not there any more */
inline changed(who, lost, before) {
  t_ = (subscribed[who] == ASK && !waits[who]);
  if
  :: !HAS(who) ->
    repeats[who] = 0; fresh[who] = 0; lowered[who] = false;
    if
    :: lost && subscribed[who] == ASK -> waits[who] = true
    :: else -> settle(who)
    fi;
    if
    :: t_ -> publish_left(who)
    :: else
    fi
  :: else ->
    fresh[who] = 0; lowered[who] = true;
#ifndef MISTAKE_REPEATS_LOWERED
    repeats[who] = 0;
#endif
    if
    :: subscribed[who] == ASK -> claim(who, false)
    :: else
    fi
  fi
}
#ifdef MISTAKE_HEALED_IS_FRESH
#define HEALED FRESH
#else
#define HEALED AGAIN
#endif

/* ---- What a node does with a message ---- */

/* claims.ts: #compare, and what follows it in #hear */
inline on_claim(me, from, a, kind, registrant) {
  if
  :: counter[me] < a -> counter[me] = a
  :: else
  fi;
  n_ = NUMBER(me);
  if
  :: !HAS(me) ->
    if
    :: subscribed[me] == ASK -> give_way(me)
    :: else
    fi
#ifdef MISTAKE_KEEPS
  :: HAS(me) && kind == FRESH && !IS_HIGHER(n_, me, a, from) -> give_way(me)
#else
  :: HAS(me) && (kind == FRESH || (kind == AGAIN && !(IS_HIGHER(n_, me, a, from) && fresh[me] > 0))) ->
    give_way(me);
    if
    :: IS_HIGHER(n_, me, a, from) -> send(me, from, GAVE_WAY, n_, 0)
    :: else
    fi
#endif
  :: else ->
    if
    :: !IS_HIGHER(n_, me, a, from) -> give_way(me)
    :: IS_HIGHER(n_, me, a, from) && subscribed[me] == FALLBACK -> claim(me, false)
    :: else -> publish_claim(me, OLDER, false)
    fi
  fi;
  /* An older link of a registrant that has come elsewhere is let go. */
  for (m_ : 0 .. 2) {
    if
    :: registrant > 0 && where[m_] == me && identity[m_] == registrant - 1 && number[m_] < a ->
      t_ = NEWEST(me);
      where[m_] = 3;
      if
      :: t_ == m_ -> changed(me, false, m_)
      :: else
      fi;
      number[m_] = 0; known = known & ~(1 << m_)
    :: else
    fi
  }
}

/* claims.ts: gaveWay */
inline on_gave_way(me, a) {
  if
  :: counter[me] < a -> counter[me] = a
  :: else
  fi;
  if
#ifdef MISTAKE_LATE_GAVE_WAY
  :: HAS(me) && NUMBER(me) <= a -> claim_anew(me)
#else
  :: subscribed[me] == ASK && HAS(me) && NUMBER(me) <= a -> claim_anew(me)
#endif
  :: else
  fi
}

inline deliver(from, me) {
  inbox[AT(from, me)]?i_, a_;
  j_ = i_ / 8; i_ = i_ % 8; r_ = a_ / 16; a_ = a_ % 16;
  printf("node %d: from %d: %d (number %d)   [1 older 2 fresh 3 again 4 left 5 gave way 6 here]\n", me, from, i_, a_);
  /* What a sender subscribed to before it said this is known here by now. */
  if
  :: j_ != NONE && seen[AT(me, from)] != subscribed[from] -> seen[AT(me, from)] = j_
  :: else
  fi;
  if
  :: i_ == LEFT ->
    if
    :: subscribed[me] == FALLBACK -> claim(me, false)
    :: else
    fi
  :: i_ == GAVE_WAY -> on_gave_way(me, a_)
  :: i_ == HERE ->
    if
    :: step == CALLING && me == asker && calls > 0 -> calls--
    :: else
    fi
  :: else ->
    if
    :: subscribed[me] != NONE -> on_claim(me, from, a_, i_, r_)
    :: else
    fi
  fi
}

/* ---- A discovery: cluster-directory.ts ---- */

inline end_question() {
  for (l_ : 0 .. 2) { question[l_] = NONE }
  if
  :: step == CALLING ->
    for (l_ : 0 .. 2) {
      do
      :: inbox[AT(l_, asker)]??[eval(HERE), _] -> inbox[AT(l_, asker)]??eval(HERE), _
      :: inbox[AT(l_, asker)]??[eval(HERE + 8), _] -> inbox[AT(l_, asker)]??eval(HERE + 8), _
      :: inbox[AT(l_, asker)]??[eval(HERE + 16), _] -> inbox[AT(l_, asker)]??eval(HERE + 16), _
      :: else -> break
      od
    }
  :: else
  fi;
  step = IDLE; asker = 0; calls = 0; complete = false; best = 0; bestLink = 0; acceptable = 0; nobody = false
}

inline end_with_answer(link) {
  assert(acceptable & (1 << (link))); /* never an answer from a registrant that is not the newest living one */
  end_question()
}

/* The question of a step goes out: to whom the asker's server knows, the asker itself among them. */
inline publish_question(onFallback) {
  for (l_ : 0 .. 2) {
    t_ = (l_ == asker -> subscribed[l_] : seen[AT(asker, l_)]);
    if
    :: (t_ == ASK || (onFallback && t_ == FALLBACK)) && !(l_ != asker && (!up[l_] || APART(l_, asker))) -> question[l_] = t_
    :: t_ == ASK && l_ != asker && (!up[l_] || APART(l_, asker)) -> question[l_] = t_ /* the engine does not know yet: silence */
    :: else
    fi
  }
}
#define NO_QUESTION (question[0] == NONE && question[1] == NONE && question[2] == NONE)

inline ask_both() {
  printf("node %d: asks both\n", asker);
  step = ASKING_BOTH; calls = 0;
  publish_question(true);
  if
  :: NO_QUESTION ->
    assert(!complete || nobody); /* 404: never "there is none" while there is one */
    end_question()
  :: else
  fi
}

inline call_roll() {
  printf("node %d: calls the roll\n", asker);
  step = CALLING; complete = (missing[asker] == 0);
  for (l_ : 0 .. 2) {
    if
    :: l_ != asker && complete && (!RUNS(l_) || APART(l_, asker)) -> missing[asker] = missing[asker] | (1 << l_)
    :: l_ != asker && complete && RUNS(l_) && !APART(l_, asker) -> calls++; send(l_, asker, HERE, 0, 0)
    :: else
    fi
  }
  complete = (missing[asker] == 0)
}

inline begin_question(who) {
  printf("node %d: a question begins\n", who);
  asker = who; step = ASKING;
  judge();
  if
  :: subscribed[who] == ASK && HAS(who) && IS_SETTLED(who) -> end_with_answer(NEWEST(who))
  :: else ->
    publish_question(false);
    if
#ifdef MISTAKE_NO_ROLL_CALL
    :: NO_QUESTION -> complete = true; ask_both()
#else
    :: NO_QUESTION -> call_roll()
#endif
    :: else
    fi
  fi
}

/* All have answered who will. */
inline conclude() {
  if
  :: best > MOVED -> end_with_answer(bestLink)
  :: else -> end_question() /* "moved": a discovery that begins now is asked the same, and judged more strictly; or 503 */
  fi
}

#ifdef MISTAKE_FALLBACK_DOES_NOT_ASK
#define KNOWS_NO_HOLDER(i_) true
#else
#define KNOWS_NO_HOLDER(i_) (seen[AT(i_, 0)] != ASK && seen[AT(i_, 1)] != ASK && seen[AT(i_, 2)] != ASK)
#endif

/* A node reads the question, and its answer is at the asker. */
inline answer(who) {
  printf("node %d: answers\n", who);
  t_ = question[who]; question[who] = NONE;
  if
  :: !HAS(who) || (t_ != FALLBACK && subscribed[who] != ASK) ->
    if
    :: best == 0 -> best = MOVED
    :: else
    fi
  :: else ->
    if
    :: t_ == FALLBACK && subscribed[who] == FALLBACK && KNOWS_NO_HOLDER(who) -> claim(who, false)
    :: else
    fi;
    if
    :: ENDPOINT(NUMBER(who), t_) > best && !(best > 32 && IS_SETTLED(asker)) -> best = ENDPOINT(NUMBER(who), t_); bestLink = NEWEST(who)
    :: else
    fi
  fi;
  if
  :: NO_QUESTION || (step == ASKING && best > MOVED && IS_SETTLED(asker)) -> conclude()
  :: else
  fi
}
#define CAN_ANSWER(i_) (question[i_] != NONE && RUNS(i_) && !APART(i_, asker) && !waits[i_] && !(lowered[i_] && question[i_] == ASK) && !(stale[i_] && !EMPTY(i_)))
#define NONE_CAN_ANSWER (!CAN_ANSWER(0) && !CAN_ANSWER(1) && !CAN_ANSWER(2))

/* ---- Ghosts ---- */

#define LIVES(link) (where[link] < 3)
#define IS_OLDER(link, other) (LIVES(other) && (older[other] & (1 << (link))))
/* Whether a link is one that a discovery at the asker has to know of, for an answer of node n. */
#define HAS_TO_KNOW(link, n) (LIVES(link) && (known & (1 << (link))) && !APART(where[link], asker) && (healing == 0 || ((where[link] == side) == ((n) == side) && (asker == side) == ((n) == side))))

inline judge() {
  for (l_ : 0 .. 2) {
    if
    :: LIVES(l_) && !(IS_OLDER(l_, 1) && HAS_TO_KNOW(1, where[l_])) && !(IS_OLDER(l_, 2) && HAS_TO_KNOW(2, where[l_])) -> acceptable = acceptable | (1 << l_)
    :: else
    fi
  }
  if
  :: !HAS_TO_KNOW(0, asker) && !HAS_TO_KNOW(1, asker) && !HAS_TO_KNOW(2, asker) && !waits[0] && !waits[1] && !waits[2] -> nobody = true
  :: else
  fi
}

inline bookkeeping() {
  if
  :: !LAG ->
    for (k_ : 0 .. 2) {
      for (l_ : 0 .. 2) {
        if
        :: k_ != l_ && UNLEARNED(k_, l_) -> seen[AT(k_, l_)] = subscribed[l_]
        :: else
        fi
      }
    }
  :: else
  fi;
  for (k_ : 0 .. 2) {
    if
    :: stale[k_] && !paused[k_] && EMPTY(k_) -> stale[k_] = false
    :: else
    fi
  }
  if
  :: QUIET ->
    if
    :: healing == 1 -> healing = 0; side = 3
    :: else
    fi;
    for (k_ : 0 .. 2) {
      if
      :: where[k_] < 3 && healing == 0 -> known = known | (1 << k_)
      :: else
      fi;
      /* 100 ms are longer than a message takes. */
      lowered[k_] = false;
      for (l_ : 0 .. 2) {
        if
        :: CUTS > 0 && where[l_] < 3 && !APART(k_, where[l_]) && up[k_] && counter[k_] < number[l_] -> counter[k_] = number[l_]
        :: else
        fi
      }
    }
  :: else
  fi;
  if
  :: step != IDLE -> judge()
  :: else
  fi;
  i_ = 0; j_ = 0; k_ = 0; l_ = 0; m_ = 0; n_ = 0; a_ = 0; r_ = 0; t_ = 0
}

/* ---- The environment ---- */

/* A registrant joins: `as` is the link of which it is the same registrant, or its own. */
inline join(who, as) {
  printf("node %d: link %d joins, registrant %d\n", who, joined, as);
  for (k_ : 0 .. 2) {
    if
    :: (known & (1 << k_)) && (side == 3 || (where[k_] == side) == (who == side) || number[k_] <= counter[who]) -> older[joined] = older[joined] | (1 << k_)
    :: else
    fi
  }
  where[joined] = who; identity[joined] = as; joined++;
  lowered[who] = false;
  claim_anew(who)
}

/* A registrant leaves; lost: without a goodbye. */
inline leave(link, lost) {
  printf("node %d: link %d leaves (lost: %d)\n", where[link], link, lost);
  leaves--;
  r_ = where[link]; i_ = NEWEST(r_);
  where[link] = 3;
  if
  :: i_ == link -> changed(r_, lost, link)
  :: i_ != link && subscribed[r_] == FALLBACK -> settle(r_)
  :: else
  fi;
  number[link] = 0; known = known & ~(1 << link)
}

inline drain(from, to) {
  do
  :: len(inbox[AT(from, to)]) > 0 -> inbox[AT(from, to)]?_, _
  :: else -> break
  od
}

inline crash(who) {
  printf("node %d: crash\n", who);
  crashes--;
  for (k_ : 0 .. 2) {
    if
    :: where[k_] == who -> where[k_] = 3; number[k_] = 0; known = known & ~(1 << k_)
    :: else
    fi;
    drain(k_, who);
    seen[AT(who, k_)] = NONE
  }
  subscribed[who] = NONE; up[who] = false; paused[who] = false; stale[who] = false; waits[who] = false; lowered[who] = false;
  fresh[who] = 0; repeats[who] = 0; unsettled[who] = 0; counter[who] = 0; missing[who] = 0; late[who] = 0; skipped[who] = 0;
  if
  :: step != IDLE && asker == who -> end_question()
  :: else
  fi
}

inline cut(who, noticed) {
  printf("node %d: cut off (noticed: %d)\n", who, noticed);
  cuts--; apart = who; side = who;
  for (k_ : 0 .. 2) {
    if
    :: k_ != who ->
      drain(k_, who); drain(who, k_);
      if
      :: noticed -> seen[AT(k_, who)] = NONE; seen[AT(who, k_)] = NONE
      :: else
      fi
    :: else
    fi
  }
  if
  :: step == CALLING -> calls = 0; complete = false
  :: else
  fi
}

inline heal() {
  printf("node %d: healed\n", apart);
  for (k_ : 0 .. 2) {
    if
    :: k_ != apart -> seen[AT(k_, apart)] = NONE; seen[AT(apart, k_)] = NONE
    :: else
    fi
  }
  apart = 3; healing = 2
}

/* A second passes (long: three): heartbeats. All that could be read has been. */
inline tick(long) {
  printf("tick (long: %d)\n", long);
  /* Once all is calm at most one node holds the token, the one with the newest. */
  t_ = 0; n_ = 0;
  for (i_ : 0 .. 2) {
    if
    :: paused[i_] || stale[i_] || fresh[i_] || repeats[i_] || !IS_SETTLED(i_) || skipped[i_] || waits[i_] -> t_ = 1
    :: else
    fi;
    if
    :: subscribed[i_] == ASK -> n_++
    :: else
    fi
  }
  if
  :: t_ == 0 && apart == 3 && healing == 0 ->
    assert(n_ < 2);
    for (l_ : 0 .. 2) {
      assert(!(LIVES(l_) && subscribed[where[l_]] == ASK && NEWEST(where[l_]) == l_ && (IS_OLDER(l_, 1) || IS_OLDER(l_, 2))))
    }
  :: else
  fi;
  for (i_ : 0 .. 2) {
    fresh[i_] = (fresh[i_] == 0 || long -> 0 : fresh[i_] - 1);
    if
    :: unsettled[i_] > 0 -> unsettled[i_]--
    :: else
    fi;
    if
    :: RUNS(i_) && waits[i_] -> waits[i_] = false; settle(i_)
    :: else
    fi
  }
  /* Each hears itself: claims are made again. */
  for (i_ : 0 .. 2) {
    if
    :: RUNS(i_) && repeats[i_] > 0 && subscribed[i_] == ASK && HAS(i_) ->
      repeats[i_]--;
      if
#ifdef MISTAKE_REPEATS_OLD
      :: true -> publish_claim(i_, AGAIN, false)
#else
      :: fresh[i_] > 0 -> publish_claim(i_, AGAIN, false)
      :: else -> publish_claim(i_, OLDER, false)
#endif
      fi
    :: else
    fi
  }
  /* Each hears the others. */
  for (i_ : 0 .. 2) {
    t_ = 0; /* whether a member appeared */
    for (j_ : 0 .. 2) {
      if
      :: i_ == j_ || !up[i_]
      :: i_ != j_ && up[i_] && (APART(i_, j_) || !RUNS(j_)) ->
        if
        :: up[j_] || !(missing[i_] & (1 << j_)) -> late[i_] = late[i_] | (1 << j_)
        :: else
        fi;
        if
        :: APART(i_, j_) -> skipped[i_] = skipped[i_] | (1 << j_)
        :: else
        fi;
        if
        :: long && !paused[i_] -> missing[i_] = missing[i_] | (1 << j_)
        :: else
        fi
      :: i_ != j_ && RUNS(i_) && !APART(i_, j_) && RUNS(j_) ->
        if
        :: (missing[i_] | skipped[i_]) & (1 << j_) -> t_ = 1
        :: else
        fi;
        late[i_] = late[i_] & ~(1 << j_); missing[i_] = missing[i_] & ~(1 << j_); skipped[i_] = skipped[i_] & ~(1 << j_);
        if
        :: counter[i_] < counter[j_] -> counter[i_] = counter[j_]
        :: else
        fi
      :: else
      fi
    }
    if
    :: t_ ->
      unsettled[i_] = 2;
      /* settling.ts: each says again what it claims */
      if
      :: subscribed[i_] == ASK && HAS(i_) && fresh[i_] > 0 -> publish_claim(i_, HEALED, true)
      :: subscribed[i_] == ASK && HAS(i_) && fresh[i_] == 0 -> publish_claim(i_, OLDER, false)
      :: else
      fi
    :: else
    fi
  }
  if
  :: apart == 3 && healing > 0 -> healing = 1
  :: else
  fi;
  if
  :: step != IDLE && paused[asker] -> end_question()
  :: else
  fi
}
#define DELIVERY(from, me) \
  :: d_step { READABLE(from, me) -> deliver(from, me); bookkeeping() } \
  :: d_step { LAG && UNLEARNED(me, from) -> printf("server %d: learns of %d\n", me, from); seen[AT(me, from)] = subscribed[from]; bookkeeping() }

#define NODE(i_) \
  :: d_step { crashes > 0 && joined > 0 && up[i_] -> crash(i_); bookkeeping() } \
  :: d_step { pauses > 0 && joined > 0 && RUNS(i_) -> printf("node %d: pause\n", i_); pauses--; paused[i_] = true; stale[i_] = true; bookkeeping() } \
  :: d_step { PAUSES && paused[i_] -> printf("node %d: goes on\n", i_); paused[i_] = false; bookkeeping() } \
  :: d_step { cuts > 0 && joined > 0 && apart == 3 -> cut(i_, true); bookkeeping() } \
  :: d_step { cuts > 0 && joined > 0 && apart == 3 -> cut(i_, false); bookkeeping() } \
  :: d_step { joined > 0 && step == IDLE && RUNS(i_) && !stale[i_] && !waits[i_] && !lowered[i_] -> begin_question(i_); bookkeeping() } \
  :: d_step { step != IDLE && CAN_ANSWER(i_) -> answer(i_); bookkeeping() } \
  :: d_step { joined < JOINS && (joined > 0 || i_ == 0) && RUNS(i_) -> join(i_, joined); bookkeeping() }

#define LINK(l_) \
  :: d_step { leaves > 0 && where[l_] < 3 && RUNS(where[l_]) -> leave(l_, true); bookkeeping() } \
  :: d_step { leaves > 0 && where[l_] < 3 && RUNS(where[l_]) -> leave(l_, false); bookkeeping() }

/* The registrant of a link comes to another node: the older link is not let go yet. */
#define MOVE(l_, i_) \
  :: d_step { joined < JOINS && where[l_] < 3 && where[l_] != i_ && RUNS(i_) -> join(i_, identity[l_]); bookkeeping() }

init {
  counter[0] = AHEAD;
  do
  DELIVERY(0, 1) DELIVERY(0, 2) DELIVERY(1, 0) DELIVERY(1, 2) DELIVERY(2, 0) DELIVERY(2, 1)
  NODE(0) NODE(1) NODE(2)
  LINK(0) LINK(1) MOVE(0, 0) MOVE(0, 1) MOVE(0, 2)
#if JOINS > 2
  LINK(2) MOVE(1, 0) MOVE(1, 1) MOVE(1, 2)
#endif
  :: d_step { apart < 3 -> heal(); bookkeeping() }
  :: d_step { joined > 0 && QUIET && NONE_CAN_ANSWER && step != CALLING -> tick(false); bookkeeping() }
  :: d_step { (PAUSES + CUTS + CRASHES > 0) && joined > 0 && QUIET && NONE_CAN_ANSWER && step != CALLING -> tick(true); bookkeeping() }
  :: d_step { step == CALLING && calls == 0 && RUNS(asker) -> ask_both(); bookkeeping() }
  :: d_step { step != IDLE && step != CALLING && RUNS(asker) && NONE_CAN_ANSWER -> printf("node %d: deadline\n", asker); conclude(); bookkeeping() }
  od
}
