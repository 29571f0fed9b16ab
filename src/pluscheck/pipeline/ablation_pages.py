"""The pages of an ablation: the table of protections, and a page for each run that it leads to."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pluscheck.base.errors import InternalError
from pluscheck.base.writing import write_whole
from pluscheck.engines.ablation.search import NAME
from pluscheck.pipeline.ablation_telling import Race, Told
from pluscheck.pipeline.trace_files import attachments
from pluscheck.pipeline.trace_files import told as told_run
from pluscheck.report.ablation import AblationReport, RaceReport
from pluscheck.report.html.ablation_page import ablation_page
from pluscheck.report.html.page import trace_page

PAGE = "ablation.html"


def write_pages(found: Told, folder: Path) -> None:
    """Write the pages into a folder. Raises OSError."""
    links: dict[tuple[str, ...], str] = {}
    for race in found.races:
        name = f"{_file_name(race.report)}.html"
        while name in links.values():
            name = f"_{name}"
        write_whole(folder / name, _page(found, race).encode())
        links[race.report.on] = name
    write_whole(folder / PAGE, ablation_page(_linked(found.report, links)).encode())


def _page(found: Told, race: Race) -> str:
    judge = found.searched.judge
    run = told_run(found.searched.file, judge.concrete(race.setting), race.name, race.judged, NAME)
    if run is None:
        raise InternalError("a run was accepted that is none")
    return trace_page(run.story, attachments(run))


def _file_name(race: RaceReport) -> str:
    """Return what a page is called: by what is off, or by what is on where that is shorter."""
    what, names = ("without", race.off) if len(race.off) <= len(race.on) else ("with", race.on)
    text = "_".join((what, *(re.sub(r"\W+", "_", name).strip("_") for name in names))) if names else f"{what}_nothing"
    return text[:120]


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
