"""Of which type an expression's values are: bottom up, from the declared types of variables and constants."""

from __future__ import annotations

from collections.abc import Mapping

from pluscheck.core import exprs as e
from pluscheck.core.system import TransitionSystem
from pluscheck.core.types import (
    AmongType,
    BoolType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
)
from pluscheck.exports.static_types import ANY_LENGTH, INTEGERS, NO_VALUES, Families, PartialType, Types

Locals = Mapping[str, Type]
"""The types of bound names."""


class Inference:
    """Finds types of expressions of a system."""

    def __init__(self, system: TransitionSystem, families: Families) -> None:
        self.types = Types(system.scope, families)
        self._variables = {variable.name: variable.type for variable in system.variables}
        self._constants = {constant.name: AmongType((constant.value,)) for constant in system.constants}
        self._operators = system.operators
        self._calls: dict[tuple[str, tuple[Type, ...]], Type] = {}
        self._active: list[str] = []

    def binders(self, binders: tuple[e.Binder, ...], names: Locals) -> Locals:
        """Return the names with those that are bound to elements of sets."""
        found = {b.name: self.types.element(self.of(b.domain, names)) for b in binders}
        return {**names, **found}

    def of(self, expr: e.Expr, names: Locals) -> Type:
        """Return a type of the expression."""
        types = self.types
        match expr:
            case e.Lit(value):
                return AmongType((value,))
            case e.Var(name):
                return self._variables[name]
            case e.Const(name):
                return self._constants[name]
            case e.Local(name):
                return names[name]
            case e.Prime(operand):
                return self.of(operand, names)
            case e.Check(_, of_type):
                return of_type
            case e.Let(name, value, body):
                return self.of(body, {**names, name: self.of(value, names)})
            case e.Call(operator, args):
                return self._call(operator, tuple([self.of(arg, names) for arg in args]))
            case e.Ite(_, yes, no):
                return types.join(self.of(yes, names), self.of(no, names))
            case e.Case(arms, other):
                rest = [] if other is None else [other]
                return types.joined(self.of(value, names) for value in [*(value for _, value in arms), *rest])
            case e.Choose(binder):
                return types.element(self.of(binder.domain, names))
            case e.Arith() | e.Neg():
                return self._arithmetic(expr, names)
            case e.Cardinality():
                return RangeType(0, INTEGERS.high)
            case e.Len(sequence):
                return RangeType(0, types.sequence(self.of(sequence, names)).bound)
            case e.SetLit(items):
                return SetType(types.joined(self.of(item, names) for item in items))
            case e.Interval(low, high):
                first, last = types.integers(self.of(low, names)), types.integers(self.of(high, names))
                return SetType(RangeType(first.low, last.high) if first.low <= last.high else NO_VALUES)
            case e.AllOf(of_type):
                return SetType(of_type)
            case e.SetBinary(op, left, right):
                first_set = self.of(left, names)
                return types.join(first_set, self.of(right, names)) if op is e.SetOp.UNION else first_set
            case e.BigUnion(operand):
                return types.element(self.of(operand, names))
            case e.Powerset(operand):
                return SetType(self.of(operand, names))
            case e.Filter(binder):
                return self.of(binder.domain, names)
            case e.Map(value, binders):
                return SetType(self.of(value, self.binders(binders, names)))
            case e.Cross(items):
                return SetType(TupleType(tuple([types.element(self.of(item, names)) for item in items])))
            case e.FunctionSpace(domain, target):
                return SetType(self._function((domain,), types.element(self.of(target, names)), names))
            case e.RecordSpace(fields):
                return SetType(RecordType(tuple([(n, types.element(self.of(s, names))) for n, s in fields])))
            case e.Lambda(binders, value):
                inside = self.of(value, self.binders(binders, names))
                return self._function(tuple([binder.domain for binder in binders]), inside, names)
            case e.MakeRecord(fields):
                return RecordType(tuple([(name, self.of(value, names)) for name, value in fields]))
            case e.SomeOf(operand):
                return OptionType(self.of(operand, names))
            case e.MakeTuple(items):
                return TupleType(tuple([self.of(item, names) for item in items]))
            case (
                e.Not()
                | e.And()
                | e.Or()
                | e.Implies()
                | e.Eq()
                | e.In()
                | e.Subset()
                | e.Forall()
                | e.Exists()
                | e.Compare()
            ):
                return BoolType()
            case _:
                return self._part(expr, names)

    def _part(self, expr: e.Expr, names: Locals) -> Type:
        """Return a type of a part of a function, record or sequence, or of one with another part."""
        types = self.types
        match expr:
            case e.App(function, _):
                return types.function(self.of(function, names)).range
            case e.Domain(function):
                return SetType(types.function(self.of(function, names)).domain)
            case e.Update(function, _, value):
                old = types.function(self.of(function, names))
                return type(old)(old.domain, types.join(old.range, self.of(value, names)))
            case e.Override(left, right):
                return types.join(self.of(left, names), self.of(right, names))
            case e.Single(argument, value):
                return PartialType(self.of(argument, names), self.of(value, names))
            case e.Field(record, name):
                return self._fields(record, names).get(name, NO_VALUES)
            case e.WithField(record, name, value):
                fields = self._fields(record, names)
                return RecordType(tuple([(n, self.of(value, names) if n == name else t) for n, t in fields.items()]))
            case e.Get(operand):
                option = types.structure(self.of(operand, names))
                return option.element if isinstance(option, OptionType) else NO_VALUES
            case e.Project(whole, index):
                items = self._items(whole, names)
                return items[index - 1] if items else NO_VALUES
            case e.UpdateProject(whole, index, value):
                parts = list(self._items(whole, names))
                parts[index - 1 : index] = [self.of(value, names)]
                return TupleType(tuple(parts))
            case e.Nth(sequence, _) | e.Head(sequence):
                return types.sequence(self.of(sequence, names)).element
            case e.UpdateNth(sequence, _, value):
                old_items = types.sequence(self.of(sequence, names))
                return SeqType(types.join(old_items.element, self.of(value, names)), old_items.bound)
            case e.Tail(sequence) | e.SubSeq(sequence):
                return types.sequence(self.of(sequence, names))
            case e.Append(sequence, element):
                before = types.sequence(self.of(sequence, names))
                return SeqType(types.join(before.element, self.of(element, names)), min(before.bound + 1, ANY_LENGTH))
            case e.Concat(left, right):
                first, second = types.sequence(self.of(left, names)), types.sequence(self.of(right, names))
                return SeqType(types.join(first.element, second.element), min(first.bound + second.bound, ANY_LENGTH))
            case _:
                return NO_VALUES

    def _fields(self, record: e.Expr, names: Locals) -> dict[str, Type]:
        of = self.types.structure(self.of(record, names))
        return dict(of.fields) if isinstance(of, RecordType) else {}

    def _items(self, whole: e.Expr, names: Locals) -> tuple[Type, ...]:
        of = self.types.structure(self.of(whole, names))
        return of.items if isinstance(of, TupleType) else ()

    def _arithmetic(self, expr: e.Arith | e.Neg, names: Locals) -> RangeType:
        """Return a range of the results; of multiplication, division and powers only whether they can be negative."""
        integers = self.types.integers
        if isinstance(expr, e.Neg):
            of = integers(self.of(expr.operand, names))
            return RangeType(-of.high, -of.low)
        left, right = integers(self.of(expr.left, names)), integers(self.of(expr.right, names))
        match expr.op:
            case e.Arithmetic.ADD:
                found = RangeType(left.low + right.low, left.high + right.high)
            case e.Arithmetic.SUB:
                found = RangeType(left.low - right.high, left.high - right.low)
            case e.Arithmetic.MOD:
                found = RangeType(0, max(right.high - 1, 0))
            case _:
                natural = left.low >= 0 and right.low >= 0
                found = RangeType(0, INTEGERS.high) if natural else INTEGERS
        return RangeType(max(found.low, INTEGERS.low), min(found.high, INTEGERS.high))

    def _function(self, domains: tuple[e.Expr, ...], target: Type, names: Locals) -> FunctionType:
        """Return a type of the functions on these sets."""
        wholes = [self._whole(domain) for domain in domains]
        known = [whole for whole in wholes if whole is not None]
        if len(known) == len(wholes):
            return FunctionType(known[0] if len(known) == 1 else TupleType(tuple(known)), target)
        elements = [self.types.element(self.of(domain, names)) for domain in domains]
        return PartialType(elements[0] if len(elements) == 1 else TupleType(tuple(elements)), target)

    def _whole(self, domain: e.Expr) -> Type | None:
        """Return the type that a set has all values of, if it is seen to be one."""
        match domain:
            case e.AllOf(of):
                return of
            case e.Cross(items):
                parts = [self._whole(item) for item in items]
                known = [part for part in parts if part is not None]
                return TupleType(tuple(known)) if len(known) == len(parts) else None
            case e.Interval(e.Lit(int(low)), e.Lit(int(high))) if low <= high:
                return RangeType(low, high)
            case _:
                return None

    def _call(self, operator: str, args: tuple[Type, ...]) -> Type:
        """Return a type of the results: of a recursive operator the least that is one of its body, given that, of arguments of any size."""
        if operator in self._active:
            args = tuple(map(widened, args))
        key = (operator, args)
        if key in self._calls:
            return self._calls[key]
        defined = self._operators[operator]
        inside = dict(zip(defined.params, args, strict=True))
        self._active.append(operator)
        guess: Type = NO_VALUES
        while True:
            before = dict(self._calls)
            self._calls[key] = guess
            found = widened_if(self.types.join(guess, self.of(defined.body, inside)), when=guess != NO_VALUES)
            if found == guess:
                break
            # What was inferred meanwhile rests on the guess.
            self._calls = before
            guess = found
        self._active.pop()
        return guess


def widened_if(of: Type, *, when: bool) -> Type:
    """Return the type, without the sizes in it where that is asked for."""
    return widened(of) if when else of


def widened(of: Type) -> Type:
    """Return a type that has no sizes in it, so that there are few of them."""
    match of:
        case RangeType():
            return INTEGERS
        case SetType(element):
            return SetType(widened(element))
        case OptionType(element):
            return OptionType(widened(element))
        case SeqType(element, _):
            return SeqType(widened(element), ANY_LENGTH)
        case TupleType(items):
            return TupleType(tuple([widened(item) for item in items]))
        case RecordType(fields):
            return RecordType(tuple([(name, widened(item)) for name, item in fields]))
        case FunctionType(domain, target):
            return type(of)(domain, widened(target))
        case _:
            return of
