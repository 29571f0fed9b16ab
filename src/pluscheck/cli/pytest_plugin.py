"""A plugin for pytest: `pytest --pluscheck` takes `.plus` files for tests, one a property.

Nothing happens unless it is asked for, by that option or by `pluscheck = true` in pytest's configuration, and nothing of pluscheck is imported before.
A model is checked once, when the first of its properties is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # every run of pytest on a machine with pluscheck loads this file
    from pluscheck.core.system import Model
    from pluscheck.lang.elaborated import Elaborated
    from pluscheck.pipeline.options import Options
    from pluscheck.report.model import ModelReport, PropertyReport

SUFFIX = ".plus"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("pluscheck")
    group.addoption("--pluscheck", action="store_true", help="take .plus files for tests, one a property")
    group.addoption("--pluscheck-engine", metavar="NAME", help="one engine alone, as of `pluscheck verify --engine`")
    group.addoption("--pluscheck-timeout", type=float, metavar="SECONDS", help="for each model")
    parser.addini("pluscheck", "take .plus files for tests, one a property", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a spec for a collection of tests, if that is wanted."""
    wanted = parent.config.getoption("--pluscheck") or parent.config.getini("pluscheck")
    if file_path.suffix != SUFFIX or not wanted:
        return None
    return SpecFile.from_parent(parent, path=file_path)


class SpecFile(pytest.File):
    """A spec: its models."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Return the models. Raises CollectError if the spec is wrong; a module that only others use has none."""
        from pluscheck.base.codes import Code
        from pluscheck.base.errors import InternalError
        from pluscheck.cli.output import PIPE_WIDTH, diagnostics_text
        from pluscheck.cli.worker import on_large_stack
        from pluscheck.pipeline.reading import read

        options = self._options()
        spec = next(iter(on_large_stack(lambda: read([_shown(self.path)], options), lambda: None)), None)
        if spec is None or (not spec.models and all(d.code is Code.NO_MODEL for d in spec.diagnostics)):
            return []
        if spec.diagnostics:
            raise self.CollectError(diagnostics_text(spec.diagnostics, color=False, width=PIPE_WIDTH).rstrip())
        if spec.elaborated is None:
            raise InternalError(f"{spec.file} has no diagnostics and no text")
        return [
            SpecModel.from_parent(
                self, name=model.system.model, model=model, elaborated=spec.elaborated, file=spec.file, options=options
            )
            for model in spec.models
        ]

    def _options(self) -> Options:
        from pluscheck.pipeline.engines import ENGINES, IN_TURN, PORTFOLIO
        from pluscheck.pipeline.options import Options

        engine = self.config.getoption("--pluscheck-engine") or PORTFOLIO
        if engine not in (PORTFOLIO, IN_TURN, *ENGINES):
            raise pytest.UsageError(f"--pluscheck-engine: there is no engine '{engine}'")
        return Options(engine=engine, seconds=self.config.getoption("--pluscheck-timeout"))


class SpecModel(pytest.Collector):
    """A model: its properties, and what is found of them once the first is run."""

    def __init__(self, *, model: Model, elaborated: Elaborated, file: str, options: Options, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # what pytest passes on is pytest's to know
        self._model = model
        self._elaborated = elaborated
        self._file = file
        self._options = options
        self._report: ModelReport | None = None

    def collect(self) -> Iterable[pytest.Item]:
        """Return the properties, and last whatever else turns out to be wrong."""
        return [SpecProperty.from_parent(self, name=e.property) for e in self._model.expectations]

    @property
    def report(self) -> ModelReport:
        """What is found of the model. Raises SpecError."""
        if self._report is None:
            from pluscheck.base.answers import interrupt
            from pluscheck.cli.worker import on_large_stack
            from pluscheck.pipeline.checking import checked
            from pluscheck.pipeline.options import Unwatched

            def check() -> ModelReport:
                return checked(self._file, self._model, self._options, Unwatched(), self._elaborated).report

            self._report = on_large_stack(check, interrupt)
        return self._report


class PropertyError(Exception):
    """A property is not as the model expects; the message shows why."""


class SpecProperty(pytest.Item):
    """A property of a model."""

    def runtest(self) -> None:
        """Check the model, if nobody has yet. Raises PropertyError, and SpecError."""
        from pluscheck.core.system import FAULTS
        from pluscheck.report.model import Outcome

        model = self._owner.report
        rows = [p for p in model.properties if p.name in (self.name, FAULTS)]
        asked = {item.name for item in self.session.items if item.parent is self.parent}
        for row in rows:
            # What faults is wrong with all of a model, if nobody asks for it alone.
            if row.outcome is not Outcome.MET and (row.name == self.name or FAULTS not in asked):
                raise PropertyError(_told(row, model))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - of pytest
        """Return why it failed: the report of a run where that is it, else what went wrong with pluscheck."""
        if isinstance(excinfo.value, PropertyError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the property is declared, and what it is called in reports."""
        row = next((p for p in self._owner._model.system.properties if p.name == self.name), None)
        line = None if row is None else row.span.line - 1
        return self.path, line, f"{self._owner.name}::{self.name}"

    @property
    def _owner(self) -> SpecModel:
        if not isinstance(self.parent, SpecModel):
            raise TypeError("a property belongs to a model")
        return self.parent


def _told(row: PropertyReport, model: ModelReport) -> str:
    """Return a verdict with its run as text."""
    from pluscheck.report.look import Look
    from pluscheck.report.text import phrase
    from pluscheck.report.trace_text import trace_text

    look = Look(unicode=False)
    told = f"{row.place or model.place}: {row.name} {phrase(row, model, look).plain}"
    return told if row.trace is None else f"{told}\n\n{trace_text(row.name, row.kind, row.trace, look)}"


def _shown(path: Path) -> Path:
    """Return the path as it is shown: from here, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
