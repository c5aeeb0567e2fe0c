/*
 * The claims of a cluster of registries to one token: three nodes, their engine, one asker. README.md says what is modelled and what is not.
 * One process; every step is atomic. Environment (bounds of a run, all by -D): JOINS, LEAVES, CRASHES, PAUSES, CUTS, REGISTRANTS.
 * A planted mistake is chosen by -DMISTAKE_...: spin has to find it.
 */
#ifndef REGISTRANTS
#define REGISTRANTS 2
#endif
#ifndef JOINS
#define JOINS 3
#endif
#ifndef LEAVES
#define LEAVES 1
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
#define CAPACITY 9
#define LINKS (3 * REGISTRANTS)

/* What a node is subscribed to. */
#define NONE 0
#define ASK 1
#define FALLBACK 2

/* Messages: kind, and two values. */
#define INTEREST 1 /* a = the sender's subscription */
#define CLAIM 2    /* a = number, b = REPEATED.. + 4 * registrant */
#define LEFT 3
#define OUTBID 4   /* a = number */
#define QUESTION 5 /* a = subject */
#define ANSWER 6   /* a = number, b = rank, MOVED or NOBODY */

/* Kinds of claim. */
#define SETTLED 0
#define FRESH 1
#define AGAIN 2

/* Answers that are none. */
#define MOVED 100
#define NOBODY 101

/* What a question that waited for the end of a gap is told. */
#ifdef MISTAKE_NOBODY_AFTER_WAIT
#define WAITED NOBODY
#else
#define WAITED MOVED
#endif

/* A fresh claim is published again with the next two heartbeats. */
#ifdef MISTAKE_REPEATED_ONCE
#define REPEATED 3
#else
#define REPEATED 2
#endif

/* Steps of a discovery. */
#define IDLE 0
#define ASKING 1
#define ASKING_FALLBACK 2
#define CALLING 3 /* the roll call */
#define ASKING_BOTH 4 /* on both subjects at once */
#define TRIES 3

#define AT(i_, j_) ((i_) * 3 + (j_))
#define LINK(i_, r_) ((i_) * REGISTRANTS + (r_))
#define APART(i_, j_) (apart < 3 && (i_) != (j_) && ((i_) == apart || (j_) == apart))
#define RUNS(i_) (up[i_] && !paused[i_])
/* Whether a message on the way from i to j can be read now. */
#define READABLE(i_, j_) (RUNS(j_) && len(inbox[AT(i_, j_)]) > 0)

chan inbox[9] = [CAPACITY] of { byte, byte, byte };
byte subscribed[3];
byte seen[9];      /* seen[AT(i, j)]: what i's server knows of j's subscription */
byte number[LINKS]; /* of a registrant's link at a node; 0: there is none */
byte rank[LINKS];   /* ghost: its place in the true order */
byte claim[3];     /* the number of the newest link at a node */
byte newest[3];    /* its registrant */
byte counter[3];
byte fresh[3];     /* 4: on its way; 3: made in this second; 2, 1: in those before; 0: settled */
byte unsettled[3]; /* seconds */
bool waits[3];     /* on ask, without an answer: the gap, or the number has gone down */
bool yielded[3];   /* gave way in this second */
bool stale[3];     /* stood still, and has not read what came meanwhile */
bool up[3] = true;
bool paused[3];
byte missing[3];   /* members, as bits */
byte skipped[3];   /* members of whom a heartbeat was lost, as bits */
byte apart = 3;    /* the node that is cut off from the others; 3: none */
byte healing;      /* ghost: 2: the cut is over, no heartbeat has told it yet; 1: what the heartbeat made them say is on its way */

byte joins = JOINS, leaves = LEAVES, crashes = CRASHES, pauses = PAUSES, cuts = CUTS;

