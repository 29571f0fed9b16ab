"""Why a formula is true or false in a state, down to the smallest parts and the values that make them so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.changes import shown_arguments
from pluscheck.core.evaluator import (
    Fault,
    Setting,
    Thunk,
    deep_recursion,
    outermost,
    shape_of,
    taken_arm,
    truth,
    value_of,
)
from pluscheck.core.exprs import (
    And,
    App,
    Call,
    Case,
    Compare,
    Const,
    Eq,
    Exists,
    Expr,
    Field,
    Forall,
    Implies,
    In,
    Ite,
    Let,
    Lit,
    Local,
    Not,
    Nth,
    Or,
    Prime,
    Project,
    Subset,
    Var,
)
from pluscheck.core.semantics import Arguments
from pluscheck.core.sets import TooLarge, Unenumerated
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Value, show
from pluscheck.core.walk import children

MOST_PARTS = 24
"""How many parts of one formula are explained; what is left out is counted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A term of an atomic formula, as a person would write it (`owner[src]`), with its value."""

    text: str
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another operand of the same conjunction or disjunction; `truth` is None where it cannot be evaluated."""

    span: Span
    truth: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the formula at `span` is true or false.

    `parts` are the parts that decide it; an atom has none, but `values`. `bindings` are the names bound around it, outermost first.
    `siblings` are the operands that stand beside the ones explained; `omitted` counts deciding parts beyond `MOST_PARTS`.
    """

    span: Span
    truth: bool
    bindings: Arguments
    values: tuple[Shown, ...] = ()
    parts: tuple[Explanation, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    omitted: int = 0

    def atoms(self) -> Iterator[Explanation]:
        """Yield the smallest parts that decide the formula, in the order of the text."""
        if self.parts:
            for part in self.parts:
                yield from part.atoms()
        else:
            yield self


def explain(
    system: TransitionSystem,
    formula: Expr,
    state: State,
    next_state: State | None = None,
    bindings: Mapping[str, Value] | None = None,
) -> Explanation:
    """Return why the formula has the truth value that it has. Raises `Fault` where it has none."""
    with deep_recursion(formula.span):
        return explanation(formula, outermost(system, state, next_state, bindings))


def explanation(expr: Expr, setting: Setting) -> Explanation:
    """Return why a boolean expression is what it is, as `explain` does, in a setting."""
    true = truth(expr, setting)
    match expr:
        case And(args) if not _is_one_sign(expr, args):
            decisive = args if true else tuple(arg for arg in args if _truth_or_none(arg, setting) is False)[:1]
            return _composed(expr, setting, true, decisive, siblings=args)
        case Or(args):
            decisive = tuple(arg for arg in args if _truth_or_none(arg, setting))[:1] if true else args
            return _composed(expr, setting, true, decisive, siblings=args)
        case Not(operand):
            return _negation(expr, operand, setting)
        case Implies(left, right):
            return _composed(expr, setting, true, (left, right) if truth(left, setting) else (left,))
        case Ite(condition, yes, no):
            return _composed(expr, setting, true, (condition, yes if truth(condition, setting) else no))
        case Case():
            return _composed(expr, setting, true, (*_asked_conditions(expr, setting), taken_arm(expr, setting)))
        case Eq(left, right) if isinstance(value_of(left, setting), bool) and not _is_literal(left, right):
            return _composed(expr, setting, true, (left, right))
        case Forall(binders, body):
            choices = setting.choices(binders, expr.span)
            return _quantified(expr, body, setting, true, choices, decided_by_one=not true)
        case Exists(binders, body):
            choices = setting.choices(binders, expr.span)
            return _quantified(expr, body, setting, true, choices, decided_by_one=true)
        case Let(_, _, body):
            return explanation(body, setting.inside_let(expr))
        case Call():
            body, inside = setting.inside_call(expr)
            return replace(_node(expr, setting, true), parts=(explanation(body, inside),))
        case Prime(operand) if _is_composed(operand):
            return explanation(operand, setting.primed())
        case Local(name) if isinstance(thunk := setting.bound[name], Thunk) and _is_composed(thunk.expr):
            return explanation(thunk.expr, thunk.read_by(setting))
        case _:
            return replace(_node(expr, setting, true), values=_shown_in_atom(expr, setting))


def _asked_conditions(expr: Case, setting: Setting) -> tuple[Expr, ...]:
    """Return the conditions of a CASE up to that of the arm that is taken."""
    conditions = [condition for condition, _ in expr.arms]
    taken = next((i for i, condition in enumerate(conditions) if truth(condition, setting)), len(conditions))
    return tuple(conditions[: taken + 1])


def _negation(expr: Not, operand: Expr, setting: Setting) -> Explanation:
    """Explain a negation by what is negated, or, of something that has no parts, as it stands there: `~busy`, `x # 1`."""
    inner = explanation(operand, setting)
    is_other_branch = operand.span == expr.span != NOWHERE  # of an `if`: what stands there is its condition
    if inner.parts or is_other_branch or inner.span not in (operand.span, NOWHERE):
        return replace(_node(expr, setting, not truth(operand, setting)), parts=(inner,))
    return replace(inner, span=expr.span, truth=not inner.truth)


def _is_one_sign(expr: Expr, parts: tuple[Expr, ...]) -> bool:
    """Return whether a formula is more than one only by definition, as `a \\subset b`: its parts have no text of their own."""
    return bool(parts) and all(part.span in (expr.span, NOWHERE) for part in parts) and expr.span != NOWHERE


def _node(expr: Expr, setting: Setting, true: bool) -> Explanation:
    known = tuple((name, value) for name, value in setting.bound.items() if not isinstance(value, Thunk))
    return Explanation(expr.span, true, known)


def _composed(
    expr: Expr, setting: Setting, true: bool, decisive: tuple[Expr, ...], *, siblings: tuple[Expr, ...] = ()
) -> Explanation:
    explained = decisive[:MOST_PARTS]
    return replace(
        _node(expr, setting, true),
        parts=tuple([explanation(part, setting) for part in explained]),
        siblings=tuple(
            [
                Sibling(other.span, _truth_or_none(other, setting))
                for other in siblings
                if not any(other is part for part in explained)
            ]
        ),
        omitted=len(decisive) - len(explained),
    )


def _quantified(
    expr: Expr,
    body: Expr,
    setting: Setting,
    true: bool,
    choices: list[dict[str, Value]],
    *,
    decided_by_one: bool,
) -> Explanation:
    """Explain a quantifier by the first choice that decides it, or else by all choices."""
    settings = [setting.binding(names) for names in choices]
    if decided_by_one:
        settings = [chosen for chosen in settings if truth(body, chosen) == true][:1]
    explained = settings[:MOST_PARTS]
    return replace(
        _node(expr, setting, true),
        parts=tuple([explanation(body, chosen) for chosen in explained]),
        omitted=len(settings) - len(explained),
    )


def _truth_or_none(expr: Expr, setting: Setting) -> bool | None:
    try:
        return truth(expr, setting)
    except Fault:
        return None


def _is_literal(*exprs: Expr) -> bool:
    return any(isinstance(expr, Lit) for expr in exprs)


def _is_composed(expr: Expr) -> bool:
    """Return whether a boolean expression has parts that decide it."""
    return isinstance(
        expr,
        And
        | Or
        | Not
        | Implies
        | Ite
        | Case
        | Eq
        | In
        | Subset
        | Compare
        | Forall
        | Exists
        | Let
        | Call
        | Prime
        | Local,
    )


# ---------------------------------------------------------------------------------------------- atoms


def _shown_in_atom(expr: Expr, setting: Setting) -> tuple[Shown, ...]:
    """Return the terms that make an atomic formula true or false, with their values."""
    match expr:
        case Eq(left, right) | Compare(_, left, right) | Subset(left, right):
            operands: tuple[Expr, ...] = (left, right)
        case And((Subset(left, right), *_)):
            operands = (left, right)
        case In(element, of):
            operands = (element, of)
        case _:
            operands = (expr,)
    found: dict[str, Shown] = {}
    for operand in operands:
        for shown in _shown_terms(operand, setting):
            found.setdefault(shown.text, shown)
    return tuple(found.values())


def _shown_terms(expr: Expr, setting: Setting) -> list[Shown]:
    """Return a term with its value, and before it the variables in it, where it is not one itself."""
    if isinstance(expr, Lit):
        return []
    if isinstance(expr, Local):
        if not isinstance(setting.bound[expr.name], Thunk):
            return []  # among the bindings
        if _leads_to_value(expr, setting):
            return _valued(expr.name, expr, setting)
    text = path_text(expr, setting)
    if text is not None:
        return _valued(text, expr, setting)
    # Only what stands outside of binders: inside, a term has a value for each choice.
    inner = [] if _binds(expr) else [shown for part in children(expr) for shown in _shown_terms(part, setting)]
    whole = " ".join(expr.span.text.split())
    if not whole or not (inner or _binds(expr) or isinstance(expr, Call)):
        return inner  # a term of constants tells nothing; what an operator is of them depends on the state
    return [*inner, *_valued(whole, expr, setting)]


def _binds(expr: Expr) -> bool:
    return hasattr(expr, "binder") or hasattr(expr, "binders") or isinstance(expr, Let)


def _valued(text: str, expr: Expr, setting: Setting) -> list[Shown]:
    """Return the term with its value; nothing where it has none, or is a set that nobody enumerates."""
    try:
        shape = shape_of(expr, setting)
    except (Fault, TooLarge):
        return []
    return [] if isinstance(shape, Unenumerated) else [Shown(text, shape, expr.span)]


def path_text(expr: Expr, setting: Setting) -> str | None:
    """Return how a person would write a part of a variable, with the values of its indices (`owner[src].shared`); None for other terms."""
    match expr:
        case Var(name) | Const(name):
            return f"{name}'" if setting.in_next and isinstance(expr, Var) else name
        case Local(name):
            bound = setting.bound[name]
            return path_text(bound.expr, bound.read_by(setting)) if isinstance(bound, Thunk) else show(bound)
        case Prime(operand):
            return path_text(operand, setting.primed())
        case Field(record, name):
            return _extended(path_text(record, setting), lambda: f".{name}")
        case Project(whole, index):
            return _extended(path_text(whole, setting), lambda: f"[{index}]")
        case App(function, argument):
            return _extended(path_text(function, setting), lambda: f"[{_index_text(argument, setting)}]")
        case Nth(sequence, position):
            return _extended(path_text(sequence, setting), lambda: f"[{_index_text(position, setting)}]")
        case _:
            return None


def _leads_to_value(name: Local, setting: Setting) -> bool:
    """Return whether a name stands, through the parameters of however many operators, for a value and not for a term."""
    bound = setting.bound[name.name]
    if not isinstance(bound, Thunk):
        return True
    return isinstance(bound.expr, Local) and _leads_to_value(bound.expr, bound.read_by(setting))


def _extended(path: str | None, ending: Callable[[], str]) -> str | None:
    return None if path is None else path + ending()


def _index_text(argument: Expr, setting: Setting) -> str:
    try:
        return shown_arguments(value_of(argument, setting))
    except Fault:
        return "?"
