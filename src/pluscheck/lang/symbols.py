"""The names that a specification declares: what each is, and where it can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings

BUILTIN_ARITY: Mapping[str, int] = {
    "Len": 1,
    "Head": 1,
    "Tail": 1,
    "Append": 2,
    "SubSeq": 3,
    "Cardinality": 1,
    "Some": 1,
    "Get": 1,
    "Seq": 2,
    "Option": 1,
}
"""The built-in operators and generic types, and how many arguments they take."""

PC = "pc"
"""The name of the program counters, in `pc[p]`."""

INFINITE_SETS = frozenset({"Nat", "Int", "Real", "STRING"})
"""Sets of TLA+ that no finite model has; a specification may declare the names for itself."""


@dataclass(frozen=True, slots=True)
class SortSymbol:
    """A sort."""

    decl: s.SortDecl


@dataclass(frozen=True, slots=True)
class EnumSymbol:
    """An enum."""

    decl: s.EnumDecl


@dataclass(frozen=True, slots=True)
class LiteralSymbol:
    """The `index`-th literal of an enum."""

    decl: s.EnumDecl
    index: int


@dataclass(frozen=True, slots=True)
class TypeSymbol:
    """A named type, perhaps with parameters."""

    decl: s.TypeDecl


@dataclass(frozen=True, slots=True)
class ConstSymbol:
    """A constant or switch."""

    decl: s.ConstDecl


@dataclass(frozen=True, slots=True)
class VarSymbol:
    """The `position`-th state variable."""

    decl: s.VarDecl
    position: int


@dataclass(frozen=True, slots=True)
class OperatorSymbol:
    """An operator; a property is an operator without parameters, as in TLA+."""

    decl: s.OperatorDecl
    property: s.PropertyDecl | None = None


@dataclass(frozen=True, slots=True)
class ProcedureSymbol:
    """A procedure."""

    decl: s.ProcedureDecl


@dataclass(frozen=True, slots=True)
class ProcessSymbol:
    """A process."""

    decl: s.ProcessDecl


@dataclass(frozen=True, slots=True)
class ActionSymbol:
    """An action."""

    decl: s.ActionDecl


@dataclass(frozen=True, slots=True)
class LocalSymbol:
    """A process's local variable, or a procedure's local variable or parameter."""

    decl: s.VarDecl | s.Param
    owner: s.ProcessDecl | s.ProcedureDecl


What = (
    SortSymbol
    | EnumSymbol
    | LiteralSymbol
    | TypeSymbol
    | ConstSymbol
    | VarSymbol
    | OperatorSymbol
    | ProcedureSymbol
    | ProcessSymbol
    | ActionSymbol
    | LocalSymbol
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declared name: `span` is where, `module` is the one that declares it."""

    name: str
    what: What
    span: Span
    module: str

    @property
    def noun(self) -> str:
        """What kind of thing it is, with an article."""
        match self.what:
            case ConstSymbol(decl):
                return "a switch" if decl.is_switch else "a constant"
            case OperatorSymbol(_, s.PropertyDecl(kind=kind)):
                return {"transition": "a transition property", "property": "a temporal property"}.get(
                    kind.value, f"{'an' if kind.value[0] == 'i' else 'a'} {kind.value}"
                )
            case LocalSymbol(_, s.ProcessDecl(name=owner)):
                return f"a local variable of process {owner.name}"
            case LocalSymbol(s.Param(), s.ProcedureDecl(name=owner)):
                return f"a parameter of procedure {owner.name}"
            case LocalSymbol(_, owner_decl):
                return f"a local variable of procedure {owner_decl.name.name}"
            case LiteralSymbol(decl, _):
                return f"a literal of enum {decl.name.name}"
            case what:
                return _NOUNS[type(what)]


_NOUNS: Mapping[type, str] = {
    SortSymbol: "a sort",
    EnumSymbol: "an enum",
    TypeSymbol: "a type",
    VarSymbol: "a state variable",
    OperatorSymbol: "an operator",
    ProcedureSymbol: "a procedure",
    ProcessSymbol: "a process",
    ActionSymbol: "an action",
}


