"""State predicates to text in the specification's language, and back: what a certificate is made of.

A formula over a lowered model becomes a surface tree over the names of its specification, which `pluscheck.lang` prints. Going back, the text is
checked in the scope of the specification's root module and lowered with the model, exactly as one of its invariants would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.base.source import Source
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import LABEL_FAMILY, Role, TransitionSystem
from pluscheck.core.values import Atom, Function, Nothing, Record, Some, Value, ordered
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.expression_text import broken
from pluscheck.lang.findings import Findings
from pluscheck.lang.front import elaborate_predicates, predicate_name
from pluscheck.lang.lexer import KEYWORDS
from pluscheck.lang.symbols import BUILTIN_ARITY, PC, OperatorSymbol, TypeSymbol, symbol_table
from pluscheck.lower.lowering import lower
from pluscheck.lower.processes import process_names

MAX_NODES = 50_000
"""A formula with more parts, shared ones counted each time, is not written out."""

WIDTH = 110
"""How long the lines of a formula may be, if it can be."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class NotExpressibleError(Exception):
    """The specification's language has no words for a formula; the message says for which part."""


@dataclass(frozen=True, slots=True)
class LoweredPredicates:
    """Formulas read from text. `system` is the model's, with the operators that they mention beside its own."""

    system: TransitionSystem
    formulas: tuple[e.Expr, ...]


def lowered_predicates(
    elaborated: Elaborated, model: str, texts: Sequence[Source], *, open_switches: frozenset[str] = frozenset()
) -> LoweredPredicates:
    """Return the formulas that the texts stand for in a model, lowered as `lower` does. Raises SpecError with what is wrong with them."""
    extended = lower(elaborate_predicates(elaborated, texts), model, open_switches=open_switches)
    names = [predicate_name(number) for number in range(len(texts))]
    found = {claim.name: claim.formula for claim in extended.system.properties if claim.name in names}
    system = replace(
        extended.system, properties=tuple(claim for claim in extended.system.properties if claim.name not in names)
    )
    return LoweredPredicates(system, tuple(found[name] for name in names))


@dataclass(frozen=True, slots=True)
class _OfProcess:
    """A variable that processes have, by the surface name: `pc`, or that of a local; `before` goes before the identifier in `pc[...]`.

    `index` is the name of a single process where it stands in the place of an identifier; None for processes with identifiers, and for a
    single process's variable that is called by its name alone.
    """

    name: str
    before: tuple[str, ...]
    index: str | None
    identifiers: t.Type | None


