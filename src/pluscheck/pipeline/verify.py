"""From files to a report: the whole road, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pluscheck.base.errors import SpecError
from pluscheck.evidence.verdict import Reason
from pluscheck.pipeline.checking import checked
from pluscheck.pipeline.discover import SUFFIX, spec_files
from pluscheck.pipeline.options import Options, UsageError, Watcher
from pluscheck.pipeline.reading import LIBRARY_FOLDER, Spec, read
from pluscheck.report.model import ModelReport, Part, Report, SpecReport

if TYPE_CHECKING:
    from pluscheck.pipeline.pages import Pages


def stdlib_files() -> tuple[Path, ...]:
    """Return the companions of the standard library's modules: the specs that exercise them."""
    return tuple(sorted(LIBRARY_FOLDER.glob(f"*Check{SUFFIX}")))


def verify(paths: Iterable[Path], options: Options, watcher: Watcher) -> Report:
    """Return what is found of every property, selected by the options, of every spec in the paths.

    A spec that is wrong does not keep others from being checked, nor a wrong model other models. A KeyboardInterrupt that the
    watcher raises ends the run; what is known by then is in the report. Raises UsageError.
    """
    every = read(spec_files(paths), options)
    specs = [spec for spec in every if spec.models or spec.diagnostics]
    if options.only and not specs:
        raise UsageError("--only selects none of the properties")
    pages = _pages(options, every)
    reports: list[SpecReport] = []
    interrupted = False
    for spec in specs:
        report, interrupted = _verified(spec, options, watcher, pages)
        reports.append(report)
        if interrupted:
            break
    whole = Report(tuple(reports), options.strict, interrupted)
    if pages is not None:
        pages.run(whole)
    return whole


def _pages(options: Options, specs: Sequence[Spec]) -> Pages | None:
    """Return who writes the pages that are asked for."""
    if options.html is None:
        return None
    from pluscheck.pipeline.pages import Pages  # templates take time to load

    return Pages(options.html, tuple(spec.file for spec in specs))


def _verified(spec: Spec, options: Options, watcher: Watcher, pages: Pages | None) -> tuple[SpecReport, bool]:
    """Return what is found of a spec, and whether it was interrupted."""
    wrong = dict.fromkeys(spec.diagnostics)
    if spec.models:
        watcher.spec_started(spec.file, tuple(e.property for model in spec.models for e in model.expectations))
    reports: list[ModelReport] = []
    interrupted = False
    for model in spec.models:
        try:
            found = checked(spec.file, model, options, watcher, spec.elaborated)
        except SpecError as error:  # a system without initial states, or one too large, shows itself only here
            wrong.update(dict.fromkeys(error.diagnostics))
            continue
        reports.append(found.report)
        watcher.model_finished(found.report)
        if pages is not None:
            pages.model(spec.file, model, found.report, dict(found.judged))
        interrupted = any(p.reason == Reason.INTERRUPTED for p in found.report.properties)
        if interrupted:
            break
    if wrong:
        watcher.spec_rejected(spec.file, tuple(wrong))
    return SpecReport(spec.file, spec.module, tuple(wrong), tuple(reports), _dead(reports)), interrupted


def _dead(reports: list[ModelReport]) -> tuple[Part, ...]:
    """Return the actions and labels that are taken in no model; none if no model was checked deeply enough to tell."""
    taken = {name for report in reports for name in report.taken}
    never = {part: None for report in reports for part in report.never_taken or ()}
    return tuple(part for part in never if part.name not in taken)
