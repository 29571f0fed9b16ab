"""In which settings something can happen: longer and longer runs with the switches free, then one proof that it is in no others.

Each run found is first moved to as many protections as it can have on, then lifted to a cube of settings that have such a run, and the cube is
blocked. No cube is blocked before all shorter runs are exhausted, so the first cube that a setting is in has its shortest runs. When no new run has come up
for some steps, a prover is given the system with the settings that are left: what it proves holds in all of them together, and what it
finds instead is a longer run. Nothing is assumed of how settings relate to one another.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pluscheck.base.answers import Answer
from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError, SpecError
from pluscheck.bits.circuit import TRUE
from pluscheck.bits.unrolling import Unrolling
from pluscheck.core import exprs as e
from pluscheck.core.switches import Protection, Setting, settings_of, with_free_switches
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.engines.ablation.lifting import Lifting
from pluscheck.engines.ablation.settings import Choice, Cube, members, never
from pluscheck.engines.bmc import bounded
from pluscheck.engines.ic3.queries import StoppedError
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Engine, Findings, Listener, Progress
from pluscheck.engines.limits import Limits
from pluscheck.engines.traces import trace_of
from pluscheck.engines.unrolling import reason
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Proved, Reached, Reason, Unknown, Violated
from pluscheck.ground.ground import GroundSystem, ground
from pluscheck.ground.predicates import predicates
from pluscheck.ground.runs import Run
from pluscheck.ground.violations import violation

NAME = "ablation"
"""What the engine is called."""

PATIENCE = 3
"""After so many steps more than the last run found, the prover is asked."""


@dataclass(frozen=True, slots=True)
class Shown:
    """In every setting of the cube something of this name can happen in `steps` steps, and in none of them in fewer that no earlier cube says.

    `trace` is a run of the largest of them, without the switches in its states; None if none is to be shown, or it is one to a fault.
    """

    cube: Cube
    name: str
    steps: int
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class Effort:
    """What was asked: questions about runs of the unrolled system, and proofs that were attempted."""

    questions: int
    proofs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Region:
    """The settings in which something can happen: those of the cubes, and no others if `rest` is a proof.

    `rest` is what was found of the settings that are in no cube: `Proved`, of the system with free switches that has only those settings;
    None if there are none; or why it is not known. Within `depth` steps nothing more can happen.
    """

    shown: tuple[Shown, ...]
    rest: Proved | Unknown | None
    depth: int
    effort: Effort

    @property
    def cubes(self) -> tuple[Cube, ...]:
        """The settings, as cubes."""
        return tuple([one.cube for one in self.shown])


def outside(cubes: Sequence[Cube], of: Sequence[Protection]) -> e.Expr | None:
    """Return that a setting is in none of the cubes, over the system with free switches; None if there are none."""
    clauses: list[e.Expr] = []
    for cube in cubes:
        parts = [of[i].off for i in members(cube.on)] + [of[i].formula for i in members(cube.off)]
        clauses.append(parts[0] if len(parts) == 1 else e.Or(tuple(parts)))
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else e.And(tuple(clauses))


@dataclass(frozen=True, slots=True)
class Aim:
    """What is looked for: that one of these properties is violated, or one of these witnesses reached, in settings of none of the `blocked` cubes.

    Where the runs are to be shown, those with the most protections on are.
    """

    names: tuple[str, ...]
    blocked: tuple[Cube, ...] = ()
    is_shown: bool = True


def regions(
    system: TransitionSystem,
    of: Sequence[Protection],
    aims: Sequence[Aim],
    first: int,
    prover: Engine,
    budget: Budget,
    listener: Listener,
) -> tuple[Region, ...]:
    """Return for each aim in which settings it is reached.

    As long as nothing is found of an aim, runs of up to `first` steps are gone through before the prover is asked; of `budget.depth` no notice is taken.
    Raises SpecError if no setting has an initial state, or if the system is too large to be grounded.
    """
    limits = Limits(budget, time.monotonic())
    return _Search(system, tuple(of), first, prover, limits, listener).regions(aims)


@dataclass(slots=True)
class _Question:
    """What is asked of the end of runs: which property it is about, and where it is answered."""

    name: str
    about_step: bool
    node: int


@dataclass(slots=True)
class _Target:
    """How far the search for one aim is. `guard`, assumed, keeps runs away from settings that are decided; at depth `due` the prover is asked."""

    aim: Aim
    due: int
    guard: int = 0
    shown: list[Shown] = field(default_factory=list)
    rest: Proved | Unknown | None = None
    is_open: bool = True

    @property
    def decided(self) -> tuple[Cube, ...]:
        """The settings that are decided."""
        return (*self.aim.blocked, *(one.cube for one in self.shown))


@dataclass(slots=True)
class _Search:
    system: TransitionSystem
    of: tuple[Protection, ...]
    first: int
    prover: Engine
    limits: Limits
    listener: Listener
    depth: int = -1
    asked: int = 0
    proofs: int = 0
    _questions: list[_Question] = field(default_factory=list)
    _switches: list[int] = field(default_factory=list)
    """For each protection a literal of the first state."""
    _found_so_far: int = 0

    def regions(self, aims: Sequence[Aim]) -> tuple[Region, ...]:
        """Go on until every setting is decided for every aim, or the budget is used up."""
        targets = [_Target(aim, self.first) for aim in aims]
        stopped: Reason | None = None
        try:
            self._decide(targets)
        except StoppedError as error:
            stopped = error.reason
        except KeyboardInterrupt:
            stopped = Reason.INTERRUPTED
        if stopped is not None:
            for target in targets:
                if target.is_open:
                    target.rest = Unknown(stopped, self.depth)
        effort = Effort(self.asked, self.proofs, self.limits.seconds)
        return tuple([Region(tuple(t.shown), t.rest, self.depth, effort) for t in targets])

    def _decide(self, targets: Sequence[_Target]) -> None:
        free = with_free_switches(self.system, self.of)
        grounded = ground(free)
        for target in targets:
            self._faulty_starts(grounded, target)
        names = list(dict.fromkeys(name for target in targets for name in target.aim.names))
        where = {name: violation(grounded, name) for name in names}
        self._questions = [_Question(n, False, where[n].state) for n in names if where[n].state]
        self._questions += [_Question(n, True, where[n].step) for n in names if where[n].step]
        about_state = [q.node for q in self._questions if not q.about_step]
        about_step = [q.node for q in self._questions if q.about_step]
        unrolling = Unrolling(grounded, about_state, about_step, memory=self.limits.megabytes_left())
        positions = switch_bits(grounded, self.of)
        lifting = Lifting(unrolling.bits, positions)
        self._switches = _literals(unrolling, positions, len(self.of))
        for target in targets:
            (target.guard,) = unrolling.new(1)
            for cube in target.decided:
                self._block(unrolling, target, cube)
            target.is_open = self._some_left(target)
        if not self._is_possible(unrolling, []) and not any(target.shown for target in targets):
            bounded(free, frozenset(), Budget(depth=0), self.listener, Unrolling)  # says what is wrong
        while any(target.is_open for target in targets):
            self._tell(unrolling.length)
            for target in targets:
                if target.is_open and self._look(unrolling, lifting, target):
                    target.due = unrolling.length + PATIENCE
                    target.is_open = self._some_left(target)
            self.depth = unrolling.length
            for target in targets:
                if target.is_open and self.depth >= target.due:
                    self._ask_prover(target)
            if any(target.is_open for target in targets):
                unrolling.extend()

    def _ask_prover(self, target: _Target) -> None:
        """Let the prover decide the settings that are left, or say how long a run there is yet to find."""
        found = self._proved(target)
        if not isinstance(found, int):
            target.rest, target.is_open = found, False
            return
        if found <= self.depth:
            raise InternalError(f"a run of {found} steps was found where there is none")
        target.due = found

    # --------------------------------------------------------------------------------------- settings

    def _block(self, unrolling: Unrolling, target: _Target, cube: Cube) -> None:
        unrolling.solver.add([-target.guard, *self._outside(cube)])

    def _outside(self, cube: Cube) -> list[int]:
        """Return the clause over the first state that says that its setting is not in the cube."""
        return [*[-self._switches[i] for i in members(cube.on)], *[self._switches[i] for i in members(cube.off)]]

    def _some_left(self, target: _Target) -> bool:
        choice = Choice(len(self.of), stop=never)
        choice.without(target.decided)
        return choice.some() is not None

    def _tell(self, depth: int) -> None:
        """Say how far the search is. Raises StoppedError."""
        exceeded = self.limits.exceeded()
        if exceeded is not None:
            raise StoppedError(exceeded)
        self.listener(Progress(NAME, depth, self.limits.seconds, clauses=self._found_so_far))

    # ------------------------------------------------------------------------------------------- runs

    def _look(self, unrolling: Unrolling, lifting: Lifting, target: _Target) -> bool:
        """Find all settings that have a run of this length; return whether there are any."""
        names = target.aim.names
        questions = [
            i for i, q in enumerate(self._questions) if q.name in names and (unrolling.length or not q.about_step)
        ]
        if not questions:
            return False
        new: list[tuple[int, Cube]] = []
        some = unrolling.some_of(questions)
        while self._is_possible(unrolling, [target.guard, some]):
            model, setting = self._raised(unrolling, some, target)
            number, cube = self._lifted(unrolling, lifting, questions, model, setting)
            new.append((number, cube))
            self._found_so_far += 1
            self._block(unrolling, target, cube)
            self._tell(unrolling.length)
        if not new:
            for literal in unrolling.asked(questions):
                unrolling.solver.add([-target.guard, -literal])
        known = [one.cube for one in target.shown] + [cube for _, cube in new]
        for number, cube in new:
            target.shown.append(self._shown(unrolling, target, number, cube, known))
        return bool(new)

    def _is_possible(self, unrolling: Unrolling, assumed: Sequence[int]) -> bool:
        """Return whether there is such a run. Raises StoppedError."""
        self.asked += 1
        answer = unrolling.answer(assumed, self.limits.seconds_left())
        if answer is Answer.UNKNOWN:
            raise StoppedError(reason(unrolling.gave))
        return answer is Answer.SAT

    def _raised(self, unrolling: Unrolling, some: int, target: _Target) -> tuple[Sequence[int], Setting]:
        """Return the solution that was found, or one with more protections on: as many as can be had one after another."""
        model, setting = self._found(unrolling)
        if not target.aim.is_shown:
            return model, setting
        for i in range(len(self.of)):
            if not setting >> i & 1:
                kept = [self._switches[j] for j in members(setting | 1 << i)]
                if self._is_possible(unrolling, [target.guard, some, *kept]):
                    model, setting = self._found(unrolling)
        return model, setting

    def _found(self, unrolling: Unrolling) -> tuple[Sequence[int], Setting]:
        model = unrolling.solver.model()
        on = [i for i, literal in enumerate(self._switches) if (model[abs(literal) - 1] > 0) == (literal > 0)]
        return model, sum(1 << i for i in on)

    def _lifted(
        self,
        unrolling: Unrolling,
        lifting: Lifting,
        questions: Sequence[int],
        model: Sequence[int],
        setting: Setting,
    ) -> tuple[int, Cube]:
        """Return what the run of a solution shows, and a cube of settings in which such a run shows it."""
        run = unrolling.run_of(model)
        about = [*unrolling.frames[-1].about_state, *(unrolling.frames[-2].about_step if unrolling.length else [])]
        number = next(i for i in questions if (model[abs(about[i]) - 1] > 0) == (about[i] > 0))
        asked = self._questions[number]
        bad = unrolling.bits.bad(asked.name)
        cube = (
            lifting.cube_of_step(run, bad.step, setting) if asked.about_step else lifting.cube(run, bad.state, setting)
        )
        return number, cube

    def _shown(self, unrolling: Unrolling, target: _Target, number: int, cube: Cube, known: Sequence[Cube]) -> Shown:
        """Return a cube with a run of its largest setting: one that is easy to read, if no other cube has a larger one."""
        name = self._questions[number].name
        largest = cube.largest(len(self.of))
        trace = None
        if name != FAULTS and target.aim.is_shown:
            is_shown = not any(not other.off & ~cube.off and other.off != cube.off for other in known)
            assumed = [x if largest >> i & 1 else -x for i, x in enumerate(self._switches)]
            asked = unrolling.some_of([number])
            if not self._is_possible(unrolling, [asked, *assumed]):
                raise InternalError("lifting a run has found settings that it is not a run of")
            run = unrolling.run()
            if is_shown:
                run = unrolling.simplest(number, run, seconds=self.limits.seconds_left(), assumptions=assumed)
            trace = self._trace(unrolling.bits.system, run)
        return Shown(cube, name, unrolling.length, trace)

    def _trace(self, grounded: GroundSystem, run: Run) -> Trace:
        """Return a run without the switches in its states: they are the first variables."""
        trace = trace_of(grounded, run)
        count = len({p.switch for p in self.of})
        return replace(trace, states=tuple([state[count:] for state in trace.states]))

    def _faulty_starts(self, grounded: GroundSystem, target: _Target) -> None:
        """Find the settings in which what the initial states are is not defined."""
        if FAULTS not in target.aim.names or not grounded.init_faults:
            return
        for node in grounded.init_faults.values():
            start = Unrolling(grounded, [], [], from_condition=node)
            positions = switch_bits(grounded, self.of)
            self._switches = _literals(start, positions, len(self.of))
            lifting = Lifting(start.bits, positions)
            for cube in target.decided:
                start.solver.add(self._outside(cube))
            while self._is_possible(start, []):
                model, setting = self._found(start)
                cube = lifting.cube(start.run_of(model), TRUE, setting, begins=start.bits.literal(node))
                target.shown.append(Shown(cube, FAULTS, 0, None))
                start.solver.add(self._outside(cube))

    # ----------------------------------------------------------------------------------------- proofs

    def _proved(self, target: _Target) -> Proved | Unknown | int:
        """Return what the prover says of all settings that are left: a proof, or the length of a run that there is yet to find. Raises StoppedError."""
        self.proofs += 1
        free = with_free_switches(self.system, self.of, outside(target.decided, self.of))
        budget = replace(self.limits.budget, depth=None, seconds=self.limits.seconds_left())
        try:
            findings = self.prover(free, frozenset(target.aim.names), budget, self.listener)
        except SpecError as error:
            # In some settings there is an initial state, as was seen before, but in none of those that are left.
            if any(diagnostic.code is not Code.NO_INITIAL_STATE for diagnostic in error.diagnostics):
                raise
            return NOTHING_IS_REACHED
        return _outcome(findings, target.aim.names)


def _outcome(findings: Findings, names: Sequence[str]) -> Proved | Unknown | int:
    verdicts = [findings.verdicts[name] for name in names]
    lengths = [v.trace.length for v in verdicts if isinstance(v, Violated | Reached)]
    if lengths:
        return min(lengths)
    unknown = next((v for v in verdicts if not isinstance(v, Proved)), None)
    if unknown is not None:
        return unknown if isinstance(unknown, Unknown) else Unknown(Reason.SOLVER, findings.depth)
    proofs = [v for v in verdicts if isinstance(v, Proved)]
    return proofs[0]


def _literals(unrolling: Unrolling, positions: Mapping[int, int], number: int) -> list[int]:
    """Return for each protection a literal of the first state that says that it is on."""
    found = [0] * number
    for position, protection in positions.items():
        found[protection] = unrolling.frames[0].state[position]
    return found


def switch_bits(grounded: GroundSystem, of: Sequence[Protection]) -> dict[int, int]:
    """Return the positions of the switches among the bits of the state, each with the protection that it belongs to."""
    setting = settings_of(grounded.system, of)
    lowest = [0 if leaf.boolean else leaf.low for leaf in grounded.leaves]
    found: dict[int, int] = {}
    of_switch = {p.switch for p in of}
    for position, predicate in enumerate(predicates(grounded)):
        if predicate.path[0][0].removeprefix("variable ") not in of_switch:
            continue
        values = list(lowest)
        values[predicate.leaf] = 1
        state = grounded.layout.decode(values)
        (protection,) = members(setting(state))
        found[position] = protection
    return found