class PredicateWriter:
    """Writes formulas over one model's system."""

    def __init__(self, elaborated: Elaborated, system: TransitionSystem) -> None:
        table = symbol_table(elaborated.modules, Findings())
        self._operators = {
            name: symbol.what.decl for name, symbol in table.symbols.items() if isinstance(symbol.what, OperatorSymbol)
        }
        self._types = {name for name, symbol in table.symbols.items() if isinstance(symbol.what, TypeSymbol)}
        self._taken = frozenset((*table.symbols, *BUILTIN_ARITY, PC, *KEYWORDS))
        self._shared = {variable.name for variable in system.variables if variable.role is Role.SHARED}
        self._system = system
        self._of_process = _variables_of_processes(elaborated, system)
        self._left = 0

    def text(self, formula: e.Expr) -> str:
        """Return the formula as the specification would say it, on as many lines as it needs. Raises NotExpressibleError."""
        with deep_recursion(self._system.span):
            self._left = MAX_NODES
            return "\n".join(broken(self._expr(formula, {}), 0, WIDTH))

    # ------------------------------------------------------------------------------------------- names

    def _bound(self, name: str, names: Mapping[str, str]) -> str:
        """Return a name for what is bound that has no meaning here yet."""
        return self._unused(_base(name), frozenset(names.values()), {})

    def _unused(self, base: str, used: Set[str], tried: dict[str, int]) -> str:
        """Return a name that neither the specification nor what is around uses; `tried` are the numbers that each base has got so far."""
        number = tried.get(base, 1)
        candidate = base if number == 1 else f"{base}{number}"
        while candidate in self._taken or candidate in used:
            number += 1
            candidate = f"{base}{number}"
        tried[base] = number
        return candidate

    def _binders(
        self, binders: Iterable[e.Binder], names: Mapping[str, str]
    ) -> tuple[tuple[s.Binder, ...], Mapping[str, str]]:
        """Return binders, those of one domain that follow each other together, and the names inside."""
        found: list[tuple[e.Expr, list[s.Ident]]] = []
        inside = dict(names)
        for binder in binders:
            chosen = self._bound(binder.name, inside)
            inside[binder.name] = chosen
            if found and found[-1][0] == binder.domain:
                found[-1][1].append(s.Ident(chosen))
            else:
                found.append((binder.domain, [s.Ident(chosen)]))
        return tuple(s.Binder(tuple(idents), self._expr(domain, names)) for domain, idents in found), inside

    def _binder(self, binder: e.Binder, names: Mapping[str, str]) -> tuple[s.Ident, s.Expr, Mapping[str, str]]:
        chosen = self._bound(binder.name, names)
        return s.Ident(chosen), self._expr(binder.domain, names), {**names, binder.name: chosen}

    # -------------------------------------------------------------------------------------- expressions

    def _all(self, exprs: Iterable[e.Expr], names: Mapping[str, str]) -> tuple[s.Expr, ...]:
        return tuple([self._expr(expr, names) for expr in exprs])

    def _expr(self, expr: e.Expr, names: Mapping[str, str]) -> s.Expr:
        """Return the surface expression; `names` are those bound around it, by their core names."""
        self._left -= 1
        if self._left < 0:
            raise NotExpressibleError("the formula is too large to be written out")
        match expr:
            case e.Lit(value):
                return self._value(value)
            case e.Const(name):
                return s.Name(name)
            case e.Local(name):
                if name not in names:
                    raise InternalError(f"{name} is bound nowhere")
                return s.Name(names[name])
            case e.Var(name):
                return self._variable(name)
            case e.Prime() | e.Check():
                raise NotExpressibleError("a state predicate speaks of one state only")
            case e.Let():
                return self._let(expr, names)
            case e.Call(operator, args):
                return self._call(operator, args, names)
            case e.Not(e.Eq(left, right)):
                return s.BinaryOp(s.Binary.NE, self._expr(left, names), self._expr(right, names))
            case e.Not(e.In(element, of)):
                return s.BinaryOp(s.Binary.NOT_IN, self._expr(element, names), self._expr(of, names))
            case e.Not(e.Or() as choice) if (listed := _listed(choice)) is not None:
                return self._expr(e.Not(listed), names)
            case e.Not(operand):
                return s.UnaryOp(s.Unary.NOT, self._expr(operand, names))
            case e.And():
                return self._junct(s.Junction.AND, _conjuncts(expr), names)
            case e.Or():
                listed = _listed(expr)
                if listed is not None:
                    return self._expr(listed, names)
                return self._junct(s.Junction.OR, _disjuncts(expr), names)
            case e.Implies(left, right):
                return s.BinaryOp(s.Binary.IMPLIES, self._expr(left, names), self._expr(right, names))
            case e.Ite(condition, yes, no):
                return s.If(self._expr(condition, names), self._expr(yes, names), self._expr(no, names))
            case e.Case(arms, other):
                written = tuple([s.CaseArm(self._expr(when, names), self._expr(then, names)) for when, then in arms])
                return s.Case(written, None if other is None else self._expr(other, names))
            case e.Eq(left, right):
                op = s.Binary.EQUIV if _is_formula(left) or _is_formula(right) else s.Binary.EQ
                return s.BinaryOp(op, self._expr(left, names), self._expr(right, names))
            case e.Forall(binders, body) | e.Exists(binders, body):
                quantifier = s.Quantifier.FORALL if isinstance(expr, e.Forall) else s.Quantifier.EXISTS
                written_binders, inside = self._binders(binders, names)
                return s.Quantified(quantifier, written_binders, self._expr(body, inside))
            case e.Choose(binder, body):
                name_bound, domain, inside = self._binder(binder, names)
                return s.Choose(name_bound, domain, self._expr(body, inside))
            case e.AllOf(of):
                return self._type(of)
            case e.Filter(binder, condition):
                name_bound, domain, inside = self._binder(binder, names)
                return s.SetFilter(name_bound, domain, self._expr(condition, inside))
            case e.Map(value, binders):
                written_binders, inside = self._binders(binders, names)
                return s.SetMap(self._expr(value, inside), written_binders)
            case e.Lambda(binders, value):
                written_binders, inside = self._binders(binders, names)
                return s.FunctionLiteral(written_binders, self._expr(value, inside))
            case e.App(e.Var(name), argument) if name in self._of_process:
                return self._applied(self._of_process[name], argument, names)
            case e.App(function, argument):
                return s.Index(self._expr(function, names), self._arguments(argument, names))
            case e.Update() | e.WithField() | e.UpdateNth() | e.UpdateProject():
                return self._update(expr, names)
            case _:
                return self._plain(expr, names)

    def _plain(self, expr: e.Expr, names: Mapping[str, str]) -> s.Expr:
        """Return an expression that binds nothing and is spelled as it is called."""

        def of(part: e.Expr) -> s.Expr:
            return self._expr(part, names)

        match expr:
            case e.In(element, whole):
                return s.BinaryOp(s.Binary.IN, of(element), of(whole))
            case e.Subset(left, right):
                return s.BinaryOp(s.Binary.SUBSETEQ, of(left), of(right))
            case e.Arith(op, left, right):
                return s.BinaryOp(s.Binary(op.value), of(left), of(right))
            case e.Compare(comparison, left, right):
                return s.BinaryOp(s.Binary(comparison.value), of(left), of(right))
            case e.Neg(operand):
                return s.UnaryOp(s.Unary.NEG, of(operand))
            case e.SetLit(items):
                return s.SetLiteral(self._all(items, names))
            case e.Interval(low, high):
                return s.BinaryOp(s.Binary.RANGE, of(low), of(high))
            case e.SetBinary(set_op, left, right):
                return s.BinaryOp(s.Binary(set_op.value), of(left), of(right))
            case e.BigUnion(operand):
                return s.UnaryOp(s.Unary.BIG_UNION, of(operand))
            case e.Powerset(operand):
                return s.UnaryOp(s.Unary.POWERSET, of(operand))
            case e.Domain(operand):
                return s.UnaryOp(s.Unary.DOMAIN, of(operand))
            case e.Cross(items):
                return s.Product(self._all(items, names))
            case e.FunctionSpace(e.Cross(items), target):
                return s.FunctionSet(self._all(items, names), of(target))
            case e.FunctionSpace(domain, target):
                return s.FunctionSet((of(domain),), of(target))
            case e.RecordSpace(fields):
                return s.RecordSet(tuple([s.RecordField(s.Ident(name), of(item)) for name, item in fields]))
            case e.MakeRecord(fields):
                return s.RecordLiteral(tuple([s.RecordField(s.Ident(name), of(item)) for name, item in fields]))
            case e.Override(left, right):
                return s.BinaryOp(s.Binary.OVERRIDE, of(left), of(right))
            case e.Single(argument, value):
                return s.BinaryOp(s.Binary.PAIR, of(argument), of(value))
            case e.Field(record, name):
                return s.FieldOf(of(record), s.Ident(name))
            case e.MakeTuple(items):
                return s.TupleLiteral(self._all(items, names))
            case e.Project(whole, index):
                return s.Index(of(whole), (s.Number(index),))
            case e.Nth(sequence, position):
                return s.Index(of(sequence), (of(position),))
            case e.Concat(left, right):
                return s.BinaryOp(s.Binary.CONCAT, of(left), of(right))
            case e.Cardinality(operand):
                return _applied("Cardinality", of(operand))
            case e.SomeOf(operand):
                return _applied("Some", of(operand))
            case e.Get(operand):
                return _applied("Get", of(operand))
            case e.Len(sequence):
                return _applied("Len", of(sequence))
            case e.Head(sequence):
                return _applied("Head", of(sequence))
            case e.Tail(sequence):
                return _applied("Tail", of(sequence))
            case e.Append(sequence, element):
                return _applied("Append", of(sequence), of(element))
            case e.SubSeq(sequence, low, high):
                return _applied("SubSeq", of(sequence), of(low), of(high))
            case _:
                raise InternalError(f"{type(expr).__name__} is not written")

    def _let(self, expr: e.Expr, names: Mapping[str, str]) -> s.Expr:
        """Return definitions inside each other as definitions after each other: there may be thousands."""
        inside = dict(names)
        used = set(names.values())
        tried: dict[str, int] = {}
        definitions: list[s.OperatorDecl] = []
        while isinstance(expr, e.Let):
            value = self._expr(expr.value, inside)
            chosen = self._unused(_base(expr.name), used, tried)
            definitions.append(s.OperatorDecl(s.Ident(chosen), (), value))
            inside[expr.name] = chosen
            used.add(chosen)
            expr = expr.body
        return s.Let(tuple(definitions), self._expr(expr, inside))

    def _junct(self, op: s.Junction, args: tuple[e.Expr, ...], names: Mapping[str, str]) -> s.Expr:
        match args:
            case ():
                return s.Truth(op is s.Junction.AND)
            case (one,):
                return self._expr(one, names)
            case _:
                return s.Junct(op, self._all(args, names))

    def _arguments(self, argument: e.Expr, names: Mapping[str, str]) -> tuple[s.Expr, ...]:
        """Return the arguments of a function: of several, one by one."""
        match argument:
            case e.MakeTuple(items) if len(items) > 1:
                return self._all(items, names)
            case e.Lit(value) if isinstance(value, tuple) and len(value) > 1:
                return tuple([self._value(item) for item in value])
            case _:
                return (self._expr(argument, names),)

    def _update(self, expr: e.Update | e.WithField | e.UpdateNth | e.UpdateProject, names: Mapping[str, str]) -> s.Expr:
        step: s.IndexStep | s.FieldStep
        match expr:
            case e.Update(whole, argument, value):
                step = s.IndexStep(self._arguments(argument, names))
            case e.UpdateNth(whole, index, value):
                step = s.IndexStep((self._expr(index, names),))
            case e.UpdateProject(whole, number, value):
                step = s.IndexStep((s.Number(number),))
            case e.WithField(whole, name, value):
                step = s.FieldStep(s.Ident(name))
            case _:
                assert_never(expr)
        return s.Except(self._expr(whole, names), (s.ExceptUpdate((step,), self._expr(value, names)),))

    def _call(self, operator: str, args: tuple[e.Expr, ...], names: Mapping[str, str]) -> s.Expr:
        name = operator.partition("~")[0]
        decl = self._operators.get(name)
        if decl is None or len(decl.params) != len(args) or any(param.arity for param in decl.params):
            raise NotExpressibleError(f"the operator `{operator}` has no name outside the place where it is defined")
        return s.Apply(s.Ident(name), self._all(args, names)) if args else s.Name(name)

    # ------------------------------------------------------------------------------ variables of processes

    def _variable(self, name: str) -> s.Expr:
        """Return a whole variable; of one that each process has its own of, the function that has them all."""
        if name in self._shared:
            return s.Name(name)
        of = self._of_process[name]
        if of.identifiers is None:
            if of.index is None:
                return s.Name(of.name)
            return s.Index(s.Name(of.name), (*(s.Name(part) for part in of.before), s.Name(of.index)))
        chosen = self._bound("p", {})
        binder = s.Binder((s.Ident(chosen),), self._type(of.identifiers))
        indexed = s.Index(s.Name(of.name), (*(s.Name(part) for part in of.before), s.Name(chosen)))
        return s.FunctionLiteral((binder,), indexed)

    def _applied(self, of: _OfProcess, argument: e.Expr, names: Mapping[str, str]) -> s.Expr:
        """Return a process's own value of a variable."""
        before = tuple(s.Name(part) for part in of.before)
        if of.identifiers is None:  # a function that a single process has
            whole = s.Name(of.name) if of.index is None else s.Index(s.Name(of.name), (*before, s.Name(of.index)))
            return s.Index(whole, self._arguments(argument, names))
        return s.Index(s.Name(of.name), (*before, self._expr(argument, names)))

    # ----------------------------------------------------------------------------------- values and types

    def _value(self, value: Value) -> s.Expr:
        """Return a value as an expression."""
        match value:
            case bool():
                return s.Truth(value)
            case int():
                return s.Number(value) if value >= 0 else s.UnaryOp(s.Unary.NEG, s.Number(-value))
            case Atom(family, _, label):
                if family.startswith(LABEL_FAMILY):
                    return s.Label(label)
                if family in self._system.scope:
                    raise NotExpressibleError(f"`{label}` is an element of a sort, which no specification can name")
                return s.Name(label)
            case Nothing():
                return s.NoneLit()
            case Some(inner):
                return _applied("Some", self._value(inner))
            case Record(fields):
                return s.RecordLiteral(tuple([s.RecordField(s.Ident(n), self._value(v)) for n, v in fields]))
            case Function(pairs):
                if not pairs:
                    raise NotExpressibleError("a function without arguments has no name")
                entries = [s.BinaryOp(s.Binary.PAIR, self._value(a), self._value(v)) for a, v in pairs]
                whole: s.Expr = entries[0]
                for entry in entries[1:]:
                    whole = s.BinaryOp(s.Binary.OVERRIDE, whole, entry)
                return whole
            case frozenset():
                return s.SetLiteral(tuple([self._value(item) for item in ordered(value)]))
            case tuple():
                return s.TupleLiteral(tuple([self._value(item) for item in value]))

    def _type(self, of: t.Type) -> s.Expr:
        """Return the set of a type's values."""
        match of:
            case t.BoolType():
                return s.BooleanSet()
            case t.RangeType(low, high):
                return s.BinaryOp(s.Binary.RANGE, self._value(low), self._value(high))
            case t.EnumType(name, literals) if name.startswith(LABEL_FAMILY):
                return s.SetLiteral(tuple([s.Label(label) for label in literals]))
            case t.EnumType(name) | t.SortType(name):
                return s.Name(name)
            case t.UnionType(name):
                if name not in self._types:
                    raise NotExpressibleError(f"the type `{name}` has no name")
                return s.Name(name)
            case t.AmongType(values):
                return s.SetLiteral(tuple([self._value(value) for value in values]))
            case t.RecordType(fields):
                return s.RecordSet(tuple([s.RecordField(s.Ident(name), self._type(item)) for name, item in fields]))
            case t.TupleType(items):
                return s.Product(tuple([self._type(item) for item in items]))
            case t.FunctionType(t.TupleType(items), target):
                return s.FunctionSet(tuple([self._type(item) for item in items]), self._type(target))
            case t.FunctionType(domain, target):
                return s.FunctionSet((self._type(domain),), self._type(target))
            case t.SetType(element):
                return s.UnaryOp(s.Unary.POWERSET, self._type(element))
            case t.SeqType(element, bound):
                return _applied("Seq", self._type(element), s.Number(bound))
            case t.OptionType(element):
                return _applied("Option", self._type(element))
            case _:
                assert_never(of)


