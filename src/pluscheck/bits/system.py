"""A ground system as a circuit: a bit for each predicate of the state, inputs that select the action, and what the bits are next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pluscheck.bits.blast import Blaster, Choice, Integer, Vector
from pluscheck.bits.circuit import FALSE, TRUE, Circuit
from pluscheck.core.exprs import Site
from pluscheck.ground.ground import GroundSystem
from pluscheck.ground.leaves import Leaf
from pluscheck.ground.predicates import Predicate, predicates
from pluscheck.ground.violations import violation


@dataclass(frozen=True, slots=True)
class Bad:
    """Where a property is violated (of a witness: reached): literals over the state, and over a state and the step taken in it.

    `step` is true only where `BitSystem.step` is.
    """

    state: int
    step: int


class BitSystem:
    """A transition system over bits. All attributes but the circuit hold literals of it.

    Attributes:
        system: the ground system.
        predicates: what the bits of the state say.
        circuit: the circuit.
        state: for each predicate its bit, an input.
        typed: the bits are those of some canonical state; `typed_parts` are its conjuncts, most of them over the bits of one scalar.
        selectors: inputs that say which action is taken; every combination names one.
        chosen: for each of the ground system's actions, that the selectors name it.
        step: the action that is named is possible.
        next: for each predicate its bit after the step; means something where `typed` and `step` are true, and then the result is typed.
        init: the state is an initial one, if it is typed.
        init_faults: of what initial values are, for each site: where in a typed state the evaluation faults.
    """

    def __init__(self, system: GroundSystem) -> None:
        self.system = system
        self.predicates = predicates(system)
        self.circuit = circuit = Circuit()
        self.state = tuple([circuit.input() for _ in self.predicates])
        self._now = blaster = Blaster(circuit, system.dag)
        of_leaf = self._predicates_of_leaves()
        for position, leaf in enumerate(system.leaves):
            self._represent(leaf, of_leaf[position])
        self.typed_parts = tuple([part for part in dict.fromkeys(self._typed(of_leaf)) if part != TRUE])
        self.typed = circuit.all_(self.typed_parts)
        self.selectors, self.chosen = _selection(circuit, len(system.actions))
        self.step = circuit.any_(
            [
                circuit.and_(chosen, blaster.literal(action.guard))
                for chosen, action in zip(self.chosen, system.actions, strict=True)
            ]
        )
        for position in range(len(system.leaves)):
            self._represent_next(position)
        self.next = tuple([blaster.literal(predicate.next_node) for predicate in self.predicates])
        self.init = blaster.literal(system.init)
        self.init_faults: Mapping[Site, int] = {
            site: blaster.literal(node) for site, node in system.init_faults.items()
        }
        self._bad: dict[str, Bad] = {}

    def literal(self, node: int) -> int:
        """Return the literal of a Boolean node over the current leaves and, of the state after the step, the next ones."""
        return self._now.literal(node)

    def bad(self, name: str) -> Bad:
        """Return where the property of this name, `DEADLOCK` or `FAULTS` is violated; where a witness is reached."""
        known = self._bad.get(name)
        if known is None:
            where = violation(self.system, name)
            step = self.circuit.and_(self.step, self.literal(where.step))
            known = self._bad[name] = Bad(self.literal(where.state), step)
        return known

    def naming(self, position: int) -> dict[int, int]:
        """Return values of the selectors, as literals of constants, that name the action at a position."""
        found = {}
        low, high = 0, len(self.chosen)
        for selector in self.selectors:
            middle = (low + high + 1) // 2
            later = high - low > 1 and position >= middle
            found[selector] = TRUE if later else FALSE
            if high - low > 1:
                low, high = (middle, high) if later else (low, middle)
        return found

    def after_step(self, literals: Iterable[int]) -> list[int]:
        """Return literals over the state as they are after the step."""
        return self.circuit.substituted(literals, dict(zip(self.state, self.next, strict=True)))

    def bits(self, leaves: Sequence[int]) -> list[bool]:
        """Return the bits of the state whose leaves have these values."""
        system = self.system
        cone = system.dag.cone([predicate.node for predicate in self.predicates])
        given = {leaf.node: value for leaf, value in zip(system.leaves, leaves, strict=True)}
        value = system.dag.values(cone, given)
        return [bool(value[predicate.node]) for predicate in self.predicates]

    def leaves(self, bits: Sequence[bool]) -> tuple[int, ...]:
        """Return the values of the leaves in the state with these bits."""
        found = [0 if leaf.boolean else leaf.low for leaf in self.system.leaves]
        for predicate, bit in zip(self.predicates, bits, strict=True):
            if bit:
                leaf = self.system.leaves[predicate.leaf]
                if predicate.bit is not None:
                    found[predicate.leaf] += 1 << predicate.bit
                elif not leaf.boolean or predicate.value == 1:
                    found[predicate.leaf] = predicate.value
        return tuple(found)

    def _predicates_of_leaves(self) -> list[list[tuple[Predicate, int]]]:
        """Return for each leaf its predicates with their bits."""
        found: list[list[tuple[Predicate, int]]] = [[] for _ in self.system.leaves]
        for predicate, bit in zip(self.predicates, self.state, strict=True):
            found[predicate.leaf].append((predicate, bit))
        return found

    def _represent(self, leaf: Leaf, own: Sequence[tuple[Predicate, int]]) -> None:
        """Say what a current leaf is in terms of the bits."""
        circuit = self.circuit
        if leaf.boolean:
            self._now.literals[leaf.node] = next(bit for predicate, bit in own if predicate.value == 1)
        elif own[0][0].bit is not None:
            offset = Vector((*[bit for _, bit in own], FALSE))
            self._now.integers[leaf.node] = self._now.shifted(offset, leaf.low)
        else:
            bits = {predicate.value: bit for predicate, bit in own}
            if not self._is_always_there(leaf, own):
                # Where it is absent it has its least value, and none of its predicates is true.
                bits[leaf.low] = circuit.all_([bit ^ 1 for value, bit in bits.items() if value != leaf.low])
            self._now.integers[leaf.node] = Choice(bits)

    def _is_always_there(self, leaf: Leaf, own: Sequence[tuple[Predicate, int]]) -> bool:
        dag = self.system.dag
        return all(predicate.node == dag.eq(leaf.node, dag.integer(predicate.value)) for predicate, _ in own)

    def _typed(self, of_leaf: Sequence[Sequence[tuple[Predicate, int]]]) -> Iterable[int]:
        """Yield what together says that the bits are those of a canonical state."""
        circuit, blaster, dag = self.circuit, self._now, self.system.dag
        yield blaster.literal(self.system.canonical)
        for leaf, own in zip(self.system.leaves, of_leaf, strict=True):
            number = None if leaf.boolean else blaster.integers[leaf.node]
            match number:
                case Choice(literals):
                    yield _at_most_one(circuit, list(literals.values()))
                    if self._is_always_there(leaf, own):
                        yield circuit.any_(literals.values())
                case Vector():
                    possible = dag.possible(leaf.node) if leaf.possible is not None else None
                    yield blaster.within(number, leaf.low, leaf.high, possible)
                case None:
                    pass
            for predicate, bit in own:
                yield circuit.iff(bit, blaster.literal(predicate.node))

    def _represent_next(self, position: int) -> None:
        """Say what a next leaf is: the value that the chosen action gives it, if it gives one."""
        system, circuit, blaster = self.system, self.circuit, self._now
        leaf = system.leaves[position]
        by_value: dict[int, list[int]] = {}
        for chosen, action in zip(self.chosen, system.actions, strict=True):
            by_value.setdefault(action.updates.get(position, leaf.node), []).append(chosen)
        where = {node: circuit.any_(chosen) for node, chosen in by_value.items()}
        if leaf.boolean:
            blaster.literals[leaf.next_node] = circuit.any_(
                [circuit.and_(here, blaster.literal(node)) for node, here in where.items()]
            )
            return
        values = {node: blaster.integer(node) for node in where}
        result: Integer = blaster.integers[leaf.node]
        if all(isinstance(value, Choice) for value in values.values()):
            found: dict[int, list[int]] = {}
            for node, value in values.items():
                if isinstance(value, Choice):
                    for number, literal in value.literals.items():
                        found.setdefault(number, []).append(circuit.and_(where[node], literal))
            result = Choice({number: circuit.any_(literals) for number, literals in found.items()} or {leaf.low: TRUE})
        else:
            for node, value in values.items():
                if node != leaf.node:
                    result = blaster.either(where[node], value, result)
        blaster.integers[leaf.next_node] = result


def _at_most_one(circuit: Circuit, literals: Sequence[int]) -> int:
    return circuit.all_([circuit.and_(literals[i], literals[j]) ^ 1 for j in range(len(literals)) for i in range(j)])


def _selection(circuit: Circuit, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return inputs, and for each number below `count` that the inputs name it; every combination names exactly one."""
    width = max(0, count - 1).bit_length()
    inputs = tuple([circuit.input() for _ in range(width)])
    chosen = [FALSE] * count
    pending = [(0, count, 0, TRUE)] if count else []
    while pending:
        low, high, level, condition = pending.pop()
        if high - low == 1:
            chosen[low] = condition
            continue
        middle = (low + high + 1) // 2
        pending.append((low, middle, level + 1, circuit.and_(condition, inputs[level] ^ 1)))
        pending.append((middle, high, level + 1, circuit.and_(condition, inputs[level])))
    return inputs, tuple(chosen)