/* The discovery that runs. */
byte step, asker, tries;
bool asked;        /* the question of this step is out */
byte awaited;      /* who has not answered, as bits */
bool held[3];      /* waits there for the end of a gap */
byte best, bestRank;
short acceptable;  /* ghost: ranks that were the newest living one at some time since it began */
bool nobody;         /* ghost: at some time since it began nobody lived that it can know */
bool calm;         /* ghost: no fault, nothing on its way, when it began, and nothing happened since */

short known[3];    /* ghost: links that a node's side can know */

/* Scratch; a breadth-first search (-DBREADTH: the shortest counterexample) cannot have it hidden. */
#ifdef BREADTH
#define SCRATCH byte
#define FORGET i_ = 0; j_ = 0; k_ = 0; l_ = 0; m_ = 0; n_ = 0; r_ = 0; t_ = 0; x_ = 0; y_ = 0; top = 0; quiet = 0
#else
#define SCRATCH hidden byte
#define FORGET skip
#endif
SCRATCH i_, j_, k_, l_, m_, n_, r_, t_, x_, y_, top, quiet;

inline send(from, to, kind, a, b) {
  if
  :: up[to] && !APART(from, to) -> assert(len(inbox[AT(from, to)]) < CAPACITY); inbox[AT(from, to)]!kind, a, b
  :: else
  fi
}

inline subscribe(who, what) {
  if
  :: subscribed[who] != what ->
    subscribed[who] = what;
    for (l_ : 0 .. 2) {
      if
      :: l_ == who
      :: l_ != who && paused[l_] && !APART(who, l_) -> seen[AT(l_, who)] = what
      :: else -> send(who, l_, INTEREST, what, 0)
      fi
    }
  :: else
  fi
}