def _base(name: str) -> str:
    """Return the part of a core name that is a word of the language and can be a name there."""
    match = _WORD.search(name)
    return match[0] if match else "x"


def _applied(name: str, *args: s.Expr) -> s.Expr:
    return s.Apply(s.Ident(name), args)


def _conjuncts(expr: e.Expr) -> tuple[e.Expr, ...]:
    """Return what a conjunction says, conjunctions in it taken apart: they are evaluated in this order, up to the first that is false."""
    match expr:
        case e.And(args):
            return tuple([part for arg in args for part in _conjuncts(arg)])
        case _:
            return (expr,)


def _disjuncts(expr: e.Expr) -> tuple[e.Expr, ...]:
    match expr:
        case e.Or(args):
            return tuple([part for arg in args for part in _disjuncts(arg)])
        case _:
            return (expr,)


def _listed(expr: e.Or) -> e.In | None:
    r"""Return `x = a \/ x = b \/ x = c`, where the right sides are values, as `x \in {a, b, c}`; None for any other disjunction."""
    sides = [(part.left, part.right) for part in _disjuncts(expr) if isinstance(part, e.Eq)]
    values = tuple([right for _, right in sides if isinstance(right, e.Lit)])
    if len(values) < 2 or len(values) < len(_disjuncts(expr)) or any(left != sides[0][0] for left, _ in sides):
        return None
    return e.In(sides[0][0], e.SetLit(values))


