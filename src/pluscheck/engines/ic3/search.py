"""IC3 (Bradley, VMCAI 2011), organised as property directed reachability (Een, Mishchenko, Brayton, FMCAD 2011).

The frames are sets of clauses that over-approximate what is reachable in so many steps. A state of the last frame that is bad is shown to be unreachable by
a clause, which is learned relative to the frame before, or traced back to where it comes from. Two frames that become equal are an invariant.
Clauses are kept as the cubes that they block. Wherever exchanging elements of a sort leads from one cube to another, the other is blocked as well.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pluscheck.engines.ic3.queries import Bad, Cube, Found, Queries, StoppedError, sorted_cube
from pluscheck.evidence.verdict import Reason

MAX_ORBIT: Final = 50_000
"""A cube with more images than this is too much for the solver."""

Images = Sequence[Sequence[int]]
"""For each exchange of two elements, what becomes of each predicate: its number, counted from 1, or minus it."""


@dataclass(slots=True)
class Lemma:
    """A blocked cube with all its images, itself first, and the last frame that it is blocked in.

    `obstacle` is a state of that frame from which a step leads into the cube, found when there were `learned` lemmas in all.
    """

    cube: Cube
    orbit: tuple[Cube, ...]
    level: int
    kinds: frozenset[int]
    """The kinds of its literals: those that exchanges lead to from one another are of one kind."""
    obstacle: frozenset[int] = frozenset()
    learned: int = 0
    is_kept: bool = True
    """Whether no other lemma says as much."""

    def excludes(self, state: frozenset[int]) -> bool:
        """Return whether the state is in the cube, or in one of its images."""
        return any(state.issuperset(cube) for cube in self.orbit)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The goals may all hold but this one, which a run of so many steps violates."""

    goal: str
    steps: int


