/*
 * The claims of a cluster of registries to one token. README.md says what is modelled, what has to hold, and what is left out.
 * One process; each step is atomic. Bounds, by -D: JOINS (2 or 3), LEAVES, and CRASHES, PAUSES, CUTS (0 or 1). Planted mistakes: -DMISTAKE_...
 */
#ifndef JOINS
#define JOINS 3
#endif
#ifndef LEAVES
#define LEAVES JOINS
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

/* What a node is of the token. */
#define NONE 0
#define ASK 1
#define FALLBACK 2

/* Messages: a claim is the number of a link; `left` says the number of what is left, or 0. */
#define LEFT(rest_) (4 + (rest_))
#define FULL 16777216 /* 8 messages */

/* Steps of a discovery. */
#define IDLE 0
#define CALLING 1
#define DIRECT 2

/* Phases of a cut. */
#define NOTICED 2 /* 1: no heartbeat has been missed yet */
#define HEALED 3  /* no heartbeat has been heard yet */
#define HEARD 4   /* less than 10 s ago */

/* A node that died: others miss it, then it is forgotten. */
#define MISSED 1
#define FORGOTTEN 2

#define BIT(i_) (1 << (i_))
#define HAS(mask_, i_) ((mask_) >> (i_) & 1)
#define IS_ABOVE(mask_, link_) ((mask_) >> (link_) > 1)

#define ACROSS(i_, j_) (side != 3 && (i_) != (j_) && ((i_) == side || (j_) == side))
#define APART(i_, j_) (phase < HEALED && ACROSS(i_, j_))
#define RUNS(i_) ((i_) != dead && !(paused && (i_) == sleeper))
/* Rule 6. */
#define ACTS(i_) (RUNS(i_) && !(stale && (i_) == sleeper))
#ifdef MISTAKE_SETTLES_AT_ONCE
#define HAS_SETTLED (phase < NOTICED || phase == HEARD)
#else
#define HAS_SETTLED (phase < NOTICED)
#endif
#define IS_SETTLED(i_) (HAS_SETTLED && mourning != MISSED && !(slow && (i_) != sleeper))

#define IS_AT(link_, i_) (HAS(alive, link_) && home[link_] == (i_))
#define NEWEST(i_) (IS_AT(3, i_) -> 3 : (IS_AT(2, i_) -> 2 : (IS_AT(1, i_) -> 1 : 0)))
#define ON_ASK(i_) (role[i_] == ASK || (role[i_] == FALLBACK && HAS(over, i_)))
#define ON_FALLBACK(i_) (role[i_] == FALLBACK || (role[i_] == ASK && HAS(over, i_)))
/* Of the two inboxes of a node: what comes from this one. */
#define IN(from_, to_) ((to_) * 2 + ((from_) > (to_) -> (from_) - 1 : (from_)))

/* Links of registrants, numbered from 1 in the order of joining. */
byte home[4];               /* its node */
unsigned alive : 4;
unsigned joined : 2;
unsigned leaves : 2 = LEAVES;

/* Nodes. Sets of nodes and of links are bits. */
byte role[3];
byte rivals[3];             /* of each other node: the link that it has last claimed */
unsigned over : 3;          /* less than 200 ms ago it went over, or gave the holding up ("moved") */
unsigned expecting : 3;     /* it has lost its only registrant, which may be back within 1 s */
unsigned electing : 3;
byte called[3];             /* of an election: members that have not read its roll call yet */
byte reported[3];           /* of an election: rivals of members that have not */
int inbox[6];               /* messages of 3 bits each, the oldest lowest */

/* Faults, each once at most; 3: none. */
unsigned dead : 2 = 3;
unsigned mourning : 2;
unsigned sleeper : 2 = 3;
bit paused, stale, slow;    /* stale: it goes on, and has not read all that came meanwhile; slow: a heartbeat of it did not come */
bit unheard;                /* it stood still when the others heard each other again after the cut */
unsigned side : 2 = 3;      /* the node that is, or was, cut off from the other two */
unsigned phase : 3;
bit crashes = CRASHES, pauses = PAUSES, cuts = CUTS;
bit symmetric = 1;          /* nothing has happened yet that tells node 1 from node 2 */

