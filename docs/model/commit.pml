/* The commit protocol of one key (docs/design/commit-protocol.md), for spin: prepare, settle, accept and learn.
 *
 * N drives hold a committed state and at most one open state above it. Proposers write once each: they prepare, settle what
 * they are shown, carry what may have been acknowledged, and propose their own state on the base that is left. Each message
 * to a drive and its answer is one atomic step; which drives are reached, in which order and between which steps of others is
 * free, and a proposer may stop at any point (a lost message and a crash look alike). One drive may restart: it
 * forgets its promise and keeps its floor, or starts again with the floor of its horizon (here: its promise).
 *
 * A state's id is the ballot that first proposed it; 0 is the state of a key that was never written. parent[id] is the state
 * it was proposed on.
 *
 * Checked in every reachable state:
 *   agreement: what is known as committed is one line of states: of two of them, one is an ancestor of the other;
 *   nothing is lost: the base of a proposal that W drives accepted, and each base that a proposer settles on, has every state
 *   that was acknowledged before it prepared among its ancestors, itself included.
 *
 * BUG leaves a rule out: 1 accept without the promise, 2 no floor after a restart, 3 W-1 acceptances, 4 count holders by ballot
 * only. Each must give a counterexample.
 */
#ifndef N
#define N 3
#endif
#ifndef W
#define W 2
#endif
#ifndef P
#define P 2 /* proposers, one write each with R rounds */
#endif
#ifndef R
#define R 2
#endif
#ifndef BUG
#define BUG 0
#endif
#define B (P * R + 1)

byte committed[N], open_[N], accepted[N]; /* durable */
byte floor_[N];                           /* durable */
byte promise[N];                          /* in memory; 0: none */
byte parent[B];
bool acked[B];
byte restarts = 1;

/* Whether `a` is `b` or one of its ancestors. */
inline below(lower, upper, result) {
  walk = upper;
  do
  :: walk == lower || walk == 0 -> break
  :: else -> walk = parent[walk]
  od;
  result = (walk == lower);
  walk = 0
}

/* A state is known as committed: one line with what every drive knows. */
inline check_line(known) {
  k = 0;
  do
  :: k < N ->
     below(known, committed[k], line);
     if
     :: !line -> below(committed[k], known, line)
     :: else
     fi;
     assert(line);
     k++
  :: else -> break
  od;
  k = 0; line = false
}

inline learn(at, what) {
  if
  :: open_[at] == what && what != 0 && committed[at] != what ->
     committed[at] = what; open_[at] = 0; accepted[at] = 0;
     check_line(what)
  :: else
  fi
}

/* accept(under, on, what): the base `on` becomes known as committed, and is given to a drive that does not hold it. */
inline take(at, under, on, what, took) {
  took = false;
  if
  :: promise[at] == under || (BUG == 1 && promise[at] <= under) ->
     learn(at, on);
     if
     :: committed[at] < on -> committed[at] = on; open_[at] = 0; accepted[at] = 0; check_line(on)
     :: else
     fi;
     if
     :: committed[at] == on -> open_[at] = what; accepted[at] = under; took = true
     :: else
     fi
  :: else
  fi
}

