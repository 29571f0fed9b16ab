"""The page of an ablation: what it found in sentences, and a row for each protection that leads to the run without it."""

from __future__ import annotations

from pluscheck import __version__
from pluscheck.report.ablation import AblationReport
from pluscheck.report.ablation_text import HEADINGS, notes, paragraphs, question, row_of, set_text, taken_from
from pluscheck.report.html.page import asset, template_environment


def ablation_page(report: AblationReport) -> str:
    """Return the page, as HTML; runs are linked where the report has links."""
    sets = [(set_text(race.on, race.off), race) for race in report.maximal_unsafe]
    worse = [
        (f"{one.added} besides {', '.join(one.on)}" if one.on else f"{one.added} alone", one) for one in report.worse
    ]
    return (
        template_environment()
        .get_template("ablation.html")
        .render(
            report=report,
            question=question(report),
            paragraphs=list(paragraphs(report)),
            notes=list(notes(report)),
            taken_from=taken_from(report),
            rows=[(row_of(need, report), need.race) for need in report.needs],
            headings=HEADINGS,
            sets=sets,
            worse=worse,
            version=__version__,
            style=asset("style.css"),
            scripts=[asset("shell.js")],
        )
    )