inline publish_claim(who, kind) {
  for (l_ : 0 .. 2) {
    if
    :: l_ != who && seen[AT(who, l_)] != NONE -> send(who, l_, CLAIM, claim[who], kind + 4 * newest[who])
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

/* Find the newest link of a node again. */
inline recount(who) {
  claim[who] = 0; newest[who] = 0;
  for (l_ : 0 .. REGISTRANTS - 1) {
    if
    :: number[LINK(who, l_)] > claim[who] -> claim[who] = number[LINK(who, l_)]; newest[who] = l_
    :: else
    fi
  }
}

inline remove(who, registrant) {
  number[LINK(who, registrant)] = 0;
  rank[LINK(who, registrant)] = 0;
  for (l_ : 0 .. 2) { known[l_] = known[l_] & ~(1 << LINK(who, registrant)) }
  recount(who)
}

/* A question that waits at a node is answered. */
inline release(who, a, b) {
  if
  :: held[who] ->
    held[who] = false;
    if
    :: who == asker -> heard(who, a, b)
    :: else -> send(who, asker, ANSWER, a, b)
    fi
  :: else
  fi
}

inline give_way(who) {
  subscribe(who, FALLBACK);
  fresh[who] = 0; yielded[who] = true;
  waits[who] = false;
  release(who, 0, MOVED)
}

/* ---- Ends of a discovery ---- */

inline forget_question() {
  for (l_ : 0 .. 8) {
    do
    :: inbox[l_]??[QUESTION, _, _] -> inbox[l_]??QUESTION, _, _
    :: inbox[l_]??[ANSWER, _, _] -> inbox[l_]??ANSWER, _, _
    :: !(inbox[l_]??[QUESTION, _, _]) && !(inbox[l_]??[ANSWER, _, _]) -> break
    od
  }
  asked = false; awaited = 0; best = 0; bestRank = 0;
  held[0] = false; held[1] = false; held[2] = false
}

inline end_question() {
  forget_question();
  step = IDLE; asker = 0; tries = 0; acceptable = 0; nobody = false; calm = false
}

inline end_with_answer(a) {
  assert(acceptable & (1 << (a))); /* never an answer from a registrant that is not the newest living one */
  end_question()
}

inline end_with_404() {
  assert(nobody); /* never "there is none" while there is one */
  end_question()
}

inline end_with_503() {
  assert(!calm); /* never silence that lasts */
  end_question()
}

inline next_step() {
  forget_question();
  if
  :: step == ASKING -> step = ASKING_FALLBACK
#ifdef MISTAKE_NO_ROLL_CALL
  :: step == ASKING_FALLBACK -> end_with_404()
#else
  :: step == ASKING_FALLBACK -> step = CALLING
#endif
#ifdef MISTAKE_ASKED_ONCE
  :: step == CALLING -> end_with_404()
#else
  :: step == CALLING -> step = ASKING_BOTH
#endif
  :: step == ASKING_BOTH -> end_with_404()
  fi
}

inline try_again() {
  forget_question();
  tries++;
  if
  :: tries == TRIES -> end_with_503()
  :: else -> step = ASKING
  fi
}

/* Whether the first answer is not the one that counts. */
#ifdef MISTAKE_FIRST_ANSWER
#define GATHERS (unsettled[asker] > 0)
#else
#define GATHERS (unsettled[asker] > 0 || step == ASKING_FALLBACK || step == ASKING_BOTH)
#endif

/* All have answered who will. */
inline conclude() {
  if
  :: bestRank == 0 || bestRank == NOBODY -> next_step()
  :: bestRank == MOVED -> try_again()
  :: else -> end_with_answer(bestRank)
  fi
}

/* An answer of a node at the asker. */
inline heard(who, a, b) {
  awaited = awaited & ~(1 << (who));
  if
  :: step == CALLING ->
    if
    :: awaited == 0 -> next_step()
    :: else
    fi
  :: else ->
    /* An endpoint before "moved" before "nobody"; among endpoints the highest number. */
    if
    :: (b) < MOVED && (bestRank == 0 || bestRank >= MOVED || (a) > best) -> best = a; bestRank = b
    :: (b) == MOVED && (bestRank == 0 || bestRank == NOBODY) -> bestRank = MOVED
    :: (b) == NOBODY && bestRank == 0 -> bestRank = NOBODY
    :: else
    fi;
    if
    :: awaited == 0 || (!GATHERS && bestRank < MOVED) -> conclude()
    :: else
    fi
  fi
}

/* What a node says to a question: x = number, y = rank, MOVED or NOBODY; 0: it waits. */
inline consider(who, subject) {
  x_ = 0;
  if
  :: waits[who] -> y_ = 0
  :: !waits[who] && claim[who] == 0 -> y_ = NOBODY
  :: !waits[who] && claim[who] > 0 && subscribed[who] == FALLBACK && (subject == ASK || yielded[who]) -> y_ = MOVED
  :: else ->
    x_ = claim[who]; y_ = rank[LINK(who, newest[who])];
    if
    :: subscribed[who] == FALLBACK -> subscribe(who, ASK); publish_claim(who, SETTLED)
    :: else
    fi
  fi
}

/* ---- What a node does with a message ---- */

#ifdef MISTAKE_SECOND_OF_GRACE
#define CONCURRENT 3
#else
#define CONCURRENT 4
#endif
inline on_claim(me, from, a, kind, registrant) {
  if
  :: counter[me] < a -> counter[me] = a
  :: else
  fi;
  if
  :: kind == FRESH && number[LINK(me, registrant)] > 0 && (number[LINK(me, registrant)] < a || fresh[me] < 4) -> remove(me, registrant)
  :: else
  fi;
  if
  :: claim[me] == 0 ->
    subscribe(me, NONE); waits[me] = false; fresh[me] = 0;
    release(me, 0, MOVED)
#ifdef MISTAKE_KEEPS
  :: claim[me] > 0 && kind == FRESH && claim[me] > a
#else
  :: claim[me] > 0 && kind == FRESH && fresh[me] >= CONCURRENT && subscribed[me] == ASK && (claim[me] > a || (claim[me] == a && me > from)) ->
    send(me, from, CLAIM, claim[me], SETTLED + 4 * newest[me])
#endif
#ifdef MISTAKE_REPEATED_AS_SETTLED
#define IS_SETTLED(kind) (kind != FRESH)
#else
#define IS_SETTLED(kind) (kind == SETTLED || (kind == AGAIN && fresh[me] > 0))
#endif
  :: claim[me] > 0 && IS_SETTLED(kind) && (claim[me] > a || (claim[me] == a && me > from)) ->
    subscribe(me, ASK);
    send(me, from, CLAIM, claim[me], SETTLED + 4 * newest[me])
  :: else ->
    give_way(me);
    if
    :: kind != SETTLED && claim[me] >= a -> send(me, from, OUTBID, claim[me], 0)
    :: else
    fi
  fi
}

inline on_outbid(me, a) {
  if
  :: counter[me] < a -> counter[me] = a
  :: else
  fi;
  if
#ifdef MISTAKE_LATE_OUTBID
  :: claim[me] > 0 && claim[me] <= a ->
#else
  :: claim[me] > 0 && claim[me] <= a && subscribed[me] == ASK ->
#endif
    number[LINK(me, newest[me])] = a + 1;
    claim[me] = a + 1; counter[me] = a + 1; fresh[me] = 4;
    subscribe(me, ASK);
    publish_claim(me, FRESH)
  :: else
  fi
}

inline on_left(me) {
  if
  :: claim[me] > 0 && subscribed[me] == FALLBACK -> subscribe(me, ASK); publish_claim(me, SETTLED)
  :: else
  fi
}

inline on_question(me, from, subject) {
  if
  :: subject == NONE -> send(me, from, ANSWER, 0, NOBODY) /* the roll call */
  :: else ->
    consider(me, subject);
    if
    :: y_ == 0 -> held[me] = true
    :: else -> send(me, from, ANSWER, x_, y_)
    fi
  fi
}

/* ---- Ghosts ---- */

inline look() {
  quiet = true;
  for (l_ : 0 .. 8) {
    if
    :: READABLE(l_ / 3, l_ % 3) -> quiet = false
    :: else
    fi
  }
}

inline bookkeeping() {
  look();
  for (k_ : 0 .. 2) {
    if
    :: stale[k_] && !paused[k_] && len(inbox[AT(0, k_)]) == 0 && len(inbox[AT(1, k_)]) == 0 && len(inbox[AT(2, k_)]) == 0 -> stale[k_] = false
    :: else
    fi
  }
  if
  :: quiet && healing == 1 -> healing = 0
  :: else
  fi;
  if
  :: quiet && healing == 0 ->
    for (k_ : 0 .. 2) {
      if
      :: fresh[k_] == 4 -> fresh[k_] = 3
      :: else
      fi;
      for (l_ : 0 .. LINKS - 1) {
        if
        :: number[l_] > 0 && !APART(k_, l_ / REGISTRANTS) ->
          known[k_] = known[k_] | (1 << l_);
          if
          :: CUTS > 0 && up[k_] && counter[k_] < number[l_] -> counter[k_] = number[l_]
          :: else
          fi
        :: else
        fi
      }
    }
  :: else
  fi;
  if
  :: step != IDLE ->
    /* The newest that the asker's side can know; between the end of a cut and the next heartbeat: that any side can know. */
    top = 99; t_ = 0;
    for (k_ : 0 .. 2) {
      if
      :: (k_ == asker || healing > 0) && up[k_] ->
        n_ = 0;
        for (l_ : 0 .. LINKS - 1) {
          if
          :: (known[k_] & (1 << l_)) && rank[l_] > n_ -> n_ = rank[l_]
          :: else
          fi;
          if
          :: k_ == asker && (known[k_] & (1 << l_)) -> t_ = 1
          :: else
          fi
        }
        if
        :: n_ < top -> top = n_
        :: else
        fi
      :: else
      fi
    }
    for (l_ : 0 .. LINKS - 1) {
      if
      :: number[l_] > 0 && rank[l_] >= top -> acceptable = acceptable | (1 << rank[l_])
      :: else
      fi
    }
    if
    :: t_ == 0 && !waits[0] && !waits[1] && !waits[2] -> nobody = true
    :: else
    fi
  :: else
  fi;
  FORGET
}

/* ---- The environment ---- */

inline join(who, registrant) {
  printf("node %d: registrant %d joins\n", who, registrant);
  joins--; calm = false;
  counter[who]++;
  number[LINK(who, registrant)] = counter[who];
  top = 0;
  for (l_ : 0 .. LINKS - 1) {
    if
    :: (known[who] & (1 << l_)) && rank[l_] > top -> top = rank[l_]
    :: else
    fi
  }
  rank[LINK(who, registrant)] = top + 1;
  known[who] = known[who] | (1 << LINK(who, registrant));
  claim[who] = counter[who]; newest[who] = registrant;
  fresh[who] = 4; waits[who] = false; yielded[who] = false;
  subscribe(who, ASK);
  publish_claim(who, FRESH);
  bookkeeping();
  release(who, claim[who], rank[LINK(who, registrant)])
}

/* A registrant leaves; lost: without a goodbye. */
inline leave(who, registrant, lost) {
  printf("node %d: registrant %d leaves (lost: %d)\n", who, registrant, lost);
  leaves--; calm = false;
  t_ = (number[LINK(who, registrant)] == claim[who]);
  remove(who, registrant);
  if
  :: t_ && subscribed[who] == ASK && claim[who] == 0 ->
    fresh[who] = 0;
    publish_left(who);
    if
    :: lost -> waits[who] = true
    :: else -> subscribe(who, NONE); waits[who] = false
    fi
  :: t_ && subscribed[who] == ASK && claim[who] > 0 ->
    fresh[who] = 0;
#ifndef MISTAKE_LOWER_ANSWERS
    waits[who] = true;
#endif
    publish_claim(who, SETTLED)
  :: subscribed[who] == FALLBACK && claim[who] == 0 -> subscribe(who, NONE)
  :: else
  fi
}

inline empty_inbox(who) {
  for (m_ : 0 .. 2) {
    do
    :: len(inbox[AT(m_, who)]) > 0 -> inbox[AT(m_, who)]?_, _, _
    :: len(inbox[AT(m_, who)]) == 0 -> break
    od
  }
}

inline crash(who) {
  printf("node %d: crash\n", who);
  crashes--; calm = false;
  for (k_ : 0 .. REGISTRANTS - 1) { remove(who, k_) }
  subscribe(who, NONE);
  up[who] = false; paused[who] = false; stale[who] = false; waits[who] = false; held[who] = false;
  fresh[who] = 0; unsettled[who] = 0; yielded[who] = false; counter[who] = 0; missing[who] = 0; skipped[who] = 0; known[who] = 0;
  empty_inbox(who);
  if
  :: step != IDLE && asker == who -> end_question()
  :: else
  fi
}

inline pause(who) {
  printf("node %d: pause\n", who);
  pauses--; calm = false;
  paused[who] = true; stale[who] = true;
  for (l_ : 0 .. 2) {
    do
    :: inbox[AT(l_, who)]??[INTEREST, _, _] -> inbox[AT(l_, who)]??INTEREST, seen[AT(who, l_)], _
    :: !(inbox[AT(l_, who)]??[INTEREST, _, _]) -> break
    od
  }
}

inline cut(who, noticed) {
  printf("node %d: cut off (noticed: %d)\n", who, noticed);
  cuts--; calm = false;
  apart = who;
  for (k_ : 0 .. 2) {
    if
    :: k_ != who ->
      do
      :: len(inbox[AT(k_, who)]) > 0 -> inbox[AT(k_, who)]?_, _, _
      :: len(inbox[AT(k_, who)]) == 0 -> break
      od;
      do
      :: len(inbox[AT(who, k_)]) > 0 -> inbox[AT(who, k_)]?_, _, _
      :: len(inbox[AT(who, k_)]) == 0 -> break
      od;
      if
      :: noticed -> seen[AT(k_, who)] = NONE; seen[AT(who, k_)] = NONE
      :: else
      fi
    :: else
    fi
  }
  for (k_ : 0 .. 2) {
    for (l_ : 0 .. LINKS - 1) {
      if
      :: APART(k_, l_ / REGISTRANTS) -> known[k_] = known[k_] & ~(1 << l_)
      :: else
      fi
    }
  }
}

inline heal() {
  printf("node %d: healed\n", apart);
  calm = false;
  n_ = apart; apart = 3; healing = 2;
  for (k_ : 0 .. 2) {
    if
    :: k_ != n_ ->
      seen[AT(k_, n_)] = NONE; seen[AT(n_, k_)] = NONE;
      if
      :: paused[k_] -> seen[AT(k_, n_)] = subscribed[n_]
      :: !paused[k_] && subscribed[n_] != NONE -> send(n_, k_, INTEREST, subscribed[n_], 0)
      :: else
      fi;
      if
      :: paused[n_] -> seen[AT(n_, k_)] = subscribed[k_]
      :: !paused[n_] && subscribed[k_] != NONE -> send(k_, n_, INTEREST, subscribed[k_], 0)
      :: else
      fi
    :: else
    fi
  }
}

/* A second passes (long: three): heartbeats. All that could be read has been. */
inline tick(long) {
  printf("tick (long: %d)\n", long);
  /* First what has lasted its time, then what the heartbeats tell. */
  for (i_ : 0 .. 2) {
    if
    :: RUNS(i_) ->
      yielded[i_] = false;
      if
      :: unsettled[i_] > 0 -> unsettled[i_]--
      :: else
      fi;
      if
      :: waits[i_] && claim[i_] == 0 -> subscribe(i_, NONE); waits[i_] = false; release(i_, 0, WAITED)
      :: else
      fi;
      if
      :: fresh[i_] >= REPEATED && subscribed[i_] == ASK -> publish_claim(i_, AGAIN)
      :: else
      fi;
      if
      :: fresh[i_] > 0 -> fresh[i_] = (fresh[i_] == 4 -> 2 : fresh[i_] - 1)
      :: else
      fi
    :: else
    fi
  }
  for (i_ : 0 .. 2) {
    t_ = 0; /* whether a member came back */
    for (j_ : 0 .. 2) {
      if
      :: i_ == j_ || !up[i_]
      :: i_ != j_ && up[i_] && APART(i_, j_) ->
#ifndef MISTAKE_NO_SEQUENCE
        skipped[i_] = skipped[i_] | (1 << j_);
#endif
        if
        :: long && !paused[i_] -> missing[i_] = missing[i_] | (1 << j_)
        :: else
        fi
      :: i_ != j_ && RUNS(i_) && !APART(i_, j_) && !RUNS(j_) ->
        if
        :: long -> missing[i_] = missing[i_] | (1 << j_)
        :: else
        fi
      :: i_ != j_ && RUNS(i_) && !APART(i_, j_) && RUNS(j_) ->
        if
        :: (missing[i_] | skipped[i_]) & (1 << j_) -> t_ = 1
        :: else
        fi;
        missing[i_] = missing[i_] & ~(1 << j_);
        skipped[i_] = skipped[i_] & ~(1 << j_);
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
      if
      :: subscribed[i_] == ASK && claim[i_] > 0 -> publish_claim(i_, SETTLED)
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

inline begin_question(who) {
  printf("node %d: a question begins\n", who);
  step = ASKING; asker = who;
  look();
  calm = quiet && apart == 3 && healing == 0 && (claim[0] + claim[1] + claim[2] > 0);
  for (l_ : 0 .. 2) {
    if
    :: paused[l_] || fresh[l_] > 0 || unsettled[l_] > 0 || waits[l_] || stale[l_] || yielded[l_] -> calm = false
    :: else
    fi
  }
  /* No two holders once all is calm. */
  if
  :: calm -> assert((subscribed[0] == ASK) + (subscribed[1] == ASK) + (subscribed[2] == ASK) < 2)
  :: else
  fi
}

/* The question of a step goes out. */
inline ask() {
  printf("node %d: step %d\n", asker, step);
  if
  :: step == CALLING ->
    x_ = missing[asker];
    for (k_ : 0 .. 2) {
      if
      :: k_ != asker && (!up[k_] || APART(k_, asker)) -> missing[asker] = missing[asker] | (1 << k_); x_ = missing[asker]
      :: else
      fi
    }
    if
    :: x_ -> end_with_503()
    :: else ->
      asked = true; awaited = 7 & ~(1 << asker);
      for (k_ : 0 .. 2) {
        if
        :: k_ != asker -> send(asker, k_, QUESTION, NONE, 0)
        :: else
        fi
      }
    fi
  :: (step == ASKING || step == ASKING_BOTH) && subscribed[asker] == ASK && unsettled[asker] == 0 && !waits[asker] ->
    end_with_answer(rank[LINK(asker, newest[asker])])
  :: else ->
    n_ = (step == ASKING -> ASK : FALLBACK);
    for (k_ : 0 .. 2) {
      if
      :: k_ != asker && (seen[AT(asker, k_)] == n_ || (step == ASKING_BOTH && seen[AT(asker, k_)] != NONE)) -> awaited = awaited | (1 << k_); send(asker, k_, QUESTION, n_, 0)
      :: k_ == asker && (subscribed[asker] == n_ || (step == ASKING_BOTH && subscribed[asker] != NONE)) -> awaited = awaited | (1 << k_)
      :: else
      fi
    }
    if
    :: awaited == 0 -> next_step()
    :: else ->
      asked = true;
      if
      :: awaited & (1 << asker) ->
        consider(asker, n_);
        if
        :: y_ == 0 -> held[asker] = true
        :: else -> heard(asker, x_, y_)
        fi
      :: else
      fi
    fi
  fi
}

/* Whether an answer of a node can still come. */
#define CAN_ANSWER(l_) ((held[l_] && RUNS(l_) && !APART(l_, asker)) || inbox[AT(l_, asker)]??[ANSWER, _, _] || (RUNS(l_) && inbox[AT(asker, l_)]??[QUESTION, _, _]))

/* No more answers will come: the deadline, or the end of gathering. */
inline deadline() {
  printf("node %d: deadline\n", asker);
  if
  :: step == CALLING -> missing[asker] = missing[asker] | awaited; end_with_503()
  :: step != CALLING && bestRank == 0 -> end_with_503()
  :: else -> conclude()
  fi
}

#define QUIET (!READABLE(0, 1) && !READABLE(0, 2) && !READABLE(1, 0) && !READABLE(1, 2) && !READABLE(2, 0) && !READABLE(2, 1))
#define HELD ((held[0] && RUNS(0)) || (held[1] && RUNS(1)) || (held[2] && RUNS(2)))
/* One queue for all that a node gets: what came while it stood still is before a new question. */
#define CLAIMS_OF(i_, from, j_) ((i_) != from && inbox[AT(i_, j_)]??[CLAIM, _, _])
#define BACKLOG(from, j_) (stale[j_] && (CLAIMS_OF(0, from, j_) || CLAIMS_OF(1, from, j_) || CLAIMS_OF(2, from, j_)))

inline deliver(from, me) {
  inbox[AT(from, me)]?k_, m_, n_;
  printf("node %d: from %d: %d (%d, %d)   [1 interest 2 claim 3 left 4 outbid 5 question 6 answer]\n", me, from, k_, m_, n_);
  if
  :: k_ == INTEREST -> seen[AT(me, from)] = m_
  :: k_ == CLAIM -> i_ = n_ % 4; r_ = n_ / 4; on_claim(me, from, m_, i_, r_)
  :: k_ == LEFT -> on_left(me)
  :: k_ == OUTBID -> on_outbid(me, m_)
  :: k_ == QUESTION -> on_question(me, from, m_)
  :: k_ == ANSWER -> heard(from, m_, n_)
  fi
}

#define DELIVERY(from, me) \
  :: d_step { READABLE(from, me) && !(BACKLOG(from, me) && inbox[AT(from, me)]?[QUESTION, _, _]) -> deliver(from, me); bookkeeping() } \
  :: d_step { RUNS(me) && !inbox[AT(from, me)]?[INTEREST, _, _] && inbox[AT(from, me)]??[INTEREST, _, _] -> \
      printf("node %d: interest of %d ahead\n", me, from); inbox[AT(from, me)]??INTEREST, seen[AT(me, from)], _; bookkeeping() }

#define NODE(i_) \
  :: d_step { crashes > 0 && up[i_] -> crash(i_); bookkeeping() } \
  :: d_step { pauses > 0 && RUNS(i_) -> pause(i_); bookkeeping() } \
  :: d_step { paused[i_] -> printf("node %d: goes on\n", i_); paused[i_] = false; calm = false; bookkeeping() } \
  :: d_step { cuts > 0 && apart == 3 -> cut(i_, true); bookkeeping() } \
  :: d_step { cuts > 0 && apart == 3 -> cut(i_, false); bookkeeping() } \
  :: d_step { waits[i_] && RUNS(i_) && claim[i_] > 0 && QUIET -> printf("node %d: waits no more\n", i_); waits[i_] = false; release(i_, claim[i_], rank[LINK(i_, newest[i_])]); bookkeeping() } \
  :: d_step { step == IDLE && RUNS(i_) -> begin_question(i_); bookkeeping() }

#define REGISTRANT(i_, r_) \
  :: d_step { joins > 0 && RUNS(i_) && number[LINK(i_, r_)] == 0 -> join(i_, r_); bookkeeping() } \
  :: d_step { leaves > 0 && RUNS(i_) && number[LINK(i_, r_)] > 0 -> leave(i_, r_, true); bookkeeping() } \
  :: d_step { leaves > 0 && RUNS(i_) && number[LINK(i_, r_)] > 0 -> leave(i_, r_, false); bookkeeping() }

init {
  counter[0] = AHEAD;
  do
  DELIVERY(0, 1) DELIVERY(0, 2) DELIVERY(1, 0) DELIVERY(1, 2) DELIVERY(2, 0) DELIVERY(2, 1)
  NODE(0) NODE(1) NODE(2)
  REGISTRANT(0, 0) REGISTRANT(1, 0) REGISTRANT(2, 0)
  REGISTRANT(0, 1) REGISTRANT(1, 1) REGISTRANT(2, 1)
#if REGISTRANTS > 2
  REGISTRANT(0, 2) REGISTRANT(1, 2) REGISTRANT(2, 2)
#endif
  :: d_step { apart < 3 -> heal(); bookkeeping() }
  :: d_step { QUIET && (step == IDLE || paused[asker] || (asked && HELD)) -> tick(false); bookkeeping() }
  :: d_step { (PAUSES + CUTS + CRASHES > 0) && QUIET && (step == IDLE || paused[asker] || (asked && HELD)) -> tick(true); bookkeeping() }
  :: d_step { step != IDLE && !asked && RUNS(asker) && !stale[asker] -> ask(); bookkeeping() }
  :: d_step { asked && RUNS(asker) && !CAN_ANSWER(0) && !CAN_ANSWER(1) && !CAN_ANSWER(2) -> deadline(); bookkeeping() }
  od
}
