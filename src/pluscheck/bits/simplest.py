"""Among the runs of one length that end in the same thing, one that is easy to read.

First as few changes of who acts as there can be, then as few scalars that ever change, and as seldom, then values and arguments that come first. Counts are
totalizers (Bailleux and Boufkhad, CP 2003), lowered until a solver says no or has had enough: what is returned is a run in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from pysat.card import ITotalizer

from pluscheck.base.answers import Answer
from pluscheck.bits.cnf import template
from pluscheck.bits.unrolling import Unrolling
from pluscheck.ground.ground import GroundAction
from pluscheck.ground.leaves import Leaf
from pluscheck.ground.predicates import Predicate
from pluscheck.ground.runs import Run

CONFLICTS: Final = 30_000
"""So many conflicts the solver may run into over one run: a second or two. Counted, not timed: the same run comes out on every machine."""


class Simplifier:
    """Simplifies runs of one unrolling, of whatever length it has by then."""

    def __init__(self, unrolling: Unrolling) -> None:
        self._of = unrolling
        bits = unrolling.bits
        by_actor: dict[object, list[int]] = {}
        for chosen, action in zip(bits.chosen, bits.system.actions, strict=True):
            by_actor.setdefault(_actor(action), []).append(chosen)
        actors = [bits.circuit.any_(chosen) for chosen in by_actor.values()]
        self._actors = len(actors)
        self._roots = [*actors, *bits.chosen]
        self._template = template(bits.circuit, self._roots, (*bits.state, *bits.selectors))
        self._steps: list[list[int]] = []
        """Of each step, in literals: who acts, and then which action is taken."""
        self._switches: list[int] = []
        """Of each step but the first: another acts than before."""
        self._bits_of_leaf: list[list[int]] = [[] for _ in bits.system.leaves]
        for position, predicate in enumerate(bits.predicates):
            self._bits_of_leaf[predicate.leaf].append(position)
        # Whether a scalar is there at all is another scalar's to tell: one that is gone has its least value.
        self._telling = [
            [p for p in own if len(own) == 1 or not _is_of_least(bits.predicates[p], bits.system.leaves[leaf])]
            for leaf, own in enumerate(self._bits_of_leaf)
        ]
        self._changes: list[int] = []
        """Of each scalar: it changes in some step."""
        self._changes_in: list[int] = []
        """Of each step and each scalar: it changes there."""
        self._left = 0
        self._model: Sequence[int] = ()
        """The last solution found."""

    def run(self, question: Sequence[int], known: Run, *, seconds: float | None) -> Run:
        """Return a run that has all these literals true, as `known` has."""
        self._extend()
        self._left = CONFLICTS
        assumed = list(question)
        if not self._is_possible(assumed, seconds):
            return known
        for counted in (self._switches, self._changes, self._changes_in):
            assumed += self._fewest(counted, assumed, seconds)
        self._prefer_first_values(assumed, seconds)
        self._prefer_first_arguments(assumed, seconds)
        return self._of.run_of(self._model)

    def _is_possible(self, assumptions: Sequence[int], seconds: float | None) -> bool:
        """Return whether a solution is found, and if so keep it."""
        of = self._of
        before = of.solver.conflicts
        answer = of.answer(assumptions, seconds, conflicts=self._left)
        self._left = max(0, self._left - (of.solver.conflicts - before))
        if answer is Answer.SAT:
            self._model = of.solver.model()
            return True
        return False

    def _extend(self) -> None:
        """Add what is counted of the steps that are new."""
        of = self._of
        if not self._changes:
            self._changes = of.new(len(self._bits_of_leaf))
        for position in range(len(self._steps), of.length):
            here, after = of.frames[position], of.frames[position + 1]
            step = of.instance(self._template, [*here.state, *here.selectors], self._roots)
            if position:
                (switch,) = of.new(1)
                actors = islice(zip(self._steps[-1], step, strict=True), self._actors)
                of.solver.extend([[before, -now, switch] for before, now in actors])
                self._switches.append(switch)
            self._steps.append(step)
            changed_here = of.new(len(self._bits_of_leaf))
            self._changes_in += changed_here
            of.solver.extend([[-now, ever] for now, ever in zip(changed_here, self._changes, strict=True)])
            for changed, telling in zip(changed_here, self._telling, strict=True):
                differing = [
                    (here.state[bit], after.state[bit]) for bit in telling if here.state[bit] != after.state[bit]
                ]
                of.solver.extend([[a, -b, changed] for a, b in differing])
                of.solver.extend([[-a, b, changed] for a, b in differing])

    def _fewest(self, counted: Sequence[int], assumed: Sequence[int], seconds: float | None) -> list[int]:
        """Return an assumption under which no more of the literals are true than in the run that is then kept, and fewer in none that was found."""
        of = self._of
        best = self._number(counted)
        if best == 0:
            return [-literal for literal in counted]
        totalizer = ITotalizer(lits=list(counted), ubound=best, top_id=of.last_variable)
        of.new(totalizer.top_id - of.last_variable)
        of.solver.extend(totalizer.cnf.clauses)
        more_than = list(totalizer.rhs)
        totalizer.delete()
        while best > 0 and self._is_possible([*assumed, -more_than[best - 1]], seconds):
            best = self._number(counted)
        return [-literal for literal in more_than[best : best + 1]]

    def _number(self, literals: Sequence[int]) -> int:
        """Return how many of the variables are true in the solution that is kept; one in no clause is not."""
        model = self._model
        return sum(literal <= len(model) and model[literal - 1] > 0 for literal in literals)

    def _prefer_first_values(self, assumed: list[int], seconds: float | None) -> None:
        """Let each scalar of the first state be the least that it can be, one after the other; what is so found is assumed."""
        of = self._of
        state = of.frames[0].state
        for leaf, value, own in zip(
            of.bits.system.leaves, of.run_of(self._model).leaves[0], self._bits_of_leaf, strict=True
        ):
            least = 0 if leaf.boolean else leaf.low
            if value != least:
                self._is_possible([*assumed, *self._is_least(own, least)], seconds)
            assumed += [
                bit if self._model[abs(bit) - 1] == bit else -bit for bit in (state[position] for position in own)
            ]

    def _is_least(self, own: Sequence[int], least: int) -> list[int]:
        """Return literals of the first state that say that a scalar, with these bits, which is not absent, has its least value."""
        bits, state = self._of.bits, self._of.frames[0].state
        literals = []
        for position in own:
            predicate = bits.predicates[position]
            is_so = predicate.bit is None and predicate.value == least
            literals.append(state[position] if is_so else -state[position])
        return literals

    def _prefer_first_arguments(self, assumed: list[int], seconds: float | None) -> None:
        """Let each step have the first arguments that it can have, one step after the other."""
        of = self._of
        actions = of.bits.system.actions
        alike: dict[tuple[str, int], list[int]] = {}
        for number, action in enumerate(actions):
            alike.setdefault((action.action.name, action.action.variant), []).append(number)
        for position, step in enumerate(self._steps[: of.length]):
            chosen = step[self._actors :]
            now = of.run_of(self._model).taken[position]
            of_one_name = alike[actions[now].action.name, actions[now].action.variant]
            earlier = of_one_name[: of_one_name.index(now)]
            first = next((number for number in earlier if self._is_possible([*assumed, chosen[number]], seconds)), now)
            assumed.append(chosen[first])


def _is_of_least(predicate: Predicate, leaf: Leaf) -> bool:
    """Return whether a predicate says that a scalar is there and has its least value."""
    return predicate.bit is None and predicate.value == (0 if leaf.boolean else leaf.low)


def _actor(action: GroundAction) -> object:
    """Return who takes a step: a process, or what is none by the action's name."""
    own = action.action.self_name
    identity = next((value for name, value in action.arguments if name == own), None)
    return (action.action.process or action.action.name, identity)
