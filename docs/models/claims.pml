/*
 * The claims of a cluster of registries to one token: three nodes, their engine, discoveries. README.md says what is modelled and what is not.
 * One process; every step is atomic. Bounds of a run, all by -D: JOINS (2 or 3), LEAVES, CRASHES, PAUSES, CUTS, RECONNECTS, AHEAD, LAG.
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
#ifndef RECONNECTS
#define RECONNECTS 0
#endif
#ifndef AHEAD
#define AHEAD 0 /* how far the cluster's clock is ahead of that of one node, which has not heard anybody yet */
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
#define FRESH 2    /* a newcomer's */
#define AGAIN 3    /* one that is fresh, made again */
#define LEFT 4
#define GAVE_WAY 5

/* Steps of a discovery. */
#define IDLE 0
#define ASKING 1
#define CALLING 2     /* the roll call */
#define ASKING_BOTH 3 /* on both subjects at once, and the roll call behind them */

/* What was answered: nothing, "moved", or an endpoint; of those that of a holder is before that of a fallback, and the highest number first. */
#define MOVED 1
#define ENDPOINT(number_, subject_) (2 + (number_) + ((subject_) == ASK -> 64 : 0))
#define BY_HOLDER(best_) ((best_) > 64)

/*
 * A roll call on its way between two nodes: it is before, between or behind messages, and is read with the last one before it.
 * How many messages are before the call; then how many are before its answer, and what the member was subscribed to when it answered.
 */
#define CALL_BEHIND(count_) (1 + (count_))
#define HERE_BEHIND(count_, subscription_) (16 + (count_) + 32 * (subscription_))
#define IS_CALL(way_) ((way_) > 0 && (way_) < 16)
#define IS_HERE(way_) ((way_) >= 16 && (way_) < LOST)
#define LOST 128

#define AT(i_, j_) ((i_) * 3 + (j_))
#define APART(i_, j_) (apart < 3 && (i_) != (j_) && ((i_) == apart || (j_) == apart))
#define RUNS(i_) (up[i_] && !paused[i_])
#define READABLE(i_, j_) (RUNS(j_) && len(inbox[AT(i_, j_)]) > 0)
#define QUIET (!READABLE(0, 1) && !READABLE(0, 2) && !READABLE(1, 0) && !READABLE(1, 2) && !READABLE(2, 0) && !READABLE(2, 1) && !(LAG && (UNLEARNED(0, 1) || UNLEARNED(0, 2) || UNLEARNED(1, 0) || UNLEARNED(1, 2) || UNLEARNED(2, 0) || UNLEARNED(2, 1))) && !(willClaim[0] && RUNS(0)) && !(willClaim[1] && RUNS(1)) && !(willClaim[2] && RUNS(2)))
#define UNLEARNED(i_, j_) (up[i_] && !APART(i_, j_) && seen[AT(i_, j_)] != subscribed[j_])
#define EMPTY(j_) (len(inbox[AT(0, j_)]) == 0 && len(inbox[AT(1, j_)]) == 0 && len(inbox[AT(2, j_)]) == 0)
/* The newest link at a node; 3: there is none. */
#define NEWEST(n_) (where[2] == (n_) -> 2 : (where[1] == (n_) -> 1 : (where[0] == (n_) -> 0 : 3)))
#define HAS(n_) (NEWEST(n_) != 3)
#define NUMBER(n_) number[NEWEST(n_)]
#define IS_FRESH(n_) (young[NEWEST(n_)] > 0)
#define HAS_JUST_COME(n_) (rivals & (1 << NEWEST(n_)))
/* The node of a first registrant is always node 0; of two equal numbers the lower node's is the higher claim, which is the bad case. */
#define IS_HIGHER(number_, node_, otherNumber_, other_) ((number_) > (otherNumber_) || ((number_) == (otherNumber_) && (node_) < (other_)))
/* join-order.ts: a registrant joins at each fourth millisecond. */
#define NOW(n_) (offset[n_] + 4 * joined + 1)
#define IS_SETTLED(n_) (unsettled[n_] == 0 && late[n_] == 0 && missing[n_] == 0)
/* Its roll call behind a claim has not been answered by all. */
#define IS_UNHEARD(n_) (unheard[AT(n_, 0)] || unheard[AT(n_, 1)] || unheard[AT(n_, 2)])

