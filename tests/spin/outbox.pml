/* SPDX-License-Identifier: MIT */
/*
 * The outbox as a model: two operations on one target, a road that loses,
 * delays and forgets, a desk that dies between any two steps. It says whether
 * the rules of the outbox are enough; whether the code keeps them is the
 * simulator's question. run.sh runs every class of backend and every wrong
 * design; each wrong design must be refuted.
 *
 * CLASS  1 KEY     the server knows a key again, and forgets it some day
 *        2 UNIQUE  the server refuses a client's id the second time
 *        3 MARKER  the client's id can be read back, nothing else
 *        4 NOTHING only what is there can be looked at: a person is asked
 *        5 FIELD   the operations set and clear the same field: harmless
 *                  twice, not harmless late
 *
 * LATER  the first one is for a time to come: the second need not wait for it,
 *        and what has left is finished before it leaves
 *
 * What is abstracted: the settle window of an operation is over when none of
 * its requests is on the road any more; reading back tells the truth (the lag
 * of replicas is part of the window).
 */
#ifndef CLASS
#define CLASS 1
#endif
#ifndef DESKS
#define DESKS 1
#endif
#define OPS 2
#define MAX_LOST 2
#define MAX_EARLY 1 /* the desk gives up while the request is on the road */
#define MAX_DEATHS 2

#define QUEUED 0
#define SENDING 1
#define UNSURE 2
#define DONE 3
#define HELD 4
#define CANCELLED 5
#define FORGOTTEN 6 /* the row was deleted: a wrong design */

/* durable, in the cache */
byte state[OPS];
bool armed_once[OPS];

/* volatile, in the desk's memory; one of them waits for one answer */
byte busy[DESKS]; /* operation + 1, 0 idle */
bool handed[DESKS]; /* its request is on the road */
byte lock; /* desk + 1 */

/* the world */
byte road[OPS];	  /* requests that may still be executed */
byte happened[OPS];
bool key[OPS];	  /* the server remembers it */
bool key_old[OPS]; /* its life is over: known to a careful clock */
bool answer[OPS];
byte last_happened;
#ifdef LATER
bool asleep = true;
byte leader = 2; /* which one left first */
#endif
byte lost, early, deaths;
#if CLASS == 5
bool field;
#endif

#define ended(i) (state[i] >= DONE)
#define open_before(i) (i == 1 && !ended(0))

inline happen(i)
{
	if
	:: (CLASS == 1 || CLASS == 2) && key[i] -> skip
	:: else ->
		happened[i]++;
		key[i] = true;
#if CLASS == 5
		field = (i == 0);
#endif
#ifdef LATER
		assert(happened[1 - i] == 0 || leader != i); /* I5 */
		assert(CLASS < 3 || road[1 - i] == 0);
#else
		assert(last_happened <= i); /* I5: in order, never late */
		last_happened = i
#endif
	fi;
	assert(CLASS == 5 || happened[i] <= 1); /* I2: never twice */
	assert(state[i] != CANCELLED)		/* I4: undo is real */
}

proctype Road(byte i)
{
end:	do
	:: atomic { road[i] > 0 && lost < MAX_LOST -> lost++; road[i]-- }
	:: atomic { road[i] > 0 -> happen(i); road[i]--; answer[i] = true }
	:: atomic { road[i] > 0 && lost < MAX_LOST ->
		lost++; happen(i); road[i]-- }
#ifdef ROAD_DOUBLES
	:: atomic { road[i] > 0 && lost < MAX_LOST -> lost++; happen(i) }
#endif
	od
}

#if CLASS == 1
/* A key cannot die while a request that was allowed to use it is on the road
 * (the margin), but at any other time, also while the operation waits. */
proctype Forget(byte i)
{
end:	do
	:: atomic { key[i] && !key_old[i] && road[i] == 0 &&
		state[i] != SENDING -> key_old[i] = true; key[i] = false }
	:: atomic { !key[i] && armed_once[i] && !key_old[i] && road[i] == 0 &&
		state[i] != SENDING -> key_old[i] = true }
	od
}
#endif

