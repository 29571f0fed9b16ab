"""Runs of a ground system of a growing length as clauses, and whether something is so at their end.

A state and the step taken in it are one circuit, whose clauses are made once and instantiated for each state; the bits of the next state are outputs of the
circuit before, so that only selectors are chosen anew. A run has no stuttering steps: a state in which nothing is possible ends it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pluscheck.base.answers import Answer, Gave
from pluscheck.base.memory import held_memory
from pluscheck.bits.circuit import FALSE
from pluscheck.bits.cnf import Template, template
from pluscheck.bits.solver import SatSolver
from pluscheck.bits.system import BitSystem
from pluscheck.ground.ground import GroundSystem
from pluscheck.ground.runs import Run

if TYPE_CHECKING:
    from pluscheck.bits.simplest import Simplifier


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of the run, in literals: its bits, the selectors of the step taken in it, what must be true if that step is possible, and the bits after it."""

    state: list[int]
    selectors: list[int]
    possible: list[int]
    next: list[int]
    about_state: list[int]
    about_step: list[int]


class Unrolling:
    """All runs of `length` steps, from 0 up.

    Args:
        system: the ground system.
        about_state: nodes over the current leaves, asked of the last state.
        about_step: nodes over the current and the next leaves, asked of the last step.
        from_condition: the node of what holds of the first state, if not the system's initial condition.
        memory: megabytes that may be taken.

    What is built on it sees the system's `bits`, the `frames` of the run (one a state), the `solver` that holds its clauses, and the `last_variable` of those.
    """

    def __init__(
        self,
        system: GroundSystem,
        about_state: Sequence[int],
        about_step: Sequence[int],
        *,
        from_condition: int | None = None,
        memory: int | None = None,
    ) -> None:
        self.bits = bits = BitSystem(system)
        self._limits = _Limits(memory)
        self.solver = SatSolver(stop=self._limits.exceeded)
        self._about_state = [bits.literal(node) for node in about_state]
        self._about_step = [bits.literal(node) for node in about_step]
        circuit = bits.circuit
        # That some action is chosen and possible would say it too, but a solver sees less from that.
        self._possible = [
            circuit.or_(chosen ^ 1, bits.literal(action.guard))
            for chosen, action in zip(bits.chosen, system.actions, strict=True)
        ] or [FALSE]
        inputs = (*bits.state, *bits.selectors)
        self._template = template(circuit, self._roots(), inputs)
        self._simplifier: Simplifier | None = None
        self.last_variable = 0
        first = self.new(len(bits.state))
        self.frames = [self._frame(first)]
        start = bits.init if from_condition is None else bits.literal(from_condition)
        of_start = template(circuit, [start], inputs)
        self.solver.extend([self.instance(of_start, [*first, *self.frames[0].selectors], [start])])

    def _roots(self) -> list[int]:
        """Return what is of interest of a state."""
        bits = self.bits
        return [*bits.typed_parts, *self._possible, *bits.next, *self._about_state, *self._about_step]

    def new(self, count: int) -> list[int]:
        """Return new variables."""
        self.last_variable += count
        return list(range(self.last_variable - count + 1, self.last_variable + 1))

    def instance(self, of: Template, inputs: Sequence[int], roots: Sequence[int]) -> list[int]:
        """Add a template's clauses, with these literals for its inputs; return the literals of roots in it."""
        names, clauses = of.instantiated(inputs, self.last_variable + 1)
        self.last_variable += of.size - of.inputs
        self.solver.extend(clauses)
        numbers = [of.literal(root) for root in roots]
        return [names[number] if number > 0 else -names[-number] for number in numbers]

    def _frame(self, state: list[int]) -> Frame:
        """Add what is defined by a state, and by the step that the selectors choose in it, possible or not."""
        bits = self.bits
        selectors = self.new(len(bits.selectors))
        literals = iter(self.instance(self._template, [*state, *selectors], self._roots()))

        def several(number: int) -> list[int]:
            return list(islice(literals, number))

        # It follows from how the state was reached, but to learn it anew in each state takes long.
        self.solver.extend([[literal] for literal in several(len(bits.typed_parts))])
        return Frame(
            state,
            selectors,
            possible=several(len(self._possible)),
            next=several(len(bits.next)),
            about_state=several(len(self._about_state)),
            about_step=several(len(self._about_step)),
        )

    @property
    def length(self) -> int:
        """How many steps the runs have."""
        return len(self.frames) - 1

    @property
    def seconds(self) -> float:
        """Wall seconds that the solver has taken."""
        return self.solver.seconds

    @property
    def gave(self) -> Gave | None:
        """Why the last answer was `UNKNOWN`."""
        return self.solver.gave

    def extend(self) -> None:
        """Add a step."""
        last = self.frames[-1]
        self.solver.extend([[literal] for literal in last.possible])
        self.frames.append(self._frame(last.next))

    def ask(self, questions: Sequence[int], *, seconds: float | None, conflicts: int | None = None) -> Answer:
        """Return whether some run of this length has one of the questions true at its end.

        Questions are counted through `about_state` and then, if there is a step, `about_step`.
        """
        return self.answer([self.some_of(questions)], seconds, conflicts=conflicts)

    def some_of(self, questions: Sequence[int]) -> int:
        """Return a literal to assume: one of the questions is true at the end of runs of this length."""
        (some,) = self.new(1)
        self.solver.add([-some, *self.asked(questions)])
        return some

    def check(self, *, seconds: float | None) -> Answer:
        """Return whether there is a run of this length."""
        return self.answer([], seconds)

    def answer(self, assumptions: Sequence[int], seconds: float | None, *, conflicts: int | None = None) -> Answer:
        """Return whether there is a run of which the assumptions are true; `UNKNOWN` too after so many conflicts."""
        self._limits.start(seconds)
        return self.solver.solve(assumptions, conflicts=conflicts)

    def asked(self, questions: Sequence[int]) -> list[int]:
        """Return the literals of questions at the end of the run."""
        about_state = self.frames[-1].about_state
        about_step = self.frames[-2].about_step if self.length else []
        return [(*about_state, *about_step)[question] for question in questions]

    def answer_needed_question(self) -> bool:
        """Return whether the last answer to `ask`, which was UNSAT, rests on the question; if not, there is no run of this length at all."""
        return bool(self.solver.core())

    def rule_out(self, questions: Sequence[int]) -> None:
        """Assert that none of the questions is true at the end: an UNSAT answer has shown it, and further steps profit."""
        self.solver.extend([[-literal] for literal in self.asked(questions)])

    def run(self) -> Run:
        """Return the run behind the last answer, which was SAT."""
        return self.run_of(self.solver.model())

    def simplest(self, question: int, known: Run, *, seconds: float | None, assumptions: Sequence[int] = ()) -> Run:
        """Return an easily read run of this length with the question true at its end, and all assumptions, as it is in `known`."""
        if self._simplifier is None:
            from pluscheck.bits.simplest import Simplifier  # it is built on this

            self._simplifier = Simplifier(self)
        return self._simplifier.run([*self.asked([question]), *assumptions], known, seconds=seconds)

    def run_of(self, model: Sequence[int]) -> Run:
        """Return the run that a solution of the clauses is."""
        bits = self.bits

        def read(literals: Sequence[int]) -> list[bool]:
            return [model[abs(literal) - 1] == literal for literal in literals]

        taken = [
            bits.circuit.values(bits.chosen, dict(zip(bits.selectors, read(frame.selectors), strict=True))).index(True)
            for frame in self.frames[:-1]
        ]
        return Run(tuple([bits.leaves(read(frame.state)) for frame in self.frames]), tuple(taken))


class _Limits:
    """When the solver is to give up."""

    def __init__(self, memory: int | None) -> None:
        self._memory = None if memory is None else held_memory() + memory * 1_000_000
        self._deadline: float | None = None

    def start(self, seconds: float | None) -> None:
        """Let so many seconds pass from now on."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def exceeded(self) -> Gave | None:
        """Return why to give up, if it is time to."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return Gave.TIME
        if self._memory is not None and held_memory() > self._memory:
            return Gave.MEMORY
        return None
