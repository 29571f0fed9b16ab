"""Expressions in TLA+, on one line. They are defined wherever they are evaluated: what need not be was asked for first (see `defined`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from pluscheck.core import exprs as e
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
)
from pluscheck.core.values import Atom, Function, Nothing, Record, Some, Value, ordered
from pluscheck.exports.identifiers import spelled
from pluscheck.exports.tla_names import Global, TlaNames


class Level(IntEnum):
    """How tightly an expression holds together; whatever is looser than its place asks for is put into parentheses."""

    OPEN = 0
    """Goes on as far to the right as it can."""
    IMPLIES = 1
    JUNCTION = 2
    NOT = 3
    RELATION = 4
    SUM = 5
    """Sets and numbers put together: never one inside the other without parentheses."""
    WORD = 6


@dataclass(frozen=True, slots=True)
class Bound:
    """What names that are bound are called, and all words that mean something here."""

    names: Mapping[str, str]
    taken: frozenset[str]

    def binding(self, *names: str) -> Bound:
        """Return this with more names, each called something that nothing else is called here."""
        called = dict(self.names)
        taken = set(self.taken)
        for name in names:
            plain = spelled(name)
            word, number = plain, 1
            while word in taken:
                number += 1
                word = f"{plain}_{number}"
            called[name] = word
            taken.add(word)
        return Bound(called, frozenset(taken))


Text = tuple[str, Level]


class TlaTerms:
    """Writes expressions, values and types by the names that a module has for things."""

    def __init__(self, names: TlaNames) -> None:
        self.names = names

    def outermost(self) -> Bound:
        """Return what is called what outside of everything."""
        return Bound({}, frozenset(self.names.taken))

    def text(self, expr: e.Expr, bound: Bound, at_least: Level = Level.OPEN) -> str:
        """Return the expression, in parentheses if it is looser than it must be."""
        text, level = self._expr(expr, bound)
        return text if level >= at_least else f"({text})"

    # ------------------------------------------------------------------------------------- expressions

    def _expr(self, expr: e.Expr, bound: Bound) -> Text:
        names = self.names

        def word(part: e.Expr) -> str:
            return self.text(part, bound, Level.WORD)

        def whole(part: e.Expr) -> str:
            return self.text(part, bound)

        def infix(left: e.Expr, operator: str, right: e.Expr, of: Level) -> Text:
            inner = Level(of + 1)
            return f"{self.text(left, bound, inner)} {operator} {self.text(right, bound, inner)}", of

        def called(operator: str, *parts: e.Expr) -> Text:
            return f"{operator}({', '.join(map(whole, parts))})", Level.WORD

        match expr:
            case e.Lit(value):
                return self._value(value)
            case e.Var(name):
                return names.variable(name), Level.WORD
            case e.Const(name):
                return names.constant(name), Level.WORD
            case e.Local(name):
                return bound.names[name], Level.WORD
            case e.Prime(operand):
                return f"{word(operand)}'", Level.WORD
            case e.Let(name, value, body):
                inside = bound.binding(name)
                return f"LET {inside.names[name]} == {whole(value)} IN {self.text(body, inside)}", Level.OPEN
            case e.Call(operator, args):
                called_here = names.operator(operator)
                return called(called_here, *args) if args else (called_here, Level.WORD)
            case e.Not(operand):
                return self._negation(operand, bound)
            case e.And(args):
                return self._junction("/\\", args, "TRUE", bound)
            case e.Or(args):
                return self._junction("\\/", args, "FALSE", bound)
            case e.Implies(left, right):
                return infix(left, "=>", right, Level.IMPLIES)
            case e.Ite(condition, yes, no):
                return f"IF {whole(condition)} THEN {whole(yes)} ELSE {whole(no)}", Level.OPEN
            case e.Case(arms, other):
                # CASE takes any arm that is true, IF the first. Where no arm need be true the last must be.
                *firsts, (_, last) = arms if other is None else [*arms, (expr, other)]
                texts = [f"IF {whole(condition)} THEN {whole(value)} ELSE " for condition, value in firsts]
                return "".join(texts) + whole(last), Level.OPEN
            case e.Eq(left, right):
                return infix(left, "=", right, Level.RELATION)
            case e.In(element, e.AllOf(of)):
                return self.membership(self.text(element, bound, Level.SUM), of), Level.RELATION
            case e.In(element, of_set):
                return infix(element, "\\in", of_set, Level.RELATION)
            case e.Subset(left, right):
                return infix(left, "\\subseteq", right, Level.RELATION)
            case e.Forall(binders, body):
                chosen, inside = self.binders(binders, bound)
                return f"\\A {chosen} : {self.text(body, inside)}", Level.OPEN
            case e.Exists(binders, body):
                chosen, inside = self.binders(binders, bound)
                return f"\\E {chosen} : {self.text(body, inside)}", Level.OPEN
            case e.Choose():
                return self._choice(expr, bound)
            case e.Arith(op, left, right):
                if op is e.Arithmetic.POW:
                    return called(names.helper(Global.POWER), left, right)
                return infix(left, op.value, right, Level.SUM)
            case e.Compare(op, left, right):
                return infix(left, op.value if op is e.Comparison.LT else "<=", right, Level.RELATION)
            case e.Neg(operand):
                return f"0 - {word(operand)}", Level.SUM
            case e.SetLit(items):
                return f"{{{', '.join(map(whole, items))}}}", Level.WORD
            case e.Interval(low, high):
                return f"{word(low)}..{word(high)}", Level.SUM
            case e.AllOf(of):
                return self.type(of)
            case e.SetBinary(op, left, right):
                return infix(left, op.value, right, Level.SUM)
            case e.BigUnion(operand):
                return f"UNION {word(operand)}", Level.SUM
            case e.Powerset(operand):
                return f"SUBSET {word(operand)}", Level.SUM
            case e.Filter(binder, condition):
                chosen, inside = self.binders((binder,), bound)
                return f"{{{chosen} : {self.text(condition, inside)}}}", Level.WORD
            case e.Map(value, binders):
                chosen, inside = self.binders(binders, bound)
                return f"{{{self.text(value, inside)} : {chosen}}}", Level.WORD
            case e.Cross(items):
                return " \\X ".join(map(word, items)), Level.SUM
            case e.FunctionSpace(domain, target):
                return f"[{whole(domain)} -> {whole(target)}]", Level.WORD
            case e.RecordSpace(fields):
                return f"[{', '.join(f'{names.field(n)} : {whole(s)}' for n, s in fields)}]", Level.WORD
            case e.Cardinality(operand):
                return called("Cardinality", operand)
            case e.Lambda(binders, value):
                chosen, inside = self.binders(binders, bound)
                return f"[{chosen} |-> {self.text(value, inside)}]", Level.WORD
            case e.App(function, argument):
                return f"{word(function)}[{self._arguments(argument, bound)}]", Level.WORD
            case e.Domain(function):
                return f"DOMAIN {word(function)}", Level.SUM
            case e.Update(function, argument, value):
                at = self._arguments(argument, bound)
                return f"[{whole(function)} EXCEPT ![{at}] = {whole(value)}]", Level.WORD
            case e.Override(left, right):
                return infix(left, "@@", right, Level.SUM)
            case e.Single(argument, value):
                return infix(argument, ":>", value, Level.SUM)
            case e.MakeRecord(fields):
                return f"[{', '.join(f'{names.field(n)} |-> {whole(v)}' for n, v in fields)}]", Level.WORD
            case e.Field(record, name):
                return f"{word(record)}.{names.field(name)}", Level.WORD
            case e.WithField(record, name, value):
                return f"[{whole(record)} EXCEPT !.{names.field(name)} = {whole(value)}]", Level.WORD
            case e.SomeOf(operand):
                return called(names.helper(Global.SOME), operand)
            case e.Get(operand):
                return called(names.helper(Global.GET), operand)
            case e.MakeTuple(items):
                return f"<<{', '.join(map(whole, items))}>>", Level.WORD
            case e.Project(whole_tuple, index):
                return f"{word(whole_tuple)}[{index}]", Level.WORD
            case e.Nth(sequence, index_expr):
                return f"{word(sequence)}[{whole(index_expr)}]", Level.WORD
            case e.UpdateNth(sequence, index_expr, value):
                return f"[{whole(sequence)} EXCEPT ![{whole(index_expr)}] = {whole(value)}]", Level.WORD
            case e.UpdateProject(whole_tuple, index, value):
                return f"[{whole(whole_tuple)} EXCEPT ![{index}] = {whole(value)}]", Level.WORD
            case e.Len(sequence):
                return called("Len", sequence)
            case e.Head(sequence):
                return called("Head", sequence)
            case e.Tail(sequence):
                return called("Tail", sequence)
            case e.Append(sequence, element):
                return called("Append", sequence, element)
            case e.SubSeq(sequence, low, high):
                return called("SubSeq", sequence, low, high)
            case e.Concat(left, right):
                return infix(left, "\\o", right, Level.SUM)
            case e.Check(operand, _):
                return self._expr(operand, bound)
            case _:
                assert_never(expr)

    def binders(self, binders: tuple[e.Binder, ...], bound: Bound) -> tuple[str, Bound]:
        """Return `x \\in S, y \\in T`, and what is bound inside."""
        inside = bound.binding(*[binder.name for binder in binders])
        texts = [f"{inside.names[b.name]} \\in {self.text(b.domain, bound, Level.SUM)}" for b in binders]
        return ", ".join(texts), inside

    def _junction(self, operator: str, args: tuple[e.Expr, ...], of_none: str, bound: Bound) -> Text:
        if not args:
            return of_none, Level.WORD
        if len(args) == 1:
            return self._expr(args[0], bound)
        return f" {operator} ".join(self.text(arg, bound, Level.NOT) for arg in args), Level.JUNCTION

    def _negation(self, operand: e.Expr, bound: Bound) -> Text:
        match operand:
            case e.Eq(left, right):
                sides = [self.text(side, bound, Level.SUM) for side in (left, right)]
                return " # ".join(sides), Level.RELATION
            case _:
                return f"~{self.text(operand, bound, Level.WORD)}", Level.NOT

    def _arguments(self, argument: e.Expr, bound: Bound) -> str:
        match argument:
            case e.MakeTuple(items) if len(items) > 1:
                return ", ".join(self.text(item, bound) for item in items)
            case _:
                return self.text(argument, bound)

    def _choice(self, expr: e.Choose, bound: Bound) -> Text:
        """Return the least element: TLA+ leaves open which, TLC takes the first in an order of its own."""
        chosen, inside = self.binders((expr.binder,), bound)
        condition = self.text(expr.body, inside, Level.IMPLIES)
        order = self.names.order_of(expr)
        if order is None:
            return f"CHOOSE {chosen} : {condition}", Level.OPEN
        other_chosen, others = self.binders((expr.binder,), Bound(bound.names, inside.taken))
        other, least = others.names[expr.binder.name], inside.names[expr.binder.name]
        known = self.text(expr.body, others, Level.JUNCTION)
        minimal = f"\\A {other_chosen} : {known} => {order(least, other)}"
        return f"CHOOSE {chosen} : ({condition}) /\\ {minimal}", Level.OPEN

    # ---------------------------------------------------------------------------------- values and types

    def value(self, value: Value, at_least: Level = Level.OPEN) -> str:
        """Return a value."""
        text, level = self._value(value)
        return text if level >= at_least else f"({text})"

    def _value(self, value: Value) -> Text:
        match value:
            case bool():
                return "TRUE" if value else "FALSE", Level.WORD
            case int():
                return (str(value), Level.WORD) if value >= 0 else (f"-{-value}", Level.SUM)
            case Atom():
                return self.names.atom(value), Level.WORD
            case Nothing():
                return self.names.helper(Global.NONE), Level.WORD
            case Some(inner):
                return f"{self.names.helper(Global.SOME)}({self.value(inner)})", Level.WORD
            case Record(fields):
                return f"[{', '.join(f'{self.names.field(n)} |-> {self.value(v)}' for n, v in fields)}]", Level.WORD
            case Function(pairs):
                if not pairs:
                    return "<<>>", Level.WORD
                texts = [f"{self.value(a, Level.WORD)} :> {self.value(v, Level.WORD)}" for a, v in pairs]
                return f"({' @@ '.join(texts)})", Level.WORD
            case tuple():
                return f"<<{', '.join(map(self.value, value))}>>", Level.WORD
            case frozenset():
                return f"{{{', '.join(map(self.value, ordered(value)))}}}", Level.WORD

    def type(self, of: Type) -> Text:
        """Return the set of the type's values."""

        def whole(part: Type) -> str:
            return self.type(part)[0]

        def word(part: Type) -> str:
            text, level = self.type(part)
            return text if level is Level.WORD else f"({text})"

        match of:
            case BoolType():
                return "BOOLEAN", Level.WORD
            case RangeType(low, high):
                return f"{self.value(low, Level.WORD)}..{self.value(high, Level.WORD)}", Level.SUM
            case EnumType() | SortType() | UnionType():
                return self.names.family(of), Level.WORD
            case AmongType(values):
                return f"{{{', '.join(map(self.value, values))}}}", Level.WORD
            case RecordType(fields):
                return f"[{', '.join(f'{self.names.field(n)} : {whole(item)}' for n, item in fields)}]", Level.WORD
            case TupleType(items):
                return " \\X ".join(map(word, items)), Level.SUM
            case FunctionType(domain, target):
                return f"[{whole(domain)} -> {whole(target)}]", Level.WORD
            case SetType(element):
                return f"SUBSET {word(element)}", Level.SUM
            case SeqType(element, bound):
                return f"{self.names.helper(Global.SEQUENCES)}({whole(element)}, {bound})", Level.WORD
            case OptionType(element):
                return f"{self.names.helper(Global.OPTION)}({whole(element)})", Level.WORD
            case _:
                assert_never(of)

    def membership(self, element: str, of: Type) -> str:
        """Return whether an element is of the type."""
        if isinstance(of, SeqType):
            of_element = self.type(of.element)[0]
            return f"{self.names.helper(Global.IS_SEQUENCE)}({element}, {of_element}, {of.bound})"
        text, level = self.type(of)
        return f"{element} \\in {text if level >= Level.SUM else f'({text})'}"


def lines_of(conjuncts: Iterable[str], indent: str) -> list[str]:
    """Return an aligned conjunction."""
    return [f"{indent}/\\ {conjunct}" for conjunct in conjuncts]