@dataclass(frozen=True, slots=True)
class Inductive:
    """Nothing in the cubes is reachable; together they exclude all that is bad."""

    lemmas: tuple[Lemma, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Obligation:
    """Show that the cube is not reachable in `level` steps; it leads to where `goal` is violated in `distance` steps."""

    level: int
    distance: int
    number: int
    cube: Cube = field(compare=False)
    goal: str = field(compare=False)


@dataclass(slots=True)
class Search:
    """One search; it goes on where it was when it returned a counterexample."""

    queries: Queries
    images: Images
    """Empty, if symmetries are not to be used."""
    tell: Callable[[int, int, int], None]
    """Called now and then with the frame, the number of clauses, and of obligations that are open."""
    lemmas: list[Lemma] = field(default_factory=list)
    frame: int = 0
    _activity: dict[int, float] = field(default_factory=dict)
    _numbers: int = 0
    _learned: list[Lemma] = field(default_factory=list)
    """All lemmas, each as often as it was blocked somewhere."""
    _classes: list[int] = field(default_factory=list)
    """Of each predicate, the least number of those that exchanges lead to from it."""

    def __post_init__(self) -> None:
        self._classes = _classes(self.images, len(self.queries.bits.state))

    def run(self, open_: frozenset[str]) -> Counterexample | Inductive:
        """Return an invariant that excludes whatever violates these goals, or a violation of one of them."""
        while True:
            bad = self.queries.bad_state(open_, self.frame)
            if bad is None:
                lemmas = self._next_frame()
                if lemmas is not None:
                    return Inductive(lemmas)
                continue
            violation = self._traced(bad)
            if violation is not None:
                return violation

    # ------------------------------------------------------------------------------------- blocking

    def _traced(self, bad: Bad) -> Counterexample | None:
        """Show that a bad state of the last frame is not reachable in so many steps, or return how it is reached."""
        pending: list[_Obligation] = []
        violation = self._add(pending, self.frame, bad.steps, self.queries.lifted_bad(bad, self._weight), bad.goal)
        while pending and violation is None:
            obligation = heapq.heappop(pending)
            level, cube = obligation.level, obligation.cube
            if self.queries.is_blocked(cube, level):
                self._reschedule(pending, obligation)
                continue
            found = self.queries.step_into(cube, level - 1, without=True)
            if isinstance(found, Found):
                before = self.queries.lifted(found, cube, self._weight)
                heapq.heappush(pending, obligation)
                violation = self._add(pending, level - 1, obligation.distance + 1, before, obligation.goal)
            else:
                self._learn(*self._pushed(self._generalised(found, cube, level), level))
                self._reschedule(pending, obligation)
        return violation

    def _add(
        self, pending: list[_Obligation], level: int, distance: int, cube: Cube, goal: str
    ) -> Counterexample | None:
        """Add an obligation, unless a run from an initial state in the cube violates the goal."""
        if self.queries.starts_in(cube):
            return Counterexample(goal, distance)
        self._numbers += 1
        heapq.heappush(pending, _Obligation(level, distance, self._numbers, cube, goal))
        if self._numbers % 64 == 0:
            self.tell(self.frame, self.clauses, len(pending))
        return None

    def _reschedule(self, pending: list[_Obligation], done: _Obligation) -> None:
        """What is not reachable in so many steps is worth excluding for more: what leads to it is known to be bad."""
        if done.level < self.frame:
            heapq.heappush(pending, replace(done, level=done.level + 1))

    # ------------------------------------------------------------------------------------- learning

    @property
    def clauses(self) -> int:
        """How many clauses the frames have, images counted."""
        return sum(len(lemma.orbit) for lemma in self.lemmas)

    def _generalised(self, core: Cube, cube: Cube, level: int) -> Cube:
        """Return a part of a cube, as small as it gets, that has no initial state and that no step from the frame before leads into from outside."""
        kept = self.queries.apart_from_start(core, cube, self._weight)
        # All that is said of one scalar at once, then one literal after another; what was least useful elsewhere goes first.
        predicates = self.queries.bits.predicates
        of_scalar: dict[int, set[int]] = {}
        for literal in kept:
            of_scalar.setdefault(predicates[abs(literal) - 1].leaf, set()).add(literal)
        for scalar in sorted(of_scalar, key=lambda leaf: (max(map(self._weight, of_scalar[leaf])), leaf)):
            if len(of_scalar[scalar].intersection(kept)) > 1:
                kept = self._without(of_scalar[scalar], kept, level)
        for literal in sorted(kept, key=lambda x: (x > 0, self._weight(x), x)):
            if literal in kept:
                kept = self._without({literal}, kept, level)
        return kept

    def _without(self, dropped: set[int], cube: Cube, level: int) -> Cube:
        """Return a part of a cube without some literals that is blocked as the cube is; the cube itself if that is not so."""
        smaller = tuple([x for x in cube if x not in dropped])
        if not smaller or self.queries.starts_in(smaller):
            return cube
        found = self.queries.step_into(smaller, level - 1, without=True)
        return cube if isinstance(found, Found) else self.queries.apart_from_start(found, smaller, self._weight)

    def _pushed(self, cube: Cube, level: int) -> tuple[Cube, int]:
        """Return a cube blocked at a level, or a part of it, with the last level at which it can be blocked."""
        while level < self.frame:
            found = self.queries.step_into(cube, level, without=True)
            if isinstance(found, Found):
                break
            cube = self.queries.apart_from_start(found, cube, self._weight)
            level += 1
        return cube, level

    def _learn(self, cube: Cube, level: int) -> None:
        """Block a cube and its images up to a level."""
        orbit = self._orbit(cube)
        for literal in cube:
            number = self._class(literal)
            self._activity[number] = self._activity.get(number, 0.0) + 1.0
        self._block(Lemma(cube, orbit, level, frozenset([self._class(x) for x in cube])))
        if self.queries.is_worn:
            blocked: list[list[Cube]] = [[] for _ in range(self.frame + 1)]
            for lemma in self.lemmas:
                blocked[lemma.level] += lemma.orbit
            self.queries.renew(blocked)

    def _block(self, new: Lemma) -> None:
        """Add a lemma, and forget those that say no more than it does."""
        for lemma in self.lemmas:
            if lemma.level <= new.level and new.kinds <= lemma.kinds and new.excludes(frozenset(lemma.cube)):
                lemma.is_kept = False
        new.is_kept = True
        self.lemmas = [lemma for lemma in self.lemmas if lemma.is_kept and lemma is not new]
        self.lemmas.append(new)
        self._learned.append(new)
        self.queries.block(new.orbit, new.level)

    def _orbit(self, cube: Cube) -> tuple[Cube, ...]:
        """Return all images of a cube, itself first: frames stay symmetric only with all of them. Raises StoppedError if there are too many."""
        found = {cube: None}
        pending = [cube]
        while pending:
            one = pending.pop()
            for row in self.images:
                image = sorted_cube([row[x - 1] if x > 0 else -row[-x - 1] for x in one])
                if image not in found:
                    found[image] = None
                    pending.append(image)
            if len(found) > MAX_ORBIT:
                raise StoppedError(Reason.MEMORY)
        return tuple(found)

    def _weight(self, literal: int) -> float:
        """Return how often a literal was in a blocked cube, or one that exchanges make of it."""
        return self._activity.get(self._class(literal), 0.0)

    def _class(self, literal: int) -> int:
        """Return a number for a literal and all that exchanges make of it; apart from that of its negation, if they do not make that of it."""
        return self._classes[literal - 1] if literal > 0 else -self._classes[-literal - 1]

    # ------------------------------------------------------------------------------------------ frames

    def _next_frame(self) -> tuple[Lemma, ...] | None:
        """Add a frame, and move clauses forward; return those of a frame that is equal to the next, if there is one."""
        self.frame += 1
        self.queries.add_frame()
        self.tell(self.frame, self.clauses, 0)
        for level in range(1, self.frame):
            for lemma in [lemma for lemma in self.lemmas if lemma.level == level]:
                if not lemma.is_kept or self._is_obstructed(lemma):
                    continue
                found = self.queries.step_into(lemma.cube, level, without=False)
                if isinstance(found, Found):
                    lemma.obstacle, lemma.learned = frozenset(found.state), len(self._learned)
                else:
                    lemma.level += 1
                    lemma.obstacle = frozenset()
                    self._block(lemma)
            if not any(lemma.level == level for lemma in self.lemmas):
                self.tell(self.frame, self.clauses, 0)
                return tuple([lemma for lemma in self.lemmas if lemma.level > level])
        return None

    def _is_obstructed(self, lemma: Lemma) -> bool:
        """Return whether the obstacle to moving a lemma forward is still there."""
        if not lemma.obstacle:
            return False
        news = self._learned[lemma.learned :]
        if any(new.level >= lemma.level and new.excludes(lemma.obstacle) for new in news):
            return False
        lemma.learned = len(self._learned)
        return True


def _classes(images: Images, count: int) -> list[int]:
    """Return for each predicate the least number of those that it can become, whatever their sign."""
    least = list(range(1, count + 1))
    changed = True
    while changed:
        changed = False
        for row in images:
            for position, image in enumerate(row):
                both = min(least[position], least[abs(image) - 1])
                if least[position] != both or least[abs(image) - 1] != both:
                    least[position] = least[abs(image) - 1] = both
                    changed = True
    return least
