"""Whose mistake is it? The user's are `SpecError`, ours are `InternalError`."""

from __future__ import annotations

from collections.abc import Iterable

from pluscheck.base.diagnostics import Diagnostic


class SpecError(Exception):
    """The specification (or another input) is wrong; carries every diagnostic found."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))


class InternalError(Exception):
    """A fault of pluscheck's own. Never caught below the cli."""
