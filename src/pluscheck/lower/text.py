"""A model as text, for people: the transition system that every engine is given, in the notation of TLA+."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import (
    LABEL_FAMILY,
    Action,
    Assertion,
    Bind,
    Clause,
    Expectation,
    Expected,
    Guard,
    Model,
    Pick,
    Role,
    TransitionSystem,
    Variable,
)
from pluscheck.core.values import Atom, Value, show


def system_text(model: Model) -> str:
    """Return the transition system of a model, readable and always the same, ending in a newline."""
    with deep_recursion(model.system.span):
        return "\n".join(_lines(model)) + "\n"


def _lines(model: Model) -> Iterator[str]:
    system = model.system
    yield f"---- {system.name}, model {system.model} ----"
    yield from _section(
        "sorts", (f"{sort} = {{{', '.join(a.label for a in atoms)}}}" for sort, atoms in system.scope.items())
    )
    yield from _section("enums", _enums(system))
    yield from _section("constants", _constants(system))
    yield from _section("variables", (_variable(variable) for variable in system.variables))
    yield from _section("init", (expr_text(condition) for condition in system.init))
    variants = Counter(action.name for action in system.actions)
    for action in system.actions:
        yield ""
        yield from _action(action, several=variants[action.name] > 1)
    yield from _section("operators", _operators(system))
    yield from _section("properties", _properties(model))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a title with its lines indented below it; nothing if there are none."""
    found = list(lines)
    if found:
        yield ""
        yield title
        yield from (f"  {line}" for line in found)


def _enums(system: TransitionSystem) -> Iterator[str]:
    """Yield the enums that types of variables and constants mention, in the order in which they do."""
    found: dict[str, t.EnumType] = {}
    for of in (*(variable.type for variable in system.variables), *(constant.type for constant in system.constants)):
        for enum in _enums_in(of):
            found.setdefault(enum.name, enum)
    for enum in found.values():
        yield f"{enum.name} = {{{', '.join(enum.literals)}}}"


def _enums_in(of: t.Type) -> Iterator[t.EnumType]:
    match of:
        case t.EnumType(name):
            if not name.startswith(LABEL_FAMILY):
                yield of
        case t.UnionType(_, parts) | t.TupleType(parts):
            for part in parts:
                yield from _enums_in(part)
        case t.RecordType(fields):
            for _, item in fields:
                yield from _enums_in(item)
        case t.FunctionType(domain, target):
            yield from _enums_in(domain)
            yield from _enums_in(target)
        case t.SetType(element) | t.SeqType(element, _) | t.OptionType(element):
            yield from _enums_in(element)
        case t.BoolType() | t.RangeType() | t.SortType() | t.AmongType():
            pass
        case _:
            assert_never(of)


def _constants(system: TransitionSystem) -> Iterator[str]:
    for constant in system.constants:
        mark = "    \\* switch" if constant.is_switch else ""
        yield f"{constant.name} : {type_text(constant.type)} = {show(constant.value)}{mark}"


def _variable(variable: Variable) -> str:
    relation = "" if variable.initial is None else " \\in " if variable.any_of else " = "
    initial = "" if variable.initial is None else expr_text(variable.initial)
    mark = "" if variable.role is Role.SHARED else f"    \\* {variable.role.value} of {variable.process}"
    return f"{variable.name} : {type_text(variable.type)}{relation}{initial}{mark}"


def _action(action: Action, *, several: bool) -> Iterator[str]:
    params = f"({', '.join(action.params)})" if action.params else ""
    variant = f", variant {action.variant + 1}" if several else ""
    yield f"action {action.name}{params}{variant}{_place(action.span)}"
    for clause in action.clauses:
        yield f"  {_clause(clause)}"
    for update in action.updates:
        yield f"  {update.variable}' = {expr_text(update.value)}"


def _clause(clause: Clause) -> str:
    match clause:
        case Pick(name, domain):
            return f"pick {name} \\in {_operand(domain, 6)}"
        case Guard(condition):
            return f"await {expr_text(condition)}"
        case Bind(name, value):
            return f"let {name} == {expr_text(value)}"
        case Assertion(condition):
            return f"assert {expr_text(condition)}"
        case _:
            assert_never(clause)


def _place(span: Span) -> str:
    return "" if span == NOWHERE else f"    \\* line {span.line}"


