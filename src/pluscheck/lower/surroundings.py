"""Where a surface expression stands: what its names mean, what the state's variables are there, and the model that it is lowered for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from pluscheck.base.codes import Code
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core.types import Type
from pluscheck.core.values import Value
from pluscheck.lang import syntax as s
from pluscheck.lang import types as lt
from pluscheck.lang.elaborated import Annotations, Instance
from pluscheck.lower.naming import unused
from pluscheck.lower.problems import Abandoned


class Reading(Protocol):
    """What the state's variables are at some point of a step."""

    def read(self, variable: str, span: Span) -> e.Expr:
        """Return the variable's value here: a `Var`, `Local` or `Lit`."""

    def assigned(self) -> frozenset[str]:
        """Return the variables that may not be what they were when the step began."""

    def local_names(self) -> frozenset[str]:
        """Return the local names that reading may give; it gives no others from now on."""


class Unassigned:
    """A point where every variable is what the state says."""

    def read(self, variable: str, span: Span) -> e.Expr:
        """Return the variable."""
        return e.Var(variable, span=span)

    def assigned(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()

    def local_names(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Owner:
    """The process in whose body an expression stands: its local variables' core names, and its identifier if it has one."""

    process: str
    variables: Mapping[str, str]
    identifier: e.Expr | None


@dataclass(frozen=True, slots=True)
class Loop:
    """A local recursive operator that is being lowered: its core name, and the names around it that it takes as further parameters."""

    operator: str
    captured: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Env:
    """Where a surface expression stands.

    `names` gives the bound names' core expressions; `taken` are core names that a new binder must not have; `closures` the environments in which
    local operators, and those that operator parameters stand for, were defined (one that is not there was defined at top level); `loops` the local
    recursive operators around; `at` is what `@` means.
    """

    home: Home
    annotations: Annotations
    names: Mapping[str, e.Expr] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    closures: Mapping[str, Env | None] = field(default_factory=dict)
    loops: Mapping[int, Loop] = field(default_factory=dict)
    reading: Reading = field(default_factory=Unassigned)
    owner: Owner | None = None
    at: e.Expr | None = None

    def bind(self, name: str) -> tuple[str, Env]:
        """Return a core name for a newly bound name, and the environment inside."""
        core_name = unused(name, self.taken)
        inside = replace(self, names={**self.names, name: e.Local(core_name)}, taken=self.taken | {core_name})
        return core_name, inside

    def type_of(self, expr: s.Expr) -> lt.Type:
        """Return the checker's type of an expression."""
        return self.annotations.types[id(expr)]


class Home(Protocol):
    """What expressions need to know of the model they are lowered for."""

    def type_of(self, expr: s.Expr, annotations: Annotations) -> Type:
        """Return the core type of a type expression."""

    def is_indexed(self, process: str) -> bool:
        """Return whether the process has identifiers."""

    def pc(self, process: str) -> str:
        """Return the name of its program counter."""

    def returns_to(self, process: str, procedure: str) -> str | Value:
        """Return the name of the variable that says where the process goes on after the procedure; where that is always the same, the label."""

    def label(self, process: str, name: str) -> Value:
        """Return the label as a value."""

    def foreign(self, process: str, name: str) -> str:
        """Return the core name of a process's local variable."""

    def operator(self, instance: Instance) -> str:
        """Return the core name of an operator, which will be among the system's operators."""

    def operator_reads(self, operator: str) -> frozenset[str]:
        """Return the state variables that an operator mentions, itself or through others."""

    def operator_with(self, instance: Instance, variables: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        """Return the operator that takes these variables' values as further parameters, and their order."""

    def define(self, name: str, params: tuple[str, ...], body: Callable[[str], e.Expr], span: Span) -> str:
        """Define an operator under this name or one like it; its body may call it by the name that `body` is given."""

    def expanding(self, span: Span) -> None:
        """Count an expansion in place. Raises Abandoned where there are too many."""

    def abandon(self, code: Code, message: str, span: Span, text: str) -> Abandoned:
        """Report what is wrong and return the exception to raise."""
