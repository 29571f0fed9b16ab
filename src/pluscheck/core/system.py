"""Transition systems: one model of a specification, ready to be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.exprs import Expr
from pluscheck.core.types import Scope, Type
from pluscheck.core.values import Value

State = tuple[Value, ...]
"""A value for each variable, in the order of `TransitionSystem.variables`."""


class Role(Enum):
    """What a variable is for."""

    SHARED = "shared"
    PROGRAM_COUNTER = "program counter"
    LOCAL = "local"
    """A process's local variable or a procedure's parameter or local, indexed by process where that has identifiers."""
    RETURN = "return"
    """Where a procedure returns to."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable. Its initial value is `initial`, or any element of that set (`any_of`), or any value of the type.

    `initial` may mention variables that stand before this one. `locks` are the ways to the locks in it (see `core.locks`): a field's name, an item's number,
    or None for every argument, every item of a sequence, the value in an option.
    """

    name: str
    type: Type
    initial: Expr | None
    any_of: bool
    role: Role = Role.SHARED
    process: str | None = None
    span: Span = field(default=NOWHERE, compare=False)
    locks: tuple[tuple[str | int | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of the model, with its value.

    `parts` are those of an `order`, as written, if it says what comes before what: a function from pairs of parts, the earlier one first, to whether it does.
    """

    name: str
    type: Type
    value: Value
    is_switch: bool
    span: Span = field(default=NOWHERE, compare=False)
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator, for one combination of argument types. Its body mentions its parameters as `Local`."""

    name: str
    params: tuple[str, ...]
    body: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pick:
    """Choose any element of the set (evaluated in the current state) and bind it to `name`; impossible if it is empty."""

    name: str
    domain: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Guard:
    """The step is possible only if this is true."""

    condition: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Bind:
    """Evaluate (faults count here) and bind to `name` for the clauses and updates after it."""

    name: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Assertion:
    """ASSERTION_FAILED if false."""

    condition: Expr
    span: Span = field(default=NOWHERE, compare=False)


Clause = Pick | Guard | Bind | Assertion


@dataclass(frozen=True, slots=True)
class Assignment:
    """`variable' = value`; the value mentions the current state, and has a `Check` around each part that might not be of the variable's type."""

    variable: str
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Action:
    """A named rule: clauses in order, up to the first `Guard` that is false; then all updates at once; the frame condition is implicit.

    `name` is what a trace shows: an action's name, or `Process.Label`. Several actions share a name where a step branches
    (`either`); `variant` numbers them. `params` are the leading `Pick`s that are the action's own parameters, by name;
    `self_name` is the one that identifies the process.
    """

    name: str
    variant: int
    params: tuple[str, ...]
    clauses: tuple[Clause, ...]
    updates: tuple[Assignment, ...]
    process: str | None = None
    self_name: str | None = None
    label: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


class PropertyKind(StrEnum):
    """What is claimed."""

    INVARIANT = "invariant"
    TRANSITION = "transition"
    WITNESS = "witness"
    LEMMA = "lemma"
    """An invariant whose use is to help prove the others: what looks for a proof tries it as a part of one."""


@dataclass(frozen=True, slots=True)
class Property:
    """A named property; a `transition` mentions the next state by `Prime`."""

    kind: PropertyKind
    name: str
    formula: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Process:
    """A kind of process: its labels in order (the first is where it starts, `Done` the last), and its program counter's variable.

    `identifiers` is the type of its identifiers, or None for a single process, whose variables are not functions.
    """

    name: str
    identifiers: Type | None
    labels: tuple[str, ...]
    pc: str
    span: Span = field(default=NOWHERE, compare=False)


LABEL_FAMILY = "label of "
"""The enum of a process's labels is called this followed by the process's name."""


@dataclass(frozen=True, slots=True)
class TransitionSystem:
    """One model of a specification.

    A state is a deadlock if no action is possible in it and `terminal` is false (no `terminal`: always false).
    `lower` adds 'every process is at Done' to `terminal` where there are processes.
    """

    name: str
    model: str
    scope: Scope
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    init: tuple[Expr, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    terminal: Expr | None
    operators: Mapping[str, Operator]
    processes: tuple[Process, ...]
    span: Span = field(default=NOWHERE, compare=False)

    def variable_index(self, name: str) -> int:
        """Return the position of a variable in a state. Raises KeyError."""
        for index, variable in enumerate(self.variables):
            if variable.name == name:
                return index
        raise KeyError(name)


DEADLOCK = "deadlock"
FAULTS = "faults"
"""Names of the implicit properties in `check` and `expect`."""


class Expected(StrEnum):
    """What a model expects of a property."""

    HOLDS = "holds"
    VIOLATED = "violated"
    PROVED = "proved"
    BOUNDED = "bounded"
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation with its place; `depth` goes with BOUNDED. `explicit` is false for the defaults."""

    property: str
    expected: Expected
    depth: int | None = None
    explicit: bool = True
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model says of its protections, or of the constraints on an order: these are all minimal safe sets, by names; of constraints with all that follow."""

    order: str | None
    sets: tuple[tuple[str, ...], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Model:
    """A transition system with what is to be checked of it: one expectation for each property, `DEADLOCK` and `FAULTS` included, that is checked."""

    system: TransitionSystem
    expectations: tuple[Expectation, ...]
    depth: int | None
    needs: tuple[Needs, ...] = ()
