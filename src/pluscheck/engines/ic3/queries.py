"""The questions that IC3 asks of a SAT solver: one for all frames, in which each frame's clauses are switched on by a literal of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError
from pluscheck.bits.cnf import Template, template
from pluscheck.bits.elimination import eliminated
from pluscheck.bits.solver import SatSolver, Stop
from pluscheck.bits.system import BitSystem
from pluscheck.engines.unrolling import reason
from pluscheck.evidence.verdict import Reason

Cube = tuple[int, ...]
"""A conjunction over predicates, sorted by their numbers, which count from 1 and are negative where the predicate is false."""

Weight = Callable[[int], float]
"""How useful a literal was in cubes that were blocked: those that were are preferred."""

_RETIRED: Final = 500
"""After so many clauses that were needed for one question only, the solvers are made anew: what has gathered in them makes each question slower."""


class StoppedError(Exception):
    """The budget ran out, or the solver gave up."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why)
        self.reason = why


@dataclass(frozen=True, slots=True)
class Bad:
    """A state from which `steps` steps, 0 or 1, violate the goal."""

    found: Found
    goal: str
    steps: int


@dataclass(frozen=True, slots=True)
class Found:
    """A state, as literals of all predicates that matter, and the selectors' values in a step from it."""

    state: Cube
    selectors: tuple[int, ...]


class Queries:
    """Steps of a system, the clauses known of its frames, and which states are bad.

    Args:
        bits: the system.
        goals: names of the properties that may be asked about.
        known: literals over the state that are true in all reachable states, after every step from a state where all are true too.
        stop: asked now and then whether to give up.
    """

    def __init__(self, bits: BitSystem, goals: Sequence[str], known: Sequence[int], stop: Stop) -> None:
        self._stop = stop
        self.bits = bits
        circuit = bits.circuit
        self.relevant = _relevant(bits, goals, known)
        bad = {name: bits.bad(name) for name in goals}
        inputs = [*bits.state, *bits.selectors]
        roots = [bits.next[i] for i in self.relevant]
        roots += [bits.init, bits.step, *bits.typed_parts, *known]
        roots += [literal for where in bad.values() for literal in (where.state, where.step)]
        whole = template(circuit, roots, inputs)
        always = [whole.literal(literal) for literal in (*bits.typed_parts, *known)]
        # Half of the variables are gone, and a third of the time with them.
        self._template = made = eliminated(whole, always, [whole.literal(root) for root in roots])
        self._count = len(bits.state)
        self._selectors = range(self._count + 1, len(inputs) + 1)
        self._step = made.literal(bits.step)
        self._after = {i + 1: made.literal(bits.next[i]) for i in self.relevant}
        self._bad = {name: (made.literal(w.state), made.literal(w.step)) for name, w in bad.items()}
        self._init = made.literal(bits.init)
        self._starts = _Starts(bits, self.relevant, stop)
        self._blocked: list[list[Cube]] = [[]]
        self._make_anew()

    def _solver(self) -> SatSolver:
        return SatSolver(self._template.clauses, stop=self._stop)

    def _make_anew(self) -> None:
        """Make the solvers from the clauses of the frames, without what has gathered in them."""
        self._lifting = self._solver()
        self._lifting_size = self._template.size
        self._main = self._solver()
        self._size = self._template.size
        self._retired = 0
        self._switches = [self._init]
        self._question: tuple[frozenset[str], int] | None = None
        for level, cubes in enumerate(self._blocked[1:], 1):
            self._switches.append(self._new_variable())
            self.block(cubes, level)

    def _new_variable(self) -> int:
        self._size += 1
        return self._size

    # -------------------------------------------------------------------------------------- frames

    def add_frame(self) -> None:
        """Add a frame after the last."""
        self._blocked.append([])
        self._switches.append(self._new_variable())

    def block(self, cubes: Iterable[Cube], level: int) -> None:
        """Let no state of the cubes be in the frames up to `level`."""
        switch = -self._switches[level]
        for cube in cubes:
            self._main.add([switch, *[-literal for literal in cube]])

    @property
    def is_worn(self) -> bool:
        """Whether it is time to call `renew`."""
        return self._retired > _RETIRED

    def renew(self, blocked: Sequence[list[Cube]]) -> None:
        """Forget all but which cubes are blocked in each frame and in those before it."""
        self._blocked = [list(cubes) for cubes in blocked]
        self._make_anew()

    # ----------------------------------------------------------------------------------- questions

    def starts_in(self, cube: Cube) -> bool:
        """Return whether some initial state is in the cube."""
        return self._starts.meets(cube)

    def apart_from_start(self, part: Cube, whole: Cube, weight: Weight) -> Cube:
        """Return `part`, with as much of `whole` added as no initial state satisfies. No initial state is in `whole`."""
        return self._starts.apart(part, whole, weight)

    def is_blocked(self, cube: Cube, level: int) -> bool:
        """Return whether a frame has no state in the cube."""
        return self._ask([*self._switches[level:], *cube]) is Answer.UNSAT

    def bad_state(self, open_: frozenset[str], level: int) -> Bad | None:
        """Return a state of a frame in which one of the goals is violated, or from which a step violates it."""
        if self._question is None or self._question[0] != open_:
            question = self._new_variable()
            self._main.add([-question, *[literal for name in sorted(open_) for literal in self._bad[name]]])
            self._question = (open_, question)
        if self._ask([*self._switches[level:], self._question[1]]) is Answer.UNSAT:
            return None
        model = self._main.model()
        for name in sorted(open_):
            for steps, literal in enumerate(self._bad[name]):
                if model[abs(literal) - 1] == literal:
                    return Bad(self._found(model), name, steps)
        raise InternalError("the solver's model has nothing of what it was asked for")

    def step_into(self, cube: Cube, level: int, *, without: bool) -> Found | Cube:
        """Return a state of the frame `level` (0: an initial state) with a step into the cube; if there is none, a part of the cube that there is none into.

        With `without`, the state is not in the cube itself.
        """
        # What is false first: what the solver takes up first is what its reasons are made of, and that something is not so excludes more states.
        after = {self._after[abs(x)] if x > 0 else -self._after[-x]: x for x in sorted(cube)}
        assumed = [*self._switches[level:], self._step, *after]
        retired = 0
        if without:
            retired = self._new_variable()
            self._main.add([-retired, *[-literal for literal in cube]])
            assumed.append(retired)
        answer = self._ask(assumed)
        if answer is Answer.SAT:
            result: Found | Cube = self._found(self._main.model())
        else:
            result = sorted_cube([after[x] for x in self._main.core() if x in after])
        if retired:
            self._main.add([-retired])
            self._retired += 1
        return result

    def _found(self, model: Sequence[int]) -> Found:
        return Found(tuple([model[i] for i in self.relevant]), tuple([model[i - 1] for i in self._selectors]))

    def _ask(self, assumed: Sequence[int]) -> Answer:
        return _decided(self._main, assumed)

    # ------------------------------------------------------------------------------------- lifting

    def lifted(self, found: Found, cube: Cube, weight: Weight) -> Cube:
        """Return a part of the state from all of which the step with these selectors is possible and leads into the cube."""
        self._lifting_size += 1
        retired = self._lifting_size
        clause = [-retired, -self._step]
        clause += [-self._after[x] if x > 0 else self._after[-x] for x in cube]
        self._lifting.add(clause)
        result = self._needed([retired, *found.selectors], found.state, weight)
        self._lifting.add([-retired])
        return result

    def lifted_bad(self, bad: Bad, weight: Weight) -> Cube:
        """Return a part of the state in all of which the goal is violated, or violated by the step with these selectors."""
        return self._needed([*bad.found.selectors, -self._bad[bad.goal][bad.steps]], bad.found.state, weight)

    def _needed(self, fixed: Sequence[int], state: Cube, weight: Weight) -> Cube:
        """Return a part of the state that cannot be true together with what is fixed."""
        for _ in range(2):
            order = sorted(state, key=lambda x: (-weight(x), x))
            if _decided(self._lifting, [*fixed, *order]) is not Answer.UNSAT:
                raise InternalError("a state does not determine what follows from it")
            needed = set(self._lifting.core())
            state = tuple([literal for literal in state if literal in needed])
        return state


