"""From one run to all settings in which it goes the same way.

A run is followed once more with the switches left open: the first state, and who does what in each step, stay as they are, and every bit of every
state becomes a function of the switches alone. Where a step has several ways (the two branches of a conditional) that of the run is taken where it
is possible, and else the first that is: so a run need not know which way it goes because of a switch, as long as it comes to the same end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError
from pluscheck.bits.circuit import FALSE, TRUE
from pluscheck.bits.cnf import template
from pluscheck.bits.solver import SatSolver
from pluscheck.bits.system import BitSystem
from pluscheck.core.switches import Setting
from pluscheck.engines.ablation.settings import Cube, members, never
from pluscheck.ground.runs import Run


@dataclass(frozen=True, slots=True)
class _Way:
    """One action with its arguments: that it is possible, and the bits after it, over the bits of the state."""

    guard: int
    next: Mapping[int, int]
    """By position, those that it changes."""


@dataclass(slots=True)
class Lifting:
    """Lifts runs of one system; `switches` are positions of bits of the state, with the protection that each belongs to."""

    bits: BitSystem
    switches: Mapping[int, int]
    _ways: dict[int, _Way] = field(default_factory=dict)
    _groups: dict[tuple[object, ...], list[int]] = field(default_factory=dict)
    _inputs: dict[int, int] = field(default_factory=dict)
    """For each protection a new input of the circuit."""
    _is_control: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        circuit = self.bits.circuit
        for number, action in enumerate(self.bits.system.actions):
            self._groups.setdefault((action.action.name, action.arguments), []).append(number)
        for protection in sorted(set(self.switches.values())):
            self._inputs[protection] = circuit.input()
        # What depends on nothing but which action is named is looked at first: it decides most.
        control = bytearray(len(circuit))
        control[0] = 1
        for selector in self.bits.selectors:
            control[selector >> 1] = 1
        for node in range(len(circuit)):
            if circuit.is_and(node):
                control[node] = control[circuit.left[node] >> 1] and control[circuit.right[node] >> 1]
        self._is_control = control

    def cube(self, run: Run, ends: int, setting: Setting, *, begins: int | None = None) -> Cube:
        """Return settings, this one among them, in all of which a run like this one exists that ends where `ends` is true.

        `ends` is a literal over the bits of the last state, or over the last state and the selectors if these are replaced already. `begins` is
        what is true of the first state, if it is no initial one.
        """
        return self._implicant(self._whole(run, ends, begins), setting)

    def covers(self, run: Run, ends: int, cube: Cube, *, begins: int | None = None) -> bool:
        """Return whether in all settings of a cube a run like this one exists that ends where `ends` is true."""
        whole = self._whole(run, ends, begins)
        made = template(self.bits.circuit, [whole], list(self._inputs.values()))
        solver = SatSolver(made.clauses, stop=never)
        solver.add([-made.literal(whole)])
        number = {protection: position for position, protection in enumerate(self._inputs, 1)}
        assumed = [number[i] for i in members(cube.on)] + [-number[i] for i in members(cube.off)]
        return solver.solve(assumed) is Answer.UNSAT

    def _whole(self, run: Run, ends: int, begins: int | None) -> int:
        """Return a literal over the protections' inputs: that a run like this one exists, and ends where it should."""
        circuit = self.bits.circuit
        first = self.bits.bits(run.leaves[0])
        state: dict[int, int] = {}
        for position, (bit, value) in enumerate(zip(self.bits.state, first, strict=True)):
            protection = self.switches.get(position)
            state[bit >> 1] = (TRUE if value else FALSE) if protection is None else self._inputs[protection]
        follows = self._reduced([self.bits.init if begins is None else begins], dict(state))
        for taken in run.taken:
            step, state = self._after(taken, state)
            follows.append(step)
        follows += self._reduced([ends], dict(state))
        return circuit.all_(follows)

    def cube_of_step(self, run: Run, ends: int, setting: Setting) -> Cube:
        """Return settings in which such a run exists of which the last step makes `ends` true: a literal over a state and the selectors."""
        return self.cube(*self.before_step(run, ends), setting)

    def before_step(self, run: Run, ends: int) -> tuple[Run, int]:
        """Return a run without its last step, and a literal over the state where it then ends: that this step makes `ends` true."""
        literal = self.bits.circuit.substituted([ends], self.bits.naming(run.taken[-1]))[0]
        return Run(run.leaves[:-1], run.taken[:-1]), literal

    def _implicant(self, whole: int, setting: Setting) -> Cube:
        """Return a cube with the setting in which the literal, over the protections' inputs, is true; first as few must be on as can be."""
        inputs = list(self._inputs.values())
        made = template(self.bits.circuit, [whole], inputs)
        solver = SatSolver(made.clauses, stop=never)
        solver.add([-made.literal(whole)])
        kept = [p + 1 if setting >> protection & 1 else -p - 1 for p, protection in enumerate(self._inputs)]
        if solver.solve(kept) is not Answer.UNSAT:
            raise InternalError("a run is not one in the setting that it was found in")
        core = set(solver.core())
        kept = sorted([x for x in kept if x in core], key=lambda x: (x < 0, abs(x)))
        for literal in list(kept):
            rest = [x for x in kept if x != literal]
            if solver.solve(rest) is Answer.UNSAT:
                kept = rest
        solver.close()
        numbers = list(self._inputs)
        return Cube(sum(1 << numbers[x - 1] for x in kept if x > 0), sum(1 << numbers[-x - 1] for x in kept if x < 0))

    def _after(self, taken: int, state: dict[int, int]) -> tuple[int, dict[int, int]]:
        """Return that a step like the one taken is possible, and the state after it; a state has for each input's node its value."""
        circuit = self.bits.circuit
        action = self.bits.system.actions[taken]
        group = self._groups[action.action.name, action.arguments]
        order = [taken, *[other for other in group if other != taken]]
        here: list[tuple[int, _Way]] = []
        known = dict(state)
        before = FALSE
        for number in order:
            way = self._way(number)
            guard = self._reduced([way.guard], known)[0]
            chosen = circuit.and_(guard, before ^ 1)
            if chosen != FALSE:
                here.append((chosen, way))
            before = circuit.or_(before, guard)
            if before == TRUE:
                break
        after = dict(state)
        changed = sorted({position for _, way in here for position in way.next})
        for position in changed:
            bit = self.bits.state[position]
            result = FALSE
            for chosen, way in here:
                (new,) = self._reduced([way.next.get(position, bit)], known)
                result = circuit.or_(result, circuit.and_(chosen, new))
            after[bit >> 1] = result
        return before, after

    def _way(self, number: int) -> _Way:
        """Return an action over the bits of the state alone."""
        known = self._ways.get(number)
        if known is None:
            bits = self.bits
            memo = self.bits.naming(number)
            guard = bits.literal(bits.system.actions[number].guard)
            found = self._reduced([guard, *bits.next], {node >> 1: value for node, value in memo.items()})
            changed = {p: new for p, new in enumerate(found[1:]) if new != bits.state[p]}
            known = self._ways[number] = _Way(found[0], changed)
        return known

    def _reduced(self, literals: Sequence[int], values: dict[int, int]) -> list[int]:
        """Return literals with inputs, by node, replaced; a conjunction of which the first side is false is not looked into further."""
        circuit, control = self.bits.circuit, self._is_control
        values[0] = FALSE
        for root in literals:
            stack = [root >> 1]
            while stack:
                node = stack[-1]
                if node in values:
                    stack.pop()
                    continue
                left, right = circuit.left[node], circuit.right[node]
                if left < 0:
                    values[node] = 2 * node
                    stack.pop()
                    continue
                if node < len(control) and control[right >> 1] and not control[left >> 1]:
                    left, right = right, left
                one = values.get(left >> 1)
                if one is None:
                    stack.append(left >> 1)
                    continue
                if one ^ (left & 1) == FALSE:
                    values[node] = FALSE
                    stack.pop()
                    continue
                other = values.get(right >> 1)
                if other is None:
                    stack.append(right >> 1)
                    continue
                values[node] = circuit.and_(one ^ (left & 1), other ^ (right & 1))
                stack.pop()
        return [values[root >> 1] ^ (root & 1) for root in literals]
