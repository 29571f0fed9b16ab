"""AIGER files read back and run, by nothing but their definition (Biere, Heljanko, Wieringa, 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class AigerFile:
    """Literals as in the file; `latches` have what is next and the reset."""

    inputs: tuple[int, ...]
    latches: tuple[tuple[int, int, int], ...]
    ands: tuple[tuple[int, int, int], ...]
    bads: tuple[int, ...]
    symbols: dict[str, str]

    def values(self, state: Sequence[int], inputs: Sequence[int]) -> dict[int, int]:
        """The value of each variable."""
        value = {0: 0}
        value.update(zip([literal >> 1 for literal in self.inputs], inputs, strict=True))
        value.update(zip([latch >> 1 for latch, _, _ in self.latches], state, strict=True))
        for result, a, b in self.ands:
            value[result >> 1] = _of(value, a) & _of(value, b)
        return value

    def first_bad(self) -> tuple[list[int | None], list[set[tuple[int, ...]]]]:
        """For each bad literal the first frame in which it can be true; and all states by their frame."""
        found: list[int | None] = [None] * len(self.bads)
        frames = [{tuple([reset for _, _, reset in self.latches])}]
        seen: set[tuple[int, ...]] = set()
        while frames[-1]:
            seen |= frames[-1]
            following: set[tuple[int, ...]] = set()
            for state in frames[-1]:
                for inputs in product((0, 1), repeat=len(self.inputs)):
                    value = self.values(state, inputs)
                    for position, bad in enumerate(self.bads):
                        if _of(value, bad) and found[position] is None:
                            found[position] = len(frames) - 1
                    following.add(tuple(_of(value, after) for _, after, _ in self.latches))
            frames.append(following - seen)
        return found, frames

    def bad_at(self, steps: Sequence[Sequence[int]]) -> list[set[int]]:
        """Which bad literals, by position, are true in each frame of the run with these inputs."""
        state = [reset for _, _, reset in self.latches]
        found = []
        for inputs in steps:
            value = self.values(state, inputs)
            found.append({position for position, bad in enumerate(self.bads) if _of(value, bad)})
            state = [_of(value, after) for _, after, _ in self.latches]
        return found


def _of(value: dict[int, int], literal: int) -> int:
    return value[literal >> 1] ^ (literal & 1)


def parsed(data: bytes) -> AigerFile:
    """Read a file in either format."""
    head, _, rest = data.partition(b"\n")
    kind, *numbers = head.decode().split()
    most, n_inputs, n_latches, n_outputs, n_ands, n_bads = (int(number) for number in numbers)

    def line() -> list[int]:
        nonlocal rest
        first, _, rest = rest.partition(b"\n")
        return [int(word) for word in first.split()]

    binary = kind == "aig"
    assert n_outputs == 0
    if binary:
        assert most == n_inputs + n_latches + n_ands
    inputs = tuple(2 * (i + 1) if binary else line()[0] for i in range(n_inputs))
    latches = []
    for i in range(n_latches):
        after, reset = line() if binary else (0, 0)
        own = 2 * (n_inputs + i + 1)
        if not binary:
            own, after, reset = line()
        assert reset in (0, 1)
        latches.append((own, after, reset))
    bads = tuple(line()[0] for _ in range(n_bads))
    ands = []
    for i in range(n_ands):
        if binary:
            result = 2 * (n_inputs + n_latches + i + 1)
            deltas = []
            for _ in range(2):
                delta = shift = 0
                while True:
                    byte, rest = rest[0], rest[1:]
                    delta |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                deltas.append(delta)
            ands.append((result, result - deltas[0], result - deltas[0] - deltas[1]))
        else:
            first, second, third = line()
            ands.append((first, second, third))
        assert ands[-1][0] > ands[-1][1] >= ands[-1][2] >= 0
    symbols = {
        key: name for key, _, name in (text.partition(" ") for text in rest.decode().split("\nc\n")[0].splitlines())
    }
    return AigerFile(inputs, tuple(latches), tuple(ands), bads, symbols)