def _is_formula(expr: e.Expr) -> bool:
    """Return whether an expression is a formula for its form alone, so that `<=>` reads better than `=`."""
    match expr:
        case (
            e.Not()
            | e.And()
            | e.Or()
            | e.Implies()
            | e.Eq()
            | e.In()
            | e.Subset()
            | e.Compare()
            | e.Forall()
            | e.Exists()
        ):
            return True
        case _:
            return False


def _variables_of_processes(elaborated: Elaborated, system: TransitionSystem) -> Mapping[str, _OfProcess]:
    """Return how the variables that processes have are called from outside, by their core names."""
    found: dict[str, _OfProcess] = {}
    names = process_names(elaborated)
    owners: dict[str, int] = {}
    for own in names.values():
        for name in own.variables:
            owners[name] = owners.get(name, 0) + 1
    for process in system.processes:
        own = names[process.name]
        of, single = process.identifiers, process.name if process.identifiers is None else None
        told = (process.name,) if _is_alike(process.name, of, system) else ()
        found[own.pc] = _OfProcess(PC, told, single, of)
        for procedure, variable in own.return_variables.items():
            found[variable] = _OfProcess(PC, (*told, procedure), single, of)
        for name, variable in own.variables.items():
            found[variable] = _OfProcess(name, (), single if owners[name] > 1 else None, of)
    return found


def _is_alike(name: str, of: t.Type | None, system: TransitionSystem) -> bool:
    """Return whether another process's identifiers are of the same type, so that `pc[p]` would not tell which is meant."""
    mine = _kinds(of)
    return any(process.name != name and mine & _kinds(process.identifiers) for process in system.processes)


def _kinds(of: t.Type | None) -> frozenset[str]:
    """Return what the checker tells values of the type apart by, as far as identifiers are concerned."""
    match of:
        case None:
            return frozenset()
        case t.EnumType(name) | t.SortType(name):
            return frozenset((name,))
        case t.UnionType(_, parts):
            return frozenset(part.name for part in parts)
        case t.AmongType(values):
            return frozenset(value.family if isinstance(value, Atom) else type(value).__name__ for value in values)
        case t.RangeType():
            return frozenset((int.__name__,))
        case _:
            return frozenset((type(of).__name__,))
