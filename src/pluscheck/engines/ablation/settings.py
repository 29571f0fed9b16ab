"""Sets of settings: unions of cubes, and their maximal and minimal elements.

A setting is a set of protections that are on, as a number whose bits say which. Maximal and minimal elements are found as maximal models are,
by asking a solver again and again for one that is larger (Marques-Silva, Janota, Belov, CAV 2013); nothing is assumed to be monotone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pluscheck.base.answers import Answer, Gave
from pluscheck.bits.solver import SatSolver, Stop
from pluscheck.core.switches import Setting
from pluscheck.engines.ic3.queries import StoppedError
from pluscheck.engines.unrolling import reason


@dataclass(frozen=True, slots=True)
class Cube:
    """All settings in which the protections in `on` are on and those in `off` are off."""

    on: Setting
    off: Setting

    def has(self, setting: Setting) -> bool:
        """Return whether the setting is in the cube."""
        return setting & self.on == self.on and not setting & self.off

    def includes(self, other: Cube) -> bool:
        """Return whether all settings of another cube are in this one."""
        return self.on & other.on == self.on and self.off & other.off == self.off

    def largest(self, number: int) -> Setting:
        """Return its setting with the most protections on, of so many."""
        return ((1 << number) - 1) & ~self.off

    @property
    def literals(self) -> list[int]:
        """The cube over variables counted from 1."""
        return [*[i + 1 for i in members(self.on)], *[-i - 1 for i in members(self.off)]]


def members(setting: Setting) -> Iterator[int]:
    """Yield the protections that are on."""
    position = 0
    while setting:
        if setting & 1:
            yield position
        setting >>= 1
        position += 1


def never() -> Gave | None:
    """Return that there is no reason to stop."""
    return None


class Choice:
    """Settings of which clauses are true; more are added while it is asked.

    Of the variables those from 1 to `number` say which protections are on. Raises StoppedError from all that asks.
    """

    def __init__(self, number: int, *, stop: Stop) -> None:
        self.number = number
        self._last = number
        self._solver = SatSolver(stop=stop)
        for i in range(number):  # so that a solution says something of each
            self._solver.add([i + 1, -i - 1])

    def within(self, cubes: Iterable[Cube]) -> None:
        """Let only settings be in it that are in one of the cubes."""
        some = []
        for cube in cubes:
            some.append(self._new())
            for literal in cube.literals:
                self._solver.add([-some[-1], literal])
        self._solver.add(some)

    def without(self, cubes: Iterable[Cube]) -> None:
        """Let no setting of the cubes be in it."""
        for cube in cubes:
            self._solver.add([-literal for literal in cube.literals])

    def require(self, literals: Iterable[int]) -> None:
        """Let one of the literals be true of each."""
        self._solver.add(list(literals))

    def some(self, assumed: Iterable[int] = ()) -> Setting | None:
        """Return one of its settings, or None if it has none."""
        answer = self._solver.solve(list(assumed))
        if answer is Answer.UNKNOWN:
            raise StoppedError(reason(self._solver.gave))
        if answer is Answer.UNSAT:
            return None
        model = self._solver.model()
        return sum(1 << i for i in range(self.number) if model[i] > 0)

    def maximal(self, *, above: Setting = 0) -> Iterator[Setting]:
        """Yield its maximal elements, among those that have all of `above`. It is used up."""
        yield from self._extreme([i + 1 for i in members(above)], sign=1)

    def minimal(self, *, above: Setting = 0) -> Iterator[Setting]:
        """Yield the minimal ones of its elements that have all of `above`. It is used up."""
        yield from self._extreme([i + 1 for i in members(above)], sign=-1)

    def _extreme(self, assumed: list[int], sign: int) -> Iterator[Setting]:
        while True:
            best = None
            found = self.some(assumed)
            while found is not None:
                best = found
                kept = [sign * (i + 1) for i in range(self.number) if bool(best >> i & 1) == (sign > 0)]
                better = self._new()
                self._solver.add([-better, *self._others(best, sign)])
                found = self.some([*assumed, *kept, better])
                self._solver.add([-better])
            if best is None:
                return
            self._solver.add(self._others(best, sign))
            yield best

    def _others(self, setting: Setting, sign: int) -> list[int]:
        """Return literals of which one is true of a setting that is not below (above) this one."""
        return [sign * (i + 1) for i in range(self.number) if bool(setting >> i & 1) != (sign > 0)]

    def _new(self) -> int:
        self._last += 1
        return self._last
