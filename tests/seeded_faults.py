"""Faults to be seeded in pluscheck itself, one at a time, and small specifications of which the truth is known without it.

found = ran([fault]); found.raw_wrong, found.out_wrong, found.seen
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from lowering import elaborated
from pluscheck.base.errors import SpecError
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Unknown, Verdict, Violated
from pluscheck.lower import lower
from pluscheck.pipeline.checking import checked
from pluscheck.pipeline.engines import ENGINES
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.report.model import Answer

DEPOT = r"""module Depot
sort Proc
enum Mode == { idle, busy }
var owner : Option(Proc) = None
var mode : [Proc -> Mode] = [p \in Proc |-> idle]
var queue : Seq(1..2, 1) = <<>>
var total : 0..2 = 0
var seen : SUBSET Proc = {}
switch Careful : BOOLEAN == TRUE
switch Tidy : BOOLEAN == TRUE

action Take(p \in Proc) { when owner = None; owner := Some(p); mode[p] := busy; }
action Put(p \in Proc, x \in 1..2) {
  when owner = Some(p) /\ (Careful => Len(queue) < 1) /\ (Tidy \/ total + Len(queue) < 2);
  queue := Append(queue, x);
}
action Pass { when Len(queue) > 0; total := (total + Head(queue)) % 3; queue := Tail(queue); }
action Free(p \in Proc) { when owner = Some(p) /\ Tidy; owner := None; mode[p] := idle; seen := seen \cup {p}; }

invariant Alone == \A p, q \in Proc : mode[p] = busy /\ mode[q] = busy => p = q
invariant Owned == \A p \in Proc : mode[p] = busy => owner = Some(p)
invariant Low == total < 2
invariant Unowned == owner = None
transition Keeps == seen \subseteq seen'
transition Grows == total' >= total
witness All == \A p \in Proc : p \in seen
witness Both == \A p \in Proc : mode[p] = busy
model base { scope Proc = 2; }
model hasty { scope Proc = 2; Careful = FALSE; }
model untidy { scope Proc = 2; Tidy = FALSE; }
"""
"""Procs own the depot one at a time, and put numbers into a queue that are added up."""

RELAY = r"""module Relay
sort Proc
var gate : Option(Proc) = None
var inside : 0..2 = 0
switch Gated : BOOLEAN == TRUE

process Runner(self \in Proc)
  var laps : 0..1 = 0;
{
  Start: while (laps < 1) {
           laps := laps + 1;
    Wait:  await Gated => gate = None; gate := Some(self);
    Cross: inside := inside + 1;
    Leave: if (inside = 2) { inside := 1; } else { inside := 0; };
           gate := None;
         };
}

invariant Single == inside <= 1
invariant Empty == inside = 0
lemma Never == inside = 0
lemma Within == \A p \in Proc : pc[p] \in {"Cross", "Leave"} => gate # None
witness Crossed == \A p \in Proc : laps[p] = 1
witness Crowd == inside = 2
model base { scope Proc = 2; }
model open { scope Proc = 2; Gated = FALSE; }
"""
"""Processes cross one at a time, once each; with the gate open, as they like."""

METER = r"""module Meter
var n : 0..99 \in {3, 14}

action Rise { when n < 80; n := n + 10; }
action Fall { when n > 50; n := n - 40; }

