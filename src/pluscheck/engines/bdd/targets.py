"""What is looked for, as sets of states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pluscheck.core.exprs import Site
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind
from pluscheck.engines.bdd.diagrams import Diagram
from pluscheck.engines.bdd.encoding import Encoding
from pluscheck.ground.ground import GroundAction, GroundFault, GroundProperty


@dataclass(frozen=True, slots=True)
class Claim:
    """The property is violated (or the witness reached)."""

    name: str
    is_witness: bool = False


@dataclass(frozen=True, slots=True)
class Faulty:
    """Something faults at the site: a step, or a property or `terminal` that is evaluated."""

    site: Site


@dataclass(frozen=True, slots=True)
class Possible:
    """The action, by name, is possible."""

    action: str


@dataclass(frozen=True, slots=True)
class AtLabel:
    """A process of this kind is at the label."""

    process: str
    label: str


Sought = Claim | Faulty | Possible | AtLabel


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked for, and the states where it is found: there, or after one step more, `step`. `faulting`: that step cannot be completed."""

    sought: Sought
    states: Diagram
    step: GroundAction | None = None
    faulting: GroundFault | None = None

    @property
    def extra(self) -> int:
        """How many steps more."""
        return int(self.step is not None)


def targets(encoding: Encoding, wanted: frozenset[str]) -> list[Target]:
    """Return all there is to find, each but in states where it might be."""
    false = encoding.diagrams.false
    return [target for target in _targets(encoding, wanted) if target.states != false]


def _targets(encoding: Encoding, wanted: frozenset[str]) -> Iterator[Target]:
    system, current = encoding.system, encoding.current
    about_steps: list[GroundProperty] = []
    for claim in system.properties:
        if claim.property.name not in wanted and FAULTS not in wanted:
            continue
        if claim.property.kind is PropertyKind.TRANSITION:
            about_steps.append(claim)
            continue
        for site, condition in claim.faults.items():
            yield Target(Faulty(site), current.boolean(condition) & encoding.valid)
        if claim.property.name in wanted:
            is_witness = claim.property.kind is PropertyKind.WITNESS
            formula = current.boolean(claim.formula)
            sought = formula if is_witness else ~formula
            yield Target(
                Claim(claim.property.name, is_witness), sought & ~current.any_of(claim.faults.values()) & encoding.valid
            )
    stuck = current.boolean(system.stuck) & encoding.valid
    for site, condition in system.terminal_faults.items():
        yield Target(Faulty(site), stuck & current.boolean(condition))
    if DEADLOCK in wanted:
        undefined = current.any_of(system.terminal_faults.values())
        yield Target(Claim(DEADLOCK), stuck & ~current.boolean(system.terminal) & ~undefined)
    possible: dict[str, Diagram] = {}
    for fault in system.faults:
        where = current.boolean(fault.condition) & encoding.valid
        yield Target(Faulty(fault.site), where, faulting=fault)
        possible[fault.action.name] = possible.get(fault.action.name, encoding.diagrams.false) | where
    for action in system.actions:
        where = current.boolean(action.guard) & encoding.valid
        possible[action.action.name] = possible.get(action.action.name, encoding.diagrams.false) | where
        if about_steps:
            yield from _after_step(encoding, about_steps, action, where, wanted)
    for name, where in possible.items():
        yield Target(Possible(name), where)
    for (process, label), node in system.labels.items():
        yield Target(AtLabel(process, label), current.boolean(node) & encoding.valid)


def _after_step(
    encoding: Encoding, claims: list[GroundProperty], action: GroundAction, guard: Diagram, wanted: frozenset[str]
) -> Iterator[Target]:
    """Yield what the properties of steps say of an action's."""
    formulas = encoding.following(action.updates)
    for claim in claims:
        for site, condition in claim.faults.items():
            yield Target(Faulty(site), guard & formulas.boolean(condition), action)
        if claim.property.name in wanted:
            broken = ~formulas.boolean(claim.formula) & ~formulas.any_of(claim.faults.values())
            yield Target(Claim(claim.property.name), guard & broken, action)
