"""Runs of a ground system of a growing length, and whether something is so at their end.

The step relation and everything asked of a state or a step are encoded once, as templates; for each step Z3 substitutes the constants of that step in
them. A run has no stuttering steps: a state in which nothing is possible ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pluscheck.base.answers import Answer, Gave
from pluscheck.ground.ground import GroundSystem
from pluscheck.ground.runs import Run
from pluscheck.smt import library as lib
from pluscheck.smt.library import Library, Term
from pluscheck.smt.solver import Solver
from pluscheck.smt.steps import step_relation
from pluscheck.smt.terms import Terms


@dataclass(frozen=True, slots=True)
class _Frame:
    """The constants of one state of the run, what is asked of it, and the selector of the step that led to it."""

    leaves: tuple[Term, ...]
    questions: list[Term]
    selector: Term | None


class Unrolling:
    """All runs of `length` steps, from 0 up.

    Args:
        system: the ground system.
        about_state: nodes over the current leaves, asked of the last state.
        about_step: nodes over the current and the next leaves, asked of the last step.
        from_condition: the node of what holds of the first state, if not the system's initial condition.
        seed: of the solver.
        memory: megabytes that Z3 may use.
    """

    def __init__(
        self,
        system: GroundSystem,
        about_state: Sequence[int],
        about_step: Sequence[int],
        *,
        from_condition: int | None = None,
        seed: int = 0,
        memory: int | None = None,
    ) -> None:
        self._system = system
        self._about_state = about_state
        self._about_step = about_step
        self._library = library = Library()
        self._solver = Solver(library, seed=seed, memory=memory)
        dag = system.dag
        terms = self._terms = Terms(library, dag, {})
        start = system.init if from_condition is None else from_condition
        selector = dag.int_leaf("selector", 0, max(0, len(system.actions) - 1))
        relation = step_relation(system, selector)
        for leaf in system.leaves:
            for node in (leaf.node, leaf.next_node):
                terms.of_node[node] = terms.input(node)
        terms.of_node[selector] = terms.input(selector)
        self._now = [terms.of_node[leaf.node] for leaf in system.leaves]
        self._next = [terms.of_node[leaf.next_node] for leaf in system.leaves]
        self._selector = selector
        encoded = terms.encode([*about_state, relation, *about_step, start])
        count = len(about_state)
        in_range = terms.within(selector, None)
        self._state_template = library.bundle(encoded[:count]) if count else None
        step = library.conjunction([encoded[count], in_range])
        self._step_template = library.bundle([step, *encoded[count + 1 : -1]])
        self._frames = [_Frame(tuple(self._now), encoded[:count], None)]
        for leaf in system.leaves:
            self._solver.add(terms.within(leaf.node, leaf.possible))
        self._solver.add(encoded[-1])
        library.check()

    @property
    def length(self) -> int:
        """How many steps the runs have."""
        return len(self._frames) - 1

    @property
    def seconds(self) -> float:
        """Wall seconds that the solver has taken."""
        return self._solver.seconds

    @property
    def gave(self) -> Gave | None:
        """Why the last answer was `UNKNOWN`."""
        return self._solver.gave

    def extend(self) -> None:
        """Add a step."""
        library, terms = self._library, self._terms
        before = self._frames[-1].leaves
        after = tuple([terms.input(leaf.node) for leaf in self._system.leaves])
        selector = terms.input(self._selector)
        old = [*self._now, *self._next, terms.of_node[self._selector]]
        step = library.substituted(self._step_template, old, [*before, *after, selector])
        relation, *about_step = library.unbundled(step, 1 + len(self._about_step))
        about_state: list[Term] = []
        if self._state_template is not None:
            state = library.substituted(self._state_template, self._now, after)
            about_state = library.unbundled(state, len(self._about_state))
        self._frames.append(_Frame(after, about_state + about_step, selector))
        self._solver.add(relation)
        library.check()

    def ask(self, questions: Sequence[int], *, seconds: float | None) -> Answer:
        """Return whether some run of this length has one of the questions true at its end.

        Questions are counted through `about_state` and then, if there is a step, `about_step`.
        """
        library = self._library
        frame = self._frames[-1]
        some = library.constant(None)
        asked = [frame.questions[question] for question in questions]
        self._solver.add(lib.mk_implies(library.context, some, library.disjunction(asked)))
        return self._solver.check([some], seconds=seconds)

    def check(self, *, seconds: float | None) -> Answer:
        """Return whether there is a run of this length."""
        return self._solver.check(seconds=seconds)

    def answer_needed_question(self) -> bool:
        """Return whether the last answer to `ask`, which was UNSAT, rests on the question; if not, there is no run of this length at all."""
        return self._solver.needed_assumptions()

    def rule_out(self, questions: Sequence[int]) -> None:
        """Assert that none of the questions is true at the end: an UNSAT answer has shown it, and further steps profit."""
        library = self._library
        frame = self._frames[-1]
        asked = [frame.questions[question] for question in questions]
        if asked:
            self._solver.add(lib.mk_not(library.context, library.disjunction(asked)))

    def simplest(self, question: int, known: Run, *, seconds: float | None) -> Run:  # noqa: ARG002 - it looks for no other
        """Return the run that is known."""
        return known

    def run(self) -> Run:
        """Return the run behind the last answer, which was SAT."""
        model = self._solver.model()
        leaves = self._system.leaves
        return Run(
            tuple(
                [
                    tuple([model.number(t, leaf.low, leaf.high) for leaf, t in zip(leaves, frame.leaves, strict=True)])
                    for frame in self._frames
                ]
            ),
            tuple(
                [
                    model.number(frame.selector, 0, len(self._system.actions))
                    for frame in self._frames
                    if frame.selector is not None
                ]
            ),
        )
