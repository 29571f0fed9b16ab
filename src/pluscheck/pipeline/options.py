"""What a run of `verify` may be told, and who it tells what happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.engines.interface import Progress
from pluscheck.pipeline.engines import PORTFOLIO
from pluscheck.report.model import ModelReport

DEFAULT_DEPTH = 20
"""How deep a model is checked that says nothing itself."""


class UsageError(Exception):
    """What was asked for makes no sense: a file that is not there, a pattern that selects nothing."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A choice of properties, written `spec:model:property`; each part a glob, and what is left out or empty is anything."""

    spec: str
    model: str
    property: str

    @staticmethod
    def parse(text: str) -> Pattern:
        """Return the pattern that the text stands for. Raises UsageError."""
        parts = text.split(":")
        if len(parts) > 3:
            raise UsageError(f"'{text}' has more than the three parts of spec:model:property")
        spec, model, name = (part or "*" for part in (*parts, "", "")[:3])
        return Pattern(spec, model, name)

    def selects(self, spec: str, model: str, name: str) -> bool:
        """Return whether the property is among those chosen."""
        return self.selects_some(spec, model) and fnmatchcase(name, self.property)

    def selects_some(self, spec: str, model: str) -> bool:
        """Return whether a property of the model may be among those chosen."""
        return fnmatchcase(spec, self.spec) and fnmatchcase(model, self.model)


@dataclass(frozen=True, slots=True)
class Options:
    """How to check. `depth` overrules the models' own; `seconds` are a model's, `memory` (in bytes) that of all processes together.

    `prove_seconds` is how long proofs are looked for where none is asked for, once the model's depth is reached.
    """

    engine: str = PORTFOLIO
    depth: int | None = None
    seconds: float | None = None
    memory: int | None = None
    prove_seconds: float | None = None
    symmetry: bool = True
    """Whether of states that are permutations of one another one is enough."""
    only: tuple[Pattern, ...] = field(default=())
    strict: bool = False
    html: Path | None = None
    """The folder that pages are written to, if there are to be any."""

    def selects(self, spec: str, model: str, name: str) -> bool:
        """Return whether the property is to be checked."""
        return not self.only or any(pattern.selects(spec, model, name) for pattern in self.only)

    def selects_some(self, spec: str, model: str) -> bool:
        """Return whether a property of the model may have to be checked."""
        return not self.only or any(pattern.selects_some(spec, model) for pattern in self.only)


class Watcher(Protocol):
    """Is told what happens while it happens. Every report it is given is also part of the final one."""

    def spec_started(self, file: str, names: tuple[str, ...]) -> None:
        """A spec was read; `names` are those of all properties that will be checked in its models."""

    def spec_rejected(self, file: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        """A spec, or one of its models, is wrong."""

    def model_started(self, file: str, model: str, depth: int | None) -> None:
        """A model is about to be checked."""

    def progress(self, progress: Progress) -> None:
        """An engine has got so far."""

    def model_finished(self, report: ModelReport) -> None:
        """A model was checked."""


class Unwatched:
    """A watcher that takes no notice."""

    def spec_started(self, file: str, names: tuple[str, ...]) -> None:
        """Take no notice."""

    def spec_rejected(self, file: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Take no notice."""

    def model_started(self, file: str, model: str, depth: int | None) -> None:
        """Take no notice."""

    def progress(self, progress: Progress) -> None:
        """Take no notice."""

    def model_finished(self, report: ModelReport) -> None:
        """Take no notice."""
