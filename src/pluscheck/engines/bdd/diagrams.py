"""Binary decision diagrams by CUDD, as far as they are needed here. The only module that knows `dd`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, Self

from dd import cudd


class Diagram(Protocol):
    """A Boolean function: equal functions over the same `Diagrams` are equal objects."""

    def __and__(self, other: Self, /) -> Self: ...
    def __or__(self, other: Self, /) -> Self: ...
    def __invert__(self) -> Self: ...
    def __len__(self) -> int: ...
    def __int__(self) -> int: ...
    @property
    def negated(self) -> bool:
        """Whether `low` and `high` are those of the negation."""

    @property
    def var(self) -> str | None:
        """The variable that is looked at first; None of a constant."""

    @property
    def low(self) -> Self:
        """What it is where that variable is false."""

    @property
    def high(self) -> Self:
        """What it is where that variable is true."""


class OutOfMemoryError(Exception):
    """There is no room for another node."""


@contextmanager
def limited_memory() -> Iterator[None]:
    """Raise `OutOfMemoryError` where the library has no node to return."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if "NULL" in str(error) or "failed" in str(error):
            raise OutOfMemoryError from None
        raise


class Diagrams:
    """All functions of some variables, in an order that stays as it is given, within `memory` bytes (see `limited_memory`)."""

    def __init__(self, variables: Iterable[str], *, memory: int | None) -> None:
        self._manager = cudd.BDD()
        # With a fixed order the same system gives the same result; sifting cost more than it saved wherever it was measured.
        self._manager.configure(reordering=False)
        if memory is not None:
            self._manager.configure(max_memory=memory)
        for name in variables:
            self._manager.add_var(name)
        self.true: Diagram = self._manager.true
        self.false: Diagram = self._manager.false

    def variable(self, name: str) -> Diagram:
        """Return the function that is the variable."""
        made: Diagram = self._manager.var(name)
        return made

    def cube(self, values: Mapping[str, bool]) -> Diagram:
        """Return that the variables have these values."""
        made: Diagram = self._manager.cube(values)
        return made

    def ite(self, condition: Diagram, yes: Diagram, no: Diagram) -> Diagram:
        """Return the conditional."""
        made: Diagram = self._manager.ite(condition, yes, no)
        return made

    def same(self, left: Diagram, right: Diagram) -> Diagram:
        """Return where two functions agree."""
        made: Diagram = self._manager.apply("equiv", left, right)
        return made

    def exists_both(self, left: Diagram, right: Diagram, variables: Iterable[str]) -> Diagram:
        """Return where both are true for some values of the variables."""
        made: Diagram = cudd.and_exists(left, right, variables)
        return made

    def cofactor(self, of: Diagram, values: Mapping[str, bool]) -> Diagram:
        """Return the function where the variables have these values."""
        made: Diagram = self._manager.let(values, of) if values else of
        return made

    def composed(self, of: Diagram, definitions: Mapping[str, Diagram]) -> Diagram:
        """Return the function with functions put for variables, all at once."""
        made: Diagram = self._manager.let(definitions, of) if definitions else of
        return made

    def branches(self, of: Diagram) -> tuple[Diagram, Diagram]:
        """Return a function, which is no constant, where its first variable is false and where it is true."""
        low, high = of.low, of.high
        return (~low, ~high) if of.negated else (low, high)
