"""What of the text a step has gone through: found by carrying it out once more, and looking at what is evaluated on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.evaluator import Effort, Fault, Setting, deep_recursion, environment, shape_of, truth, value_of
from pluscheck.core.exprs import And, Expr, Implies, Local, Not
from pluscheck.core.semantics import Arguments
from pluscheck.core.system import Action, Assertion, Bind, Guard, Pick, Role, State, TransitionSystem
from pluscheck.core.walk import children
from pluscheck.pipeline.evidence import INNER

JUMPS = ("goto", "call", "return")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was asked on the way, as it stands in the text, with its truth: of an `if` that went the other way it is FALSE."""

    span: Span
    truth: bool


@dataclass(frozen=True, slots=True)
class Executed:
    """The smallest pieces of the text that were evaluated, the name or label of the action among them, and the conditions, conjunct by conjunct."""

    spans: frozenset[Span]
    conditions: tuple[Condition, ...]


def executed(system: TransitionSystem, action: Action, arguments: Arguments, state: State) -> Executed:
    """Return what a step that was taken in this state with these arguments has gone through; of one that faults, up to there."""
    visits = _Visits()
    setting = Setting(environment(system), state, None, {}, visits, {}, in_next=False)
    conditions: dict[Span, Condition] = {}
    try:
        with deep_recursion(action.span):
            _carry_out(system, action, dict(arguments), setting, conditions)
    except Fault:
        pass  # what was evaluated until then was evaluated
    spans = {_head(action.span), *conditions, *visits.spans} - {NOWHERE}
    return Executed(frozenset(spans), tuple(conditions.values()))


def _head(span: Span) -> Span:
    """Return the line with the name or label of an action; what stands on the next ones may be another way through it."""
    if span == NOWHERE:
        return span
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)


class _Visits(Effort):
    """Notes where everything stands that is evaluated and has no parts of its own."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        super().__init__()
        self.spans: set[Span] = set()

    def visit(self, expr: Expr) -> None:
        super().visit(expr)
        is_inner = isinstance(expr, Local) and INNER in expr.name  # a value between two statements stands nowhere
        if next(children(expr), None) is None and not is_inner:
            self.spans.add(expr.span)


def _carry_out(
    system: TransitionSystem,
    action: Action,
    arguments: dict[str, object],
    setting: Setting,
    conditions: dict[Span, Condition],
) -> None:
    for clause in action.clauses:
        match clause:
            case Pick(name, domain):
                shape_of(domain, setting)
                if name not in arguments:
                    return
                setting = setting.binding({name: arguments[name]})  # type: ignore[dict-item]
            case Bind(name, value):
                setting = setting.binding({name: value_of(value, setting)})
            case Guard(condition):
                truth(condition, setting)
                if clause.span.start != action.span.start:  # that a process is at the label is no condition of the text
                    for found in _asked(condition, setting):
                        conditions.setdefault(found.span, found)
            case Assertion(condition):
                truth(condition, setting)
            case _:
                assert_never(clause)
    roles = {variable.name: variable.role for variable in system.variables}
    for update in action.updates:
        if roles[update.variable] in (Role.PROGRAM_COUNTER, Role.RETURN) and not _is_jump(update.span):
            continue  # where a step ends stands nowhere, but for a jump
        value_of(update.value, setting)


def _is_jump(span: Span) -> bool:
    return span != NOWHERE and span.text.lstrip().startswith(JUMPS)


def _asked(condition: Expr, setting: Setting) -> Iterator[Condition]:
    """Yield the parts of a condition that is true, with what their text is."""
    match condition:
        case And(args) if any(arg.span not in (NOWHERE, condition.span) for arg in args):
            for arg in args:
                yield from _asked(arg, setting)
        case Implies(left, right) if right.span == condition.span:  # within an `if` that is no step by itself
            if truth(left, setting):
                yield from _asked(right, setting)
        case Not(operand) if (
            operand.span == condition.span
        ):  # the way to go where the condition of an `if` or `while` is false
            yield Condition(condition.span, truth(operand, setting))
        case _:
            yield Condition(condition.span, truth=True)