proctype Person(byte i)
{
end:	if
	:: atomic { state[i] == QUEUED && !armed_once[i] ->
		state[i] = CANCELLED }
#ifdef BUG_UNDO_LATE
	:: atomic { state[i] == SENDING -> state[i] = CANCELLED }
#endif
	:: skip
	fi
}

#if defined(LATER) && !defined(NO_MORNING)
proctype Morning()
{
	asleep = false
}
#endif

inline boot()
{
	busy[me] = 0;
	handed[me] = false;
	if
	:: state[0] == SENDING -> state[0] = UNSURE
	:: else
	fi;
	if
	:: state[1] == SENDING -> state[1] = UNSURE
	:: else
	fi
}

#ifdef BUG_NO_LOCK
#define mine true
#else
#define mine (lock == me + 1)
#endif

#ifdef BUG_NO_LANE
#define free_to_go(i) (state[i] == QUEUED)
#elif defined(LATER)
#define under_way(i) (armed_once[i] && !ended(i))
#ifdef BUG_OVERTAKEN
#define in_the_way(i) (i == 1 && !asleep && open_before(1))
#elif defined(BUG_SLEEPERS_BLOCK)
#define in_the_way(i) open_before(i)
#else
/* those that have left come first, then by age */
#define in_the_way(i) ((i == 1 && open_before(1) && (armed_once[0] || \
	(!asleep && !armed_once[1]))) || \
	(i == 0 && under_way(1) && !armed_once[0]))
#endif
#define free_to_go(i) (state[i] == QUEUED && !(i == 0 && asleep) && \
	!in_the_way(i))
#else
#define free_to_go(i) (state[i] == QUEUED && !open_before(i))
#endif

#if CLASS == 1 && !defined(BUG_KEY_UNCHECKED) && !defined(BUG_KEY_CHECKED_EARLY)
#define key_fits(i) (!key_old[i])
#else
#define key_fits(i) true
#endif

/* T2: the state is durable before the first byte leaves. */
inline arm(i)
{
	atomic { mine && busy[me] == 0 && free_to_go(i) && key_fits(i) ->
#ifdef LATER
		if
		:: leader == 2 -> leader = i
		:: else
		fi;
#endif
		armed_once[i] = true;
		answer[i] = false;
		busy[me] = i + 1;
		handed[me] = false;
#ifdef BUG_FORGET_ROW
		state[i] = FORGOTTEN
#else
#ifdef BUG_SEND_FIRST
		road[i]++;
		handed[me] = true
#else
		state[i] = SENDING
#endif
#endif
	}
}

#if CLASS == 1
inline key_too_old(i)
{
	atomic { mine && busy[me] == 0 && free_to_go(i) && !key_fits(i) ->
		state[i] = UNSURE }
}
#endif

inline hand_over(i)
{
	atomic { mine && busy[me] == i + 1 && !handed[me] ->
		road[i]++;
		handed[me] = true;
#ifdef BUG_DONE_EARLY
		state[i] = DONE
#endif
	}
}

inline late_arm(i)
{
	atomic { mine && busy[me] == i + 1 && handed[me] &&
		state[i] == QUEUED -> state[i] = SENDING }
}

/* T3, by compare-and-set. */
inline answered(i)
{
	atomic { mine && busy[me] == i + 1 && handed[me] && answer[i] ->
		busy[me] = 0;
		if
		:: state[i] == SENDING -> state[i] = DONE
		:: else
		fi }
}

inline give_up(i)
{
	atomic { mine && busy[me] == i + 1 && handed[me] && !answer[i] &&
		(road[i] == 0 || early < MAX_EARLY) ->
		if
		:: road[i] > 0 -> early++
		:: else
		fi;
		busy[me] = 0;
		if
#ifdef BUG_BLIND
		:: state[i] == SENDING -> state[i] = QUEUED
#else
		:: state[i] == SENDING -> state[i] = UNSURE
#endif
		:: else
		fi }
}