def _operators(system: TransitionSystem) -> Iterator[str]:
    for operator in sorted(system.operators.values(), key=lambda operator: operator.name):
        params = f"({', '.join(operator.params)})" if operator.params else ""
        yield f"{operator.name}{params} == {expr_text(operator.body)}"


def _properties(model: Model) -> Iterator[str]:
    expected = {expectation.property: expectation for expectation in model.expectations}
    for prop in model.system.properties:
        yield f"{prop.kind.value} {prop.name} == {expr_text(prop.formula)}{_expectation(expected.pop(prop.name, None))}"
    if model.system.terminal is not None:
        yield f"terminal == {expr_text(model.system.terminal)}"
    for name, expectation in expected.items():
        yield f"{name}{_expectation(expectation)}"


def _expectation(expectation: Expectation | None) -> str:
    if expectation is None:
        return "    \\* not checked"
    depth = f" {expectation.depth}" if expectation.expected is Expected.BOUNDED else ""
    return f"    \\* expected: {expectation.expected.value}{depth}"


# ----------------------------------------------------------------------------------------------- types


def type_text(of: t.Type) -> str:
    """Return the type as the language writes it."""
    match of:
        case t.BoolType():
            return "BOOLEAN"
        case t.RangeType(low, high):
            return f"{low}..{high}"
        case t.EnumType(name) if name.startswith(LABEL_FAMILY):
            return f"{{{', '.join(_quoted(atom) for atom in t.enum_atoms(of))}}}"
        case t.EnumType(name) | t.SortType(name) | t.UnionType(name):
            return name
        case t.AmongType(values):
            return f"{{{', '.join(_value(value) for value in values)}}}"
        case t.RecordType(fields):
            return f"[{', '.join(f'{name} : {type_text(item)}' for name, item in fields)}]"
        case t.TupleType(items):
            return " \\X ".join(_type_operand(item) for item in items)
        case t.FunctionType(t.TupleType(items), target):
            return f"[{', '.join(type_text(item) for item in items)} -> {type_text(target)}]"
        case t.FunctionType(domain, target):
            return f"[{type_text(domain)} -> {type_text(target)}]"
        case t.SetType(element):
            return f"SUBSET {_type_operand(element)}"
        case t.SeqType(element, bound):
            return f"Seq({type_text(element)}, {bound})"
        case t.OptionType(element):
            return f"Option({type_text(element)})"
        case _:
            assert_never(of)


def _type_operand(of: t.Type) -> str:
    text = type_text(of)
    return f"({text})" if isinstance(of, t.TupleType | t.SetType | t.RangeType) else text


def _value(value: Value) -> str:
    return _quoted(value) if isinstance(value, Atom) and value.family.startswith(LABEL_FAMILY) else show(value)


def _quoted(label: Atom) -> str:
    return f'"{label.label}"'


# ----------------------------------------------------------------------------------------- expressions

_OPEN = 0
"""What extends as far to the right as it can: quantifiers, `IF`, `LET` and their like."""
_TIGHT = 17
"""What needs no parentheses anywhere."""


def expr_text(expr: e.Expr) -> str:
    """Return the expression as the language writes it (a `Check` in words, since the language has none)."""
    return _text(expr)[0]


def _operand(expr: e.Expr, least: int) -> str:
    """Return the expression in parentheses, unless it binds at least as tightly as `least`."""
    text, tightness = _text(expr)
    return text if tightness >= least else f"({text})"


def _infix(operator: str, left: e.Expr, right: e.Expr, tightness: int) -> tuple[str, int]:
    return f"{_operand(left, tightness + 1)} {operator} {_operand(right, tightness + 1)}", tightness


def _listed(exprs: Iterable[e.Expr]) -> str:
    return ", ".join([expr_text(expr) for expr in exprs])


def _bound(binders: Iterable[e.Binder]) -> str:
    return ", ".join([f"{binder.name} \\in {_operand(binder.domain, 6)}" for binder in binders])


