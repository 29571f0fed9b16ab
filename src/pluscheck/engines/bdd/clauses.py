"""A short invariant out of a long one: few clauses that the reached states satisfy and that are inductive, together with what is to be proved.

The reached set itself is often a large formula, though why nothing bad happens is a short one. Here it only answers questions, always rightly, as IC3's frames
(Bradley, 2011) cannot: of a state that leads out of the invariant so far, or is bad itself, few predicates are kept that no reached state has together, and that
they are not becomes a clause. Nothing once learned is ever taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from pluscheck.engines.bdd.diagrams import Diagram
from pluscheck.engines.bdd.encoding import Encoding
from pluscheck.engines.bdd.steps import Relation, next_bits
from pluscheck.engines.invariants import Cube, Orbit, is_symmetric
from pluscheck.ground.predicates import predicates, symmetries

MAX_CLAUSES = 1_500
"""With more clauses, counted as they are written, an invariant is no argument any more."""

MAX_IMAGES = 20_000
"""More than so many, with all that permutations of elements make of them, are not dealt with either."""

ATTEMPTS = 16
"""In so many orders predicates are tried to be left out, and the shortest clause wins: one short clause saves tens of longer ones."""

SAMPLES = 4
"""So many reached states are looked at where predicates turn out to be true together in some."""


def inductive_orbits(
    encoding: Encoding,
    relations: Sequence[Relation],
    reached: Diagram,
    good: Diagram,
    bad: Diagram,
    go_on: Callable[[], None],
) -> list[Orbit] | None:
    """Return cubes of predicates, with all their images, without which the states of `good` are inductive and not `bad`; None where they are too many.

    All reached states are good, and none is bad. `go_on` is called every now and then, and may raise.
    """
    learner = _Learner(encoding, relations, reached, good, go_on)
    return learner.orbits if learner.learn(bad) else None


class _Learner:
    def __init__(
        self,
        encoding: Encoding,
        relations: Sequence[Relation],
        reached: Diagram,
        good: Diagram,
        go_on: Callable[[], None],
    ) -> None:
        self._encoding = encoding
        self._false = encoding.diagrams.false
        self._relations = [(step.guard, _next_values(encoding, step)) for step in relations]
        self._reached = reached
        self._go_on = go_on
        self._predicates = predicates(encoding.system)
        self._cone = encoding.system.dag.cone([predicate.node for predicate in self._predicates])
        self._symmetries: tuple[tuple[int, ...], ...] = ()
        if is_symmetric(encoding.system.system):
            self._symmetries = symmetries(encoding.system, self._predicates)
        self._literals: dict[int, Diagram] = {}
        for number, predicate in enumerate(self._predicates, 1):
            self._literals[number] = encoding.current.boolean(predicate.node)
            self._literals[-number] = ~self._literals[number]
        self._invariant = encoding.current.boolean(encoding.system.canonical) & encoding.valid & good
        self.orbits: list[Orbit] = []
        self._images = 0
        self._uses: dict[int, int] = {}
        self._having = dict.fromkeys(self._literals, 0)
        """For each literal, the samples (reached states) that have it, one a bit."""
        self._samples = 0
        self._random = Random(0)
        self._add_sample(encoding.a_state(reached))

    def learn(self, bad: Diagram) -> bool:
        """Learn until the clauses are inductive and exclude what is bad; return whether they are few enough."""
        if not self._exclude(self._invariant & bad):
            return False
        stable = 0
        while stable < len(self._relations):
            for guard, after in self._relations:
                before = len(self.orbits)
                while (leaving := self._leaving(guard, after)) != self._false:
                    if not self._exclude(leaving):
                        return False
                stable = stable + 1 if len(self.orbits) == before else 0
                if stable >= len(self._relations):
                    break
        return True

    def _leaving(self, guard: Diagram, after: dict[str, Diagram]) -> Diagram:
        """Return the states of the invariant that an action leads out of it."""
        return self._invariant & guard & ~self._encoding.diagrams.composed(self._invariant, after)

    def _exclude(self, states: Diagram) -> bool:
        """Learn clauses that exclude states that are not reached; return False where they become too many."""
        while states != self._false:
            self._go_on()
            cube = self._unreached(self._of_state(self._encoding.a_state(states)))
            images = self._orbit(cube)
            self.orbits.append(images)
            self._images += len(images)
            if len(self.orbits) > MAX_CLAUSES or self._images > MAX_IMAGES:
                return False
            for image in images:
                self._invariant &= ~self._all(image)
            states &= self._invariant
        return True

    def _of_state(self, scalars: Sequence[int]) -> list[int]:
        """Return which predicates are true in a state."""
        leaves = {leaf.node: value for leaf, value in zip(self._encoding.system.leaves, scalars, strict=True)}
        values = self._encoding.system.dag.values(self._cone, leaves)
        return [number if values[predicate.node] else -number for number, predicate in enumerate(self._predicates, 1)]

    def _unreached(self, literals: Sequence[int]) -> Cube:
        """Return few of the literals of a state that is not reached, of which no reached state has all, and each of which is needed for that."""
        best: Cube | None = None
        for order in self._orders(literals):
            cube = self._reduced(order)
            if best is None or len(cube) < len(best):
                best = cube
        assert best is not None
        for literal in best:
            self._uses[literal] = self._uses.get(literal, 0) + 1
        return tuple(sorted(best, key=abs))

    def _orders(self, literals: Sequence[int]) -> list[list[int]]:
        """Return orders in which to leave literals out: one keeps what other clauses use, one what is true; the rest are random, every other one of those keeps what is true."""
        orders = [
            sorted(literals, key=lambda literal: (self._uses.get(literal, 0), literal > 0, -abs(literal))),
            sorted(literals, key=lambda literal: (literal > 0, -abs(literal))),
        ]
        for attempt in range(ATTEMPTS - len(orders)):
            shuffled = list(literals)
            self._random.shuffle(shuffled)
            if attempt % 2:
                shuffled.sort(key=lambda literal: literal > 0)
            orders.append(shuffled)
        return orders

    def _reduced(self, order: Sequence[int]) -> Cube:
        """Return the literals without each, in turn, that the others can do without.

        Reached states seen before are asked first: mostly it is one of them that needs a literal, and the diagram has only to confirm the rest.
        """
        while True:
            cube = self._needed_for_samples(order)
            common = self._reached & self._all(cube)
            if common == self._false:
                return cube
            for _ in range(SAMPLES):
                self._add_sample(self._encoding.a_state(common, self._random))

    def _needed_for_samples(self, order: Sequence[int]) -> Cube:
        """Return the literals without each, in turn, that the others can do without, as far as samples tell."""
        kept = (1 << self._samples) - 1
        rest = [kept]
        for literal in reversed(order):
            rest.append(rest[-1] & self._having[literal])
        rest.reverse()
        cube: list[int] = []
        for literal, without in zip(order, rest[1:], strict=True):
            if without & kept:
                kept &= self._having[literal]
                cube.append(literal)
        return tuple(cube)

    def _add_sample(self, scalars: Sequence[int]) -> None:
        """Keep a reached state."""
        for literal in self._of_state(scalars):
            self._having[literal] |= 1 << self._samples
        self._samples += 1

    def _all(self, cube: Cube) -> Diagram:
        whole = self._encoding.diagrams.true
        for literal in cube:
            whole &= self._literals[literal]
        return whole

    def _orbit(self, cube: Cube) -> Orbit:
        """Return what permutations of the elements of sorts make of a cube, the cube included."""
        seen = {cube: None}
        pending = [cube]
        while pending and len(seen) <= MAX_IMAGES:
            here = pending.pop()
            for row in self._symmetries:
                image = tuple(sorted([row[abs(x) - 1] if x > 0 else -row[abs(x) - 1] for x in here], key=abs))
                if image not in seen:
                    seen[image] = None
                    pending.append(image)
        return tuple(seen)


def _next_values(encoding: Encoding, step: Relation) -> dict[str, Diagram]:
    """Return, for each bit that an action writes, its next value."""
    return {
        name: after
        for position, node in step.action.updates.items()
        for name, after in zip(encoding.bits[position].now, next_bits(encoding, position, node), strict=True)
    }
