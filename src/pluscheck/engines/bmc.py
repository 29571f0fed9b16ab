"""The bounded checker: longer and longer runs, unrolled for a SAT solver (Biere, Cimatti, Clarke, Zhu, TACAS 1999).

All properties are looked for in one unrolling. At each length one question is asked first: is anything new at the end of some run? What the
solver's run then shows is found, with the fewest steps that it can happen in; the question is asked again for the rest, until the answer is no.
What becomes a trace is the simplest run of that length that the solver finds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import no_initial_state
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.engines.interface import Budget, Findings, Listener, Progress
from pluscheck.engines.limits import Limits
from pluscheck.engines.traces import step_of, trace_of
from pluscheck.engines.unrolling import Unroll, Unrolling, reason
from pluscheck.evidence.trace import Step, Trace
from pluscheck.evidence.verdict import Bounded, Reached, Reason, Unknown, Verdict, Violated
from pluscheck.ground.ground import GroundSystem, ground
from pluscheck.ground.runs import Run

NAME = "bmc"
"""What the engine is called, over whichever solver."""


def bmc(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return what is found over clauses."""
    from pluscheck.bits.unrolling import Unrolling as OverClauses  # only one of the two solvers is loaded

    return bounded(system, wanted, budget, listener, OverClauses)


def bmc_z3(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return what is found over Z3's terms."""
    from pluscheck.smt.unrolling import Unrolling as OverTerms

    return bounded(system, wanted, budget, listener, OverTerms)


def bounded(
    system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener, unroll: Unroll
) -> Findings:
    """Return what is found in runs of at most `budget.depth` steps, as far as the budget goes.

    A property that cannot be evaluated in a state is not violated there: the fault is what is found. With `FAULTS` wanted, all properties are looked at
    for faults, else those that are wanted. Raises SpecError if there is no initial state, or if the system is too large to be grounded.
    """
    started = time.monotonic()
    search = _Search(ground(system), wanted, Limits(budget, started), listener, unroll)
    search.run()
    return search.findings()


# ----------------------------------------------------------------------------------------- questions


@dataclass(frozen=True, slots=True)
class _Claim:
    """Is the property violated (or the witness reached)?"""

    name: str
    is_witness: bool = False


@dataclass(frozen=True, slots=True)
class _StepFault:
    """Does a step fault at the site?"""

    site: Site


@dataclass(frozen=True, slots=True)
class _EvaluationFault:
    """Does a property, or `terminal`, fault at the site when it is evaluated?"""

    site: Site


@dataclass(frozen=True, slots=True)
class _Possible:
    """Is the action possible?"""

    action: str


@dataclass(frozen=True, slots=True)
class _AtLabel:
    """Is a process of this kind at the label?"""

    process: str
    label: str


_Asked = _Claim | _StepFault | _EvaluationFault | _Possible | _AtLabel


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and the node that says that it is so; about a state, or about a step."""

    asked: _Asked
    node: int
    about_step: bool


def _questions(system: GroundSystem, wanted: frozenset[str]) -> list[_Question]:
    """Return all there is to find, first what is about states, then what is about steps."""
    dag = system.dag
    found: list[_Question] = []

    def add(asked: _Asked, node: int, *, about_step: bool = False) -> None:
        if node != 0:
            found.append(_Question(asked, node, about_step))

    evaluation: dict[tuple[Site, bool], list[int]] = {}
    for claim in system.properties:
        about_step = claim.property.kind is PropertyKind.TRANSITION
        if claim.property.name in wanted:
            is_witness = claim.property.kind is PropertyKind.WITNESS
            sought = claim.formula if is_witness else dag.not_(claim.formula)
            defined = dag.not_(dag.any_(claim.faults.values()))
            add(_Claim(claim.property.name, is_witness), dag.and_(sought, defined), about_step=about_step)
        if claim.property.name in wanted or FAULTS in wanted:
            for site, condition in claim.faults.items():
                evaluation.setdefault((site, about_step), []).append(condition)
    for site, condition in system.terminal_faults.items():
        evaluation.setdefault((site, False), []).append(dag.and_(system.stuck, condition))
    if DEADLOCK in wanted:
        undefined = dag.any_(system.terminal_faults.values())
        add(_Claim(DEADLOCK), dag.all_((system.stuck, dag.not_(system.terminal), dag.not_(undefined))))
    steps: dict[Site, list[int]] = {}
    for fault in system.faults:
        steps.setdefault(fault.site, []).append(fault.condition)
    for site, conditions in steps.items():
        add(_StepFault(site), dag.any_(conditions))
    for (site, about_step), conditions in evaluation.items():
        add(_EvaluationFault(site), dag.any_(conditions), about_step=about_step)
    possible: dict[str, list[int]] = {}
    for action in system.actions:
        possible.setdefault(action.action.name, []).append(action.guard)
    for fault in system.faults:
        possible.setdefault(fault.action.name, []).append(fault.condition)
    for name, guards in possible.items():
        add(_Possible(name), dag.any_(guards))
    for (process, label), node in system.labels.items():
        add(_AtLabel(process, label), node)
    return sorted(found, key=lambda question: question.about_step)


# -------------------------------------------------------------------------------------------- search


@dataclass(slots=True)
class _Search:
    system: GroundSystem
    wanted: frozenset[str]
    limits: Limits
    listener: Listener
    unroll: Unroll
    found: dict[str, Verdict] = field(default_factory=dict)
    faults: dict[Site, Trace] = field(default_factory=dict)
    first_taken: dict[str, int] = field(default_factory=dict)
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    depth: int = -1
    """Runs of so many steps were gone through."""
    complete: bool = False
    stopped: Reason | None = None
    solver_seconds: float = 0.0
    told: set[str] = field(default_factory=set)
    """The properties whose verdicts the listener knows."""

    def run(self) -> None:
        """Go through longer and longer runs until there is nothing left to find, no longer run, or no budget."""
        try:
            self._search()
        except KeyboardInterrupt:
            self.stopped = Reason.INTERRUPTED

    def _search(self) -> None:
        self._faulty_start()
        if self._is_over():
            return
        questions = _questions(self.system, self.wanted)
        unrolling = self.unroll(
            self.system,
            [question.node for question in questions if not question.about_step],
            [question.node for question in questions if question.about_step],
            memory=self.limits.megabytes_left(),
        )
        views = _Views(self.system, questions)
        open_ = list(range(len(questions)))
        while True:
            self.stopped = self.limits.exceeded()
            if self._is_over():
                return
            level = unrolling.length
            self._tell(level, questions, open_)
            open_ = self._look(unrolling, views, questions, open_)
            self.solver_seconds = unrolling.seconds
            if self._is_over():
                return
            self.depth = level
            if level == self.limits.budget.depth or not self._undecided():
                return
            unrolling.extend()

    def _tell(self, level: int, questions: Sequence[_Question], open_: Sequence[int]) -> None:
        """Tell the listener what is new, before runs of this length are looked at."""
        known = dict(self.found)
        if self.faults:
            known[FAULTS] = self._first_fault()
        found = tuple((name, verdict) for name, verdict in known.items() if name not in self.told)
        self.told.update(known)
        unseen = sum(isinstance(questions[i].asked, _Possible | _AtLabel) for i in open_)
        progress = Progress(
            NAME, level, self.limits.seconds, tuple(sorted(self._undecided())), found=found, unseen=unseen
        )
        self.listener(progress)

    def _faulty_start(self) -> None:
        """Find the faults in evaluating what the initial states are."""
        if not self.system.init_faults:
            return
        sites = list(self.system.init_faults)
        for site in sites:
            start = self.unroll(self.system, [], [], from_condition=self.system.init_faults[site])
            match start.check(seconds=self.limits.seconds_left()):
                case Answer.SAT:
                    self.faults[site] = Trace((), (), fault=site)
                case Answer.UNSAT:
                    pass
                case Answer.UNKNOWN:
                    self.stopped = reason(start.gave)
                    return

    def _look(self, unrolling: Unrolling, views: _Views, questions: Sequence[_Question], open_: list[int]) -> list[int]:
        """Find all that is new at the end of runs of this length; return the questions that stay open."""
        level = unrolling.length
        alive = False
        while True:
            asked = [i for i in open_ if level > 0 or not questions[i].about_step]
            match unrolling.ask(asked, seconds=self.limits.seconds_left()):
                case Answer.UNKNOWN:
                    self.stopped = reason(unrolling.gave)
                    return open_
                case Answer.UNSAT:
                    ends_here = not unrolling.answer_needed_question()
                    unrolling.rule_out(asked)
                    if not alive:
                        self._look_for_life(unrolling, ends_here=ends_here)
                    return open_
                case Answer.SAT:
                    alive = True
                    run = unrolling.run()
                    view = views.of(run)
                    shown = [i for i in asked if view.shows(questions[i])]
                    if not shown:
                        raise InternalError("the solver's run shows nothing of what it was asked for")
                    for i in shown:
                        what = questions[i].asked
                        if not isinstance(what, _Possible | _AtLabel):  # what becomes a trace
                            view = views.of(unrolling.simplest(i, run, seconds=self.limits.seconds_left()))
                        self._record(what, level, view)
                    open_ = [i for i in open_ if not self._is_closed(questions[i].asked)]

    def _look_for_life(self, unrolling: Unrolling, *, ends_here: bool) -> None:
        """Find out whether there is a run of this length at all, unless it is known that there is none."""
        answer = Answer.UNSAT if ends_here else unrolling.check(seconds=self.limits.seconds_left())
        match answer:
            case Answer.SAT:
                pass
            case Answer.UNSAT:
                self._dead_end(unrolling.length)
            case Answer.UNKNOWN:
                self.stopped = reason(unrolling.gave)
            case _:
                assert_never(answer)

    def _dead_end(self, level: int) -> None:
        """Take note that there is no run of this length."""
        if level == 0 and not self.faults:
            raise no_initial_state(self.system.system)
        self.complete = True
        self.depth = max(0, level - 1) if self.limits.budget.depth is None else self.limits.budget.depth

    def _record(self, asked: _Asked, level: int, view: _View) -> None:
        match asked:
            case _Claim(name, is_witness):
                self.found[name] = Reached(view.trace()) if is_witness else Violated(view.trace())
            case _StepFault(site):
                self.faults.setdefault(site, view.trace(site, view.faulting(site)))
            case _EvaluationFault(site):
                self.faults.setdefault(site, view.trace(site))
            case _Possible(action):
                self.first_taken[action] = level
            case _AtLabel(process, label):
                self.labels[process, label] = level
            case _:
                assert_never(asked)

    def _is_closed(self, asked: _Asked) -> bool:
        match asked:
            case _Claim(name):
                return name in self.found
            case _StepFault(site) | _EvaluationFault(site):
                return site in self.faults
            case _Possible(action):
                return action in self.first_taken
            case _AtLabel(process, label):
                return (process, label) in self.labels
            case _:
                assert_never(asked)

    def _is_over(self) -> bool:
        return self.stopped is not None or self.complete

    def _undecided(self) -> frozenset[str]:
        """Return the properties still open. `FAULTS` stays open to the end: there is always another site."""
        return self.wanted - self.found.keys()

    def _first_fault(self) -> Violated:
        return Violated(min(self.faults.values(), key=lambda trace: trace.length))

    def findings(self) -> Findings:
        """Return what was found."""
        verdicts = dict(self.found)
        if self.faults:
            verdicts[FAULTS] = self._first_fault()
        rest: Verdict = Bounded(self.depth) if self.stopped is None else Unknown(self.stopped, self.depth)
        verdicts.update(dict.fromkeys(self.wanted - verdicts.keys(), rest))
        return Findings(
            engine=NAME,
            verdicts=verdicts,
            faults={site: Violated(trace) for site, trace in self.faults.items()},
            depth=self.depth,
            complete=self.complete,
            first_taken=self.first_taken,
            labels=self.labels,
            seconds=self.limits.seconds,
            solver_seconds=self.solver_seconds,
        )


class _Views:
    """Reads runs: which questions a run answers with yes."""

    def __init__(self, system: GroundSystem, questions: Sequence[_Question]) -> None:
        self.system = system
        dag = system.dag
        self.state_cone = dag.cone(
            [question.node for question in questions if not question.about_step]
            + [fault.condition for fault in system.faults]
        )
        self.step_cone = dag.cone([question.node for question in questions if question.about_step])

    def of(self, run: Run) -> _View:
        """Return the view of a run."""
        system = self.system
        last = run.leaves[-1]
        leaves = {leaf.node: value for leaf, value in zip(system.leaves, last, strict=True)}
        state_values = system.dag.values(self.state_cone, leaves)
        step_values: Mapping[int, int] = {}
        if run.taken:
            both = {leaf.node: value for leaf, value in zip(system.leaves, run.leaves[-2], strict=True)}
            both.update({leaf.next_node: value for leaf, value in zip(system.leaves, last, strict=True)})
            step_values = system.dag.values(self.step_cone, both)
        return _View(system, run, state_values, step_values)


@dataclass(slots=True)
class _View:
    """One run that the solver found, and the values of nodes at its end."""

    system: GroundSystem
    run: Run
    state_values: Mapping[int, int]
    step_values: Mapping[int, int]
    _trace: Trace | None = None

    def shows(self, question: _Question) -> bool:
        """Return whether the run answers the question with yes."""
        return bool((self.step_values if question.about_step else self.state_values)[question.node])

    def faulting(self, site: Site) -> Step:
        """Return a step that faults at the site in the last state."""
        for fault in self.system.faults:
            if fault.site == site and self.state_values[fault.condition]:
                return step_of(fault.action, fault.arguments)
        raise InternalError(f"no step faults at {site.span.place}")

    def trace(self, fault: Site | None = None, faulting: Step | None = None) -> Trace:
        """Return the run as evidence."""
        if self._trace is None:
            self._trace = trace_of(self.system, self.run)
        return replace(self._trace, fault=fault, faulting=faulting)