invariant Three == n % 10 = 3
invariant Ends == n % 10 = 3 \/ n % 10 = 4
invariant Below == n < 90
invariant Half == n < 60
witness Top == n = 84
witness Two == n % 5 = 2
model base { }
"""
"""A number that goes up by tens from either of two, and down again: large enough for binary arithmetic."""

_ALWAYS = {"Alone", "Owned", "Keeps", "Both", "deadlock", "faults"}
"""What holds in the depot, if nothing is left out of it; of a witness, that it is unreachable."""

TRUTH: Mapping[tuple[str, str], frozenset[str]] = {
    (DEPOT, "base"): frozenset(_ALWAYS),
    (DEPOT, "hasty"): frozenset(_ALWAYS - {"faults"}),
    (DEPOT, "untidy"): frozenset({*_ALWAYS, "All"} - {"deadlock"}),
    (RELAY, "base"): frozenset({"Single", "Within", "Crowd", "deadlock", "faults"}),
    (RELAY, "open"): frozenset({"deadlock", "faults"}),
    (METER, "base"): frozenset({"Ends", "Below", "Two", "deadlock", "faults"}),
}
"""Told by a person who has read the text: all that holds in each model. Everything else does not."""


class Seen(Enum):
    """How a fault shows, if not in a wrong verdict."""

    REJECTED = "evidence is rejected"
    CRASHED = "the run ends with an error of ours"
    UNDECIDED = "what was decided without the fault is not decided with it"


REJECTED, CRASHED, UNDECIDED = Seen.REJECTED, Seen.CRASHED, Seen.UNDECIDED


@dataclass(frozen=True, slots=True)
class Seeded:
    """A fault: what is at `place` (a module's part below `pluscheck`, `:`, a name, with a `key` of a mapping) is replaced by what `made` makes of it.

    A function is replaced wherever its module's name for it was imported; given as the name of a module that only imports it, there alone.
    `trusted` is the part that it is in, if wrong verdicts do get out: nobody else looks at what that part does. A fault of the judge shows in nothing,
    unless an engine is wrong too: in the way of the `accomplice`.
    """

    place: str
    what: str
    made: Callable[[Any], Any]
    seen: Seen | None = REJECTED
    engine: str = "ic3"
    spec: str = DEPOT
    model: str = "base"
    key: Any = None
    trusted: str | None = None
    accomplice: Seeded | None = None
    depth: int | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.what}".replace(" ", "-")

    def seed(self, patch: pytest.MonkeyPatch) -> None:
        """Put the fault in its place."""
        where, _, name = self.place.partition(":")
        module = import_module(f"pluscheck.{where}")
        *path, last = name.split(".")
        holder: Any = module
        for part in path:
            holder = getattr(holder, part)
        original = getattr(holder, last)
        made = self.made(original[self.key] if self.key is not None else original)
        if self.key is not None:
            patch.setitem(original, self.key, made)
        elif path or original.__module__ != module.__name__:
            patch.setattr(holder, last, made)
        else:
            for other in [m for n, m in sys.modules.items() if n.startswith("pluscheck.")]:
                if vars(other).get(last) is original:
                    patch.setattr(other, last, made)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run with faults came to: whose verdicts are wrong, as the engine has them and as the report says, and how else the faults show."""

    raw_wrong: frozenset[str]
    out_wrong: frozenset[str]
    answers: Mapping[str, Answer]
    seen: Seen | None
    error: str | None = None


def ran(faults: Sequence[Seeded], of: Seeded) -> Ran:
    """Return what becomes, with all these faults seeded, of the specification that one of them tells; the whole way from its text to the report."""
    honest = _honest(of.spec, of.model, of.engine, of.depth)
    with pytest.MonkeyPatch.context() as patch:
        for fault in faults:
            fault.seed(patch)
        return _ran(of.spec, of.model, of.engine, of.depth, honest)


@cache
def _honest(spec: str, model: str, engine: str, depth: int | None) -> Mapping[str, Answer]:
    """Return what is found without any fault; all that is loaded late is loaded then."""
    found = _ran(spec, model, engine, depth, {})
    assert (found.raw_wrong, found.out_wrong, found.error) == (frozenset(), frozenset(), None)
    return found.answers


def _ran(spec: str, model: str, engine: str, depth: int | None, honest: Mapping[str, Answer]) -> Ran:
    truth = TRUTH[spec, model]
    raw: dict[str, Verdict] = {}

    def recording(*args: Any) -> Any:
        findings = ENGINES_HONEST[engine].load()(*args)
        raw.update(findings.verdicts)
        return findings

    answers: dict[str, Answer] = {}
    error: str | None = None
    is_blamed = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENGINES, engine, replace(ENGINES[engine], load=lambda: recording))  # type: ignore[arg-type]
        try:
            source = elaborated(spec)
            report = checked(
                "spec.plus", lower(source, model), Options(engine=engine, depth=depth, seconds=30), Unwatched(), source
            )
        except Exception as raised:  # whatever it is, the command line tells it as an error
            # Not itself: who keeps it keeps the frames that it went through.
            error, is_blamed = repr(raised), isinstance(raised, SpecError)
        else:
            answers = {row.name: row.answer for row in report.report.properties}
    assert not is_blamed, f"what is wrong with us is not the specification's fault: {error}"
    seen: Seen | None = None
    if error is not None:
        seen = CRASHED
    elif Answer.REJECTED in answers.values():
        seen = REJECTED
    elif any(answers.get(name) in _OPEN and answer not in _OPEN for name, answer in honest.items()):
        seen = UNDECIDED
    return Ran(
        frozenset(name for name, verdict in raw.items() if is_wrong(verdict, holds=name in truth)),
        frozenset(name for name, answer in answers.items() if is_wrong_answer(answer, holds=name in truth)),
        answers,
        seen,
        error,
    )


ENGINES_HONEST = dict(ENGINES)
_OPEN = (Answer.BOUNDED, Answer.UNKNOWN)


def is_wrong(verdict: Verdict, *, holds: bool) -> bool:
    """Return whether a verdict says the opposite of the truth."""
    match verdict:
        case Proved():
            return not holds
        case Violated() | Reached():
            return holds
        case Bounded() | Unknown():
            return False


def is_wrong_answer(answer: Answer, *, holds: bool) -> bool:
    """Return whether a report says the opposite of the truth."""
    return answer is Answer.PROVED if not holds else answer in (Answer.VIOLATED, Answer.REACHED)


# -------------------------------------------------------------------------------- what faults are made of


def always(result: Any) -> Callable[[Any], Any]:
    """Return a fault: whatever is asked, the answer is this."""
    return lambda _: lambda *_args, **_more: result


def argument(number: int) -> Callable[[Any], Any]:
    """Return a fault: the result is one of the arguments (the first of a method is 1)."""
    return lambda _: lambda *args, **_more: args[number]


def after(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a fault: the result is changed."""
    return lambda original: lambda *args, **more: change(original(*args, **more))


def other_args(change: Callable[..., tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Return a fault: it is done with other arguments."""
    return lambda original: lambda *args, **more: original(*change(*args), **more)


def around(other: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a fault: this is done, which is given what was there first."""
    return lambda original: lambda *args, **more: other(original, *args, **more)
