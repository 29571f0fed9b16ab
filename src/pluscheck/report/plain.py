"""What every report for machines says of a property, in words: shared by JUnit, SARIF and GitHub's annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.report.look import Look
from pluscheck.report.model import (
    Answer,
    Kind,
    ModelReport,
    Outcome,
    Place,
    PropertyReport,
    Report,
    SpecReport,
    TraceReport,
    place_of,
)
from pluscheck.report.text import answers_text, phrase
from pluscheck.report.trace_text import trace_text

MACHINE = Look(width=120, unicode=False)
"""How text looks inside of other formats."""


@dataclass(frozen=True, slots=True)
class Item:
    """A property with the spec and the model that it is of."""

    spec: SpecReport
    model: ModelReport
    row: PropertyReport

    @property
    def name(self) -> str:
        """`Spec:model:Property`, as `--only` takes it."""
        return f"{self.spec.module or self.spec.file}:{self.model.name}:{self.row.name}"

    @property
    def phrase(self) -> str:
        """What was found, and what it rests on."""
        return phrase(self.row, self.model, MACHINE).plain

    @property
    def trace(self) -> TraceReport | None:
        """The run that is shown, if there is one."""
        return self.row.trace

    @property
    def text(self) -> str:
        """The run step by step; empty if there is none."""
        return "" if self.trace is None else trace_text(self.row.name, self.row.kind, self.trace, MACHINE)

    @property
    def place(self) -> Place | None:
        """Where to look first: at the action whose step goes wrong, else at the property, else at the model."""
        trace = self.trace
        if trace is not None and self.row.outcome is Outcome.VIOLATED:
            if trace.fault is not None:
                step = trace.fault.step
                return trace.fault.place or (step.place if step is not None else None) or self._declared
            if trace.steps and trace.steps[-1].place is not None and self.row.kind is not Kind.DEADLOCK:
                return trace.steps[-1].place
        return self._declared

    @property
    def _declared(self) -> Place | None:
        return self.row.place or self.model.place


def items(report: Report) -> Iterator[Item]:
    """Yield each property of the report, in order."""
    for spec in report.specs:
        for model in spec.models:
            for item in model.properties:
                yield Item(spec, model, item)


def is_failure(item: PropertyReport) -> bool:
    """Return whether a property is not as it should be."""
    return item.outcome is not Outcome.MET


def is_fault_of_ours(item: PropertyReport) -> bool:
    """Return whether what went wrong is pluscheck."""
    return item.answer is Answer.REJECTED


def diagnostic_place(diagnostic: Diagnostic) -> Place | None:
    """Return where a diagnostic points."""
    return place_of(diagnostic.primary.span)


def summary(report: Report) -> str:
    """Return how many properties came out how, in one line."""
    counts = Counter(item.row.outcome for item in items(report))
    parts = [f"{number} {outcome}" for outcome in Outcome if (number := counts[outcome])]
    broken = sum(1 for spec in report.specs if spec.diagnostics)
    if broken:
        parts.append(f"{broken} could not be checked")
    if report.orphans:
        parts.append(f"{len(report.orphans)} stored for nothing")
    if report.interrupted:
        parts.append("interrupted")
    answers = f"; {answers_text(report)}" if report.ablations else ""
    return (", ".join(parts) or "nothing to check") + answers
