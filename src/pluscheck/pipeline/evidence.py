"""From a verdict to what is shown of it: nothing that the judge has not accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from pluscheck.base.processes import cores
from pluscheck.certify.opinions import NotJudged, Refuted
from pluscheck.certify.opinions import Shown as ShownToHold
from pluscheck.certify.replay import Rejection, Replay, ReplayedStep, replay
from pluscheck.certify.second import SearchAhead, SecondSearch
from pluscheck.core.explain import Explanation, Shown
from pluscheck.core.exprs import Lit
from pluscheck.core.semantics import Arguments
from pluscheck.core.symmetry import may_be_large, symmetric_sorts
from pluscheck.core.system import DEADLOCK, Action, PropertyKind, Role, TransitionSystem, Variable
from pluscheck.core.values import Function, Value, show
from pluscheck.core.waiting import Blocked, Waiting
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import (
    Bounded,
    Certificate,
    InductiveInvariant,
    KInduction,
    Proved,
    ReachableSet,
    Reached,
    SearchedStates,
    Unknown,
    Verdict,
    Violated,
)
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lower.predicates import NotExpressibleError
from pluscheck.pipeline.certificates import Readable, readable, what_it_is
from pluscheck.proofs.document import StoredInduction, StoredInvariant
from pluscheck.report import model as report

if TYPE_CHECKING:  # each is loaded where it has to judge
    from pluscheck.certify.inductive import InvariantJudge
    from pluscheck.certify.reachable import ReachableSetJudge

MOST_REASONS = 8
"""How many conditions are shown of one process that waits."""

INNER = "@"
"""In the names that lowering gives to values between two statements of one step: the specification has no such names."""

JUDGE_SECONDS = 30.0
"""How long the judge may think about one set of states."""

SEARCH_SECONDS = 600.0
"""How long it may search through states a second time."""

REPLAYED = "replayed"
"""What a verdict with a trace rests on."""

REFERENCE = "reference semantics"
"""Who has replayed it."""


class RejectedError(Exception):
    """Evidence that does not show what it claims: the engine that it comes from is wrong."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict that the judge has accepted, what it rests on, and its trace if it has one.

    `by` says who has accepted it; of a proof by an invariant, `text` is what was read and judged. `run` is the trace as it was replayed.
    """

    verdict: Verdict
    on: str | None = None
    trace: report.TraceReport | None = None
    by: tuple[str, ...] = ()
    text: StoredInvariant | StoredInduction | None = None
    run: Replay | None = None
    system: TransitionSystem | None = None
    """Of a proof by an invariant: the system with the operators that what was read mentions."""


class Judge:
    """Judges the verdicts on one model. Evidence that several of them share is looked at once."""

    def __init__(self, system: TransitionSystem, asked: int, elaborated: Elaborated | None = None) -> None:
        self._system = system
        self._asked = asked
        self._elaborated = elaborated
        self._sets: dict[int, ReachableSetJudge | SecondSearch] = {}
        self._readable: dict[int, Readable | NotExpressibleError] = {}
        self._invariants: dict[int, InvariantJudge] = {}
        self._kept: list[Certificate] = []
        """So that no `id` is used again."""
        self._witnesses = {p.name for p in system.properties if p.kind is PropertyKind.WITNESS}
        self._ahead: SearchAhead | None = None

    @contextmanager
    def searching_ahead(self, *, symmetry: bool) -> Iterator[bool]:
        """Search all states a second time while the engine still does the first, where there is a core for it and there may be many states; yield whether that is so."""
        if cores() > 1 and may_be_large(self._system):
            self._ahead = SearchAhead(self._system, symmetric_sorts(self._system) if symmetry else ())
        try:
            yield self._ahead is not None
        finally:
            if self._ahead is not None:
                self._ahead.cancel()
                self._ahead = None

    def judged(self, name: str, verdict: Verdict) -> Judged:
        """Return the verdict with what it rests on. Raises RejectedError."""
        match verdict:
            case Violated(trace) | Reached(trace):
                if isinstance(verdict, Reached) != (name in self._witnesses):
                    raise RejectedError("a witness is reached and anything else violated, not the other way round")
                run = self._replayed(name, trace)
                return Judged(verdict, REPLAYED, trace_report(self._system, run), by=(REFERENCE,), run=run)
            case Proved(certificate):
                return self._proved(name, certificate)
            case Bounded() | Unknown():
                return Judged(verdict)
            case _:
                assert_never(verdict)

    def has_initial_state(self) -> bool:
        """Return whether there certainly is one: whether FALSE is refuted as an invariant, which it is if nothing else is the case."""
        nothing = InductiveInvariant((Lit(False),))
        opinion = _judge_of_invariant(self._system, nothing).opinion(DEADLOCK)
        return isinstance(opinion, Refuted)

    def _proved(self, name: str, certificate: Certificate) -> Judged:
        match certificate:
            case ReachableSet() | SearchedStates():
                return self._by_states(name, certificate)
            case InductiveInvariant() | KInduction():
                return self._by_invariant(name, certificate)
            case _:
                assert_never(certificate)

    def _by_states(self, name: str, certificate: ReachableSet | SearchedStates) -> Judged:
        """Return a proof that was accepted; where that was too much to ask, what the search claims of runs of some length."""
        judge = self._sets.get(id(certificate))
        if judge is None:
            judge = self._sets[id(certificate)] = self._judge_of(certificate)
        opinion = judge.opinion(name)
        count = certificate.count if isinstance(certificate, SearchedStates) else len(certificate.states)
        states = f"{count:,} state{'' if count == 1 else 's'}"
        if isinstance(certificate, SearchedStates) and certificate.permuted:
            states += f" up to permutations of {', '.join(certificate.permuted)}"
        match opinion:
            case ShownToHold(by):
                return Judged(Proved(certificate), f"{states}, judged by {_and(by)}", by=by)
            case NotJudged(reason):
                # The search found no more states: it speaks for runs of any length, but for a proof it needs a judge.
                return Judged(Bounded(max(certificate.diameter, self._asked)), f"{states}, no proof: {reason}")
            case Refuted(reason):
                raise RejectedError(reason)
            case _:
                assert_never(opinion)

    def _judge_of(self, certificate: ReachableSet | SearchedStates) -> ReachableSetJudge | SecondSearch:
        if isinstance(certificate, SearchedStates):
            return SecondSearch(self._system, certificate, seconds=SEARCH_SECONDS, ahead=self._ahead)
        from pluscheck.certify.reachable import ReachableSetJudge

        return ReachableSetJudge(self._system, certificate, seconds=JUDGE_SECONDS)

    def _by_invariant(self, name: str, certificate: InductiveInvariant | KInduction) -> Judged:
        """Return a proof of which the text, read again, was accepted; where nothing can be said or judged, what the search claims."""
        found = self._in_words(certificate)
        if isinstance(found, NotExpressibleError):
            return Judged(Bounded(self._asked), f"an invariant, no proof: {found}")
        what = what_it_is(found.text)
        judge = self._invariants.get(id(found))
        if judge is None:
            judge = _judge_of_invariant(found.system, found.certificate)
            self._invariants[id(found)] = judge
        match judge.opinion(name):
            case ShownToHold(by):
                return Judged(
                    Proved(found.certificate),
                    f"{what}, judged by {_and(by)}",
                    by=by,
                    text=found.text,
                    system=found.system,
                )
            case NotJudged(reason):
                return Judged(Bounded(self._asked), f"{what}, no proof: {reason}")
            case Refuted(reason):
                raise RejectedError(reason)

    def _in_words(self, certificate: InductiveInvariant | KInduction) -> Readable | NotExpressibleError:
        """Return the certificate as text and what the text says; several properties may rest on one."""
        if id(certificate) not in self._readable:
            self._kept.append(certificate)
            self._readable[id(certificate)] = self._written(certificate)
        return self._readable[id(certificate)]

    def _written(self, certificate: InductiveInvariant | KInduction) -> Readable | NotExpressibleError:
        if self._elaborated is None:
            return NotExpressibleError("there is no specification at hand to say it in")
        try:
            return readable(self._elaborated, self._system, certificate)
        except NotExpressibleError as error:
            return error

    def _replayed(self, name: str, trace: Trace) -> Replay:
        """Return the trace as it was replayed. Raises RejectedError."""
        run = replay(self._system, trace, name)
        if isinstance(run, Rejection):
            raise RejectedError(run.reason)
        return run


def _judge_of_invariant(system: TransitionSystem, certificate: InductiveInvariant | KInduction) -> InvariantJudge:
    from pluscheck.certify.inductive import InvariantJudge

    return InvariantJudge(system, certificate, seconds=JUDGE_SECONDS)


def _and(names: tuple[str, ...]) -> str:
    return " and ".join(names)


def trace_report(system: TransitionSystem, run: Replay) -> report.TraceReport:
    """Return a replay as a report has it."""
    first = run.states[0] if run.states else ()
    fault = None
    if run.fault is not None:
        broken = run.faulting
        step = None if broken is None else _step(len(run.steps) + 1, broken.action, broken.arguments, ())
        fault = report.FaultReport(run.fault.kind.value, report.place_of(run.fault.span), step)
    return report.TraceReport(
        initial=tuple(part for v, value in zip(system.variables, first, strict=False) for part in _parts(v, value)),
        steps=tuple(_replayed_step(number, step) for number, step in enumerate(run.steps, 1)),
        reasons=() if run.explanation is None else reasons_of(run.explanation),
        waiting=tuple(entry for one in run.waiting for entry in _waiting(one)),
        fault=fault,
    )


def _parts(variable: Variable, value: Value) -> list[report.InitialValue]:
    """Return the value of a variable; of a program counter, where each process is."""
    if variable.role is Role.PROGRAM_COUNTER and isinstance(value, Function):
        return [report.InitialValue(f"pc[{show(process)}]", show(at), chosen=False) for process, at in value.pairs]
    chosen = variable.any_of or variable.initial is None
    return [report.InitialValue(written(variable.name), show(value), chosen)]


def written(path: str) -> str:
    """Return a path as the specification writes it: each process has its own program counter, and all are called `pc` there."""
    return re.sub(r"\bpc\.(\w+)(\[?)", lambda match: "pc[" if match[2] else f"pc[{match[1]}]", path)


def _replayed_step(number: int, step: ReplayedStep) -> report.StepReport:
    """Return one step of a replay."""
    changes = tuple(report.Change(written(c.path), show(c.old), show(c.new)) for c in step.changes)
    return _step(number, step.action, step.arguments, changes)


def _step(number: int, action: Action, arguments: Arguments, changes: tuple[report.Change, ...]) -> report.StepReport:
    """Return a step; the process that takes it is not among its arguments."""
    return report.StepReport(
        number=number,
        action=action.name,
        process=_process(action, arguments),
        arguments=tuple((name, show(value)) for name, value in arguments if name != action.self_name),
        place=report.place_of(action.span),
        changes=changes,
    )


def _process(action: Action, arguments: Arguments) -> str | None:
    """Return who takes a step: the element that identifies the process, or the name of a single process."""
    if action.self_name is None:
        return action.process
    return next((show(value) for name, value in arguments if name == action.self_name), action.process)


def reasons_of(explanation: Explanation) -> tuple[report.Reason, ...]:
    """Return the smallest parts that decide a formula, each once."""
    return tuple(dict.fromkeys(_reason(atom) for atom in explanation.atoms()))


def _reason(atom: Explanation) -> report.Reason:
    """Return a smallest part of a formula with its values."""
    return report.Reason(
        place=report.place_of(atom.span),
        truth=atom.truth,
        bindings=tuple((name, show(value)) for name, value in atom.bindings if INNER not in name),
        values=tuple(
            dict.fromkeys((_term(shown), show(shown.value)) for shown in atom.values if INNER not in shown.text)
        ),
    )


def _term(shown: Shown) -> str:
    """Return a term as the specification writes it: where its text has become a value's, that of the source."""
    if shown.text.startswith(("(", "[", "{", "<<")):
        return " ".join(shown.span.text.split()) or shown.text
    return written(shown.text)


def _waiting(entry: Waiting) -> list[report.Waiting]:
    """Return what a process waits for; of an action outside of processes, nothing if it is possible for no arguments at all."""
    found = dict.fromkeys(reason for blocked in entry.blocked for reason in blocked_reasons(blocked))
    reasons = tuple(found)[:MOST_REASONS]
    if entry.process is not None:
        who = entry.process if entry.identifier is None else show(entry.identifier)
        return [report.Waiting(who, entry.label, reasons)]
    return [report.Waiting(entry.blocked[0].action.name, None, reasons)] if reasons else []


def blocked_reasons(blocked: Blocked) -> tuple[report.Reason, ...]:
    """Return why an action cannot go on."""
    if blocked.explanation is None:  # there is nothing to choose from
        return (report.Reason(report.place_of(blocked.clause.span), truth=False, bindings=(), values=()),)
    own = blocked.action.self_name
    return tuple(
        replace(reason, bindings=tuple((name, value) for name, value in reason.bindings if name != own))
        for reason in reasons_of(blocked.explanation)
    )
