"""Runs of the native search, read back from the states that it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from pluscheck.base.errors import InternalError
from pluscheck.core.symmetry import permuted
from pluscheck.core.values import Atom
from pluscheck.engines.traces import step_of
from pluscheck.evidence.trace import Step, Trace
from pluscheck.ground.ground import GroundAction, GroundSystem
from pluscheck.native.program import Permuted
from pluscheck.native.search import Search, Seen

Scalars = tuple[int, ...]


class Runs:
    """Reads runs. Where the states found are normal forms, those of a run are permutations of them; the last is the one that was found.

    So what was seen there can be told as it was: the elements that it is about, and of several things that may fault, the one that does first.
    """

    def __init__(self, system: GroundSystem, search: Search, by: Permuted | None) -> None:
        self._system = system
        self._search = search
        self._by = by
        roots = [action.guard for action in system.actions]
        roots += [node for action in system.actions for node in action.updates.values()]
        self._cone = system.dag.cone(roots)

    def trace(self, at: Seen, *, with_step: bool) -> Trace:
        """Return a shortest run to where something was first seen; if it was seen in a step, with that."""
        layout, search = self._system.layout, self._search
        chain = [tuple(search.scalars(number)) for number in search.ancestors(at.state)]
        run = chain if self._by is None else self._real(chain, self._by)
        steps: list[Step] = []
        for before, after in pairwise(run):
            taken = next((action for action, there in self._steps(before) if there == after), None)
            if taken is None:
                raise InternalError("no action leads from a state to one that was found from it")
            steps.append(step_of(taken.action, taken.arguments))
        if with_step:
            known = self._system.actions[at.action]
            run = [*run, next(after for action, after in self._steps(run[-1]) if action is known)]
            steps.append(step_of(known.action, known.arguments))
        return Trace(tuple([layout.decode(scalars) for scalars in run]), tuple(steps))

    def _real(self, chain: list[Scalars], by: Permuted) -> list[Scalars]:
        """Return a run that ends in the last of these normal forms, each of which was made of what a step from the one before leads to.

        It is followed from its end: what a state is permuted by in the run is known, and what made its normal form.
        """
        run = [chain[-1]]
        permutation: dict[Atom, Atom] = {}
        for before, normal in reversed(list(pairwise(chain))):
            found = next((s for _, s in self._steps(before) if tuple(self._search.normal(s)) == normal), None)
            if found is None:
                raise InternalError("no action leads from a state to one whose normal form was found from it")
            for first, second in reversed(self._made(found, normal, by)):
                permutation = {
                    **permutation,
                    first: permutation.get(second, second),
                    second: permutation.get(first, first),
                }
            run.append(self._permuted(before, permutation))
        return run[::-1]

    def _made(self, scalars: Scalars, normal: Scalars, by: Permuted) -> list[tuple[Atom, Atom]]:
        """Return the exchanges that make the normal form of a state, in their order."""
        made: list[tuple[Atom, Atom]] = []
        before = None
        while before != scalars:
            before = scalars
            for first, second in by.pairs:
                exchanged = self._permuted(scalars, {first: second, second: first})
                if exchanged < scalars:
                    scalars = exchanged
                    made.append((first, second))
        if scalars != normal:
            raise InternalError("machine code and the definition differ in what a normal form is")
        return made

    def _permuted(self, scalars: Scalars, permutation: Mapping[Atom, Atom]) -> Scalars:
        layout = self._system.layout
        return layout.encode(tuple([permuted(value, permutation) for value in layout.decode(scalars)]))

    def _steps(self, before: Scalars) -> Iterator[tuple[GroundAction, Scalars]]:
        """Yield all actions that are possible, and the states they lead to."""
        leaves = {leaf.node: value for leaf, value in zip(self._system.leaves, before, strict=True)}
        values = self._system.dag.values(self._cone, leaves)
        for action in self._system.actions:
            if values[action.guard]:
                updates = action.updates
                yield action, tuple([values[updates[p]] if p in updates else value for p, value in enumerate(before)])