class _Starts:
    """The initial states."""

    def __init__(self, bits: BitSystem, relevant: Sequence[int], stop: Stop) -> None:
        made: Template = template(bits.circuit, [bits.init, *bits.typed_parts], bits.state)
        self._solver = SatSolver(made.clauses, stop=stop)
        for literal in (bits.init, *bits.typed_parts):
            self._solver.add([made.literal(literal)])
        # Most of a state is usually the same in all initial states, and tells at once that a cube has none of them.
        self._never: set[int] = set()
        if _decided(self._solver, []) is Answer.SAT:
            shown = self._solver.model()
            for i in relevant:
                if _decided(self._solver, [-shown[i]]) is Answer.UNSAT:
                    self._never.add(-shown[i])

    def meets(self, cube: Cube) -> bool:
        """Return whether some initial state is in the cube."""
        never = self._never
        for literal in cube:
            if literal in never:
                return False
        return _decided(self._solver, cube) is Answer.SAT

    def apart(self, part: Cube, whole: Cube, weight: Weight) -> Cube:
        """Return `part`, with as much of `whole` added as no initial state satisfies."""
        if not self.meets(part):
            return part
        alone = [literal for literal in whole if literal in self._never]
        if alone:
            return sorted_cube([*part, max(alone, key=weight)])
        _decided(self._solver, whole)
        return sorted_cube({*part, *self._solver.core()})


def sorted_cube(literals: Iterable[int]) -> Cube:
    """Return literals in the order of their predicates."""
    return tuple(sorted(literals, key=abs))


def _decided(solver: SatSolver, assumed: Sequence[int]) -> Answer:
    """Return a solver's answer. Raises StoppedError if it gives none."""
    answer = solver.solve(assumed)
    if answer is Answer.UNKNOWN:
        raise StoppedError(reason(solver.gave))
    return answer


def _relevant(bits: BitSystem, goals: Sequence[str], known: Sequence[int]) -> tuple[int, ...]:
    """Return the positions of the predicates that what is asked can depend on, however many steps later."""
    circuit = bits.circuit
    position = {bit >> 1: i for i, bit in enumerate(bits.state)}

    def support(literal: int) -> set[int]:
        return {position[node] for node in circuit.cone([literal]) if node in position}

    typed = [support(part) for part in bits.typed_parts]
    bad = [literal for name in goals for literal in (bits.bad(name).state, bits.bad(name).step)]
    pending = [i for literal in (bits.step, *bad, *known) for i in support(literal)]
    found: set[int] = set()
    while pending:
        i = pending.pop()
        if i in found:
            continue
        found.add(i)
        pending += support(bits.next[i])
        for part in typed:
            if i in part:
                pending += part
    return tuple(sorted(found))
