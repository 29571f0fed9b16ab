"""Who waits, and for whom: found by trying whether he could go on without them."""

from __future__ import annotations

from lowering import system_of
from pluscheck.core.locks import locks
from pluscheck.core.semantics import Taken, initial_states, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.core.waits import at_labels, waits_for


def after(system: TransitionSystem, *wanted: tuple[str, str]) -> State:
    """Return the state after these steps, each an action and who takes it."""
    state = next(start for start in initial_states(system) if isinstance(start, tuple))
    for name, who in wanted:
        state = next(
            one.target
            for one in steps(system, state)
            if isinstance(one, Taken)
            and one.action.label == name
            and who in [show(value) for _, value in one.arguments]
        )
    return state


def edges(system: TransitionSystem, state: State) -> dict[str, tuple[str, set[str]]]:
    """Return who waits for which lock, and for whom."""
    found = {}
    for entry in at_labels(system, state):
        waits = waits_for(system, state, entry, locks(system, state)) if entry.waits else None
        if waits is not None:
            found[show(entry.identifier)] = (waits.lock, {show(who) for who in waits.holders})
    return found


UPGRADE = """module Upgrade
extends RwLock
enum Task == { p, q, r }
var l : RwLock(Task) = Unlocked
process P(self \\in Task) {
  Take:    lock_shared(l, self);
  Upgrade: await l.shared = {self}; l := [shared |-> {}, excl |-> Some(self)];
  Drop:    unlock(l, self);
}
"""


def test_a_reader_who_waits_to_be_the_only_one_does_not_wait_for_himself() -> None:
    system = system_of(UPGRADE)
    state = after(system, ("Take", "p"), ("Take", "q"))
    assert edges(system, state) == {"p": ("l", {"q"}), "q": ("l", {"p"})}
    state = after(system, ("Take", "p"), ("Take", "q"), ("Take", "r"))
    assert edges(system, state)["q"] == ("l", {"p", "r"})


def test_who_locks_a_mutex_a_second_time_waits_for_himself() -> None:
    system = system_of(
        """module Twice
extends Mutex
enum Task == { p, q }
var m : Mutex(Task) = MutexFree
process P(self \\in Task) { One: mutex_lock(m, self); Two: mutex_lock(m, self); }
"""
    )
    assert edges(system, after(system, ("One", "p"))) == {"p": ("m", {"p"}), "q": ("m", {"p"})}


def test_a_lock_that_only_tells_which_way_to_go_is_not_waited_for() -> None:
    system = system_of(
        """module Ways
extends Mutex
enum Task == { p, q }
var m : Mutex(Task) = MutexFree
var ready : BOOLEAN = FALSE
process P(self \\in Task) {
  Lock: await self = p; mutex_lock(m, self);
  Look: if (m = None) { await ready; } else { await ready; skip; };
}
"""
    )
    assert edges(system, after(system, ("Lock", "p"))) == {}


def test_of_two_locks_the_first_that_is_in_the_way_is_waited_for() -> None:
    system = system_of(
        """module Two
extends Mutex
enum Task == { p, q, r }
var m : [1..2 -> Mutex(Task)] = [i \\in 1..2 |-> MutexFree]
process P(self \\in {p, q}) {
  One:  with (i = IF self = p THEN 1 ELSE 2) { mutex_lock(m[i], self); };
  Stay: await \\A i \\in 1..2 : m[i] = None;
}
process Q(self \\in {r}) { Both: await m[2] = None /\\ m[1] = None; }
"""
    )
    state = after(system, ("One", "q"))
    assert edges(system, state)["q"] == ("m[2]", {"q"})
    both = after(system, ("One", "q"), ("One", "p"))
    waiting = edges(system, both)
    assert waiting["p"] == waiting["q"] == ("m[1]", {"p"})


def test_where_each_holder_alone_would_not_be_in_the_way_all_are() -> None:
    system = system_of(
        """module Slots
extends Counter
enum Task == { p, q, r }
var inside : HolderSet(Task) = NoHolders
process P(self \\in Task) { Enter: await Cardinality(inside) < 2; holder_get(inside, self); Leave: holder_put(inside, self); }
"""
    )
    assert edges(system, after(system, ("Enter", "p"), ("Enter", "q"))) == {"r": ("inside", {"p", "q"})}


def test_who_can_go_on_one_way_or_the_other_has_nothing_that_keeps_him() -> None:
    system = system_of(
        """module Ways
var x : 0..3 = 0
process P { Go: if (x = 0) { x := 1; goto Go; } else { await x = 3; }; }
process Q { Either: either { await x = 2; } or { await x = 0; }; }
"""
    )
    first, second = at_labels(system, after(system))
    assert not first.blocked
    assert not second.blocked
