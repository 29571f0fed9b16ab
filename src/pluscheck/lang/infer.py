"""The types of expressions, found by unification; and what each name in them stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.calls import Calls
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.elaborated import (
    Annotations,
    BoundMeaning,
    BuiltinMeaning,
    ConstantMeaning,
    ForeignMeaning,
    LiteralMeaning,
    Meaning,
    OwnMeaning,
    PcMeaning,
    TypeMeaning,
    VariableMeaning,
)
from pluscheck.lang.findings import Findings
from pluscheck.lang.processes import Processes
from pluscheck.lang.scopes import Bound, LocalOperator, OperatorParameter, Own, Scope, Template
from pluscheck.lang.session import DEEPEST, MOST_NODES_IN_INSTANCES, At, ExhaustedError, LabelUse
from pluscheck.lang.symbols import (
    BUILTIN_ARITY,
    INFINITE_SETS,
    PC,
    ActionSymbol,
    ConstSymbol,
    EnumSymbol,
    LiteralSymbol,
    LocalSymbol,
    OperatorSymbol,
    ProcedureSymbol,
    ProcessSymbol,
    SortSymbol,
    Symbol,
    SymbolTable,
    TypeSymbol,
    VarSymbol,
)
from pluscheck.lang.types import (
    BoolType,
    EnumType,
    FunctionType,
    IntType,
    LabelType,
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
from pluscheck.lang.unify import ERROR, BracketShape, TypeTooLargeError
from pluscheck.lang.wording import counted, did_you_mean

BOOL = BoolType()
INT = IntType()

_SCALARSET_HELP = (
    "elements of a sort have no order and no arithmetic: they can be compared with `=` and `#`, put in sets, "
    "records and sequences, and used as indices"
)


class Inference(Calls):
    """Types of expressions and of what is declared."""

    def __init__(
        self, table: SymbolTable, known: Dependencies, processes: Processes, findings: Findings, root: str
    ) -> None:
        super().__init__(table, known, findings, root)
        self.processes = processes
        self._depth = 0
        self._nodes_in_instances = 0
        self.most_nodes_in_instances = MOST_NODES_IN_INSTANCES
        self._untyped_only = False
        self._declared: dict[int, Type] = {}
        self._named: dict[str, Type] = {}
        self._applied: dict[tuple[str, tuple[Type, ...]], Type] = {}

    # ------------------------------------------------------------------------------------- expressions

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

    def boolean(self, expr: s.Expr, scope: Scope, *, why: str | None = None) -> Type:
        """Check that the expression is a BOOLEAN."""
        found = self.type_of(expr, scope)
        if not self.unifier.fits(found, BOOL):
            self.mismatch(expr.span, found, BOOL, code=Code.NOT_A_BOOLEAN, help_line=why)
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
        with self.discarding_instances():
            yield
        self.guessing = self.unifier.lenient = False

    def guess_at(self, template: Template) -> None:
        """Look at an operator with unknown arguments, for what is wrong with it however it is used."""
        put_off, self.put_off = self.put_off, []
        uses = len(self.label_uses)
        types = tuple([None if p.arity else self.unifier.fresh() for p in template.params])
        self.instantiate(template, types, dict.fromkeys([p.name.name for p in template.params if p.arity]), None)
        self.check_labels(uses)
        self.put_off = put_off

    def check_labels(self, start: int = 0) -> None:
        """Check the string literals from number `start` on, and forget them: each is a label of the process it is used for."""
        for use in self.label_uses[start:]:
            process = self.resolve(use.type)
            if isinstance(process, LabelType):
                labels = self.processes.labels(process.process)
                if use.name not in labels:
                    saved, self.at = self.at, use.at
                    self.report(
                        Code.UNKNOWN_LABEL,
                        f"process {process.process} has no label `{use.name}`",
                        use.span,
                        "no such label",
                        help_line=did_you_mean(use.name, labels) or "its labels are " + ", ".join(labels),
                    )
                    self.at = saved
            elif process != ERROR and not self.guessing:
                self._untyped(use.span, "it cannot be told of which process this is a label", use.at)
        del self.label_uses[start:]

    def check_put_off(self) -> None:
        """Report the questions that nothing has answered."""
        self.answer_put_off()
        for question in self.put_off:
            self._untyped(question.span, "the type of this expression cannot be told", question.at)
        self.put_off.clear()

    def _untyped(self, span: Span, message: str, at: At) -> None:
        # Where something is wrong anyway, this would often be a consequence of it.
        if len(self.findings) == 0 or self._untyped_only:
            self._untyped_only = True
            saved, self.at = self.at, at
            self.report(Code.UNTYPED_EXPRESSION, message, span, "nothing says what this is")
            self.at = saved

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

    # -------------------------------------------------------------------------------------- operations

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

    def _settle_as_sequence(self, unknown: Unknown) -> Type | None:
        if isinstance(self.unifier.shape(unknown), BracketShape):
            return self.unifier.settle_as_sequence(unknown)
        return None

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

    # ---------------------------------------------------------------------------- functions and fields

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

    # ----------------------------------------------------------------------------------------- processes

    def _program_counter(self, expr: s.Index, scope: Scope) -> Type:
        """Return the type of `pc[p]`: the labels of the process that `p` identifies."""
        if len(expr.args) != 1:
            self.wrong_count(expr.span, PC, 1, len(expr.args), None)
            return ERROR
        arg = expr.args[0]
        if isinstance(arg, s.Name) and scope.look_up(arg.name) is None:
            symbol = self.table.look_up(arg.name, self.at.home)
            if symbol is not None and isinstance(symbol.what, ProcessSymbol):
                return self._program_counter_of_name(expr, symbol.what.decl)
        found = self.type_of(arg, scope)
        candidates = list(self.processes.identified())
        bound = scope.look_up(arg.name) if isinstance(arg, s.Name) else None
        if isinstance(bound, Bound) and bound.process is not None:
            candidates = [self.processes.declarations[bound.process]]
        owner = self._owner(found, candidates, arg, f"{PC}[...]", expr)
        if owner is None:
            return ERROR
        at = self.at

        def annotate(process: s.ProcessDecl) -> Type:
            at.annotations.meanings[id(expr)] = PcMeaning(process.name.name)
            return LabelType(process.name.name)

        if isinstance(owner, s.ProcessDecl):
            return annotate(owner)
        later = self.unifier.fresh_label()

        def answer(known: Type) -> Type:
            process = self._owner(known, candidates, arg, f"{PC}[...]", expr)
            return annotate(process) if isinstance(process, s.ProcessDecl) else ERROR

        self.unifier.fits(self.when_known(found, expr, answer), later)
        return later

    def _program_counter_of_name(self, expr: s.Index, process: s.ProcessDecl) -> Type:
        name = process.name.name
        if process.param is not None:
            self.report(
                Code.TYPE_MISMATCH,
                f"`{name}` has many processes: say which",
                expr.args[0].span,
                "this is all of them",
                help_line=f"write `{PC}[{process.param.name.name}]` with an element of the set of its identifiers",
            )
            return ERROR
        self.at.annotations.meanings[id(expr)] = PcMeaning(name)
        return LabelType(name)

    def _owner(
        self, of: Type, candidates: list[s.ProcessDecl], arg: s.Expr, what: str, whole: s.Node
    ) -> s.ProcessDecl | Unknown | None:
        """Return the candidate whose processes are identified by values of the type.

        An Unknown if that cannot be told yet; None if there is none or there are several, which is reported.
        """
        if self.resolve(of) == ERROR:
            return None
        typed = [(process, self.identifier_type(process)) for process in candidates]
        fitting = [(p, t) for p, t in typed if t != ERROR and self.unifier.could_fit(of, t)]
        if not fitting:
            fitting = [(p, t) for p, t in typed if t != ERROR and self.unifier.could_join(of, t)]
        if len(fitting) == 1:
            process, identifiers = fitting[0]
            self.unifier.join(of, identifiers)
            return process
        if fitting and self.is_open(of):
            return self.unifier.fresh()
        if not fitting:
            if candidates and any(t == ERROR for _, t in typed):
                return None
            self.report(
                Code.TYPE_MISMATCH,
                f"this is {self.phrase(of)}, which identifies no process",
                arg.span,
                f"this is {self.phrase(of)}",
                secondary=[Label(p.name.span, f"is identified by {self.phrase(t)}") for p, t in typed],
                help_line=None if candidates else "there are no processes with identifiers",
            )
            return None
        self.report(
            Code.AMBIGUOUS_PC,
            f"`{what}` could be of several processes",
            whole.span,
            f"this is {self.phrase(of)}",
            secondary=[Label(p.name.span, f"this process is identified by {self.phrase(t)}") for p, t in fitting],
            help_line="give the processes different types of identifiers",
        )
        return None

    def _shared_local(
        self, expr: s.Index, symbol: Symbol, what: LocalSymbol, owners: tuple[s.ProcessDecl, ...], scope: Scope
    ) -> Type:
        """Return the type of `x[p]` for a procedure's variable that several processes have, each its own."""
        target = expr.target
        found = self.type_of(expr.args[0], scope)
        candidates = [process for process in owners if process.param is not None]
        owner = self._owner(found, candidates, expr.args[0], f"{symbol.name}[...]", expr)
        at = self.at
        value = self.local_type(what, symbol.module)

        def annotate(process: s.ProcessDecl) -> Type:
            at.annotations.meanings[id(target)] = ForeignMeaning(symbol.name, process.name.name)
            at.annotations.types[id(target)] = FunctionType(self.identifier_type(process), value)
            return self.element_of(at.annotations.types[id(target)], expr.args, [found], target, expr)

        if owner is None or isinstance(owner, s.ProcessDecl):
            return ERROR if owner is None else annotate(owner)

        def answer(known: Type) -> Type:
            process = self._owner(known, candidates, expr.args[0], f"{symbol.name}[...]", expr)
            return annotate(process) if isinstance(process, s.ProcessDecl) else ERROR

        return self.when_known(found, expr, answer)

    def identifier_type(self, process: s.ProcessDecl) -> Type:
        """Return the type of a process's identifiers; of a single process, ERROR."""
        if process.param is None:
            return ERROR
        symbol = self.table.symbols[process.name.name]
        return self.declared_type(process.param.type, symbol.module)

    # ---------------------------------------------------------------------------------------------- names

    def _mean(self, node: s.Node, meaning: Meaning) -> None:
        self.at.annotations.meanings[id(node)] = meaning

    def _name(self, expr: s.Name, scope: Scope) -> Type:
        name = expr.name
        match scope.look_up(name):
            case Bound(found):
                self._mean(expr, BoundMeaning(name))
                return found
            case Own(found, _):
                self._mean(expr, OwnMeaning(name))
                return found
            case LocalOperator(template, span):
                self.wrong_count(expr.span, name, len(template.params), 0, span)
                return ERROR
            case OperatorParameter(_, arity, span, _):
                self.wrong_count(expr.span, name, arity, 0, span)
                return ERROR
            case None:
                pass
        symbol = self.table.look_up(name, self.at.home)
        if symbol is not None:
            return self._declared_name(expr, symbol, scope)
        if name == PC:
            self.report(
                Code.TYPE_MISMATCH,
                f"`{PC}` is only used as `{PC}[p]`",
                expr.span,
                "which process is not said",
            )
            return ERROR
        if name in BUILTIN_ARITY:
            self.wrong_count(expr.span, name, BUILTIN_ARITY[name], 0, None)
            return ERROR
        return self.unknown_name(name, expr.span, scope)

    def _declared_name(self, expr: s.Name, symbol: Symbol, scope: Scope) -> Type:
        if symbol.name in self.table.duplicated or symbol.name in self.known.broken:
            return ERROR
        match symbol.what:
            case SortSymbol(sort):
                self._mean(expr, TypeMeaning(sort))
                return SetType(SortType(sort.name.name))
            case EnumSymbol(enum):
                self._mean(expr, TypeMeaning(enum))
                return SetType(EnumType(enum.name.name))
            case LiteralSymbol(enum, index):
                self._mean(expr, LiteralMeaning(enum, index))
                return EnumType(enum.name.name)
            case TypeSymbol(decl):
                self._mean(expr, TypeMeaning(decl))
                if decl.params:
                    self.wrong_count(expr.span, symbol.name, len(decl.params), 0, symbol.span)
                    return ERROR
                element = self.named_type(symbol, decl)
                return ERROR if element == ERROR else SetType(element)
            case ConstSymbol(const):
                self._mean(expr, ConstantMeaning(const))
                return self.declared_type(const.type, symbol.module)
            case VarSymbol(var, _):
                self._mean(expr, VariableMeaning(var))
                return self.declared_type(var.type, symbol.module)
            case OperatorSymbol() as what:
                return self.apply_template(self.template(symbol, what), expr, scope)
            case LocalSymbol() as what:
                return self._foreign(expr, symbol, what)
            case ProcedureSymbol() | ProcessSymbol() | ActionSymbol():
                self.report(
                    Code.NOT_AN_OPERATOR,
                    f"`{symbol.name}` is {symbol.noun}, and has no value",
                    expr.span,
                    "no value",
                    secondary=[Label(symbol.span, "declared here")],
                )
                return ERROR
            case what:
                assert_never(what)

    def _foreign(self, expr: s.Name, symbol: Symbol, what: LocalSymbol) -> Type:
        """Return the type of a local variable seen from outside: a function of the process's identifier."""
        value = self.local_type(what, symbol.module)
        owners = self.processes.owners(what)
        if len(owners) != 1:
            told = "no process calls" if not owners else "several processes call"
            self.report(
                Code.AMBIGUOUS_PC,
                f"`{symbol.name}` is {symbol.noun}, which {told}",
                expr.span,
                "whose is not known",
                secondary=[Label(symbol.span, "declared here")],
                help_line=f"write `{symbol.name}[p]` with the process `p` that is meant" if owners else None,
            )
            return ERROR
        owner = owners[0]
        self._mean(expr, ForeignMeaning(symbol.name, owner.name.name))
        return value if owner.param is None else FunctionType(self.identifier_type(owner), value)

    def _apply(self, expr: s.Apply, scope: Scope) -> Type:
        name = expr.operator.name
        match scope.look_up(name):
            case LocalOperator(template, _):
                return self.apply_template(template, expr, scope)
            case OperatorParameter() as parameter:
                return self.apply_parameter(parameter, expr, scope)
            case Bound(_, span) | Own(_, span):
                return self._no_operator(expr, "a value", span, scope)
            case None:
                pass
        symbol = self.table.look_up(name, self.at.home)
        if symbol is None:
            if name in BUILTIN_ARITY:
                return self._builtin(expr, scope)
            for arg in expr.args:
                if not isinstance(arg, s.Lambda):
                    self.type_of(arg, scope)
            return self.unknown_name(name, expr.operator.span, scope)
        match symbol.what:
            case _ if symbol.name in self.table.duplicated:
                return ERROR
            case OperatorSymbol() as what:
                return self.apply_template(self.template(symbol, what), expr, scope)
            case TypeSymbol(decl) if decl.params:
                return self._generic_type(expr, symbol, decl, scope)
            case _:
                return self._no_operator(expr, symbol.noun, symbol.span, scope)

    def _no_operator(self, expr: s.Apply, noun: str, declared: Span, scope: Scope) -> Type:
        for arg in expr.args:
            if not isinstance(arg, s.Lambda):
                self.type_of(arg, scope)
        name = expr.operator.name
        self.report(
            Code.NOT_AN_OPERATOR,
            f"`{name}` is {noun}, not an operator",
            expr.operator.span,
            "cannot be applied with parentheses",
            secondary=[Label(declared, "declared here")],
            help_line=f"a function is applied with brackets: `{name}[...]`",
        )
        return ERROR

    def _builtin(self, expr: s.Apply, scope: Scope) -> Type:
        name, args = expr.operator.name, expr.args
        self._mean(expr, BuiltinMeaning(name))
        if name == "Seq" and len(args) == 1:
            self.type_of(args[0], scope)
            return self.infinite_set_of_sequences(expr)
        if len(args) != BUILTIN_ARITY[name]:
            for arg in args:
                self.type_of(arg, scope)
            self.wrong_count(expr.span, name, BUILTIN_ARITY[name], len(args), None)
            return ERROR
        match name:
            case "Len":
                self._sequence(args[0], scope)
                return INT
            case "Head":
                return self._sequence(args[0], scope)
            case "Tail":
                return SeqType(self._sequence(args[0], scope))
            case "Append":
                element = self._sequence(args[0], scope)
                added = self.type_of(args[1], scope)
                joined = self.unifier.join(element, added)
                if joined is None:
                    because = self.this_is(args[0], SeqType(element))
                    return self.mismatch(args[1].span, added, element, because=because)
                return SeqType(joined)
            case "SubSeq":
                element = self._sequence(args[0], scope)
                self.integer(args[1], scope)
                self.integer(args[2], scope)
                return SeqType(element)
            case "Cardinality":
                self.set_of(args[0], scope)
                return INT
            case "Some":
                return OptionType(self.type_of(args[0], scope))
            case "Get":
                option = self.type_of(args[0], scope)
                value = self.unifier.fresh()
                if not self.unifier.fits(option, OptionType(value)):
                    return self.mismatch(args[0].span, option, OptionType(self.unifier.fresh()))
                return value
            case "Seq":
                element = self.set_of(args[0], scope)
                self.integer(args[1], scope)
                return SetType(SeqType(element))
            case _:
                return SetType(OptionType(self.set_of(args[0], scope)))

    def infinite_set_of_sequences(self, expr: s.Apply) -> Type:
        """Report `Seq(S)`, which has no bound."""
        self.report(
            Code.INFINITE_SET,
            "`Seq(S)` is infinite, and every set here is finite",
            expr.span,
            "an infinite set",
            help_line="say how long a sequence can be: `Seq(S, 4)`",
        )
        return ERROR

    # -------------------------------------------------------------------------------------- declared types

    def declared_type(self, expr: s.Expr, home: str) -> Type:
        """Return the type that a type expression of a declaration in the module `home` denotes."""
        found = self._declared.get(id(expr))
        if found is None:
            saved, self.at = self.at, At(self.main, home)
            try:
                found = self._element_type(expr, Scope())
            finally:
                self.at = saved
            self._declared[id(expr)] = found
        return found

    def local_type(self, what: LocalSymbol, home: str) -> Type:
        """Return the type of a process's or procedure's variable, as it is seen in its body."""
        return self.declared_type(what.decl.type, home)

    def named_type(self, symbol: Symbol, decl: s.TypeDecl) -> Type:
        """Return what a named type without parameters stands for."""
        found = self._named.get(symbol.name)
        if found is None:
            if symbol.name in self.known.broken:
                found = ERROR
            elif decl.value is None:
                found = self._union(symbol, decl)
            else:
                found = self.declared_type(decl.value, symbol.module)
            self._named[symbol.name] = found
        return found

    def declare_generic(self, symbol: Symbol, decl: s.TypeDecl) -> None:
        """Annotate the body of a generic type, whose parameters may be types or numbers."""
        if symbol.name in self.known.broken or decl.value is None:
            return
        saved, self.at = self.at, At(self.main, symbol.module)
        scope = Scope()
        for param in decl.params:
            self.bind(scope, param, Bound(self.unifier.fresh(), param.span))
        self._element_type(decl.value, scope)
        self.at = saved

    def _generic_type(self, expr: s.Apply, symbol: Symbol, decl: s.TypeDecl, scope: Scope) -> Type:
        self._mean(expr, TypeMeaning(decl))
        types = [self.type_of(arg, scope) for arg in expr.args]
        if len(types) != len(decl.params):
            self.wrong_count(expr.span, symbol.name, len(decl.params), len(types), symbol.span)
            return ERROR
        if symbol.name in self.known.broken or decl.value is None or ERROR in [self.resolve(t) for t in types]:
            return ERROR
        for arg, found in zip(expr.args, types, strict=True):
            if not isinstance(self.resolve(found), SetType | IntType | Unknown):
                self.report(
                    Code.BAD_TYPE_DECLARATION,
                    f"a type is expected, but this is {self.phrase(found)}",
                    arg.span,
                    "this is no type",
                )
                return ERROR
        if any(bool(self.unifier.unknowns(t)) for t in types):
            # In the body of another generic type, whose parameters are not known yet.
            return SetType(self.unifier.fresh())
        key = (symbol.name, tuple([self.unifier.zonk(t) for t in types]))
        element = self._applied.get(key)
        if element is None:
            element = self._applied[key] = self._instance_of_type(symbol, decl, decl.value, types)
        return ERROR if element == ERROR else SetType(element)

    def _instance_of_type(self, symbol: Symbol, decl: s.TypeDecl, body: s.Expr, types: list[Type]) -> Type:
        # The body's annotations are those of its declaration; these are of one use, and nobody needs them.
        saved, self.at = self.at, At(Annotations(), symbol.module, self.at.uses)
        scope = Scope()
        for param, found in zip(decl.params, types, strict=True):
            scope.entries[param.name] = Bound(found, param.span)
        try:
            return self.set_of(body, scope)
        finally:
            self.at = saved

    def _union(self, symbol: Symbol, decl: s.TypeDecl) -> Type:
        """Return the union of the parts, which are sorts, enums, and other unions."""
        parts: set[SortType | EnumType] = set()
        for part in decl.parts:
            element = self._part(part, symbol.module)
            if element == ERROR:
                return ERROR
            match element:
                case SortType() | EnumType():
                    new = {element}
                case UnionType(_, inner):
                    new = set(inner)
                case _:
                    self.report(
                        Code.BAD_TYPE_DECLARATION,
                        "the parts of a union are sorts and enums",
                        part.span,
                        f"this is a name for {self.phrase(SetType(element))}",
                    )
                    return ERROR
            if new & parts:
                self.report(
                    Code.BAD_TYPE_DECLARATION,
                    f"`{part.name}` is in this union already",
                    part.span,
                    "the parts of a union are disjoint",
                )
                return ERROR
            parts |= new
        return self.unifier.union_of(frozenset(parts)) or UnionType(symbol.name, frozenset(parts))

    def _part(self, part: s.Ident, home: str) -> Type:
        symbol = self.table.look_up(part.name, home)
        match symbol.what if symbol is not None else None:
            case SortSymbol():
                return SortType(part.name)
            case EnumSymbol():
                return EnumType(part.name)
            case TypeSymbol(decl) if symbol is not None and not decl.params:
                return self.named_type(symbol, decl)
            case _:
                self._no_type(part.name, part.span, symbol, home)
                return ERROR

    def _no_type(self, name: str, span: Span, symbol: Symbol | None, home: str) -> None:
        if symbol is not None:
            self.report(
                Code.BAD_TYPE_DECLARATION,
                f"`{name}` is {symbol.noun}, not a type",
                span,
                "this is no type",
                secondary=[Label(symbol.span, "declared here")],
            )
        elif name in INFINITE_SETS and name not in self.table.symbols:
            self.infinite_set(name, span)
        else:
            types = [
                n
                for n in self.table.names(home)
                if isinstance(self.table.symbols[n].what, SortSymbol | EnumSymbol | TypeSymbol)
            ]
            self.report(
                Code.UNKNOWN_TYPE,
                f"there is no type `{name}`",
                span,
                "unknown type",
                help_line=did_you_mean(name, [*types, "BOOLEAN", "Seq", "Option"]),
            )

    def _element_type(self, expr: s.Expr, scope: Scope) -> Type:
        """Return the type that a type expression denotes: that of the elements of it as a set."""
        if not self._is_type(expr, scope):
            return ERROR
        return self.set_of(expr, scope)

    def _is_type(self, expr: s.Expr, scope: Scope) -> bool:
        """Tell whether the expression has the form of a type; report where it does not."""
        home = self.at.home
        match expr:
            case s.BooleanSet() | s.BinaryOp(s.Binary.RANGE):
                return True
            case s.Name(name):
                if scope.look_up(name) is not None:
                    return True
                symbol = self.table.look_up(name, home)
                if symbol is not None and isinstance(symbol.what, SortSymbol | EnumSymbol | TypeSymbol):
                    return True
                self._no_type(name, expr.span, symbol, home)
                return False
            case s.Apply(operator, args):
                symbol = self.table.look_up(operator.name, home)
                if symbol is None and operator.name in ("Seq", "Option"):
                    return not args or self._is_type(args[0], scope)
                if symbol is not None and isinstance(symbol.what, TypeSymbol):
                    return all(self._is_number(arg, scope) or self._is_type(arg, scope) for arg in args)
                self._no_type(operator.name, operator.span, symbol, home)
                return False
            case s.SetLiteral(items) if items:
                return True
            case s.RecordSet(fields):
                return all(self._is_type(field.value, scope) for field in fields)
            case s.FunctionSet(_, target):
                # A domain may be any constant set.
                return self._is_type(target, scope)
            case s.UnaryOp(s.Unary.POWERSET, operand):
                return self._is_type(operand, scope)
            case s.Product(items):
                return all(self._is_type(item, scope) for item in items)
            case _:
                self.report(
                    Code.BAD_TYPE_DECLARATION,
                    "this is not a type",
                    expr.span,
                    "a type is expected here",
                    help_line="types are `BOOLEAN`, `0..3`, sorts, enums, `{a, b}`, `[a : T, b : U]`, `[S -> T]`, `SUBSET T`, "
                    "`S \\X T`, `Seq(T, 4)`, `Option(T)` and names of types",
                )
                return False

    def _is_number(self, expr: s.Expr, scope: Scope) -> bool:
        """Tell whether an argument of a generic type is meant as a number."""
        match expr:
            case s.Number() | s.UnaryOp(s.Unary.NEG):
                return True
            case s.BinaryOp(op):
                return op is not s.Binary.RANGE
            case s.Name(name) if scope.look_up(name) is None:
                symbol = self.table.look_up(name, self.at.home)
                return symbol is not None and isinstance(symbol.what, ConstSymbol)
            case _:
                return False


def _one_or_tuple(arguments: list[Type]) -> Type:
    """Return the domain of a function of these arguments."""
    return arguments[0] if len(arguments) == 1 else TupleType(tuple(arguments))