chan inbox[9] = [CAPACITY] of { byte, byte };
byte subscribed[3];
byte seen[9];      /* seen[AT(i, j)]: what i's server knows of j's subscription */
byte where[3] = 3; /* of a link, which are numbered in the true order of joining: its node; 3: not yet, or no more */
byte number[4];    /* of a link */
byte young[4];     /* of a link: seconds that it is fresh yet */
byte identity[3];  /* of a link's registrant */
byte rivals;       /* links that came within the latency of the engine, as bits */
byte offset[3];    /* how far its clock is ahead of its start */
bool alone[3];     /* has not heard anybody yet */
byte hears = 3;    /* the one that hears the others now, behind what they have said; 3: none */
byte repeats[3];   /* how often its claim is to be made again */
bool asserted[3];  /* has said in this second that its claim is higher */
byte unsettled[3]; /* seconds */
bool waits[3];     /* a registrant was lost, and may be back within the gap */
bool willClaim[3]; /* a fallback that was asked has looked for a holder, and there was none */
byte unheard[9];   /* the roll call behind a claim that is not a newcomer's: what is on its way */
bool stale[3];     /* stood still, and has not read what came meanwhile */
bool up[3] = true;
bool paused[3];
byte missing[3];   /* members, as bits */
byte late[3];      /* members whose heartbeat did not come */
byte skipped[3];   /* members of whom a heartbeat was lost */
byte connection;   /* of each node: whether it has connected again, as bits */
byte apart = 3;    /* the node that is cut off from the others; 3: none */
byte side = 3;     /* ghost: the one that was, until what followed the heal has been read */
byte healing;      /* ghost: 2: the cut is over, no heartbeat has told it yet; 1: what the heartbeat made them say is on its way */
byte known;        /* ghost: links of which all that they made nodes say has been read, as bits */
byte older[3];     /* ghost: links that were known when a link joined; two that join within the latency of the engine are in no order */

byte joined, leaves = LEAVES, crashes = CRASHES, pauses = PAUSES, cuts = CUTS, reconnects = RECONNECTS;

/* The discovery that runs. */
byte step, asker;
byte question[3];  /* the subject of a question that a node has not answered yet */
byte called[3];    /* its roll call: what is on its way */
byte there;        /* by which connection each has answered the first one, as bits */
bool complete;     /* all have answered */
bool different;    /* the second one by another connection */
bool several;      /* the answer of the highest claim counts */
byte best, bestLink;
byte acceptable;   /* ghost: links that were the newest living one at some time since it began */
bool nobody;       /* ghost: at some time since it began nobody lived that it can know */

/* Scratch: nothing at the end of each step, for a state is compared whole. */
byte i_, j_, k_, l_, m_, n_, a_, r_, t_, c_, w_;

inline send(from, to, kind, a, registrant) {
  if
  :: up[to] && !APART(from, to) ->
    assert(len(inbox[AT(from, to)]) < CAPACITY);
    inbox[AT(from, to)]!(kind) + 8 * subscribed[from], (a) + 32 * (registrant)
  :: else
  fi
}

