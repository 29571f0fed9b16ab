"""What a value has to be for what is done with it: a set, a function, a record with a field of this name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.lang import syntax as s
from pluscheck.lang.calls import Calls
from pluscheck.lang.scopes import Scope
from pluscheck.lang.types import (
    BoolType,
    FunctionType,
    IntType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    Unknown,
)
from pluscheck.lang.unify import ERROR, BracketShape
from pluscheck.lang.wording import counted, did_you_mean

BOOL = BoolType()
INT = IntType()

_SCALARSET_HELP = (
    "elements of a sort have no order and no arithmetic: they can be compared with `=` and `#`, put in sets, "
    "records and sequences, and used as indices"
)


class Kinds(Calls):
    """Values that have to be of a kind."""

    def boolean(self, expr: s.Expr, scope: Scope) -> Type:
        """Check that the expression is a BOOLEAN."""
        found = self.type_of(expr, scope)
        if not self.unifier.fits(found, BOOL):
            self.mismatch(expr.span, found, BOOL, code=Code.NOT_A_BOOLEAN)
        return BOOL

    def integer(self, expr: s.Expr, scope: Scope) -> Type:
        """Check that the expression is an integer."""
        self._as_integer(expr, self.type_of(expr, scope))
        return INT

    def _integers(self, left: s.Expr, right: s.Expr, scope: Scope) -> None:
        """Check that two operands are integers; if both are the same other thing, that is one mistake, not two."""
        first, second = self.type_of(left, scope), self.type_of(right, scope)
        if self._as_integer(left, first) or self.resolve(first) != self.resolve(second):
            self._as_integer(right, second)

    def _as_integer(self, expr: s.Node, found: Type) -> bool:
        """Tell whether the type is the integers; report if it is not."""
        if self.unifier.fits(found, INT):
            return True
        known = self.resolve(found)
        if isinstance(known, SortType | UnionType):
            self.report(
                Code.SCALARSET_VIOLATION,
                f"an integer is expected, but this is {self.phrase(known)}, an element of a sort",
                expr.span,
                f"this is {self.phrase(known)}",
                help_line=_SCALARSET_HELP,
            )
        else:
            self.mismatch(expr.span, found, INT, code=Code.NOT_AN_INTEGER)
        return False

    def set_of(self, expr: s.Expr, scope: Scope) -> Type:
        """Return the type of the elements of an expression that has to be a set."""
        return self._as_set(expr, self.type_of(expr, scope))

    def _as_set(self, expr: s.Expr, found: Type) -> Type:
        known = self.resolve(found)
        if known == ERROR:
            return ERROR
        if isinstance(known, SetType):
            return known.element
        element = self.unifier.fresh()
        if self.unifier.fits(known, SetType(element)):
            return element
        self.report(
            Code.NOT_A_SET,
            f"a set is expected, but this is {self.phrase(found)}",
            expr.span,
            f"this is {self.phrase(found)}",
            help_line="write `DOMAIN` to get the set of its indices"
            if isinstance(known, SeqType | FunctionType)
            else None,
        )
        return ERROR

    def _as_set_of_sets(self, expr: s.Expr, scope: Scope) -> Type:
        outer = self.set_of(expr, scope)
        inner = self.unifier.fresh()
        if self.unifier.fits(outer, SetType(inner)):
            return inner
        self.report(
            Code.NOT_A_SET,
            f"`UNION` needs a set of sets, but this is {self.phrase(SetType(outer))}",
            expr.span,
            f"this is {self.phrase(SetType(outer))}",
        )
        return ERROR

    def _sequence(self, expr: s.Expr, scope: Scope) -> Type:
        """Return the type of the elements of an expression that has to be a sequence."""
        found = self.type_of(expr, scope)
        element = self.unifier.fresh()
        if self.unifier.fits(found, SeqType(element)):
            return element
        known = self.resolve(found)
        mixed = isinstance(known, Unknown) and isinstance(self.unifier.shape(known), BracketShape)
        self.report(
            Code.TYPE_MISMATCH,
            f"a sequence is expected, but this is {self.phrase(found)}",
            expr.span,
            f"this is {self.phrase(found)}",
            help_line="the elements of a sequence have one type" if mixed else None,
        )
        return ERROR

    def _settle_as_sequence(self, unknown: Unknown) -> Type | None:
        if isinstance(self.unifier.shape(unknown), BracketShape):
            return self.unifier.settle_as_sequence(unknown)
        return None

    def _domain(self, known: Type, operand: s.Expr) -> Type:
        """Return the type of the indices of a function or sequence."""
        if known == ERROR:
            return ERROR
        if isinstance(known, Unknown):
            settled = self._settle_as_sequence(known)
            known = known if settled is None else settled
        match known:
            case FunctionType(domain, _):
                return domain
            case SeqType():
                return INT
            case _:
                return self._no_function(operand, known)

    def _function(self, expr: s.Expr, scope: Scope) -> Type:
        found = self.type_of(expr, scope)
        if self.unifier.fits(found, FunctionType(self.unifier.fresh(), self.unifier.fresh())):
            return found
        return self._no_function(expr, found)

    def _no_function(self, expr: s.Node, found: Type) -> Type:
        known = self.resolve(found)
        help_line = None
        if isinstance(known, RecordType):
            help_line = "a field of a record is written `r.field`"
        elif isinstance(known, OptionType):
            help_line = "write `Get(...)` to get the value out of an option"
        self.report(
            Code.NOT_A_FUNCTION,
            f"a function is expected, but this is {self.phrase(found)}",
            expr.span,
            f"this is {self.phrase(found)}",
            help_line=help_line,
        )
        return ERROR

    def element_of(
        self, container: Type, args: Sequence[s.Expr], types: Sequence[Type], target: s.Node, whole: s.Node
    ) -> Type:
        """Return the type of a function's value, or of an element of a sequence or tuple."""
        return self.when_known(container, whole, lambda known: self._element_of(known, args, types, target, whole))

    def _element_of(
        self, known: Type, args: Sequence[s.Expr], types: Sequence[Type], target: s.Node, whole: s.Node
    ) -> Type:
        if known == ERROR:
            return ERROR
        literal = args[0].value if len(args) == 1 and isinstance(args[0], s.Number) else None
        if isinstance(known, Unknown):
            shape = self.unifier.shape(known)
            if isinstance(shape, BracketShape):
                if literal is not None and 1 <= literal <= len(shape.items):
                    known = self.unifier.settle_as_tuple(known)
                else:
                    known = self.unifier.settle_as_sequence(known) or self.unifier.settle_as_tuple(known)
        match known:
            case FunctionType(_, target_type):
                self._argument(known, args, types, target, whole)
                return target_type
            case SeqType(element) if len(args) == 1:
                self._as_integer(args[0], types[0])
                return element
            case TupleType(items) if literal is not None:
                if 1 <= literal <= len(items):
                    return items[literal - 1]
                self.report(
                    Code.UNKNOWN_FIELD,
                    f"a tuple of {counted(len(items), 'item')} has no item {literal}",
                    args[0].span,
                    "no such item",
                    secondary=[self.this_is(target, known)],
                )
                return ERROR
            case TupleType():
                self.report(
                    Code.TYPE_MISMATCH,
                    "the index of a tuple has to be a number, such as `t[1]`",
                    args[0].span,
                    "not a number",
                    secondary=[self.this_is(target, known)],
                    help_line="items of a tuple have different types, so it must be known which is meant",
                )
                return ERROR
            case _:
                return self._no_function(target, known)

    def _argument(
        self, function: FunctionType, args: Sequence[s.Expr], types: Sequence[Type], target: s.Node, whole: s.Node
    ) -> None:
        """Check what a function is applied to: an element of a union is let through where a part is wanted, and checked later."""
        wanted = self.resolve(function.domain)
        expected = [wanted]
        if isinstance(wanted, TupleType) and len(args) > 1:
            expected = list(wanted.items)
        elif isinstance(wanted, Unknown) and len(args) > 1:
            expected = [self.unifier.fresh() for _ in args]
            self.unifier.fits(TupleType(tuple(expected)), wanted)
        if len(args) != len(expected):
            self.report(
                Code.WRONG_ARGUMENT_COUNT,
                f"this function takes {counted(len(expected), 'argument')}, but is given {len(args)}",
                whole.span,
                f"given {counted(len(args), 'argument')}",
                secondary=[self.this_is(target, function)],
            )
            return
        for arg, actual, domain in zip(args, types, expected, strict=True):
            if self.unifier.join(actual, domain) is None:
                self.mismatch(arg.span, actual, domain, because=self.this_is(target, function))

    def field_of(self, record: Type, field: s.Ident, target: s.Node) -> Type:
        """Return the type of a record's field."""
        return self.when_known(record, field, lambda known: self._field_of(known, field, target))

    def _field_of(self, known: Type, field: s.Ident, target: s.Node) -> Type:
        if known == ERROR:
            return ERROR
        if not isinstance(known, RecordType):
            self.report(
                Code.UNKNOWN_FIELD,
                f"this is {self.phrase(known)}, which has no fields",
                field.span,
                "no such field",
                secondary=[self.this_is(target, known)],
                help_line="write `Get(...)` to get the record out of an option"
                if isinstance(known, OptionType)
                else None,
            )
            return ERROR
        for name, found in known.fields:
            if name == field.name:
                return found
        names = [name for name, _ in known.fields]
        self.report(
            Code.UNKNOWN_FIELD,
            f"this record has no field `{field.name}`",
            field.span,
            "no such field",
            secondary=[self.this_is(target, known)],
            help_line=did_you_mean(field.name, names) or "its fields are " + ", ".join(f"`{n}`" for n in names),
        )
        return ERROR

    def _step(self, container: Type, step: s.IndexStep | s.FieldStep, target: s.Node, scope: Scope) -> Type:
        match step:
            case s.IndexStep(args):
                types = [self.type_of(arg, scope) for arg in args]
                return self.element_of(container, args, types, target, step)
            case s.FieldStep(field):
                return self.field_of(container, field, target)
            case _:
                assert_never(step)

    def path_type(
        self, container: Type, path: Sequence[s.IndexStep | s.FieldStep], target: s.Node, scope: Scope
    ) -> Type:
        """Return the type of what a path leads to."""
        for step in path:
            container = self._step(container, step, target, scope)
            target = step
        return container
