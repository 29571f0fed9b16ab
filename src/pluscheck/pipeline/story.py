"""From a replayed run to all that a picture of it needs: who holds what, who waits for whom, why it went wrong, and what would have prevented it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypedDict, TypeVar, cast

from pluscheck import __version__
from pluscheck.base.source import NOWHERE, Source, Span
from pluscheck.certify.replay import Replay
from pluscheck.core.changes import changes, parts
from pluscheck.core.evaluator import Fault
from pluscheck.core.explain import Explanation
from pluscheck.core.locks import Lock, locks
from pluscheck.core.semantics import Arguments, holds
from pluscheck.core.slices import ActionStep, sliced
from pluscheck.core.system import (
    Action,
    Property,
    PropertyKind,
    State,
    TransitionSystem,
)
from pluscheck.core.values import Atom, Function, Value, show
from pluscheck.core.waits import AtLabel, at_labels, waits_for
from pluscheck.pipeline.comments import comment_above
from pluscheck.pipeline.cycles import cycles
from pluscheck.pipeline.evidence import INNER, blocked_reasons, reasons_of, written
from pluscheck.pipeline.executed import executed
from pluscheck.pipeline.prevention import prevented
from pluscheck.report import story as r
from pluscheck.report.model import Answer, Change, Kind, Place, place_of
from pluscheck.report.short_files import short_files

OUTSIDE = "(no process)"
"""The lane of the actions that belong to no process."""

MOST_BLOCKED = 4
"""How many choices of arguments of one action are said to be impossible, and why; the others are much the same."""


@dataclass(frozen=True, slots=True)
class About:
    """What the run is about, and what is said of it: see `report.story.Story`."""

    file: str
    kind: Kind
    answer: Answer
    judged: str | None
    engine: str
    digest: str


def story(system: TransitionSystem, run: Replay, about: About) -> r.Story:
    """Return the story of a run that was replayed, and ends in what it is said to end in."""
    teller = _Teller(system, run)
    claim = next((p for p in system.properties if p.name == run.property), None)
    sources = _sources(system)
    found = r.Story(
        module=system.name,
        file=about.file,
        model=system.model,
        property=run.property,
        kind=about.kind,
        answer=about.answer,
        judged=about.judged,
        engine=about.engine,
        digest=about.digest,
        version=__version__,
        scope=tuple((sort, len(atoms)) for sort, atoms in sorted(system.scope.items())),
        switches=tuple((c.name, show(c.value)) for c in system.constants if c.is_switch and not c.parts),
        formula=None if claim is None else _extent(claim.formula.span),
        sources=sources,
        lanes=tuple(lane for lane, _ in teller.lanes),
        locks=tuple(written(lock.path) for lock in teller.locks_in(0)),
        properties=tuple(p.name for p in teller.strip),
        paths=tuple(teller.written(path) for path, _ in parts(system, run.states[0])) if run.states else (),
        states=tuple(teller.state(number) for number in range(len(run.states))),
        steps=tuple(teller.steps(claim)),
        conjuncts=() if run.explanation is None else tuple(_conjuncts(run.explanation)),
        reasons=() if run.explanation is None else reasons_of(run.explanation),
        protections=tuple(_protections(system, run, teller)),
        fault=teller.fault(),
        says="" if claim is None else comment_above(claim.span),
    )
    return _renamed(found, short_files([about.file, *(source.name for source in sources)]))


_Told = TypeVar("_Told")


def _renamed(part: _Told, names: Mapping[str, str]) -> _Told:
    """Return a part of a story in which files are called by other names."""
    match part:
        case r.Extent() | Place() | r.LinesView():
            return cast("_Told", replace(part, file=names.get(part.file, part.file)))
        case r.SourceText():
            return cast("_Told", replace(part, name=names.get(part.name, part.name)))
        case tuple():
            if not part or isinstance(part[0], str):
                return part
            return cast("_Told", tuple([_renamed(item, names) for item in part]))
        case _ if is_dataclass(part) and not isinstance(part, type):
            made: dict[str, Any] = {field.name: _renamed(getattr(part, field.name), names) for field in fields(part)}
            if isinstance(part, r.StepView):  # in the order of the names that they have now
                made["lines"] = tuple(sorted(made["lines"], key=lambda one: one.file))
            if isinstance(part, r.Story):
                made["file"] = names[part.file]
            return cast("_Told", replace(part, **made))
        case _:
            return part


class _GoneThrough(TypedDict):
    """The part of a step that says where it stands."""

    extent: r.Extent | None
    lines: tuple[r.LinesView, ...]
    conditions: tuple[r.ConditionView, ...]


class _Teller:
    """Knows the lanes and the locks of one run."""

    def __init__(self, system: TransitionSystem, run: Replay) -> None:
        self.system = system
        self.run = run
        self.lanes = _lanes(system, run.states[0]) if run.states else []
        self.lane_of = {key: number for number, (_, key) in enumerate(self.lanes)}
        self.lane_of_holder = {key[1]: number for key, number in self.lane_of.items() if key[1] is not None}
        self.strip = [p for p in system.properties if p.kind is not PropertyKind.WITNESS or p.name == run.property]
        paths = [written(path) for path, _ in parts(system, run.states[0])] if run.states else []
        self._is_ambiguous = len(set(paths)) < len(paths)
        self._locks = self._whole_locks()

    def _whole_locks(self) -> list[tuple[Lock, ...]]:
        """Return the locks of each state, in every state the same: one inside an option or sequence may come and go."""
        found = [locks(self.system, state) for state in self.run.states]
        every = dict.fromkeys(lock.path for state in found for lock in state)
        result = []
        for state in found:
            here = {lock.path: lock for lock in state}
            result.append(tuple(here.get(path, Lock(path, ())) for path in every))
        return result

    def locks_in(self, number: int) -> tuple[Lock, ...]:
        """Return the locks of a state."""
        return self._locks[number] if self._locks else ()

    # ---------------------------------------------------------------------------------------- states

    def state(self, number: int) -> r.StateView:
        """Return what there is to see of a state."""
        state = self.run.states[number]
        everybody = at_labels(self.system, state)
        waits = tuple(self._waits(number, everybody))
        return r.StateView(
            values=tuple(show(value) for _, value in parts(self.system, state)),
            labels=self._labels(state),
            truths=tuple(self._truth(claim, number) for claim in self.strip),
            holdings=tuple(tuple(self._holdings(lock)) for lock in self.locks_in(number)),
            waits=waits,
            cycles=cycles({wait.lane: wait.on for wait in waits}),
            blocked=tuple(self._blocked(everybody)),
            unsaid=tuple(
                (self.lane_of[entry.process, entry.identifier], len(entry.blocked) - MOST_BLOCKED)
                for entry in everybody
                if len(entry.blocked) > MOST_BLOCKED
            ),
        )

    def _labels(self, state: State) -> tuple[str | None, ...]:
        labels: list[str | None] = []
        for _, (process, identifier) in self.lanes:
            kind = next((p for p in self.system.processes if p.name == process), None)
            if kind is None:
                labels.append(None)
                continue
            counter = state[self.system.variable_index(kind.pc)]
            at = counter.mapping[identifier] if isinstance(counter, Function) and identifier is not None else counter
            labels.append(at.label if isinstance(at, Atom) else show(at))
        return tuple(labels)

    def _truth(self, claim: Property, number: int) -> bool | None:
        states = self.run.states
        try:
            if claim.kind is PropertyKind.TRANSITION:
                return None if number == 0 else holds(self.system, claim, states[number - 1], states[number])
            return holds(self.system, claim, states[number])
        except Fault:
            return None

    def _holdings(self, lock: Lock) -> Iterator[r.HoldingView]:
        for holding in lock.holdings:
            lanes = [self.lane_of_holder[who] for who in holding.holders if who in self.lane_of_holder]
            names = tuple(
                self.lanes[self.lane_of_holder[who]][0].name if who in self.lane_of_holder else show(who)
                for who in holding.holders
            )
            yield r.HoldingView(holding.part, holding.mode.value, names, tuple(lanes), holding.count)

    def _waits(self, number: int, everybody: Sequence[AtLabel]) -> Iterator[r.Wait]:
        """Yield who waits, and for which lock."""
        here = self.locks_in(number)
        for entry in everybody:
            if not entry.waits:
                continue
            lane = self.lane_of[entry.process, entry.identifier]
            reasons = tuple(dict.fromkeys(reason for blocked in entry.blocked for reason in blocked_reasons(blocked)))
            found = waits_for(self.system, self.run.states[number], entry, here)
            lock = None if found is None else next(i for i, known in enumerate(here) if known.path == found.lock)
            holders = () if found is None else found.holders
            on = tuple(dict.fromkeys(self.lane_of_holder[who] for who in holders if who in self.lane_of_holder))
            yield r.Wait(lane, lock, on, reasons)

    def _blocked(self, everybody: Sequence[AtLabel]) -> Iterator[r.BlockedAction]:
        for entry in everybody:
            lane = self.lane_of[entry.process, entry.identifier]
            for blocked in entry.blocked[:MOST_BLOCKED]:
                own = blocked.action.self_name
                yield r.BlockedAction(
                    lane,
                    blocked.action.name,
                    tuple((name, show(value)) for name, value in blocked.arguments if name != own),
                    _extent(blocked.clause.span),
                    blocked_reasons(blocked),
                )

    # ----------------------------------------------------------------------------------------- steps

    def steps(self, claim: Property | None) -> Iterator[r.StepView]:
        """Yield the steps."""
        run = self.run
        taken = [ActionStep(step.action, step.arguments) for step in run.steps]
        needed: Sequence[bool] = [True] * len(taken)
        if claim is not None and run.explanation is not None:
            needed = sliced(self.system, claim, run.states, taken).needed
        for number, step in enumerate(run.steps, 1):
            made = changes(self.system, run.states[number - 1], step.target)
            own = step.action.self_name
            yield r.StepView(
                number=number,
                lane=self.lane_of_step(step.action, step.arguments),
                action=step.action.name,
                arguments=tuple((name, show(value)) for name, value in step.arguments if name != own),
                changes=tuple(Change(self.written(c.path), show(c.old), show(c.new)) for c in made),
                needed=needed[number - 1],
                **self._gone_through(step.action, step.arguments, run.states[number - 1]),
            )

    def fault(self) -> r.Fault | None:
        """Return what is not defined where the run ends, if it ends in that."""
        site, broken = self.run.fault, self.run.faulting
        if site is None:
            return None
        step = None
        if broken is not None:
            action, own = broken.action, broken.action.self_name
            step = r.StepView(
                number=len(self.run.steps) + 1,
                lane=self.lane_of_step(action, broken.arguments),
                action=action.name,
                arguments=tuple((name, show(value)) for name, value in broken.arguments if name != own),
                changes=(),
                needed=True,
                **self._gone_through(action, broken.arguments, self.run.states[-1]),
            )
        return r.Fault(site.kind.value, site.kind.name.replace("_", " ").lower(), place_of(site.span), step)

    def _gone_through(self, action: Action, arguments: Arguments, state: State) -> _GoneThrough:
        """Return what of the text a step has gone through."""
        found = executed(self.system, action, arguments, state)
        lines: dict[str, set[int]] = {}
        for span in found.spans:
            first, last = span.source.position(span.start)[0], span.source.position(span.end)[0]
            lines.setdefault(span.source.name, set()).update(range(first, last + 1))
        conditions = [
            r.ConditionView(extent, condition.truth)
            for condition in found.conditions
            if (extent := _extent(condition.span)) is not None
        ]
        return {
            "extent": self._text_of(action, found.spans),
            "lines": tuple(r.LinesView(file, tuple(sorted(numbers))) for file, numbers in lines.items()),
            "conditions": tuple(conditions),
        }

    def _text_of(self, action: Action, spans: Collection[Span]) -> r.Extent | None:
        """Return where the action stands: from its name or label on to the last of what it does before the next one begins."""
        span = action.span
        later = [
            a.span.start for a in self.system.actions if a.span.source is span.source and a.span.start > span.start
        ]
        end = min(later, default=len(span.source.text))
        ends = [one.end for one in spans if one.source is span.source and span.start <= one.start < end]
        return _extent(Span(span.source, span.start, max(ends, default=span.end)))

    def written(self, path: str) -> str:
        """Return a path as the specification writes it; where two kinds of processes have identifiers of one name, with the kind."""
        return re.sub(r"^pc\.(\w+)", r"\1.pc", path) if self._is_ambiguous else written(path)

    def lane_of_step(self, action: Action, arguments: Sequence[tuple[str, Value]]) -> int:
        own = next((value for name, value in arguments if name == action.self_name), None)
        return self.lane_of[action.process, own]


def _protections(system: TransitionSystem, run: Replay, teller: _Teller) -> Iterator[r.Protection]:
    """Yield for every switch that is off what would have been different in the run, were it on."""
    for name, found in prevented(system, run):
        if found is None:
            yield r.Protection(name, None, None, None, None, (), diverts=False)
            continue
        blocked = found.blocked
        yield r.Protection(
            name,
            found.number,
            teller.lane_of_step(found.step.action, found.step.arguments),
            found.step.action.name,
            None if blocked is None else _extent(blocked.clause.span),
            () if blocked is None else blocked_reasons(blocked),
            diverts=found.diverts,
        )


def _lanes(system: TransitionSystem, state: State) -> list[tuple[r.Lane, tuple[str | None, Value | None]]]:
    """Return the lanes, each with the process and the identifier that it stands for; processes first, in the order of the text."""
    found: list[tuple[r.Lane, tuple[str | None, Value | None]]] = []
    for process in system.processes:
        counter = state[system.variable_index(process.pc)]
        if isinstance(counter, Function):
            found.extend((r.Lane(show(who), process.name), (process.name, who)) for who, _ in counter.pairs)
        else:
            found.append((r.Lane(process.name, process.name), (process.name, None)))
    names = [lane.name for lane, _ in found]
    found = [
        (replace(lane, name=f"{lane.kind}[{lane.name}]") if names.count(lane.name) > 1 else lane, key)
        for lane, key in found
    ]
    if any(action.process is None for action in system.actions):
        found.append((r.Lane(OUTSIDE, ""), (None, None)))
    return found


def _conjuncts(explanation: Explanation) -> Iterator[r.Conjunct]:
    """Yield the parts of a formula that its explanation looked at, those beside the ones that decide it included, in the order of the text."""
    found: dict[Span, bool | None] = {}
    pending = [explanation]
    while pending:
        one = pending.pop()
        if not one.parts:
            found.setdefault(one.span, one.truth)
        for sibling in one.siblings:
            found.setdefault(sibling.span, sibling.truth)
        pending.extend(one.parts)
    for span in sorted(found, key=lambda s: (s.source.name, s.start, s.end)):
        text = " ".join(span.text.split())
        if span != NOWHERE and INNER not in text:
            yield r.Conjunct(_extent(span), text, found[span])


def _extent(span: Span) -> r.Extent | None:
    if span == NOWHERE:
        return None
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return r.Extent(span.source.name, line, column, end_line, end_column)


def _sources(system: TransitionSystem) -> tuple[r.SourceText, ...]:
    """Return the files that the system's parts stand in, the one with the model first."""
    found: dict[str, Source] = {}
    spans = [system.span, *(a.span for a in system.actions), *(p.span for p in system.properties)]
    spans += [v.span for v in system.variables] + [o.span for o in system.operators.values()]
    spans += [clause.span for action in system.actions for clause in action.clauses]
    for span in spans:
        if span != NOWHERE:
            found.setdefault(span.source.name, span.source)
    return tuple(r.SourceText(name, source.text) for name, source in found.items())