/* A claim, on ask, and where it is said to both on fallback too. */
inline publish_claim(who, kind, both) {
  for (l_ : 0 .. 2) {
    if
    :: l_ != who && (seen[AT(who, l_)] == ASK || (both && seen[AT(who, l_)] == FALLBACK)) ->
      send(who, l_, kind, NUMBER(who), ((kind) == OLDER -> 0 : 1 + identity[NEWEST(who)]))
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

/* ---- Roll calls: roll-call.ts ---- */

/* What a member was subscribed to when it answered is known here by now. */
inline heard_here(who, member, subscription) {
  if
  :: (subscription) != NONE && seen[AT(who, member)] != subscribed[member] -> seen[AT(who, member)] = subscription
  :: else
  fi
}

/* A member reads the call, and answers behind all that it has said. */
inline read_call(who, member, way) {
  if
  :: !APART(who, member) && len(inbox[AT(member, who)]) > 0 -> way = HERE_BEHIND(len(inbox[AT(member, who)]), subscribed[member])
  :: !APART(who, member) && len(inbox[AT(member, who)]) == 0 -> way = 0; heard_here(who, member, subscribed[member])
  :: else -> way = LOST
  fi
}

/* By which connection a member answers a discovery's roll call. */
inline note_connection(member) {
  if
  :: RECONNECTS && step == CALLING -> there = there | (connection & (1 << (member)))
  :: RECONNECTS && step == ASKING_BOTH && ((there ^ connection) & (1 << (member))) -> different = true
  :: else
  fi
}

inline call(who, member, way) {
  if
  :: !up[member] -> missing[who] = missing[who] | (1 << (member)); way = 0
#ifndef MISTAKE_CALLED_BEFORE_CLAIMS
  /* It has connected again, and is subscribed to its own subject only behind all others. */
  :: RECONNECTS && up[member] && subscribed[member] != NONE && seen[AT(who, member)] == NONE -> missing[who] = missing[who] | (1 << (member)); way = 0
#endif
  :: up[member] && (missing[who] & (1 << (member))) && (!RUNS(member) || APART(who, member)) -> way = 0 /* it is not waited for */
  :: up[member] && APART(who, member) && !(missing[who] & (1 << (member))) -> way = LOST
  :: else -> way = CALL_BEHIND(len(inbox[AT(who, member)]))
  fi
}

/* A message from one node to another has been read: what was behind it is next. */
inline pass(from, to) {
  if
  :: IS_CALL(unheard[AT(from, to)]) && unheard[AT(from, to)] > 1 -> unheard[AT(from, to)]--
  :: IS_HERE(unheard[AT(to, from)]) ->
    unheard[AT(to, from)]--;
    if
    :: unheard[AT(to, from)] % 16 == 0 -> w_ = unheard[AT(to, from)] / 32; w_ = w_ % 4; unheard[AT(to, from)] = 0; heard_here(to, from, w_)
    :: else
    fi
  :: else
  fi;
  if
  :: step != IDLE && from == asker && IS_CALL(called[to]) && called[to] > 1 -> called[to]--
  :: step != IDLE && to == asker && IS_HERE(called[from]) ->
    called[from]--;
    if
    :: called[from] % 16 == 0 -> w_ = called[from] / 32; w_ = w_ % 4; called[from] = 0; heard_here(to, from, w_)
    :: else
    fi
  :: else
  fi
}

/* Calls behind which nothing is left to read are read at once. */
inline read_calls() {
  for (k_ : 0 .. 2) {
    for (l_ : 0 .. 2) {
      if
      :: unheard[AT(k_, l_)] == CALL_BEHIND(0) && RUNS(l_) -> read_call(k_, l_, unheard[AT(k_, l_)])
      :: else
      fi
    }
    if
    :: step != IDLE && called[k_] == CALL_BEHIND(0) && RUNS(k_) -> note_connection(k_); read_call(asker, k_, called[k_])
    :: else
    fi
  }
}

/* Half a second passes: who has not answered is missing. */
inline time_out(who) {
  for (k_ : 0 .. 2) {
    if
    :: unheard[AT(who, k_)] -> unheard[AT(who, k_)] = 0; missing[who] = missing[who] | (1 << k_)
    :: else
    fi;
    if
    :: step != IDLE && asker == who && called[k_] -> called[k_] = 0; missing[who] = missing[who] | (1 << k_); complete = false
    :: else
    fi
  }
}
#define IS_CALLING (called[0] || called[1] || called[2])
#define CAN_TIME_OUT(who_) (RUNS(who_) && QUIET && (IS_UNHEARD(who_) || (step != IDLE && asker == (who_) && IS_CALLING)))

/* ---- Claims: own-claims.ts ---- */

inline claim(who, again) {
  waits[who] = false; subscribed[who] = ASK;
#ifndef MISTAKE_NO_REPEAT
  repeats[who] = 2;
#endif
  if
  :: IS_FRESH(who) && !(again) -> publish_claim(who, FRESH, true)
  :: IS_FRESH(who) && (again) -> publish_claim(who, AGAIN, true)
  :: else -> publish_claim(who, OLDER, true)
  fi
}

inline take_over(who) {
  willClaim[who] = false;
#ifdef MISTAKE_TAKES_OVER_AS_NEWCOMER
  young[NEWEST(who)] = 3;
  claim(who, false);
#else
  claim(who, true);
#endif
#ifdef MISTAKE_TAKES_OVER_ONCE
  repeats[who] = 0;
#endif
#ifndef MISTAKE_TELLS_UNHEARD
  for (l_ : 0 .. 2) {
    if
    :: l_ != who -> call(who, l_, unheard[AT(who, l_)])
    :: else
    fi
  }
#endif
}

/* A fallback that was asked has looked for a holder, and found none. */
inline end_look(who) {
  willClaim[who] = false;
  if
  :: HAS(who) && subscribed[who] == FALLBACK -> take_over(who)
  :: else
  fi
}

/* claims.ts: joined, and gaveWay; the number is above all that this node knows */
inline claim_with(who, a, again) {
  number[NEWEST(who)] = a;
  claim(who, again)
}

inline raise(who, a) {
  if
  :: NOW(who) < (a) -> offset[who] = offset[who] + (a) - NOW(who)
  :: else
  fi
}

inline settle(who) {
  subscribed[who] = (HAS(who) -> FALLBACK : NONE);
  if
  :: !HAS(who) -> willClaim[who] = false
  :: else
  fi
}

inline give_way(who) {
  repeats[who] = 0; waits[who] = false;
  settle(who)
}

/* claims.ts: changed, when the newest link of a node is not there any more */
inline changed(who, lost) {
  t_ = (subscribed[who] == ASK && !waits[who]);
  if
  :: !HAS(who) ->
    repeats[who] = 0;
    if
    :: lost && subscribed[who] == ASK -> waits[who] = true
    :: else -> settle(who)
    fi;
    if
    :: t_ -> publish_left(who)
    :: else
    fi
  :: HAS(who) && subscribed[who] == ASK -> take_over(who)
  :: else
  fi
}

/* settling.ts, own-claims.ts: repeat */
inline repeat(who) {
  if
#ifdef MISTAKE_HEALED_IS_NEWCOMER
  :: subscribed[who] == ASK && HAS(who) -> publish_claim(who, FRESH, true)
#endif
#ifndef MISTAKE_NO_SETTLING
  :: subscribed[who] == ASK && HAS(who) && IS_FRESH(who) -> publish_claim(who, AGAIN, true)
  :: subscribed[who] == ASK && HAS(who) && !IS_FRESH(who) -> publish_claim(who, OLDER, false)
#endif
  :: else
  fi
}

/* ---- What a node does with a message: claims.ts ---- */

/* Whose is the newest: claim-order.ts */
#define IS_OURS_RIVAL(me_, from_, a_, kind_) (IS_HIGHER(NUMBER(me_), me_, a_, from_) && ((kind_) == AGAIN -> IS_FRESH(me_) : HAS_JUST_COME(me_)))
#ifdef MISTAKE_KEEPS
#define IS_NEWCOMER(me_, from_, a_, kind_) ((kind_) != OLDER && !IS_HIGHER(NUMBER(me_), me_, a_, from_))
#else
#define IS_NEWCOMER(me_, from_, a_, kind_) ((kind_) != OLDER && !IS_OURS_RIVAL(me_, from_, a_, kind_))
#endif
#ifdef MISTAKE_OLDER_TAKES_FROM_NEWCOMER
#define IS_THEIRS(me_, from_, a_, kind_) ((kind_) == OLDER && !IS_HIGHER(NUMBER(me_), me_, a_, from_))
#else
#define IS_THEIRS(me_, from_, a_, kind_) ((kind_) == OLDER && !IS_HIGHER(NUMBER(me_), me_, a_, from_) && !IS_FRESH(me_))
#endif

#ifdef MISTAKE_LETS_NEWER_GO
#define IS_BEFORE(number_, other_) true
#else
#define IS_BEFORE(number_, other_) ((number_) < (other_))
#endif

#ifdef MISTAKE_ASSERTS_ONCE_A_SECOND
#define HAS_ASSERTED(me_) asserted[me_]
#define SET_ASSERTED(me_) asserted[me_] = true
#else
#define HAS_ASSERTED(me_) false
#define SET_ASSERTED(me_) skip
#endif

inline on_claim(me, from, a, kind, registrant) {
  raise(me, a);
  if
  :: !HAS(me) ->
    if
    :: subscribed[me] == ASK -> give_way(me)
    :: else
    fi
  :: HAS(me) && (IS_NEWCOMER(me, from, a, kind) || IS_THEIRS(me, from, a, kind)) ->
    n_ = (kind == AGAIN && IS_HIGHER(NUMBER(me), me, a, from));
    give_way(me);
    if
    :: n_ -> send(me, from, GAVE_WAY, NUMBER(me), 0)
    :: else
    fi
  :: else ->
    if
    :: subscribed[me] == FALLBACK -> take_over(me)
    :: subscribed[me] == ASK && !HAS_ASSERTED(me) ->
      SET_ASSERTED(me);
      if
      :: IS_FRESH(me) -> publish_claim(me, AGAIN, false)
      :: else -> publish_claim(me, OLDER, false)
      fi
    :: else
    fi
  fi;
  if
  :: kind == FRESH && HAS(me) && NUMBER(me) >= a -> send(me, from, GAVE_WAY, NUMBER(me), 0)
  :: else
  fi;
  /* An older link of a registrant that has come elsewhere is let go. */
  for (m_ : 0 .. 2) {
    if
    :: registrant > 0 && where[m_] == me && identity[m_] == registrant - 1 && IS_BEFORE(number[m_], a) ->
      t_ = NEWEST(me);
      where[m_] = 3;
      if
      :: t_ == m_ -> changed(me, false)
      :: else
      fi;
      gone(m_)
    :: else
    fi
  }
}

inline gone(link) {
  number[link] = 0; young[link] = 0; known = known & ~(1 << (link)); rivals = rivals & ~(1 << (link))
}

inline on_gave_way(me, a) {
  raise(me, a);
  if
#ifdef MISTAKE_HEARS_LATE_GAVE_WAY
  :: HAS(me) && NUMBER(me) <= a ->
#else
  :: subscribed[me] == ASK && HAS(me) && NUMBER(me) <= a ->
#endif
#ifdef MISTAKE_SAME_NUMBER
    c_ = (NUMBER(me) + 1 > NOW(me) -> NUMBER(me) + 1 : NOW(me));
#else
    c_ = 1 + (NUMBER(me) > NOW(me) -> NUMBER(me) : NOW(me));
#endif
    claim_with(me, c_, true)
  :: else
  fi
}

inline deliver(from, me) {
  inbox[AT(from, me)]?i_, a_;
  j_ = i_ / 8; i_ = i_ % 8; r_ = a_ / 32; a_ = a_ % 32;
  printf("node %d: from %d: %d (number %d)   [1 older 2 fresh 3 again 4 left 5 gave way]\n", me, from, i_, a_);
  /* What a sender subscribed to before it said this is known here by now. */
  heard_here(me, from, j_);
  if
  :: i_ == LEFT ->
    if
    :: subscribed[me] == FALLBACK -> take_over(me)
    :: else
    fi
  :: i_ == GAVE_WAY -> on_gave_way(me, a_)
  :: else ->
    if
    :: subscribed[me] != NONE -> on_claim(me, from, a_, i_, r_)
    :: else
    fi
  fi;
  pass(from, me)
}

/* ---- A discovery: cluster-directory.ts ---- */

inline end_question() {
  for (l_ : 0 .. 2) { question[l_] = NONE; called[l_] = 0 }
  step = IDLE; asker = 0; there = 0; complete = false; different = false; several = false; best = 0; bestLink = 0; acceptable = 0; nobody = false
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
    :: t_ == ASK || (onFallback && t_ == FALLBACK) -> question[l_] = t_
    :: else
    fi
  }
}
#define NO_QUESTION (question[0] == NONE && question[1] == NONE && question[2] == NONE)

inline call_members() {
  for (l_ : 0 .. 2) {
    if
    :: l_ != asker -> call(asker, l_, called[l_])
    :: else
    fi
  }
}

inline ask_both() {
  printf("node %d: asks both\n", asker);
  step = ASKING_BOTH; several = !IS_SETTLED(asker);
  publish_question(true);
#ifndef MISTAKE_NO_ROLL_CALL
  call_members()
#endif
}

inline call_roll() {
  printf("node %d: calls the roll\n", asker);
  step = CALLING;
  call_members();
  complete = (missing[asker] == 0 && !alone[asker])
}

inline begin_question(who) {
  printf("node %d: a question begins\n", who);
  asker = who; step = ASKING; several = !IS_SETTLED(who);
  judge();
  if
#ifdef MISTAKE_TRUSTS_UNSETTLED
  :: subscribed[who] == ASK && HAS(who) -> end_with_answer(NEWEST(who))
#else
  :: subscribed[who] == ASK && HAS(who) && IS_SETTLED(who) -> end_with_answer(NEWEST(who))
#endif
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

#define IS_SILENT_HOLDER (question[0] == ASK || question[1] == ASK || question[2] == ASK)

/* All have answered who will. */
inline conclude() {
  if
#ifndef MISTAKE_SILENT_HOLDER_IS_NONE
  :: IS_SILENT_HOLDER && !BY_HOLDER(best) -> end_question() /* 503 */
#endif
#ifndef MISTAKE_CONNECTION_IS_IGNORED
  :: different && !BY_HOLDER(best) -> end_question() /* the discovery begins anew */
#endif
  :: else ->
    if
    :: best > MOVED -> end_with_answer(bestLink)
    :: best == MOVED || !NO_QUESTION -> end_question() /* a discovery that begins now is asked the same, and judged more strictly; or 503 */
    :: else ->
      assert(!complete || nobody); /* 404: never "there is none" while there is one */
      end_question()
    fi
  fi
}

/* Whether a fallback that was asked finds a holder: one that stands still or is behind a cut is one. */
#define IS_HOLDER_FOR(i_, j_) ((i_) != (j_) && seen[AT(i_, j_)] == ASK && (!RUNS(j_) || APART(i_, j_) || subscribed[j_] == ASK))
#ifdef MISTAKE_FALLBACK_DOES_NOT_ASK
#define FINDS_HOLDER(i_) false
#else
#define FINDS_HOLDER(i_) (IS_HOLDER_FOR(i_, 0) || IS_HOLDER_FOR(i_, 1) || IS_HOLDER_FOR(i_, 2))
#endif
#ifdef MISTAKE_FIRST_ANSWER
#define FOR_SEVERAL false
#else
#define FOR_SEVERAL several
#endif

/* A node reads the question, and its answer is at the asker. */
inline answer(who) {
  printf("node %d: answers\n", who);
  t_ = question[who]; question[who] = NONE;
  if
  :: !HAS(who) || (t_ == ASK && subscribed[who] != ASK) ->
    if
    :: best == 0 -> best = MOVED
    :: else
    fi
  :: else ->
    if
    :: t_ == FALLBACK && subscribed[who] == FALLBACK && !FINDS_HOLDER(who) -> willClaim[who] = true
    :: else
    fi;
    if
    :: ENDPOINT(NUMBER(who), t_) > best && !(BY_HOLDER(best) && !FOR_SEVERAL) -> best = ENDPOINT(NUMBER(who), t_); bestLink = NEWEST(who)
    :: else
    fi;
    if
    :: t_ == ASK && asker != who ->
      raise(asker, NUMBER(who));
      if
#ifndef MISTAKE_KEEPS_AGAINST_ANSWER
      :: subscribed[asker] == ASK && HAS(asker) && !IS_FRESH(asker) && IS_HIGHER(NUMBER(who), who, NUMBER(asker), asker) -> give_way(asker)
#endif
      :: else
      fi
    :: else
    fi
  fi;
  if
  :: step == ASKING && (NO_QUESTION || (best > MOVED && !FOR_SEVERAL)) -> conclude()
  :: else
  fi
}
#define WILL_ANSWER(i_) (question[i_] != NONE && RUNS(i_) && !APART(i_, asker) && !waits[i_])
#ifdef MISTAKE_ANSWERS_STALE
#define HAS_READ(i_) true
#else
#define HAS_READ(i_) (!stale[i_] || EMPTY(i_))
#endif
#define CAN_ANSWER(i_) (WILL_ANSWER(i_) && !(IS_UNHEARD(i_) && subscribed[i_] == ASK) && HAS_READ(i_))
#define NONE_WILL_ANSWER (!WILL_ANSWER(0) && !WILL_ANSWER(1) && !WILL_ANSWER(2))

/* ---- Ghosts ---- */

#define LIVES(link) (where[link] < 3)
#define IS_OLDER(link, other) (LIVES(other) && (older[other] & (1 << (link))))
/* Whether a link is one that a discovery at the asker has to know of, for an answer of node n. */
#define IS_BACK(n_) (!RECONNECTS || (n_) == asker || seen[AT(asker, n_)] != NONE || subscribed[n_] == NONE)
#define HAS_TO_KNOW(link, n) (LIVES(link) && (known & (1 << (link))) && !APART(where[link], asker) && IS_BACK(where[link]) && (healing == 0 || ((where[link] == side) == ((n) == side) && (asker == side) == ((n) == side))))

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
  read_calls();
  for (k_ : 0 .. 2) {
    if
    :: stale[k_] && !paused[k_] && EMPTY(k_) -> stale[k_] = false
    :: else
    fi
  }
  if
  :: AHEAD && hears < 3 && QUIET ->
    if
    :: RUNS(hears) -> hear_clock(hears, AHEAD)
    :: else
    fi;
    hears = 3
  :: else
  fi;
  if
  :: QUIET ->
    if
    :: healing == 1 -> healing = 0; side = 3
    :: else
    fi;
    /* 100 ms are longer than a message takes. */
    rivals = 0;
    for (k_ : 0 .. 2) {
      if
      :: where[k_] < 3 && healing == 0 -> known = known | (1 << k_)
      :: else
      fi
    }
  :: else
  fi;
  if
  :: step != IDLE -> judge()
  :: else
  fi;
  i_ = 0; j_ = 0; k_ = 0; l_ = 0; m_ = 0; n_ = 0; a_ = 0; r_ = 0; t_ = 0; c_ = 0; w_ = 0
}

/* ---- The environment ---- */

/* A registrant joins: `as` is the link of which it is the same registrant, or its own. */
inline join(who, as) {
  printf("node %d: link %d joins, registrant %d\n", who, joined, as);
  older[joined] = known;
  a_ = (HAS(who) -> NUMBER(who) + 1 : 0);
  where[joined] = who; identity[joined] = as; young[joined] = 3; rivals = rivals | (1 << joined); joined++;
  a_ = (a_ > NOW(who) - 1 -> a_ : NOW(who) - 1);
  claim_with(who, a_, false)
}

/* A registrant leaves; lost: without a goodbye. */
inline leave(link, lost) {
  printf("node %d: link %d leaves (lost: %d)\n", where[link], link, lost);
  leaves--;
  r_ = where[link]; i_ = NEWEST(r_);
  where[link] = 3;
  if
  :: i_ == link -> changed(r_, lost)
  :: else
  fi;
  gone(link)
}

/* What is on its way between two nodes is lost. */
inline drain(from, to) {
  do
  :: len(inbox[AT(from, to)]) > 0 -> inbox[AT(from, to)]?_, _
  :: else -> break
  od;
  if
  :: unheard[AT(from, to)] -> unheard[AT(from, to)] = LOST
  :: else
  fi;
  if
  :: unheard[AT(to, from)] -> unheard[AT(to, from)] = LOST
  :: else
  fi;
  if
  :: step != IDLE && from == asker && called[to] -> called[to] = LOST
  :: step != IDLE && to == asker && called[from] -> called[from] = LOST
  :: else
  fi
}

inline crash(who) {
  printf("node %d: crash\n", who);
  crashes--;
  for (k_ : 0 .. 2) {
    if
    :: where[k_] == who -> where[k_] = 3; gone(k_)
    :: else
    fi;
    drain(k_, who);
    seen[AT(who, k_)] = NONE;
    unheard[AT(who, k_)] = 0
  }
  subscribed[who] = NONE; up[who] = false; paused[who] = false; stale[who] = false; waits[who] = false; willClaim[who] = false; asserted[who] = false;
  repeats[who] = 0; unsettled[who] = 0; offset[who] = 0; alone[who] = false; missing[who] = 0; late[who] = 0; skipped[who] = 0;
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

/* A node connects to the engine again: what was on its way is lost, and its subscriptions are made once more. */
inline reconnect(who) {
  printf("node %d: connects again\n", who);
  reconnects--; connection = connection ^ (1 << who);
  if
  :: step != IDLE && asker == who -> end_question()
  :: else
  fi;
  for (k_ : 0 .. 2) {
    if
    :: k_ != who -> drain(k_, who); drain(who, k_); seen[AT(k_, who)] = NONE
    :: else
    fi
  }
  unsettled[who] = 2; healing = 2;
  repeat(who)
}

/* join-order.ts: a node hears another one for the first time, and counts by its clock from then on. */
inline hear_clock(who, a) {
  if
  :: alone[who] ->
    alone[who] = false;
    for (l_ : 0 .. 2) {
      if
#ifndef MISTAKE_NO_SHIFT
      :: where[l_] == who && number[l_] < 4 * (l_ + 1) + (a) -> number[l_] = 4 * (l_ + 1) + (a)
#endif
      :: else
      fi
    }
#ifndef MISTAKE_GROWS_SILENTLY
    if
    :: HAS(who) && subscribed[who] == FALLBACK -> take_over(who)
    :: else
    fi
#endif
  :: else
  fi;
  offset[who] = (offset[who] < (a) -> (a) : offset[who])
}

/* A second passes (long: three): heartbeats. All that could be read has been. In time: who has heard nobody yet reads them before what they make others say. */
inline tick(long, inTime) {
  printf("tick (long: %d)\n", long);
  /* Once all is calm at most one node holds the token, the one with the newest. */
  t_ = 0; n_ = 0;
  for (i_ : 0 .. 2) {
    if
    :: paused[i_] || stale[i_] || alone[i_] || (HAS(i_) && IS_FRESH(i_)) || repeats[i_] || unsettled[i_] || skipped[i_] || waits[i_] || ((late[i_] | missing[i_]) & (up[0] + 2 * up[1] + 4 * up[2])) -> t_ = 1
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
    young[i_] = (young[i_] == 0 || long -> 0 : young[i_] - 1);
    asserted[i_] = false;
    if
    :: unsettled[i_] > 0 -> unsettled[i_]--
    :: else
    fi;
    if
    :: RUNS(i_) && waits[i_] -> waits[i_] = false; settle(i_)
    :: else
    fi
  }
  for (i_ : 0 .. 2) {
    c_ = 0; r_ = 0;
    for (j_ : 0 .. 2) {
      if
      :: AHEAD && i_ != j_ && RUNS(i_) && RUNS(j_) && !APART(i_, j_) -> c_ = 1; r_ = (r_ < offset[j_] -> offset[j_] : r_)
      :: else
      fi
    }
    if
    :: c_ && (inTime || !alone[i_]) -> hear_clock(i_, r_)
    :: c_ && !inTime && alone[i_] -> hears = i_
    :: else
    fi
  }
  /* Each hears itself: claims are made again. */
  for (i_ : 0 .. 2) {
    if
    :: RUNS(i_) && repeats[i_] > 0 && subscribed[i_] == ASK && HAS(i_) ->
      repeats[i_]--;
      if
#ifdef MISTAKE_REPEATS_AS_NEWCOMER
      :: true -> publish_claim(i_, AGAIN, false)
#else
      :: IS_FRESH(i_) -> publish_claim(i_, AGAIN, false)
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
        late[i_] = late[i_] & ~(1 << j_); missing[i_] = missing[i_] & ~(1 << j_); skipped[i_] = skipped[i_] & ~(1 << j_)
      :: else
      fi
    }
    if
    :: t_ -> unsettled[i_] = 2; repeat(i_)
    :: else
    fi;
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

#define MAY_TICK (joined > 0 && QUIET && NONE_WILL_ANSWER && !(RUNS(0) && IS_UNHEARD(0)) && !(RUNS(1) && IS_UNHEARD(1)) && !(RUNS(2) && IS_UNHEARD(2)) && (step == IDLE || (step != CALLING && !IS_CALLING) || paused[asker]))

#define DELIVERY(from, me) \
  :: d_step { READABLE(from, me) -> deliver(from, me); bookkeeping() } \
  :: d_step { LAG && UNLEARNED(me, from) -> printf("server %d: learns of %d\n", me, from); seen[AT(me, from)] = subscribed[from]; bookkeeping() }

#define NODE(i_) \
  :: d_step { crashes > 0 && joined > 0 && up[i_] -> crash(i_); bookkeeping() } \
  :: d_step { pauses > 0 && joined > 0 && RUNS(i_) -> printf("node %d: pause\n", i_); pauses--; paused[i_] = true; stale[i_] = true; bookkeeping() } \
  :: d_step { PAUSES && paused[i_] -> printf("node %d: goes on\n", i_); paused[i_] = false; bookkeeping() } \
  :: d_step { cuts > 0 && joined > 0 && apart == 3 -> cut(i_, true); bookkeeping() } \
  :: d_step { cuts > 0 && joined > 0 && apart == 3 -> cut(i_, false); bookkeeping() } \
  :: d_step { reconnects > 0 && joined > 0 && RUNS(i_) -> reconnect(i_); bookkeeping() } \
  :: d_step { joined > 0 && step == IDLE && RUNS(i_) && HAS_READ(i_) && !waits[i_] && !IS_UNHEARD(i_) -> begin_question(i_); bookkeeping() } \
  :: d_step { step != IDLE && CAN_ANSWER(i_) -> answer(i_); bookkeeping() } \
  :: d_step { willClaim[i_] && RUNS(i_) && HAS_READ(i_) -> printf("node %d: found no holder\n", i_); end_look(i_); bookkeeping() } \
  :: d_step { CAN_TIME_OUT(i_) -> printf("node %d: roll call times out\n", i_); time_out(i_); bookkeeping() } \
  :: d_step { joined < JOINS && (joined > 0 || i_ == 0) && RUNS(i_) -> join(i_, joined); bookkeeping() }

#define LINK(l_) \
  :: d_step { leaves > 0 && where[l_] < 3 && RUNS(where[l_]) -> leave(l_, true); bookkeeping() } \
  :: d_step { leaves > 0 && where[l_] < 3 && RUNS(where[l_]) -> leave(l_, false); bookkeeping() }

/* The registrant of a link comes to another node: the older link is not let go yet. */
#define MOVE(l_, i_) \
  :: d_step { joined < JOINS && where[l_] < 3 && where[l_] != i_ && RUNS(i_) -> join(i_, identity[l_]); bookkeeping() }

/* One node has not heard anybody yet: it counts from its own start. */
#define COUNTS_FROM_START(i_) \
  :: AHEAD -> atomic { alone[i_] = true; offset[i_] = 0 }

init {
  offset[0] = AHEAD; offset[1] = AHEAD; offset[2] = AHEAD;
  if
  COUNTS_FROM_START(0) COUNTS_FROM_START(1) COUNTS_FROM_START(2)
  :: !AHEAD
  fi;
  do
  DELIVERY(0, 1) DELIVERY(0, 2) DELIVERY(1, 0) DELIVERY(1, 2) DELIVERY(2, 0) DELIVERY(2, 1)
  NODE(0) NODE(1) NODE(2)
  LINK(0) LINK(1) MOVE(0, 0) MOVE(0, 1) MOVE(0, 2)
#if JOINS > 2
  LINK(2) MOVE(1, 0) MOVE(1, 1) MOVE(1, 2)
#endif
  :: d_step { apart < 3 -> heal(); bookkeeping() }
  :: d_step { MAY_TICK -> tick(false, true); bookkeeping() }
  :: d_step { (PAUSES + CUTS + CRASHES + RECONNECTS > 0) && MAY_TICK -> tick(true, true); bookkeeping() }
  :: d_step { AHEAD && MAY_TICK -> tick(false, false); bookkeeping() }
  :: d_step { step == CALLING && !IS_CALLING && RUNS(asker) -> ask_both(); bookkeeping() }
  :: d_step { step == ASKING && RUNS(asker) && QUIET && NONE_WILL_ANSWER -> printf("node %d: deadline\n", asker); conclude(); bookkeeping() }
  :: d_step { step == ASKING_BOTH && RUNS(asker) && !IS_CALLING && (NO_QUESTION || (QUIET && NONE_WILL_ANSWER)) -> printf("node %d: concludes\n", asker); conclude(); bookkeeping() }
  od
}
