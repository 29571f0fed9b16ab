"""A ground system in AIGER 1.9 (Biere, Heljanko, Wieringa, 2011), for other provers: a latch for each predicate of the state, an input for each selector bit.

Inputs that choose an action that is not possible leave the state as it is; that violates nothing and adds no states. Each property is a bad literal.

One initial state is in the latches' resets. Of several, the first step chooses one: inputs say what differs between them, and a last latch is true from then on, if that
was an initial state. Neither latches without reset nor constraints are used, which AIGER has for this: ABC's `zero` takes the former for 0, and then proves what is not so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pluscheck.base.errors import InternalError
from pluscheck.bits.circuit import FALSE, TRUE, Circuit
from pluscheck.bits.system import BitSystem
from pluscheck.core.values import Value, show
from pluscheck.ground.predicates import Predicate

STARTED = "the run has begun"
"""The name of the latch that is false until there is a state."""


@dataclass(frozen=True, slots=True)
class Latch:
    """A latch: what it is next, and initially."""

    name: str
    next: int
    reset: bool


@dataclass(frozen=True, slots=True)
class Aiger:
    """An AIGER file's contents. Literals are numbered as in the file: inputs first, then latches, then conjunctions, each above its operands.

    `bads` are by property.
    """

    inputs: tuple[str, ...]
    latches: tuple[Latch, ...]
    ands: tuple[tuple[int, int], ...]
    bads: tuple[tuple[str, int], ...]
    comments: tuple[str, ...]

    def ascii(self) -> bytes:
        """Return the file in the ASCII format (`aag`)."""
        first_latch = len(self.inputs) + 1
        first_and = first_latch + len(self.latches)
        lines = [f"aag {self._sizes()}"]
        lines += [str(2 * number) for number in range(1, first_latch)]
        lines += [f"{2 * n} {latch.next} {int(latch.reset)}" for n, latch in enumerate(self.latches, first_latch)]
        lines += self._claims()
        lines += [f"{2 * number} {a} {b}" for number, (a, b) in enumerate(self.ands, first_and)]
        return "".join(f"{line}\n" for line in [*lines, *self._names()]).encode()

    def binary(self) -> bytes:
        """Return the file in the binary format (`aig`)."""
        first_latch = len(self.inputs) + 1
        first_and = first_latch + len(self.latches)
        lines = [f"aig {self._sizes()}"]
        lines += [f"{latch.next} {int(latch.reset)}" for latch in self.latches]
        lines += self._claims()
        deltas = bytearray()
        for number, (a, b) in enumerate(self.ands, first_and):
            deltas += _packed(2 * number - a) + _packed(a - b)
        head, tail = ["".join(f"{line}\n" for line in part).encode() for part in (lines, self._names())]
        return head + bytes(deltas) + tail

    def _sizes(self) -> str:
        """Return maximal variable, inputs, latches, outputs, conjunctions, bads."""
        counts = (len(self.inputs), len(self.latches), len(self.ands))
        return f"{sum(counts)} {counts[0]} {counts[1]} 0 {counts[2]} {len(self.bads)}"

    def _claims(self) -> list[str]:
        return [str(literal) for _, literal in self.bads]

    def _names(self) -> list[str]:
        """Return the symbol table and the comments."""
        lines = [f"i{number} {name}" for number, name in enumerate(self.inputs)]
        lines += [f"l{number} {latch.name}" for number, latch in enumerate(self.latches)]
        lines += [f"b{number} {name}" for number, (name, _) in enumerate(self.bads)]
        return [*lines, "c", *self.comments]


def aiger(bits: BitSystem, names: Sequence[str], comments: Sequence[str] = ()) -> Aiger:
    """Return a system with the properties of these names as bad literals; of a witness, where it is reached.

    Faults in evaluating what the initial states are have no place in it: what is exported starts where nothing faulted.
    """
    circuit = bits.circuit
    latches = [predicate_name(bits, predicate) for predicate in bits.predicates]
    state = list(bits.state)
    following = [circuit.ite(bits.step, after, now) for now, after in zip(bits.state, bits.next, strict=True)]
    bads = [circuit.or_(bits.bad(name).state, bits.bad(name).step) for name in names]
    resets, rest = _initial(bits)
    chosen = {now: circuit.input() for now in bits.state if now not in resets}
    inputs = [f"action bit {position}" for position in range(len(bits.selectors))]
    inputs += [f"initially {name}" for name, now in zip(latches, bits.state, strict=True) if now in chosen]
    if chosen or rest != TRUE:
        started = circuit.input()
        first = [chosen.get(now, TRUE if resets.get(now) else FALSE) for now in bits.state]
        following = [circuit.ite(started, after, at) for at, after in zip(first, following, strict=True)]
        following.append(circuit.or_(started, *circuit.substituted([rest], chosen)))
        bads = [circuit.and_(started, bad) for bad in bads]
        state.append(started)
        latches.append(STARTED)
    numbering = _Numbering(circuit, (*bits.selectors, *chosen.values(), *state))
    numbering.add([*following, *bads])
    return Aiger(
        inputs=tuple(inputs),
        latches=tuple(
            [
                Latch(name, numbering.of(after), resets.get(now, False))
                for name, now, after in zip(latches, state, following, strict=True)
            ]
        ),
        ands=tuple(numbering.ands),
        bads=tuple([(name, numbering.of(bad)) for name, bad in zip(names, bads, strict=True)]),
        comments=tuple(comments),
    )


def predicate_name(bits: BitSystem, predicate: Predicate) -> str:
    """Return what a bit of the state says, on one line."""
    leaf = bits.system.leaves[predicate.leaf]
    kind, value = predicate.path[-1]
    if kind == "bit":
        return f"{leaf.name} - {leaf.low}, bit {predicate.bit}"
    if kind == "is":
        return f"{leaf.name} = {_line(value)}"
    if kind == "one of two" and isinstance(value, tuple):
        return f"{leaf.name} = {_line(value[0])}"
    return leaf.name


def _line(value: Value) -> str:
    return " ".join(show(value).split())


def _initial(bits: BitSystem) -> tuple[dict[int, bool], int]:
    """Return which bits have a value in all initial states, by their literals, and what else is so of those states."""
    circuit = bits.circuit
    state = frozenset(bits.state)
    fixed: dict[int, bool] = {}
    parts = [bits.init, *bits.typed_parts]
    while True:
        parts = list(_conjuncts(circuit, parts))
        units = {part & ~1: not part & 1 for part in parts if part & ~1 in state}
        if not units:
            return fixed, circuit.all_(parts)
        fixed |= units
        values = {literal: TRUE if value else FALSE for literal, value in units.items()}
        parts = circuit.substituted(parts, values)


def _conjuncts(circuit: Circuit, literals: Iterable[int]) -> dict[int, None]:
    """Return the literals that a conjunction of literals is made of."""
    found: dict[int, None] = {}
    stack = list(literals)
    while stack:
        literal = stack.pop()
        node = literal >> 1
        if not literal & 1 and circuit.is_and(node):
            stack += (circuit.left[node], circuit.right[node])
        elif literal != TRUE:
            found[literal] = None
    return found


class _Numbering:
    """Numbers the nodes of a circuit as AIGER wants them."""

    def __init__(self, circuit: Circuit, inputs: Sequence[int]) -> None:
        self._circuit = circuit
        self._numbers: dict[int, int] = {0: 0, **{literal >> 1: n for n, literal in enumerate(inputs, 1)}}
        self.ands: list[tuple[int, int]] = []

    def add(self, roots: Sequence[int]) -> None:
        """Number all that the roots depend on. Raises InternalError if there is an input among it that has no number."""
        for node in self._circuit.cone(roots):
            if node in self._numbers:
                continue
            if not self._circuit.is_and(node):
                raise InternalError("an input of the circuit is neither a selector nor of the state")
            self._numbers[node] = len(self._numbers)
            a, b = self.of(self._circuit.left[node]), self.of(self._circuit.right[node])
            self.ands.append((max(a, b), min(a, b)))

    def of(self, literal: int) -> int:
        """Return a literal's number in the file."""
        return 2 * self._numbers[literal >> 1] + (literal & 1)


def _packed(delta: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first, all but the last marked."""
    packed = bytearray()
    while delta > 127:
        packed.append(delta & 127 | 128)
        delta >>= 7
    packed.append(delta)
    return bytes(packed)
