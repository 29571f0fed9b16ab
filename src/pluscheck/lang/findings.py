"""Diagnostics as a pass collects them."""

from __future__ import annotations

from collections.abc import Iterable

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span

MOST_FINDINGS = 200
"""After that many, more would not help anyone."""


class Findings:
    """Diagnostics in the order of finding, at most one for each place: one mistake, one diagnostic."""

    def __init__(self) -> None:
        self._found: dict[Span, Diagnostic] = {}

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        text: str,
        *,
        secondary: Iterable[Label] = (),
        help_line: str | None = None,
    ) -> None:
        """Add a diagnostic, unless something has been reported for the same place."""
        self.add(Diagnostic(code, message, Label(span, text), tuple(secondary), help_line))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, unless something has been reported for the same place."""
        span = diagnostic.primary.span
        if span not in self._found and len(self._found) < MOST_FINDINGS:
            self._found[span] = diagnostic

    def __len__(self) -> int:
        return len(self._found)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Return all that was found, in the order of the text."""
        return tuple(sorted(self._found.values(), key=lambda d: (d.primary.span.source.name, d.primary.span.start)))

    def raise_if_any(self) -> None:
        """Raise SpecError with all that was found, in the order of the text."""
        if self._found:
            raise SpecError(self.in_order())
