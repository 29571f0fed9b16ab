"""LLVM IR as text, line by line: blocks, names, and the words that a piece of it is about."""

from __future__ import annotations

from collections.abc import Sequence

MASK = (1 << 64) - 1


def signed(value: int) -> str:
    """Return a word as LLVM writes constants."""
    value &= MASK
    return str(value - (1 << 64) if value >> 63 else value)


class Writer:
    """Writes one function. `block` is the label of the block that is being written."""

    def __init__(self, header: str) -> None:
        self.lines = [f"define {header} {{", "entry:"]
        self.block = "entry"
        self._names = 0

    def name(self) -> str:
        """Return a new name for a value."""
        self._names += 1
        return f"%v{self._names}"

    def label(self) -> str:
        """Return a new label."""
        self._names += 1
        return f"b{self._names}"

    def line(self, text: str) -> None:
        """Write an instruction that gives no value."""
        self.lines.append("  " + text)

    def value(self, text: str) -> str:
        """Write an instruction; return the name of its value."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def begin(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.block = label

    def phi(self, of: str, incoming: Sequence[tuple[str, str]]) -> str:
        """Return what a value is that has another name in each block (value, label) that leads here."""
        values = {value for value, _ in incoming}
        if len(values) == 1:
            return values.pop()
        return self.value(f"phi {of} " + ", ".join(f"[{value}, %{label}]" for value, label in incoming))

    def text(self) -> str:
        """Return the function, which must have been ended."""
        return "\n".join([*self.lines, "}", ""])
