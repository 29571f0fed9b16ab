"""The types of expressions, found by unification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.findings import Findings
from pluscheck.lang.kinds import BOOL, INT
from pluscheck.lang.names import Names
from pluscheck.lang.processes import Processes
from pluscheck.lang.scopes import Bound, LocalOperator, Scope, Template
from pluscheck.lang.session import DEEPEST, MOST_NODES_IN_INSTANCES, ExhaustedError, LabelUse
from pluscheck.lang.symbols import (
    PC,
    LocalSymbol,
    SymbolTable,
)
from pluscheck.lang.types import (
    FunctionType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
)
from pluscheck.lang.unify import ERROR, TypeTooLargeError


class Inference(Names):
    """Types of expressions."""

    def __init__(
        self, table: SymbolTable, known: Dependencies, processes: Processes, findings: Findings, root: str
    ) -> None:
        super().__init__(table, known, processes, findings, root)
        self._depth = 0
        self._nodes_in_instances = 0
        self.most_nodes_in_instances = MOST_NODES_IN_INSTANCES

    def type_of(self, expr: s.Expr, scope: Scope) -> Type:
        """Return the type of an expression, and annotate it and all in it."""
        self._depth += 1
        if self.at.annotations is not self.main:
            self._nodes_in_instances += 1
            if self._nodes_in_instances > self.most_nodes_in_instances:
                self._give_up(Code.SYSTEM_TOO_LARGE, "operators are used with too many combinations of arguments", expr)
        if self._depth > DEEPEST:
            self._give_up(Code.NESTED_TOO_DEEPLY, "operators are used inside each other too deeply", expr)
        try:
            found = self._type_of(expr, scope)
        except TypeTooLargeError:
            found = self.too_large(expr.span)
        finally:
            self._depth -= 1
        self.at.annotations.types[id(expr)] = found
        return found

    def _give_up(self, code: Code, message: str, expr: s.Expr) -> None:
        first = self.at.uses[0].span if self.at.uses else expr.span
        self.findings.report(code, message, first, "this leads to more than can be checked")
        raise ExhaustedError

    def _type_of(self, expr: s.Expr, scope: Scope) -> Type:
        match expr:
            case s.Number():
                return INT
            case s.Truth():
                return BOOL
            case s.Label(name):
                unknown = self.unifier.fresh_label()
                self.label_uses.append(LabelUse(name, expr.span, unknown, self.at))
                return unknown
            case s.NoneLit():
                return OptionType(self.unifier.fresh())
            case s.BooleanSet():
                return SetType(BOOL)
            case s.At():
                return self._at(expr, scope)
            case s.Name():
                return self._name(expr, scope)
            case s.Apply():
                return self._apply(expr, scope)
            case s.Lambda():
                return self._stray_lambda(expr)
            case s.BinaryOp():
                return self._binary(expr, scope)
            case s.UnaryOp():
                return self._unary(expr, scope)
            case s.Junct(_, items):
                for item in items:
                    self.boolean(item, scope)
                return BOOL
            case s.Product(items):
                return SetType(TupleType(tuple([self.set_of(item, scope) for item in items])))
            case s.Quantified(_, binders, body):
                inner, _ = self._bind_all(binders, scope)
                return self.boolean(body, inner)
            case s.Choose(name, domain, body):
                element = self.set_of(domain, scope)
                self.boolean(body, self._with_bound(name, element, scope))
                return element
            case s.If(condition, yes, no):
                self.boolean(condition, scope)
                return self._common([yes, no], scope, "the two arms of this `IF` have different types")
            case s.Case():
                return self._case(expr, scope)
            case s.Let():
                return self._let(expr, scope)
            case s.SetLiteral(items):
                return SetType(self._common(items, scope, "the elements of this set have different types"))
            case s.SetFilter(name, domain, condition):
                element = self.set_of(domain, scope)
                self.boolean(condition, self._with_bound(name, element, scope))
                return SetType(element)
            case s.SetMap(value, binders):
                inner, _ = self._bind_all(binders, scope)
                return SetType(self.type_of(value, inner))
            case s.FunctionLiteral(binders, value):
                inner, arguments = self._bind_all(binders, scope)
                return self._sized(FunctionType(_one_or_tuple(arguments), self.type_of(value, inner)))
            case s.FunctionSet(domains, target):
                arguments = [self.set_of(domain, scope) for domain in domains]
                return self._sized(SetType(FunctionType(_one_or_tuple(arguments), self.set_of(target, scope))))
            case s.RecordLiteral(fields):
                values = [(f, self.type_of(f.value, scope)) for f in fields]
                return self._record(values)
            case s.RecordSet(fields):
                values = [(f, self.set_of(f.value, scope)) for f in fields]
                return SetType(self._record(values))
            case s.TupleLiteral(items):
                types = tuple([self.type_of(item, scope) for item in items])
                return self._sized(self.unifier.fresh_bracket(types)) if types else SeqType(self.unifier.fresh())
            case s.Index():
                return self._index(expr, scope)
            case s.FieldOf(target, field):
                return self.field_of(self.type_of(target, scope), field, target)
            case s.Except():
                return self._except(expr, scope)
            case _:
                assert_never(expr)

    def _sized(self, of: Type) -> Type:
        """Return the type, which was put together from several. Raises TypeTooLargeError."""
        self.unifier.unknowns(of)
        return of

    def _stray_lambda(self, expr: s.Lambda) -> Type:
        self.report(
            Code.TYPE_MISMATCH,
            "a `LAMBDA` is an operator, and a value is expected",
            expr.span,
            "this is an operator",
            help_line="a function is written `[x \\in S |-> e]`; a `LAMBDA` is only an argument of an operator",
        )
        return ERROR

    def _at(self, expr: s.At, scope: Scope) -> Type:
        entry = scope.look_up("@")
        if isinstance(entry, Bound):
            return entry.type
        self.report(Code.UNKNOWN_NAME, "`@` is only defined inside `EXCEPT`", expr.span, "not inside `EXCEPT`")
        return ERROR

    def _common(self, items: Sequence[s.Expr], scope: Scope, message: str) -> Type:
        """Return the least type that has the values of all the items."""
        together: Type = self.unifier.fresh()
        first: s.Expr | None = None
        for item in items:
            found = self.type_of(item, scope)
            if first is None:
                first, together = item, found
                continue
            joined = self.unifier.join(together, found)
            if joined is None:
                self.no_common_type(message, first, together, item, found)
                together = ERROR
            else:
                together = joined
        return together

    def _case(self, expr: s.Case, scope: Scope) -> Type:
        for arm in expr.arms:
            self.boolean(arm.condition, scope)
        values = [arm.value for arm in expr.arms]
        if expr.other is not None:
            values.append(expr.other)
        return self._common(values, scope, "the arms of this `CASE` have different types")

    def _let(self, expr: s.Let, scope: Scope) -> Type:
        inner = Scope(scope)
        for definition in expr.definitions:
            name = definition.name
            if definition.params:
                # A scope of its own: a definition sees those before it, not those after it, and not itself.
                template = self.keep(
                    Template(
                        name.name, definition, Scope(inner.outer, dict(inner.entries)), self.at.home, is_local=True
                    )
                )
                if self.guessing:
                    self.guess_at(template)
                elif self.at.annotations is self.main:
                    with self.only_guessing():
                        self.guess_at(template)
                self.bind(inner, name, LocalOperator(template, name.span))
            else:
                found = self.type_of(definition.body, inner)
                self.bind(inner, name, Bound(found, name.span))
        return self.type_of(expr.body, inner)

    @contextmanager
    def only_guessing(self) -> Iterator[None]:
        """Look at operators with unknown arguments inside; what is found is no use elsewhere, but for what is reported."""
        self.guessing = self.unifier.lenient = True
        try:
            with self.discarding_instances():
                yield
        finally:
            self.guessing = self.unifier.lenient = False

    def guess_at(self, template: Template) -> None:
        """Look at an operator with unknown arguments, for what is wrong with it however it is used."""
        put_off, self.put_off = self.put_off, []
        uses = len(self.label_uses)
        types = tuple([None if p.arity else self.unifier.fresh() for p in template.params])
        try:
            self.instantiate(template, types, dict.fromkeys([p.name.name for p in template.params if p.arity]), None)
        except TypeTooLargeError:
            self.too_large(template.span)
        finally:
            self.put_off = put_off
        self.check_labels(uses)

    def _with_bound(self, name: s.Ident, of: Type, scope: Scope) -> Scope:
        inner = Scope(scope)
        self.bind(inner, name, Bound(of, name.span))
        return inner

    def _bind_all(self, binders: tuple[s.Binder, ...], scope: Scope) -> tuple[Scope, list[Type]]:
        """Return the scope inside the binders, and the type of each name. No domain sees any of the names."""
        inner = Scope(scope)
        domains = [self.set_of(binder.domain, scope) for binder in binders]
        types: list[Type] = []
        for binder, element in zip(binders, domains, strict=True):
            for name in binder.names:
                self.bind(inner, name, Bound(element, name.span))
                types.append(element)
        return inner, types

    def _record(self, values: list[tuple[s.RecordField, Type]]) -> Type:
        fields: dict[str, Type] = {}
        places: dict[str, Span] = {}
        for field, found in values:
            name = field.name.name
            if name in fields:
                self.report(
                    Code.DUPLICATE_FIELD,
                    f"the field `{name}` is there twice",
                    field.name.span,
                    "again here",
                    secondary=[Label(places[name], "first here")],
                )
                continue
            fields[name] = found
            places[name] = field.name.span
        return self._sized(RecordType(tuple([(name, fields[name]) for name in sorted(fields)])))

    def _binary(self, expr: s.BinaryOp, scope: Scope) -> Type:
        op, left, right = expr.op, expr.left, expr.right
        match op:
            case s.Binary.IMPLIES | s.Binary.EQUIV | s.Binary.LEADS_TO:
                self.boolean(left, scope)
                self.boolean(right, scope)
                return BOOL
            case s.Binary.EQ | s.Binary.NE:
                a, b = self.type_of(left, scope), self.type_of(right, scope)
                if self.unifier.join(a, b) is None:
                    message = f"{self.phrase(a)} is compared with {self.phrase(b)}"
                    self.no_common_type(message, left, a, right, b)
                return BOOL
            case s.Binary.LT | s.Binary.GT | s.Binary.LE | s.Binary.GE:
                self._integers(left, right, scope)
                return BOOL
            case s.Binary.IN | s.Binary.NOT_IN:
                a, b = self.type_of(left, scope), self.set_of(right, scope)
                if self.unifier.join(a, b) is None:
                    message = f"{self.phrase(a)} is never an element of {self.phrase(SetType(b))}"
                    self.no_common_type(message, left, a, right, SetType(b))
                return BOOL
            case s.Binary.SUBSETEQ | s.Binary.SUBSET:
                a, b = self.set_of(left, scope), self.set_of(right, scope)
                if self.unifier.join(a, b) is None:
                    message = f"{self.phrase(SetType(a))} is compared with {self.phrase(SetType(b))}"
                    self.no_common_type(message, left, SetType(a), right, SetType(b))
                return BOOL
            case s.Binary.PAIR:
                a, b = self.type_of(left, scope), self.type_of(right, scope)
                return self._sized(FunctionType(a, b))
            case s.Binary.OVERRIDE:
                return self._override(expr, scope)
            case s.Binary.UNION | s.Binary.INTERSECT | s.Binary.MINUS_SET:
                return self._set_operation(expr, scope)
            case s.Binary.RANGE:
                self._integers(left, right, scope)
                return SetType(INT)
            case s.Binary.ADD | s.Binary.SUB | s.Binary.MUL | s.Binary.DIV | s.Binary.MOD | s.Binary.POW:
                self._integers(left, right, scope)
                return INT
            case s.Binary.CONCAT:
                a, b = self._sequence(left, scope), self._sequence(right, scope)
                joined = self.unifier.join(a, b)
                if joined is None:
                    return self.no_common_type(
                        "two sequences of different types are put together", left, SeqType(a), right, SeqType(b)
                    )
                return SeqType(joined)
            case _:
                assert_never(op)

    def _set_operation(self, expr: s.BinaryOp, scope: Scope) -> Type:
        a, b = self.set_of(expr.left, scope), self.set_of(expr.right, scope)
        joined = self.unifier.join(a, b)
        if joined is None:
            message = f"{self.phrase(SetType(a))} and {self.phrase(SetType(b))} have no elements in common"
            return self.no_common_type(message, expr.left, SetType(a), expr.right, SetType(b))
        match expr.op:
            case s.Binary.UNION:
                return SetType(joined)
            case s.Binary.INTERSECT:
                return SetType(self.unifier.meet(a, b))
            case _:
                return SetType(a)

    def _override(self, expr: s.BinaryOp, scope: Scope) -> Type:
        sides = [self._function(expr.left, scope), self._function(expr.right, scope)]
        joined = self.unifier.join(sides[0], sides[1])
        if joined is None:
            return self.no_common_type(
                "two functions of different types are put together", expr.left, sides[0], expr.right, sides[1]
            )
        return joined

    def _unary(self, expr: s.UnaryOp, scope: Scope) -> Type:
        operand = expr.operand
        match expr.op:
            case s.Unary.NOT | s.Unary.ENABLED | s.Unary.ALWAYS | s.Unary.EVENTUALLY:
                return self.boolean(operand, scope)
            case s.Unary.NEG:
                return self.integer(operand, scope)
            case s.Unary.POWERSET:
                return SetType(SetType(self.set_of(operand, scope)))
            case s.Unary.BIG_UNION:
                return SetType(self._as_set_of_sets(operand, scope))
            case s.Unary.DOMAIN:
                found = self.type_of(operand, scope)
                return SetType(self.when_known(found, operand, lambda known: self._domain(known, operand)))
            case s.Unary.UNCHANGED:
                self.type_of(operand, scope)
                return BOOL
            case s.Unary.PRIME:
                return self.type_of(operand, scope)
            case op:
                assert_never(op)

    def _index(self, expr: s.Index, scope: Scope) -> Type:
        target = expr.target
        if isinstance(target, s.Name) and scope.look_up(target.name) is None:
            if target.name == PC:
                return self._program_counter(expr, scope)
            symbol = self.table.look_up(target.name, self.at.home)
            if symbol is not None and isinstance(symbol.what, LocalSymbol):
                owners = self.processes.owners(symbol.what)
                if len(owners) > 1:
                    return self._shared_local(expr, symbol, symbol.what, owners, scope)
        found = self.type_of(target, scope)
        args = [self.type_of(arg, scope) for arg in expr.args]
        return self.element_of(found, expr.args, args, target, expr)

    def _except(self, expr: s.Except, scope: Scope) -> Type:
        whole = self.type_of(expr.target, scope)
        for update in expr.updates:
            slot = whole
            where: s.Node = expr.target
            for step in update.path:
                slot = self._step(slot, step, where, scope)
                where = step
            inner = Scope(scope, {"@": Bound(slot, update.span)})
            found = self.type_of(update.value, inner)
            if not self.unifier.fits(found, slot):
                self.mismatch(update.value.span, found, slot, because=self.this_is(where, slot))
        return whole


def _one_or_tuple(arguments: list[Type]) -> Type:
    """Return the domain of a function of these arguments."""
    return arguments[0] if len(arguments) == 1 else TupleType(tuple(arguments))
