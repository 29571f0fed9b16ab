"""Where a property is violated, as nodes: what engines that look at one property after another search for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind
from pluscheck.ground.dag import FALSE
from pluscheck.ground.ground import GroundProperty, GroundSystem


@dataclass(frozen=True, slots=True)
class Violation:
    """The nodes of "it is violated": `state` over the current leaves, `step` over the current and the next ones, `start` over those of initial values."""

    state: int = FALSE
    step: int = FALSE
    start: int = FALSE


def violation(system: GroundSystem, name: str) -> Violation:
    """Return where the property of this name, `DEADLOCK` or `FAULTS` is violated: nowhere that it faults. Of a witness, where it is reached."""
    dag = system.dag
    if name == DEADLOCK:
        undefined = dag.any_(system.terminal_faults.values())
        return Violation(state=dag.all_((system.stuck, dag.not_(system.terminal), dag.not_(undefined))))
    if name == FAULTS:
        return _faults(system)
    claim = next(claim for claim in system.properties if claim.property.name == name)
    defined = dag.not_(_is_undefined(system, claim))
    kind = claim.property.kind
    match kind:
        case PropertyKind.INVARIANT | PropertyKind.LEMMA:
            return Violation(state=dag.and_(dag.not_(claim.formula), defined))
        case PropertyKind.WITNESS:
            return Violation(state=dag.and_(claim.formula, defined))
        case PropertyKind.TRANSITION:
            return Violation(step=dag.and_(dag.not_(claim.formula), defined))
        case _:
            assert_never(kind)


def _faults(system: GroundSystem) -> Violation:
    """Return where anything faults: a step, a property, whether a state without steps is terminal, what initial values are."""
    dag = system.dag
    states = [fault.condition for fault in system.faults]
    states.append(dag.and_(system.stuck, dag.any_(system.terminal_faults.values())))
    steps: list[int] = []
    for claim in system.properties:
        of_kind = steps if claim.property.kind is PropertyKind.TRANSITION else states
        of_kind.append(_is_undefined(system, claim))
    return Violation(dag.any_(states), dag.any_(steps), dag.any_(system.init_faults.values()))


def _is_undefined(system: GroundSystem, claim: GroundProperty) -> int:
    return system.dag.any_(claim.faults.values())
