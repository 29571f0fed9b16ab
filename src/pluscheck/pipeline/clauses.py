"""What each conjunct of an invariant is for: in words, and as a step from a state that only it excludes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pluscheck.certify.necessity import Excluded, NotNeeded
from pluscheck.certify.reference import described
from pluscheck.core.changes import parts, path_text
from pluscheck.core.dependence import reads_of
from pluscheck.core.evaluator import Fault
from pluscheck.core.explain import explain
from pluscheck.core.exprs import Expr, Prime
from pluscheck.core.semantics import Taken
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.core.walk import subterms
from pluscheck.evidence.verdict import InductiveInvariant
from pluscheck.pipeline.evidence import reasons_of, written
from pluscheck.report.because import listed
from pluscheck.report.html.page import ClauseView

MOST_VALUES = 6
"""How many values are told of a state that a conjunct excludes."""


Found = Excluded | NotNeeded | None
"""What a conjunct is for; None where that was too hard to find out."""


def clause_views(
    system: TransitionSystem, invariant: InductiveInvariant, texts: Sequence[str], found: Sequence[Found], name: str
) -> tuple[ClauseView, ...]:
    """Return the conjuncts with what each is for in the proof of the property of this name, those that are not needed last.

    They are numbered from 1 on, after the properties that are part of the invariant.
    """
    order = sorted(range(len(texts)), key=lambda number: isinstance(found[number], NotNeeded))
    numbers = {conjunct: place for place, conjunct in enumerate(order, len(invariant.properties) + 1)}

    def view(number: int) -> ClauseView:
        match found[number]:
            case None:
                return ClauseView(numbers[number], texts[number], None, ())
            case NotNeeded():
                said = ("The others prove it as well without this one.",)
                return ClauseView(numbers[number], texts[number], needed=False, excludes=said)
            case Excluded(state, step):
                values = _values(system, invariant.conjuncts[number], state)
                which = f"states such as one with {listed(values)}" if values else "states"
                then = f"{_wrong(system, name)} there."
                claim = [p.formula for p in system.properties if p.name == name]
                if step is None:
                    read = _read(system, claim, state)
                else:
                    broken, told = _broken(system, invariant, number, numbers, step.target)
                    then = f"from there {_said(step)} {f'breaks {told}' if told else f'violates {name}'}."
                    read = _read(system, broken, step.target) if told else _read(system, claim, state, step.target)
                return ClauseView(
                    numbers[number],
                    texts[number],
                    needed=True,
                    excludes=(f"Excludes {which};", then),
                    step=None if step is None else _said(step),
                    states=tuple(_two_states(system, values, read, state, step)),
                )

    return tuple(view(number) for number in order)


def _wrong(system: TransitionSystem, name: str) -> str:
    """Return what must not be, of the property of this name."""
    if name == DEADLOCK:
        return "nothing can happen any more"
    if name == FAULTS:
        return "something that is not defined is evaluated"
    is_witness = any(p.name == name and p.kind is PropertyKind.WITNESS for p in system.properties)
    return f"{name} is {'true' if is_witness else 'violated'}"


def _broken(
    system: TransitionSystem, invariant: InductiveInvariant, number: int, numbers: Mapping[int, int], target: State
) -> tuple[list[Expr], str]:
    """Return what else of the invariant is not true in a state: as formulas, and in words, properties by their names and conjuncts by their numbers."""

    def keeps(part: InductiveInvariant) -> bool:
        return described(system, part)(target)

    names = [name for name in invariant.properties if not keeps(InductiveInvariant((), (name,)))]
    others = [
        other
        for other, conjunct in enumerate(invariant.conjuncts)
        if other != number and not keeps(InductiveInvariant((conjunct,)))
    ]
    broken = [p.formula for name in names for p in system.properties if p.name == name]
    broken += [invariant.conjuncts[other] for other in others]
    if others:
        places = [str(place) for place in sorted(numbers[other] for other in others)]
        names.append(f"clause{'' if len(places) == 1 else 's'} {listed(places)}")
    return broken, listed(names)


def _two_states(
    system: TransitionSystem, values: Sequence[str], read: Collection[str], state: State, step: Taken | None
) -> Iterator[tuple[str, str, str]]:
    """Yield parts of the state that the conjunct excludes and of the one that the step leads to: those that make it false, those that change, and what is read of what goes wrong."""
    after = state if step is None else step.target
    mentioned = {value.partition(" = ")[0] for value in values}
    for (path, old), (_, new) in zip(parts(system, state), parts(system, after), strict=True):
        is_read = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in read)
        if old != new or is_read or written(path) in mentioned:
            yield written(path), show(old), show(new)


def _read(
    system: TransitionSystem, formulas: Sequence[Expr], state: State, next_state: State | None = None
) -> set[str]:
    """Return the paths that the formulas' truth depends on in a state, or in a step; nothing of one that is not defined there, or that is about a step where there is none."""
    paths: set[str] = set()
    for formula in formulas:
        if next_state is None and any(isinstance(term, Prime) for term in subterms([formula])):
            continue
        try:
            found = reads_of(system, formula, state, next_state)
        except Fault:
            continue
        paths |= {path_text(name, part) for _, name, part in found}
    return paths


def _values(system: TransitionSystem, conjunct: Expr, state: State) -> list[str]:
    """Return what makes the conjunct false in the state: names that are bound, and values."""
    try:
        reasons = reasons_of(explain(system, conjunct, state))
    except Fault:
        return []
    told = dict.fromkeys(
        f"{name} = {value}" for reason in reasons for name, value in (*reason.bindings, *reason.values)
    )
    return list(told)[:MOST_VALUES]


def _said(step: Taken) -> str:
    """Return a step in words."""
    own = next((show(value) for name, value in step.arguments if name == step.action.self_name), step.action.process)
    others = [f"{name} = {show(value)}" for name, value in step.arguments if name != step.action.self_name]
    label = step.action.name.rpartition(".")[2]
    return "".join([f"{own}: " if own else "", label, *[f", {other}" for other in others]])