@dataclass(slots=True)
class SymbolTable:
    """All names of a specification, which are distinct over its modules, and which module sees which others.

    `duplicated` names are declared several times, so that nothing more is to be said of their uses.
    """

    symbols: dict[str, Symbol] = field(default_factory=dict)
    recursive: dict[str, s.RecursiveDecl] = field(default_factory=dict)
    visible: dict[str, frozenset[str]] = field(default_factory=dict)
    duplicated: set[str] = field(default_factory=set)

    def look_up(self, name: str, home: str) -> Symbol | None:
        """Return what the name stands for in the module `home`."""
        symbol = self.symbols.get(name)
        return symbol if symbol is not None and symbol.module in self.visible[home] else None

    def names(self, home: str) -> Iterator[str]:
        """Yield the names that the module `home` sees."""
        modules = self.visible[home]
        return (name for name, symbol in self.symbols.items() if symbol.module in modules)


def symbol_table(modules: tuple[s.Module, ...], findings: Findings) -> SymbolTable:
    """Return the names declared by the modules (extended ones first); duplicates are reported, and the first one stands."""
    table = SymbolTable()
    for module in modules:
        home = module.name.name
        seen = {home}
        for extended in module.extends:
            seen |= table.visible.get(extended.name, frozenset())
        table.visible[home] = frozenset(seen)
    position = 0
    for module in modules:
        for declaration in module.declarations:
            for name, what in _declared(declaration, position):
                _declare(table, module.name.name, name, what, findings)
            position += isinstance(declaration, s.VarDecl)
            if isinstance(declaration, s.RecursiveDecl):
                table.recursive.setdefault(declaration.name.name, declaration)
    return table


def _declare(table: SymbolTable, home: str, name: s.Ident, what: What, findings: Findings) -> None:
    first = table.symbols.get(name.name)
    if name.name in BUILTIN_ARITY or name.name == PC:
        findings.report(
            Code.DUPLICATE_NAME,
            f"`{name.name}` is built in",
            name.span,
            "declared again here",
            help_line="choose another name",
        )
    elif first is not None:
        table.duplicated.add(name.name)
        elsewhere = "" if first.module == home else f" in module {first.module}"
        findings.report(
            Code.DUPLICATE_NAME,
            f"`{name.name}` is declared twice",
            name.span,
            "declared again here",
            secondary=[Label(first.span, f"`{name.name}` is {first.noun} declared here{elsewhere}")],
            help_line="names are distinct over the whole specification, with all modules that it extends",
        )
    else:
        table.symbols[name.name] = Symbol(name.name, what, name.span, home)


def _declared(declaration: s.Declaration, position: int) -> Iterator[tuple[s.Ident, What]]:
    match declaration:
        case s.SortDecl(name):
            yield name, SortSymbol(declaration)
        case s.EnumDecl(name, literals):
            yield name, EnumSymbol(declaration)
            for index, literal in enumerate(literals):
                yield literal, LiteralSymbol(declaration, index)
        case s.TypeDecl(name):
            yield name, TypeSymbol(declaration)
        case s.ConstDecl(name):
            yield name, ConstSymbol(declaration)
        case s.VarDecl(name):
            yield name, VarSymbol(declaration, position)
        case s.OperatorDecl(name):
            yield name, OperatorSymbol(declaration)
        case s.PropertyDecl(_, name, body):
            yield name, OperatorSymbol(s.OperatorDecl(name, (), body, span=declaration.span), declaration)
        case s.ProcedureDecl(name, params, variables):
            yield name, ProcedureSymbol(declaration)
            for param in params:
                yield param.name, LocalSymbol(param, declaration)
            for variable in variables:
                yield variable.name, LocalSymbol(variable, declaration)
        case s.ProcessDecl(name, _, variables):
            yield name, ProcessSymbol(declaration)
            for variable in variables:
                yield variable.name, LocalSymbol(variable, declaration)
        case s.ActionDecl(name):
            yield name, ActionSymbol(declaration)
        case s.InitDecl() | s.RecursiveDecl() | s.TerminalDecl() | s.ModelDecl() | s.MacroDecl():
            return
