"""Runs to be written down in every format: small systems, what is found of them, and stories in which every text is hostile."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from lowering import model_of
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.pipeline.evidence import Judge
from pluscheck.pipeline.trace_files import Told, told
from pluscheck.report.story import Story

RACE = r"""module Race
extends RwLock
sort Task
switch Exclusive : BOOLEAN == TRUE
enum Page == { clean, dirty }

var lock : RwLock(Task) = Unlocked
var page : Page = clean
var seen : [Task -> Option(Page)] = [t \in Task |-> None]
var log : Seq(0..9, 2) = <<>>
var pair : (0..1) \X BOOLEAN = <<0, FALSE>>

process Copy(self \in Task)
{
  Take:  if (Exclusive) { lock_excl(lock, self); } else { lock_shared(lock, self); };
  Look:  seen[self] := Some(page);
         if (Len(log) < 2) { log := Append(log, 7); };
  Write: page := dirty; pair := <<1, TRUE>>;
  Free:  unlock(lock, self);
}

invariant NothingStale == \A t \in Task : pc[t] = "Write" => seen[t] = Some(page)
transition Grows == Len(log') >= Len(log) /\ pair[1] = pair'[1]
witness BothHold == \A t \in Task : t \in lock.shared

model shared { scope Task = 2; Exclusive = FALSE; expect NothingStale violated; expect Grows violated; }
"""

FAULTY = r"""module Faulty
var x : 0..2 = 0
action Up(by \in 1..2) { x := x + by; }
invariant Small == x <= 1
model base { expect faults violated; }
"""

START = r"""module Start
var x : 0..2 \in {1, 2}
action Stay { skip; }
invariant Zero == x = 0
model base { expect Zero violated; }
"""


def run_of(text: str, name: str) -> Told:
    """Return the shortest run to a violation of the property (or to the witness) of this name, in the first model."""
    system = model_of(text).system
    found = exhaustive(system, frozenset([name]), Budget(), ignore).verdicts[name]
    one = told("spec/Race.plus", system, name, Judge(system, 20).judged(name, found), "exhaustive")
    assert one is not None
    return one


def with_text(story: Story, hostile: str) -> Story:
    """Return the story with this behind every text in it that a specification, or the name of a file, could have made."""

    def changed(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            return value + hostile
        if isinstance(value, tuple):
            return tuple(changed(part) for part in value)
        if is_dataclass(value) and not isinstance(value, type):
            kept = ("mode", "code")
            return replace(
                value, **{f.name: changed(getattr(value, f.name)) for f in fields(value) if f.name not in kept}
            )  # type: ignore[type-var]
        return value

    result = changed(story)
    assert isinstance(result, Story)
    return result
