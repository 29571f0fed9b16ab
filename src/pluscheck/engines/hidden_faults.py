"""Which faults a search up to permutations may not see.

Elements of a sort are gone through in order, and what faults first is told of. That something faults is the same of all permutations of a state; which of several
places it is, need not be. So where a place was found to fault, others that are evaluated with it may only be the first in states that were not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pluscheck.core import exprs as e
from pluscheck.core.exprs import Expr, Site
from pluscheck.core.sites import expressions_of
from pluscheck.core.system import TransitionSystem
from pluscheck.core.walk import subterms
from pluscheck.ground.ground import GroundSystem

_GOING_THROUGH = (e.Forall, e.Exists, e.Choose, e.Filter, e.Map, e.Lambda)


def is_hiding(system: GroundSystem, found: Collection[Site]) -> bool:
    """Return whether, where these sites fault, others may be the first to in permutations of a state, or these earlier."""
    return any(
        len(sites) > 1 and not sites.isdisjoint(found) and _goes_through_elements(system.system, expressions)
        for sites, expressions in _evaluations(system)
    )


def _evaluations(system: GroundSystem) -> Iterator[tuple[set[Site], list[Expr]]]:
    """Yield what is evaluated together, with the sites that may fault there."""
    for claim in system.properties:
        yield set(claim.faults), [claim.property.formula]
    if system.system.terminal is not None:
        yield set(system.terminal_faults), [system.system.terminal]
    for action in system.system.actions:
        yield {fault.site for fault in system.faults if fault.action is action}, list(expressions_of(action))


def _goes_through_elements(system: TransitionSystem, expressions: list[Expr]) -> bool:
    """Return whether evaluating these goes through the elements of some set."""
    pending = list(expressions)
    called: set[str] = set()
    while pending:
        for term in subterms([pending.pop()]):
            if isinstance(term, _GOING_THROUGH):
                return True
            if isinstance(term, e.Call) and term.operator not in called:
                called.add(term.operator)
                pending.append(system.operators[term.operator].body)
    return False
