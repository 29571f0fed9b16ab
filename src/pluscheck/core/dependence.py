"""What the value of an expression depends on: the parts of variables that its evaluation reads.

An expression that builds a value (`[f EXCEPT ![i] = v]`, `[x \\in S |-> e]`) is asked for one part of it, so that what is stored in `cache[src].state` does not depend on
what `cache[dst].data` was. Where one operand alone decides (the conjunct that is false, the arm that is taken), the value depends on that one.
"""

from __future__ import annotations

from pluscheck.core.evaluator import Setting, Thunk, deep_recursion, function_of, outermost, truth, value_of
from pluscheck.core.exprs import (
    And,
    App,
    Call,
    Case,
    Check,
    Choose,
    Exists,
    Expr,
    Field,
    Filter,
    Forall,
    Implies,
    Ite,
    Lambda,
    Let,
    Local,
    MakeRecord,
    MakeTuple,
    Map,
    Or,
    Override,
    Prime,
    Project,
    Single,
    Update,
    UpdateProject,
    Var,
    WithField,
)
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Value
from pluscheck.core.walk import children

Part = tuple[Value | str, ...]
"""The way into a value: arguments of functions, names of fields, positions in tuples (from 1). Sets, sequences and options are not gone into."""


def reads_of(
    system: TransitionSystem, formula: Expr, state: State, next_state: State | None = None
) -> frozenset[tuple[bool, str, Part]]:
    """Return what a formula's truth depends on in a state, or in a step, as `reads` does. Raises `Fault`."""
    with deep_recursion(formula.span):
        return reads(formula, outermost(system, state, next_state))


def reads(expr: Expr, setting: Setting, part: Part = ()) -> frozenset[tuple[bool, str, Part]]:
    """Return what a part of the expression's value depends on: whether it is read in the next state, the variable, and the part of it.

    Raises `Fault` where evaluating does. The dynamic dependence of Agrawal and Horgan (Dynamic Program Slicing, 1990), of expressions.
    """
    found: set[tuple[bool, str, Part]] = set()
    _collect(expr, setting, part, found)
    return frozenset(found)


def _collect(expr: Expr, setting: Setting, part: Part, found: set[tuple[bool, str, Part]]) -> None:
    match expr:
        # Names
        case Var(name):
            found.add((setting.in_next, name, part))
        case Local(name):
            bound = setting.bound[name]
            if isinstance(bound, Thunk):
                _collect(bound.expr, bound.read_by(setting), part, found)
        case Prime(operand):
            _collect(operand, setting.primed(), part, found)
        case Let(_, _, body):
            _collect(body, setting.inside_let(expr), part, found)
        case Call():
            body, inside = setting.inside_call(expr)
            _collect(body, inside, part, found)

        # Where some operands decide
        case And(args):
            _collect_deciding(args, setting, found, decides=False)
        case Or(args):
            _collect_deciding(args, setting, found, decides=True)
        case Implies(left, right):
            is_open = truth(left, setting)
            if not is_open or not truth(right, setting):
                _collect(left, setting, (), found)
            if is_open:
                _collect(right, setting, (), found)
        case Ite(condition, yes, no):
            _collect(condition, setting, (), found)
            _collect(yes if truth(condition, setting) else no, setting, part, found)
        case Case():
            _collect_arms(expr, setting, part, found)
        case Forall(binders, body):
            _collect_quantified(expr, body, setting, found, decides=False)
        case Exists(binders, body):
            _collect_quantified(expr, body, setting, found, decides=True)

        # Where a part is asked for
        case Lambda(binders, value):
            for binder in binders:
                _collect(binder.domain, setting, (), found)
            for names in setting.choices(binders, expr.span):
                argument = next(iter(names.values())) if len(names) == 1 else tuple(names.values())
                if not part or part[0] == argument:
                    _collect(value, setting.binding(names), part[1:], found)
        case App(function, argument_expr):
            _collect(argument_expr, setting, (), found)
            _collect(function, setting, (value_of(argument_expr, setting), *part), found)
        case Update(function, argument_expr, value):
            _collect(argument_expr, setting, (), found)
            _collect_replaced(function, value_of(argument_expr, setting), value, setting, part, found)
        case Override(left, right):
            is_left = bool(part) and part[0] in function_of(left, setting).mapping
            _collect(left, setting, part if is_left else (), found)
            if not is_left:
                _collect(right, setting, part, found)
        case Single(argument_expr, value):
            _collect(argument_expr, setting, (), found)
            _collect(value, setting, part[1:], found)
        case MakeRecord(fields):
            for name, item in fields:
                if not part or part[0] == name:
                    _collect(item, setting, part[1:], found)
        case Field(record, name):
            _collect(record, setting, (name, *part), found)
        case WithField(record, name, value):
            _collect_replaced(record, name, value, setting, part, found)
        case MakeTuple(items):
            for position, item in enumerate(items, 1):
                if not part or part[0] == position:
                    _collect(item, setting, part[1:], found)
        case Project(whole, index):
            _collect(whole, setting, (index, *part), found)
        case UpdateProject(whole, index, value):
            _collect_replaced(whole, index, value, setting, part, found)
        case Check(operand, _):
            _collect(operand, setting, part, found)

        # All the rest, as a whole
        case Choose(binder, body) | Filter(binder, body):
            _collect(binder.domain, setting, (), found)
            for names in setting.choices((binder,), expr.span):
                _collect(body, setting.binding(names), (), found)
        case Map(value, binders):
            for binder in binders:
                _collect(binder.domain, setting, (), found)
            for names in setting.choices(binders, expr.span):
                _collect(value, setting.binding(names), (), found)
        case _:
            for operand in children(expr):
                _collect(operand, setting, (), found)


def _collect_deciding(
    args: tuple[Expr, ...], setting: Setting, found: set[tuple[bool, str, Part]], *, decides: bool
) -> None:
    """Collect what the first operand depends on that decides alone, or if there is none, what all do."""
    for arg in args:
        if truth(arg, setting) == decides:
            _collect(arg, setting, (), found)
            return
    for arg in args:
        _collect(arg, setting, (), found)


def _collect_quantified(
    expr: Forall | Exists, body: Expr, setting: Setting, found: set[tuple[bool, str, Part]], *, decides: bool
) -> None:
    """Collect what the first choice depends on that decides alone, or if there is none, what all do; and what there is to choose from."""
    for binder in expr.binders:
        _collect(binder.domain, setting, (), found)
    settings = [setting.binding(names) for names in setting.choices(expr.binders, expr.span)]
    deciding = next((chosen for chosen in settings if truth(body, chosen) == decides), None)
    for chosen in settings if deciding is None else [deciding]:
        _collect(body, chosen, (), found)


def _collect_arms(expr: Case, setting: Setting, part: Part, found: set[tuple[bool, str, Part]]) -> None:
    for condition, value in expr.arms:
        _collect(condition, setting, (), found)
        if truth(condition, setting):
            _collect(value, setting, part, found)
            return
    if expr.other is not None:
        _collect(expr.other, setting, part, found)


def _collect_replaced(
    whole: Expr, at: Value | str, value: Expr, setting: Setting, part: Part, found: set[tuple[bool, str, Part]]
) -> None:
    """Collect for a value with another part at `at`: of what was there before, nothing but the rest is asked for."""
    if part and part[0] == at:
        _collect(value, setting, part[1:], found)
        return
    _collect(whole, setting, part, found)
    if not part:
        _collect(value, setting, (), found)