/* The discovery that is followed. */
unsigned step : 2;
unsigned asker : 2;         /* 3: any node, where there is no cut */
unsigned pending : 3;       /* members that have not read its roll call, or the one that is asked */
unsigned wrong : 2;         /* a link that it could end in, or 0: 404; which has been wrong since it began */
unsigned suspects : 4;      /* rivals of members that have not answered */

unsigned known : 9;         /* the truth: of each link, nodes that could know of it */

unsigned n : 2; unsigned o : 2; unsigned l : 2;                                                  /* whom the next step is about */
unsigned a : 4; unsigned b : 4; unsigned c : 3; unsigned u : 2; unsigned w : 2; int k; /* scratch: 0 at the end of each step */

#include "rules.pml"
#include "discovery.pml"
#include "faults.pml"

#define PICK(variable_) if :: variable_ = 0 :: variable_ = 1 :: variable_ = 2 fi
#define PICK_LINK HAS(alive, 1) -> l = 1 :: HAS(alive, 2) -> l = 2 :: HAS(alive, 3) -> l = 3
#define IS_DISTINCT(i_) (!symmetric || (i_) != 2)
#define DISTINGUISH symmetric = symmetric && n == 0

/* What may be next: all alternatives whose condition holds. Where nothing is possible with what was picked, nothing has happened. */
init {
  d_step { join(0); end_step() }
again:
  do
  :: atomic {
    if
    :: PICK(n); PICK(o);
      if
      :: d_step { n != o && RUNS(n) && inbox[IN(o, n)] -> read(o, n) }
      :: d_step { ACTS(n) && HAS(called[o], n) -> read_roll_call(o, n) }
      :: d_step { cuts && n != dead && IS_DISTINCT(n) && (o == 0 || (step != IDLE && (o == n || IS_FIRST(o, n)))) -> cut(n, o); DISTINGUISH }
      :: else -> n = 0; o = 0; goto again
      fi
    :: PICK(n);
      if
      :: d_step { joined < JOINS && RUNS(n) && IS_DISTINCT(n) -> join(n); DISTINGUISH }
      :: d_step { ACTS(n) && HAS(electing, n) && IS_ANSWERED(called[n]) -> end_election(n); skip }
      :: d_step { ACTS(n) && HAS(pending, n) -> read_discovery(n); skip }
      :: d_step { ACTS(n) && role[n] == FALLBACK && (IS_FREE(n) || (IS_QUIET && IS_DECIDED && IS_HIGHEST(n))) -> be_asked(n); skip }
      :: d_step { crashes && n != dead && IS_DISTINCT(n) -> crash(n); DISTINGUISH }
      :: d_step { pauses && RUNS(n) && IS_DISTINCT(n) -> pause(n); DISTINGUISH }
      :: else -> n = 0; goto again
      fi
    :: step == IDLE -> PICK(n); PICK(o);
      if
      :: ACTS(n) && IS_ASKER(n) && ACTS(o) && !APART(n, o) -> if :: l = 0 :: PICK_LINK fi
      :: else -> n = 0; o = 0; goto again
      fi;
      d_step { discover(n, o, l); skip }
    :: leaves -> if :: PICK_LINK :: else -> goto again fi;
      if
      :: d_step { RUNS(home[l]) -> leave(l, true); skip }
      :: d_step { RUNS(home[l]) -> leave(l, false); skip }
      :: else -> l = 0; goto again
      fi
    :: d_step { step == CALLING && (asker == 3 || ACTS(asker)) && IS_ANSWERED(pending) -> conclude(); skip }
    :: d_step { paused -> printf("node %d: goes on\n", sleeper); paused = 0 }
    :: d_step { phase == NOTICED -> printf("healed\n"); phase = HEALED; end_discovery() }
    :: d_step { IS_QUIET && (over & RUNNING) -> printf("200 ms\n"); over = over & ~RUNNING }
    :: d_step { IS_QUIET && IS_DECIDED && !(over & RUNNING) -> pass_1s(); skip }
    :: d_step { IS_QUIET && IS_DECIDED && IS_LASTING -> pass_10s(); skip }
    fi;
    d_step { end_step(); skip }
  }
  od
}