/* T5. */
inline settle(i)
{
#if CLASS == 1
#ifdef BUG_KEY_UNCHECKED
	atomic { mine && state[i] == UNSURE -> state[i] = QUEUED }
#else
	if
	:: atomic { mine && state[i] == UNSURE && !key_old[i] ->
		state[i] = QUEUED }
	:: atomic { mine && state[i] == UNSURE && key_old[i] &&
		happened[i] > 0 -> state[i] = DONE }
	:: atomic { mine && state[i] == UNSURE && key_old[i] &&
		happened[i] == 0 && road[i] == 0 -> state[i] = HELD }
	fi
#endif
#endif
#if CLASS == 2
	atomic { mine && state[i] == UNSURE -> state[i] = QUEUED }
#endif
#if CLASS == 3
	if
	:: atomic { mine && state[i] == UNSURE && happened[i] > 0 ->
		state[i] = DONE }
#ifdef BUG_SHORT_WINDOW
	:: atomic { mine && state[i] == UNSURE && happened[i] == 0 ->
		state[i] = QUEUED }
#else
	:: atomic { mine && state[i] == UNSURE && happened[i] == 0 &&
		road[i] == 0 -> state[i] = QUEUED }
#endif
	fi
#endif
#if CLASS == 4
	if
	:: atomic { mine && state[i] == UNSURE && happened[i] > 0 ->
		state[i] = DONE }
#ifdef BUG_SHORT_WINDOW
	:: atomic { mine && state[i] == UNSURE && happened[i] == 0 ->
		state[i] = HELD }
#else
	:: atomic { mine && state[i] == UNSURE && happened[i] == 0 &&
		road[i] == 0 -> state[i] = HELD }
#endif
	fi
#endif
#if CLASS == 5
#ifdef BUG_SHORT_WINDOW
	atomic { mine && state[i] == UNSURE -> state[i] = QUEUED }
#else
	atomic { mine && state[i] == UNSURE && road[i] == 0 ->
		state[i] = QUEUED }
#endif
#endif
}

#define die \
	atomic { mine && deaths < MAX_DEATHS && !(ended(0) && ended(1)) -> \
		deaths++; lock = 0; goto born }

proctype Desk(byte me)
{
born:	atomic {
#ifndef BUG_NO_LOCK
		lock == 0 -> lock = me + 1;
#endif
		boot()
	};
	do
	:: arm(0)
	:: arm(1)
#if CLASS == 1
	:: key_too_old(0)
	:: key_too_old(1)
#endif
	:: hand_over(0)
	:: hand_over(1)
#ifdef BUG_SEND_FIRST
	:: late_arm(0)
	:: late_arm(1)
#endif
	:: answered(0)
	:: answered(1)
	:: give_up(0)
	:: give_up(1)
	:: settle(0)
	:: settle(1)
	:: die
	:: atomic { ended(0) && ended(1) && mine && busy[me] == 0 ->
		lock = 0; break }
	od
}

#define at_rest (ended(0) && ended(1) && road[0] == 0 && road[1] == 0 && \
	busy[0] == 0)

proctype Judge()
{
	byte i = 0;

	at_rest;
	atomic {
		do
		:: i < OPS ->
			assert(state[i] != FORGOTTEN || happened[i] > 0);
			assert(state[i] != DONE || happened[i] > 0);
			assert(state[i] != CANCELLED || happened[i] == 0);
			assert(state[i] != HELD || (happened[i] == 0 &&
				(CLASS == 1 || CLASS == 4)));
			i++
		:: else -> break
		od;
#if CLASS == 5
		assert(!(state[0] == DONE && state[1] == DONE) || !field);
#endif
	}
}

init {
	byte i = 0;

	atomic {
		do
		:: i < OPS ->
			run Road(i);
			run Person(i);
#if CLASS == 1
			run Forget(i);
#endif
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < DESKS -> run Desk(i); i++
		:: else -> break
		od;
#if defined(LATER) && !defined(NO_MORNING)
		run Morning();
#endif
		run Judge()
	}
}

/* What is said is true, at every moment and not only at the end. */
ltl truthful { [] ((state[0] != DONE || happened[0] > 0) &&
	(state[1] != DONE || happened[1] > 0) &&
	(state[0] != HELD || happened[0] == 0) &&
	(state[1] != HELD || happened[1] == 0)) }
/* Every operation comes to an end. */
ltl live { <> (ended(0) && ended(1)) }
#ifdef LATER
/* What is done today does not wait for tomorrow. */
ltl today { <> ended(1) }
#endif
