"""What a name stands for, alone or applied."""

from __future__ import annotations

from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import (
    BoundMeaning,
    BuiltinMeaning,
    ConstantMeaning,
    LiteralMeaning,
    OwnMeaning,
    TypeMeaning,
    VariableMeaning,
)
from pluscheck.lang.kinds import INT
from pluscheck.lang.scopes import Bound, LocalOperator, OperatorParameter, Own, Scope
from pluscheck.lang.symbols import (
    BUILTIN_ARITY,
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
    TypeSymbol,
    VarSymbol,
)
from pluscheck.lang.types import (
    EnumType,
    OptionType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from pluscheck.lang.unify import ERROR
from pluscheck.lang.whose import Whose


class Names(Whose):
    """Names in expressions."""

    def _name(self, expr: s.Name, scope: Scope) -> Type:
        name = expr.name
        match scope.look_up(name):
            case Bound(found):
                self.mean(expr, BoundMeaning(name))
                return found
            case Own(found, _):
                self.mean(expr, OwnMeaning(name))
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
                self.mean(expr, TypeMeaning(sort))
                return SetType(SortType(sort.name.name))
            case EnumSymbol(enum):
                self.mean(expr, TypeMeaning(enum))
                return SetType(EnumType(enum.name.name))
            case LiteralSymbol(enum, index):
                self.mean(expr, LiteralMeaning(enum, index))
                return EnumType(enum.name.name)
            case TypeSymbol(decl):
                self.mean(expr, TypeMeaning(decl))
                if decl.params:
                    self.wrong_count(expr.span, symbol.name, len(decl.params), 0, symbol.span)
                    return ERROR
                element = self.named_type(symbol, decl)
                return ERROR if element == ERROR else SetType(element)
            case ConstSymbol(const):
                self.mean(expr, ConstantMeaning(const))
                return self.declared_type(const.type, symbol.module)
            case VarSymbol(var, _):
                self.mean(expr, VariableMeaning(var))
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
        self.mean(expr, BuiltinMeaning(name))
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
