"""What each conjunct of an invariant is for, in words."""

from __future__ import annotations

from pluscheck.certify.necessity import Excluded, NotNeeded
from pluscheck.core.evaluator import Fault
from pluscheck.core.explain import explain
from pluscheck.core.exprs import Expr
from pluscheck.core.semantics import Taken
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.pipeline.evidence import reasons_of
from pluscheck.report.because import listed
from pluscheck.report.html.page import ClauseView

MOST_VALUES = 6
"""How many values are told of a state that a conjunct excludes."""


def clause_view(
    system: TransitionSystem, conjunct: Expr, text: str, found: Excluded | NotNeeded | None, name: str
) -> ClauseView:
    """Return a conjunct with what was found that it is for, in the proof of the property of this name."""
    match found:
        case None:
            return ClauseView(text, None, ())
        case NotNeeded():
            return ClauseView(text, needed=False, excludes=("The others prove it as well without this one.",))
        case Excluded(state, step):
            values = _values(system, conjunct, state)
            which = f"states such as one with {listed(values)}" if values else "states"
            then = (
                f"{name} is violated there."
                if step is None
                else f"from there {_said(step)} breaks what the others say."
            )
            return ClauseView(text, needed=True, excludes=(f"Excludes {which};", then))


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
