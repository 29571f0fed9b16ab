"""Who holds which lock is read from a state by the types that say so."""

from __future__ import annotations

import pytest

from lowering import system_of
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core.digest import system_digest
from pluscheck.core.locks import Holding, Lock, Mode, locks
from pluscheck.core.semantics import Taken, initial_states, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Atom

HELD = """module Held
extends RwLock, Mutex, Counter
sort Task
enum File == { a, b }
lock_type Gate(T) == [inner : Mutex(T), waiting : 0..3]
type Inode(T) == [rwsem : RwLock(T), size : 0..1]
var inode : [File -> Inode(Task)] = [f \\in File |-> [rwsem |-> Unlocked, size |-> 0]]
var gate  : Option(Gate(Task)) = None
var busy  : Counter(2) \\X BOOLEAN = <<0, FALSE>>
var plain : SUBSET Task = {}
action Read(t \\in Task)  { lock_shared(inode[a].rwsem, t); plain := {t}; }
action Write(t \\in Task) { lock_excl(inode[b].rwsem, t); gate := Some([inner |-> Some(t), waiting |-> 2]); }
action Count { busy := <<busy[1] + 1, TRUE>>; }
model m { scope Task = 2; }
"""


def after(system: TransitionSystem, *names: str) -> State:
    state = next(start for start in initial_states(system) if isinstance(start, tuple))
    for name in names:
        state = next(one.target for one in steps(system, state) if isinstance(one, Taken) and one.action.name == name)
    return state


def test_locks_are_found_wherever_their_type_stands() -> None:
    system = system_of(HELD)
    (first, second) = system.scope["Task"]
    assert isinstance(first, Atom)
    free = locks(system, after(system))
    assert free == (Lock("inode[a].rwsem", ()), Lock("inode[b].rwsem", ()), Lock("busy[1]", ()))
    held = locks(system, after(system, "Read", "Write", "Count", "Count"))
    assert held == (
        Lock("inode[a].rwsem", (Holding("shared", Mode.SHARED, (first,), 1),)),
        Lock("inode[b].rwsem", (Holding("excl", Mode.EXCLUSIVE, (first,), 1),)),
        Lock(
            "Get(gate)",
            (Holding("inner", Mode.EXCLUSIVE, (first,), 1), Holding("waiting", Mode.COUNTED, (), 2)),
        ),
        Lock("busy[1]", (Holding("", Mode.COUNTED, (), 2),)),
    )
    assert second not in [who for lock in held for holding in lock.holdings for who in holding.holders]


@pytest.mark.parametrize(
    "body", ["BOOLEAN", "[owner : Option(Task), dirty : BOOLEAN]", "Seq(Task, 2)", "Task", "Plain"]
)
def test_a_lock_type_says_who_holds(body: str) -> None:
    text = f"module Held\nsort Task\ntype Plain == SUBSET Task\nlock_type L == {body}\nmodel m {{ scope Task = 1; }}\n"
    with pytest.raises(SpecError) as raised:
        system_of(text)
    assert [found.code for found in raised.value.diagnostics] == [Code.BAD_TYPE_DECLARATION]


def test_to_say_that_a_type_is_a_lock_changes_no_meaning() -> None:
    text = HELD.replace("lock_type Gate", "type Gate").replace("lock_type", "type")
    names = [claim.name for claim in system_of(HELD).properties]
    assert system_digest(system_of(text), names) == system_digest(system_of(HELD), names)
