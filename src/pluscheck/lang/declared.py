"""The types that declarations write down, as expressions that denote sets; and named types, generic ones, and unions."""

from __future__ import annotations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.elaborated import (
    Annotations,
    TypeMeaning,
)
from pluscheck.lang.findings import Findings
from pluscheck.lang.kinds import Kinds
from pluscheck.lang.scopes import Bound, Scope
from pluscheck.lang.session import At
from pluscheck.lang.symbols import (
    INFINITE_SETS,
    ConstSymbol,
    EnumSymbol,
    SortSymbol,
    Symbol,
    SymbolTable,
    TypeSymbol,
)
from pluscheck.lang.types import (
    EnumType,
    IntType,
    SetType,
    SortType,
    Type,
    UnionType,
    Unknown,
)
from pluscheck.lang.unify import ERROR
from pluscheck.lang.wording import did_you_mean


class DeclaredTypes(Kinds):
    """Types that are written."""

    def __init__(self, table: SymbolTable, known: Dependencies, findings: Findings, root: str) -> None:
        super().__init__(table, known, findings, root)
        self._declared: dict[int, Type] = {}
        self._named: dict[str, Type] = {}
        self._applied: dict[tuple[str, tuple[Type, ...]], Type] = {}

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
        try:
            for param in decl.params:
                self.bind(scope, param, Bound(self.unifier.fresh(), param.span))
            self._element_type(decl.value, scope)
        finally:
            self.at = saved

    def _generic_type(self, expr: s.Apply, symbol: Symbol, decl: s.TypeDecl, scope: Scope) -> Type:
        self.mean(expr, TypeMeaning(decl))
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