proctype proposer(byte me) {
  byte round = 0, ballot, i, n, base, top, top_ballot, same, same_ballot, unknown, walk, k, kept;
  bool yes, line, seen[N], must[B];
  byte c[N], o[N], a[N];
  do
  :: round == R -> break
  :: round < R ->
     /* Ballots interleave: the proposers overtake each other. */
     atomic {
       ballot = round * P + me + 1;
       round++;
       k = 0;
       do
       :: k < B -> must[k] = acked[k]; k++
       :: else -> break
       od;
       k = 0; i = 0; n = 0
     }
     /* prepare */
     do
     :: i == N -> break
     :: i < N ->
        atomic {
          if
          :: ballot > promise[i] && ballot > floor_[i] && ballot > accepted[i] && ballot > committed[i] ->
             promise[i] = ballot;
             seen[i] = true; c[i] = committed[i]; o[i] = open_[i]; a[i] = accepted[i]; n++
          :: seen[i] = false
          fi;
          i++
        }
     od;
     /* settle */
     atomic {
       i = 0;
       if
       :: n < W -> goto next
       :: else
       fi;
       base = 0; top = 0; top_ballot = 0; same = 0; same_ballot = 0;
       do
       :: i < N -> if :: seen[i] && c[i] > base -> base = c[i] :: else fi; i++
       :: else -> break
       od;
       i = 0;
       do
       :: i < N ->
          if
          :: seen[i] && c[i] == base && o[i] != 0 && a[i] > top_ballot -> top = o[i]; top_ballot = a[i]
          :: else
          fi;
          i++
       :: else -> break
       od;
       i = 0;
       do
       :: i < N ->
          if
          :: top != 0 && seen[i] && c[i] == base && o[i] == top ->
             if :: a[i] == top_ballot -> same_ballot++; same++ :: else -> same = same + (BUG != 4) fi
          :: else
          fi;
          i++
       :: else -> break
       od;
       unknown = N - n;
       kept = 0;
       if
       :: top != 0 && same_ballot >= W -> base = top
       :: top != 0 && same_ballot < W && same + unknown >= W -> kept = top
       :: else
       fi;
       i = 0; n = 0; top = 0; top_ballot = 0; same = 0; same_ballot = 0; unknown = 0;
       do /* forgotten, so that fewer states differ */
       :: i < N -> c[i] = 0; o[i] = 0; a[i] = 0; i++
       :: else -> i = 0; break
       od
     }
     /* carry */
     if
     :: kept != 0 ->
        do
        :: i == N -> break
        :: i < N ->
           atomic {
             if
             :: seen[i] -> take(i, ballot, base, kept, yes); n = n + yes
             :: true /* lost */
             fi;
             i++; yes = false
           }
        od;
        atomic {
          i = 0;
          if
          :: n >= W -> base = kept; n = 0
          :: else -> goto next
          fi
        }
     :: else
     fi;
     /* The base is committed, and has everything that was acknowledged before. */
     atomic {
       check_line(base);
       i = 1;
       do
       :: i < B -> if :: must[i] -> below(i, base, yes); assert(yes); must[i] = false :: else fi; i++
       :: else -> break
       od;
       i = 0; n = 0; yes = false; kept = 0;
       parent[ballot] = base
     }
     /* accept */
     do
     :: i == N -> break
     :: i < N ->
        atomic {
          if
          :: seen[i] -> take(i, ballot, base, ballot, yes); n = n + yes
          :: true /* lost */
          fi;
          i++; yes = false
        }
     od;
     atomic {
       i = 0;
       if
       :: n >= W - (BUG == 3) -> acked[ballot] = true
       :: else -> break /* some may hold it: never proposed again */
       fi
     }
     /* learn */
     do
     :: i == N -> break
     :: i < N -> atomic { if :: learn(i, ballot) :: true fi; i++ }
     od;
     break;
next:
     atomic {
       i = 0; n = 0; yes = false; kept = 0; base = 0;
       do
       :: i < N -> c[i] = 0; o[i] = 0; a[i] = 0; seen[i] = false; i++
       :: else -> i = 0; break
       od
     }
  od
}

proctype failures() {
  byte d;
  do
  :: restarts > 0 ->
     atomic {
       select(d : 0 .. N - 1);
       if
       :: BUG != 2 && promise[d] > floor_[d] -> floor_[d] = promise[d]
       :: else
       fi;
       promise[d] = 0;
       restarts--;
       d = 0
     }
  :: break
  od
}

init {
  byte p = 0;
  atomic {
    do
    :: p < P -> run proposer(p); p++
    :: else -> break
    od;
    run failures()
  }
}
