"""The pages of an ablation: the table of protections, and a page for each run that it leads to."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from pluscheck.base.errors import InternalError
from pluscheck.base.writing import write_whole
from pluscheck.engines.ablation.search import NAME
from pluscheck.pipeline.ablation_telling import Race, Told
from pluscheck.pipeline.order_runs import ordered_run
from pluscheck.pipeline.trace_files import attachments
from pluscheck.pipeline.trace_files import told as told_run
from pluscheck.report.ablation import AblationReport, RaceReport
from pluscheck.report.html.ablation_page import ablation_page
from pluscheck.report.html.page import trace_page
from pluscheck.report.html.setting import setting_view
from pluscheck.report.story import Story

PAGE = "ablation.html"


def write_pages(found: Told, folder: Path) -> AblationReport:
    """Write the pages into a folder; return the report, with the name of its page at each run. Raises OSError."""
    links: dict[tuple[str, ...], str] = {}
    for race in found.races:
        name = _file_name(found.report, race.report)
        taken = {*links.values(), PAGE}
        chosen = next(one for n in count(1) if (one := f"{name}{'' if n == 1 else f'_{n}'}.html") not in taken)
        write_whole(folder / chosen, _page(found, race).encode())
        links[race.report.on] = chosen
    report = _linked(found.report, links)
    write_whole(folder / PAGE, ablation_page(report).encode())
    return report


def _page(found: Told, race: Race) -> str:
    judge = found.searched.judge
    system = judge.concrete(race.setting)
    run = told_run(found.searched.file, system, race.name, race.judged, NAME)
    if run is None:
        raise InternalError("a run was accepted that is none")
    through = ordered_run(judge.elaborated, system, judge.of, run.run, partial(_who, run.story))
    return trace_page(run.story, attachments(run), setting_view(found.report, race.report, PAGE, through))


def _who(story: Story, number: int) -> str:
    """Return who takes a step of a run, the last of which may be one that cannot be completed."""
    broken = None if story.fault is None else story.fault.step
    step = story.steps[number - 1] if number <= len(story.steps) else broken
    if step is None:
        raise InternalError(f"there is no step {number}")
    return story.lanes[step.lane].name


def _file_name(report: AblationReport, race: RaceReport) -> str:
    """Return what a page is called: by the constraint that it shows the need of; or by what is off, or on where that is shorter."""
    shown = [need.protection for need in report.needs if need.race is not None and need.race.on == race.on]
    needed = next(iter(shown if report.order is not None else ()), None)
    if needed is not None:
        words: tuple[str, ...] = ("without", needed)
    elif not race.off:
        words = ("with", "all")
    elif not race.on:
        words = ("with", "none")
    else:
        words = ("without", *race.off) if len(race.off) <= len(race.on) else ("with", *race.on)
    return "_".join(re.sub(r"\W+", "_", word).strip("_") for word in words)[:120]


def _linked(report: AblationReport, links: dict[tuple[str, ...], str]) -> AblationReport:
    """Return the report with a link at each run that has a page."""

    def linked(race: RaceReport) -> RaceReport:
        return replace(race, link=links.get(race.on))

    return replace(
        report,
        maximal_unsafe=tuple([linked(race) for race in report.maximal_unsafe]),
        needs=tuple([n if n.race is None else replace(n, race=linked(n.race)) for n in report.needs]),
        worse=tuple([w if w.race is None else replace(w, race=linked(w.race)) for w in report.worse]),
    )
