"""From a model to what is found of it: the engine, the judge, the comparison with what is expected."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError, SpecError
from pluscheck.base.memory import held_memory
from pluscheck.core.exprs import Site
from pluscheck.core.sites import fault_sites
from pluscheck.core.system import DEADLOCK, FAULTS, Expectation, Model, PropertyKind, TransitionSystem
from pluscheck.engines.interface import Budget, Findings, Progress
from pluscheck.engines.simplicity import simplified
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Reason, Unknown, Verdict, Violated
from pluscheck.lang.elaborated import Elaborated
from pluscheck.pipeline.engines import ENGINES, IN_TURN, PORTFOLIO, ends_at_depth, together
from pluscheck.pipeline.evidence import Judge, Judged, RejectedError, trace_report
from pluscheck.pipeline.expectations import NO_FAULTS, compared, settled, wanted_depth, with_faults
from pluscheck.pipeline.options import Options, Watcher
from pluscheck.report.model import (
    ActionCount,
    Answer,
    CountsReport,
    Kind,
    ModelReport,
    Outcome,
    Part,
    Place,
    PropertyReport,
    SiteReport,
    UnfinishedReport,
    is_idle_lemma,
    place_of,
)

LAST_LABEL = "Done"
"""Where every process ends: that it is not reached is no finding, since many processes run forever."""

NATIVE = "native"
"""The engine that goes through all states one by one, and whose proofs are a second such search's to judge."""

SIMPLIFIES = frozenset({"bmc"})
"""Engines that look for simple traces themselves."""

SIMPLIFY_SECONDS = 10.0
"""When to stop looking for simpler traces, should counting conflicts not have stopped it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one model, and each verdict that the judge has accepted, by property."""

    report: ModelReport
    judged: Mapping[str, Judged]


