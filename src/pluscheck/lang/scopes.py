"""Names bound around an expression, and operators together with what they see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Instance
from pluscheck.lang.types import Type


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """An operator before its argument types are known; compared by identity.

    `scope` is what is bound around its definition, `home` the module whose names it sees.
    """

    name: str
    decl: s.OperatorDecl | s.Lambda
    scope: Scope
    home: str
    is_local: bool

    @property
    def params(self) -> tuple[s.OperatorParam, ...]:
        """The parameters; those of a `LAMBDA` are never operators."""
        match self.decl:
            case s.OperatorDecl(_, params):
                return params
            case s.Lambda(names):
                return tuple([s.OperatorParam(name, span=name.span) for name in names])

    @property
    def span(self) -> Span:
        """Where it is declared."""
        return self.decl.name.span if isinstance(self.decl, s.OperatorDecl) else self.decl.span


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound name with a value; if it is the identifier of a process, `process` is that one's name."""

    type: Type
    span: Span
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A local variable of the process or procedure in whose body we are."""

    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class LocalOperator:
    """An operator with parameters that a `LET` defines."""

    template: Template
    span: Span


@dataclass(frozen=True, slots=True)
class OperatorParameter:
    """A parameter that is an operator. `template` is None where it is not known: in an operator that nobody uses.

    `instances` gets the first instance of it that the body needs.
    """

    template: Template | None
    arity: int
    span: Span
    instances: dict[str, Instance]


Entry = Bound | Own | LocalOperator | OperatorParameter


@dataclass(slots=True)
class Scope:
    """Names bound at one place, inside those of `outer`."""

    outer: Scope | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def look_up(self, name: str) -> Entry | None:
        """Return what the name is bound to, or None."""
        scope: Scope | None = self
        while scope is not None:
            entry = scope.entries.get(name)
            if entry is not None:
                return entry
            scope = scope.outer
        return None

    def names(self) -> Iterator[str]:
        """Yield all names that are bound, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.entries
            scope = scope.outer