def _text(expr: e.Expr) -> tuple[str, int]:
    """Return the expression's text, and how tightly its outermost operator binds (TLA+'s precedence)."""
    match expr:
        case e.Lit(value):
            negative = isinstance(value, int) and value < 0
            return _value(value), 12 if negative else _TIGHT
        case e.Var(name) | e.Const(name) | e.Local(name):
            return name, _TIGHT
        case e.Prime(operand):
            return f"{_operand(operand, 16)}'", 15
        case e.Let(name, value, body):
            return f"LET {name} == {expr_text(value)} IN {expr_text(body)}", _OPEN
        case e.Call(operator, args):
            return (f"{operator}({_listed(args)})" if args else operator), _TIGHT
        case e.Not(e.Eq(left, right)):
            return _infix("#", left, right, 5)
        case e.Not(e.In(element, of)):
            return _infix("\\notin", element, of, 5)
        case e.Not(operand):
            return f"~{_operand(operand, 5)}", 4
        case e.And(()):
            return "TRUE", _TIGHT
        case e.Or(()):
            return "FALSE", _TIGHT
        case e.And(args):
            return " /\\ ".join([_operand(arg, 4) for arg in args]), 3
        case e.Or(args):
            return " \\/ ".join([_operand(arg, 4) for arg in args]), 3
        case e.Implies(left, right):
            return _infix("=>", left, right, 1)
        case e.Ite(condition, yes, no):
            return f"IF {expr_text(condition)} THEN {expr_text(yes)} ELSE {expr_text(no)}", _OPEN
        case e.Case(arms, other):
            texts = [f"{expr_text(condition)} -> {expr_text(value)}" for condition, value in arms]
            if other is not None:
                texts.append(f"OTHER -> {expr_text(other)}")
            return f"CASE {' [] '.join(texts)}", _OPEN
        case e.Eq(left, right):
            return _infix("=", left, right, 5)
        case e.In(element, of):
            return _infix("\\in", element, of, 5)
        case e.Subset(left, right):
            return _infix("\\subseteq", left, right, 5)
        case e.Forall(binders, body):
            return f"\\A {_bound(binders)} : {expr_text(body)}", _OPEN
        case e.Exists(binders, body):
            return f"\\E {_bound(binders)} : {expr_text(body)}", _OPEN
        case e.Choose(binder, body):
            return f"CHOOSE {_bound([binder])} : {expr_text(body)}", _OPEN
        case e.Arith(op, left, right):
            return _arithmetic(op, left, right)
        case e.Compare(op, left, right):
            return _infix("<" if op is e.Comparison.LT else "<=", left, right, 5)
        case e.Neg(operand):
            return f"-{_operand(operand, 13)}", 12
        case e.SetLit(items):
            return f"{{{_listed(items)}}}", _TIGHT
        case e.Interval(low, high):
            return f"{_operand(low, 10)}..{_operand(high, 10)}", 9
        case e.AllOf(of):
            return _all_of(of)
        case e.SetBinary(op, left, right):
            return _infix(op.value, left, right, 8)
        case e.BigUnion(operand):
            return f"UNION {_operand(operand, 9)}", 8
        case e.Powerset(operand):
            return f"SUBSET {_operand(operand, 9)}", 8
        case e.Filter(binder, condition):
            return f"{{{_bound([binder])} : {expr_text(condition)}}}", _TIGHT
        case e.Map(value, binders):
            return f"{{{expr_text(value)} : {_bound(binders)}}}", _TIGHT
        case e.Cross(items):
            return " \\X ".join([_operand(item, 14) for item in items]), 10
        case e.FunctionSpace(domain, target):
            return f"[{expr_text(domain)} -> {expr_text(target)}]", _TIGHT
        case e.RecordSpace(fields):
            return f"[{', '.join([f'{name} : {expr_text(item)}' for name, item in fields])}]", _TIGHT
        case e.Cardinality(operand):
            return f"Cardinality({expr_text(operand)})", _TIGHT
        case e.Lambda(binders, value):
            return f"[{_bound(binders)} |-> {expr_text(value)}]", _TIGHT
        case e.App(function, e.MakeTuple(items)) if items:
            return f"{_operand(function, 16)}[{_listed(items)}]", 16
        case e.App(function, argument):
            return f"{_operand(function, 16)}[{expr_text(argument)}]", 16
        case e.Domain(function):
            return f"DOMAIN {_operand(function, 10)}", 9
        case e.Update() | e.WithField() | e.UpdateNth() | e.UpdateProject():
            return _except(expr)
        case e.Override(left, right):
            return _infix("@@", left, right, 6)
        case e.Single(argument, value):
            return _infix(":>", argument, value, 7)
        case e.MakeRecord(fields):
            return f"[{', '.join([f'{name} |-> {expr_text(item)}' for name, item in fields])}]", _TIGHT
        case e.Field(record, name):
            return f"{_operand(record, 16)}.{name}", 16
        case e.SomeOf(operand):
            return f"Some({expr_text(operand)})", _TIGHT
        case e.Get(operand):
            return f"Get({expr_text(operand)})", _TIGHT
        case e.MakeTuple(items):
            return f"<<{_listed(items)}>>", _TIGHT
        case e.Project(of_tuple, index):
            return f"{_operand(of_tuple, 16)}[{index}]", 16
        case e.Nth(sequence, position):
            return f"{_operand(sequence, 16)}[{expr_text(position)}]", 16
        case e.Len(sequence):
            return f"Len({expr_text(sequence)})", _TIGHT
        case e.Head(sequence):
            return f"Head({expr_text(sequence)})", _TIGHT
        case e.Tail(sequence):
            return f"Tail({expr_text(sequence)})", _TIGHT
        case e.Append(sequence, element):
            return f"Append({expr_text(sequence)}, {expr_text(element)})", _TIGHT
        case e.SubSeq(sequence, low, high):
            return f"SubSeq({_listed([sequence, low, high])})", _TIGHT
        case e.Concat(left, right):
            return _infix("\\o", left, right, 13)
        case e.Check(operand, of):
            return f"{_operand(operand, 1)} checked to be in {type_text(of)}", _OPEN
        case _:
            assert_never(expr)


