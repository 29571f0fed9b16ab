"""Diagnostics are data: a stable code, a message, labelled places and a help line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pluscheck.base.codes import Code
from pluscheck.base.source import Span


class Severity(StrEnum):
    """How bad it is: an error stops the spec from being checked, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about an input; `primary` is where the caret goes."""

    code: Code
    message: str
    primary: Label
    secondary: tuple[Label, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR
