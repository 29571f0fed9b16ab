"""Two small stories to draw: two tasks, two mutexes, and a deadlock; and a reader that a writer comes between."""

from __future__ import annotations

from lowering import model_of
from pluscheck.certify.replay import Replay, replay
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.pipeline.story import About, story
from pluscheck.report.model import Answer, Kind
from pluscheck.report.story import Story

LOCKS = """module Locks
extends Mutex
sort Task
switch Ordered : BOOLEAN == TRUE
enum Name == { a, b }
var lock : [Name -> Mutex(Task)] = [n \\in Name |-> MutexFree]
var done : 0..1 = 0
process Work(self \\in Task)
  var first : Name \\in Name;
{
  One:  await Ordered => first = a;
        mutex_lock(lock[first], self);
  Two:  mutex_lock(lock[IF first = a THEN b ELSE a], self);
  Back: lock := [n \\in Name |-> IF lock[n] = Some(self) THEN None ELSE lock[n]];
}
action Tick { await done = 0; done := 1; }
terminal == \\A n \\in Name : lock[n] = None
witness OneHas == done = 0 /\\ \\E t \\in Task : lock[a] = Some(t)
model unordered { scope Task = 2; Ordered = FALSE; expect deadlock violated; }
"""

RACE = r"""module Race
extends RwLock
sort Reader
sort Writer
enum Phase == { idle, read, told }
switch Excl : BOOLEAN == TRUE
type Task == Reader | Writer
var lock : RwLock(Task) = Unlocked
var box : [data : 0..2, mark : BOOLEAN] = [data |-> 0, mark |-> FALSE]
var seen : [Reader -> 0..2] = [r \in Reader |-> 0]

process Look(self \in Reader) {
  Lock:  if (Excl) { lock_excl(lock, self); } else { lock_shared(lock, self); };
  Wait:  skip;
  Read:  seen[self] := box.data;
  Tell:  box.mark := TRUE;
  Leave: unlock(lock, self);
}

process Put(self \in Writer) {
  Take:  lock_shared(lock, self);
  Write: with (d \in 1..2) { box.data := d; };
  Give:  unlock(lock, self);
}

(* Who looked has seen what is there. *)
invariant Fresh ==
  \A r \in Reader : pc[r] = "Leave" =>
    /\ box.mark
    /\ seen[r] = box.data
invariant Marked == box.mark \in BOOLEAN
witness Written == box.data = 2
model base { scope Reader = 1; scope Writer = 2; expect Fresh proved; }
model shared { scope Reader = 1; scope Writer = 2; Excl = FALSE; expect Fresh violated; }
"""


def told(text: str, name: str) -> Story:
    system = model_of(text).system
    found = exhaustive(system, frozenset([name]), Budget(), ignore).verdicts[name]
    assert isinstance(found, Violated | Reached)
    run = replay(system, found.trace, name)
    assert isinstance(run, Replay)
    return story(system, run, About("Locks.plus", Kind.DEADLOCK, Answer.VIOLATED, "replayed", "exhaustive", "d"))