def _arithmetic(op: e.Arithmetic, left: e.Expr, right: e.Expr) -> tuple[str, int]:
    match op:
        case e.Arithmetic.ADD:
            return f"{_operand(left, 10)} + {_operand(right, 11)}", 10
        case e.Arithmetic.SUB:
            return f"{_operand(left, 11)} - {_operand(right, 12)}", 11
        case e.Arithmetic.MUL:
            return f"{_operand(left, 13)} * {_operand(right, 14)}", 13
        case e.Arithmetic.DIV:
            return _infix("\\div", left, right, 13)
        case e.Arithmetic.MOD:
            text, _ = _infix("%", left, right, 11)
            return text, 10
        case e.Arithmetic.POW:
            return _infix("^", left, right, 14)
        case _:
            assert_never(op)


def _all_of(of: t.Type) -> tuple[str, int]:
    match of:
        case t.RangeType():
            return type_text(of), 9
        case t.SetType():
            return type_text(of), 8
        case t.TupleType():
            return type_text(of), 10
        case _:
            return type_text(of), _TIGHT


def _except(expr: e.Update | e.WithField | e.UpdateNth | e.UpdateProject) -> tuple[str, int]:
    """Return an update as `[f EXCEPT ![a].b = v]`: updates of the part that is updated become one path."""
    whole = _whole(expr)
    path = ""
    value: e.Expr = expr
    part = whole
    while isinstance(value, e.Update | e.WithField | e.UpdateNth | e.UpdateProject) and _whole(value) == part:
        path += _step(value)
        part = _part(value, part)
        value = value.value
    return f"[{expr_text(whole)} EXCEPT !{path} = {expr_text(value)}]", _TIGHT


def _whole(update: e.Update | e.WithField | e.UpdateNth | e.UpdateProject) -> e.Expr:
    match update:
        case e.Update(whole) | e.WithField(whole) | e.UpdateNth(whole) | e.UpdateProject(whole):
            return whole
        case _:
            assert_never(update)


def _step(update: e.Update | e.WithField | e.UpdateNth | e.UpdateProject) -> str:
    match update:
        case e.Update(_, e.MakeTuple(items)) if items:
            return f"[{_listed(items)}]"
        case e.Update(_, index) | e.UpdateNth(_, index):
            return f"[{expr_text(index)}]"
        case e.UpdateProject(_, number):
            return f"[{number}]"
        case e.WithField(_, name):
            return f".{name}"
        case _:
            assert_never(update)


def _part(update: e.Update | e.WithField | e.UpdateNth | e.UpdateProject, whole: e.Expr) -> e.Expr:
    """Return the part of the whole that the update replaces."""
    match update:
        case e.Update(_, argument):
            return e.App(whole, argument)
        case e.UpdateNth(_, index):
            return e.Nth(whole, index)
        case e.UpdateProject(_, number):
            return e.Project(whole, number)
        case e.WithField(_, name):
            return e.Field(whole, name)
        case _:
            assert_never(update)