def checked(
    file: str,
    model: Model,
    options: Options,
    watcher: Watcher,
    elaborated: Elaborated | None = None,
    *,
    faults_known: bool = False,
) -> Checked:
    """Return what an engine finds of one model, judged. Raises SpecError.

    No run goes on after a fault. So where something is to hold, there must be none to the model's depth either, which is told only if it is not so; unless what there is
    to say of faults is said elsewhere (`faults_known`).
    """
    system = model.system
    asked_about = model.expectations
    if not faults_known:
        model = with_faults(model)
    own = wanted_depth(model.expectations, model.depth)
    asked = own if options.depth is None else options.depth
    limit = asked if ends_at_depth(options.engine) else options.depth
    budget = Budget(depth=limit, seconds=options.seconds, memory=options.memory, symmetry=options.symmetry)
    wanted = frozenset(e.property for e in model.expectations)
    watcher.model_started(file, system.model, limit)
    started = time.monotonic()
    judge = Judge(system, asked, elaborated)
    with (
        judge.searching_ahead(symmetry=budget.symmetry) if options.engine == NATIVE else nullcontext(False) as is_ahead
    ):
        if is_ahead and budget.memory is not None:
            # Of what is left, the other half is for the second search.
            budget = replace(budget, memory=budget.memory - max(0, budget.memory - held_memory()) // 2)
        findings = _made_simple(system, _findings(model, wanted, budget, options, watcher, judge))
        found = [_property(system, judge, e, findings, asked, own) for e in _expectations(model, findings)]
    told = {e.property for e in asked_about}
    rows = tuple(row for row, _ in found if row.name in told or row.outcome is not Outcome.MET)
    deep_enough = findings.complete or findings.covered or findings.depth >= asked
    report = ModelReport(
        name=system.model,
        place=place_of(system.span),
        engine=findings.engine,
        depth=limit,
        reached=findings.depth,
        complete=findings.complete,
        scope=tuple((sort, len(elements)) for sort, elements in sorted(system.scope.items())),
        properties=_with_unkept_lemmas(system, rows) if findings.tried else rows,
        taken=tuple(sorted(findings.first_taken)),
        never_taken=_never_taken(system, findings) if deep_enough else None,
        fault_sites=len(fault_sites(system)),
        states=findings.states,
        transitions=findings.transitions,
        diameter=findings.diameter,
        permuted=findings.permuted,
        counts=_counts(system, findings),
        unfinished=_unfinished(findings),
        seconds=time.monotonic() - started,
        solver_seconds=findings.solver_seconds,
        tried=findings.tried,
    )
    return Checked(report, {row.name: judged for row, judged in found if judged is not None})


def _expectations(model: Model, findings: Findings) -> tuple[Expectation, ...]:
    """Return what is expected. Faults that nobody looked for and that were found all the same count too."""
    if not findings.faults or any(e.property == FAULTS for e in model.expectations):
        return model.expectations
    return (*model.expectations, NO_FAULTS)


def _findings(
    model: Model, wanted: frozenset[str], budget: Budget, options: Options, watcher: Watcher, judge: Judge
) -> Findings:
    """Return what the engine finds; if it is interrupted, that nothing is known.

    Of several engines none may win with a proof that cannot be judged. One that is refuted is no better, but has to be told of: it counts, and is rejected.
    """
    last = -1

    def listener(progress: Progress) -> None:
        nonlocal last
        last = progress.depth
        watcher.progress(progress)

    def accepts(name: str, verdict: Proved) -> bool:
        try:
            return isinstance(judge.judged(name, verdict).verdict, Proved)
        except RejectedError:
            return True

    try:
        if options.engine in (PORTFOLIO, IN_TURN):
            is_race = options.engine == PORTFOLIO
            seconds = options.prove_seconds
            return together(model, wanted, budget, listener, prove_seconds=seconds, accepts=accepts, is_race=is_race)
        return ENGINES[options.engine].load()(model.system, wanted, budget, listener)
    except SpecError as error:
        if any(d.code is Code.NO_INITIAL_STATE for d in error.diagnostics) and judge.has_initial_state():
            raise InternalError("an engine finds no initial state, and there is one") from None
        raise
    except KeyboardInterrupt:
        unknown = Unknown(Reason.INTERRUPTED, last - 1)
        return Findings(options.engine, dict.fromkeys(wanted, unknown), {}, last - 1, complete=False)


def _made_simple(system: TransitionSystem, findings: Findings) -> Findings:
    """Return the findings with traces that are easy to read; those of the bounded checker are as they are."""
    traces = {
        name: verdict.trace
        for name, verdict in findings.verdicts.items()
        if isinstance(verdict, Violated | Reached) and findings.by.get(name, findings.engine) not in SIMPLIFIES
    }
    try:
        simple = simplified(system, traces, seconds=SIMPLIFY_SECONDS)
    except (SpecError, KeyboardInterrupt):
        return findings
    verdicts = dict(findings.verdicts)
    for name, trace in simple.items():
        verdict = verdicts[name]
        if isinstance(verdict, Violated | Reached):
            verdicts[name] = replace(verdict, trace=trace)
    return replace(findings, verdicts=verdicts)


def _property(
    system: TransitionSystem, judge: Judge, expectation: Expectation, findings: Findings, asked: int, own: int
) -> tuple[PropertyReport, Judged | None]:
    """Return the verdict on one property, its evidence judged, compared with what is expected of it; and what the judge has accepted, if anything."""
    name = expectation.property
    kind, place = kind_and_place(system, name)
    judged: Judged | None = None
    reason: str | None
    sites: tuple[SiteReport, ...] = ()
    try:
        judged = judge.judged(name, settled(findings.verdicts[name], asked))
        if name == FAULTS:
            sites = _sites(judge, findings.faults)
    except RejectedError as rejected:
        answer, steps, reason = Answer.REJECTED, None, str(rejected)
        outcome, why = Outcome.REJECTED, None
    else:
        answer, steps, reason = _answer(judged.verdict)
        outcome, why = compared(judged.verdict, expectation, asked, own)
    row = PropertyReport(
        name=name,
        kind=kind,
        place=place,
        expected=expectation.expected,
        expected_depth=expectation.depth,
        answer=answer,
        steps=steps,
        reason=reason,
        judged=None if judged is None else judged.on,
        outcome=outcome,
        why=why,
        trace=None if judged is None else judged.trace,
        sites=sites,
        engine=findings.by.get(name),
    )
    return row, judged


def _with_unkept_lemmas(system: TransitionSystem, rows: tuple[PropertyReport, ...]) -> tuple[PropertyReport, ...]:
    """Return the rows, those of lemmas that are no part of a proof with a step that does not keep them."""
    known = [r.name for r in rows if r.answer is Answer.PROVED and r.kind in (Kind.INVARIANT, Kind.LEMMA)]
    return tuple(_with_unkept(system, r, known) if is_idle_lemma(r) else r for r in rows)


def _with_unkept(system: TransitionSystem, row: PropertyReport, known: list[str]) -> PropertyReport:
    from pluscheck.pipeline.lemmas import step_that_breaks  # with the judge of invariants, where there is a lemma

    found = step_that_breaks(system, row.name, known)
    return row if found is None else replace(row, unkept=trace_report(system, found))


def _answer(verdict: Verdict) -> tuple[Answer, int | None, str | None]:
    """Return a verdict as the report has it: the answer, its steps, and a reason if it is none."""
    match verdict:
        case Proved():
            return Answer.PROVED, None, None
        case Bounded(depth):
            return Answer.BOUNDED, depth, None
        case Violated(trace):
            return Answer.VIOLATED, trace.length, None
        case Reached(trace):
            return Answer.REACHED, trace.length, None
        case Unknown(reason, depth):
            return Answer.UNKNOWN, depth, str(reason)


def _sites(judge: Judge, faults: Mapping[Site, Verdict]) -> tuple[SiteReport, ...]:
    """Return each place that was found to fault, the one with the shortest run first. Raises RejectedError."""
    reports: list[tuple[int, str, SiteReport]] = []
    for site, verdict in faults.items():
        trace = judge.judged(FAULTS, verdict).trace
        if trace is not None:
            steps = len(trace.steps)
            reports.append((steps, site.span.place, SiteReport(site.kind.value, place_of(site.span), steps, trace)))
    return tuple(report for _, _, report in sorted(reports, key=lambda entry: entry[:2]))


def kind_and_place(system: TransitionSystem, name: str) -> tuple[Kind, Place | None]:
    """Return what kind of property it is, and where it is declared."""
    if name == DEADLOCK:
        return Kind.DEADLOCK, None
    if name == FAULTS:
        return Kind.FAULTS, None
    declared = next(p for p in system.properties if p.name == name)
    return _kind(declared.kind), place_of(declared.span)


def _kind(kind: PropertyKind) -> Kind:
    """Return a declared property's kind as the report has it."""
    match kind:
        case PropertyKind.INVARIANT:
            return Kind.INVARIANT
        case PropertyKind.TRANSITION:
            return Kind.TRANSITION
        case PropertyKind.WITNESS:
            return Kind.WITNESS
        case PropertyKind.LEMMA:
            return Kind.LEMMA


def _counts(system: TransitionSystem, findings: Findings) -> CountsReport | None:
    """Return what was counted, if anything was, of all actions in their order."""
    counts = findings.counts
    if counts is None:
        return None
    names = dict.fromkeys(action.name for action in system.actions)
    actions = tuple(ActionCount(name, counts.taken.get(name, 0)) for name in names)
    return CountsReport(counts.most_steps, counts.stuck, actions)


def _unfinished(findings: Findings) -> UnfinishedReport | None:
    """Return how far the search was, if its budget ended before it had all states."""
    left = findings.unfinished
    if left is None or findings.states is None:
        return None
    return UnfinishedReport(findings.states - left.waiting, left.waiting, left.bytes_held, left.more, left.ratio)


def _never_taken(system: TransitionSystem, findings: Findings) -> tuple[Part, ...]:
    """Return the actions that were never possible, and the labels that no process was ever at."""
    parts: dict[str, Part] = {}
    for process in system.processes:
        for label in process.labels:
            if label != LAST_LABEL and (process.name, label) not in findings.labels:
                parts.setdefault(f"{process.name}.{label}", Part(f"{process.name}.{label}", place_of(process.span)))
    for action in system.actions:
        if action.name not in findings.first_taken:
            parts[action.name] = Part(action.name, place_of(action.span))
    return tuple(parts.values())
