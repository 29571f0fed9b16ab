"""Collecting what is wrong with a model, so that one run tells all of it."""

from __future__ import annotations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span


class Abandoned(Exception):  # noqa: N818  # a way out, not an error of its own
    """The part at hand cannot be lowered; why has been reported."""


class Problems:
    """The diagnostics of one lowering: the same is said only once of a place."""

    def __init__(self) -> None:
        self._found: dict[tuple[Code, Span, str], Diagnostic] = {}

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        text: str = "here",
        *,
        secondary: tuple[Label, ...] = (),
        remedy: str | None = None,
    ) -> None:
        """Add a diagnostic, unless it is there."""
        self.add(Diagnostic(code, message, Label(span, text), secondary, remedy))

    def abandon(
        self,
        code: Code,
        message: str,
        span: Span,
        text: str = "here",
        *,
        secondary: tuple[Label, ...] = (),
        remedy: str | None = None,
    ) -> Abandoned:
        """Add a diagnostic and return the exception to raise for it."""
        self.report(code, message, span, text, secondary=secondary, remedy=remedy)
        return Abandoned()

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, unless it is there."""
        self._found.setdefault((diagnostic.code, diagnostic.primary.span, diagnostic.message), diagnostic)

    def raise_if_any(self) -> None:
        """Raise SpecError if something was reported."""
        if self._found:
            raise SpecError(self._found.values())
