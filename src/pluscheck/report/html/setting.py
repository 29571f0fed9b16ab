"""What the page of a run says of the setting that the run is in: which protections are on, or what is demanded of an order, and what is missing there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pluscheck.report.ablation import AblationReport, RaceReport
from pluscheck.report.because import listed


@dataclass(frozen=True, slots=True)
class Turned:
    """Two parts of an order that a process of a run takes the other way round: `later` at step `number`, `earlier` at step `then`; if that is None, not the latter at all since it came to the order."""

    who: str
    earlier: str
    later: str
    number: int
    then: int | None


@dataclass(frozen=True, slots=True)
class OrderedRun:
    """A run through an order: which of its steps are within it, and by the name of each constraint that it does not keep where it does not."""

    steps: frozenset[int]
    turned: Mapping[str, Turned]


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting, as the page of a run in it says: a heading, which is `before`, then `names`, then `after`; sentences, and what the run shows of it.

    `table` is the file of the table that leads to the page, `what` is what that is a table of. `kept` are steps that are shown whatever is shortened, since it matters in which order they
    come, `marked` those of them that show what is missing.
    """

    before: str
    names: tuple[str, ...]
    after: str
    sentences: tuple[str, ...]
    shown: tuple[str, ...]
    table: str
    what: str
    kept: frozenset[int]
    marked: frozenset[int]

    @property
    def heading(self) -> str:
        """The heading as text."""
        return f"{self.before}{', '.join(self.names)}{self.after}"


def setting_view(report: AblationReport, race: RaceReport, table: str, run: OrderedRun | None = None) -> SettingView:
    """Return what there is to say of the setting of a run; `run` is how it goes through the order that the report is about, if it is about one."""
    missing, is_enough = _missing(report, race)
    sentences = []
    if run is None:
        before, names, after = _switched(race)
        what = "protections"
    else:
        before, names, after = _demanded(report, race, missing)
        what = "constraints"
        if missing and race.on:
            sentences.append(f"What is demanded of the order {report.order}: {', '.join(race.on)}.")
        elif missing:
            sentences.append(f"Nothing is demanded of the order {report.order}.")
    if is_enough:
        sentences.append(f"With {listed(missing)} as well, nothing is violated.")
    sentences += [
        f"More protection makes it worse: with all of this but {worse.added}, nothing is violated."
        for worse in report.worse
        if worse.race is not None and worse.race.on == race.on
    ]
    found = _turned(run, missing)
    return SettingView(
        before,
        names,
        after,
        tuple(sentences),
        tuple(map(_told, found)),
        table,
        what,
        frozenset() if run is None else run.steps,
        frozenset([number for one in found for number in (one.number, one.then) if number is not None]),
    )


def _missing(report: AblationReport, race: RaceReport) -> tuple[tuple[str, ...], bool]:
    """Return what the setting lacks of the safe set that it lacks least of; and whether it is known that with this as well nothing is violated."""
    on = set(race.on)
    nearest = min(report.minimal_safe, key=lambda safe: len(set(safe.stated) - on), default=None)
    if nearest is None:
        return (), False
    missing = tuple([name for name in nearest.stated if name not in on])
    # Where more protection makes it worse, only of the safe set itself.
    return missing, bool(missing) and (report.monotone is True or on <= set(nearest.on))


def _switched(race: RaceReport) -> tuple[str, tuple[str, ...], str]:
    number = len(race.on) + len(race.off)
    if not race.off:
        return ("With the protection ", race.on, ".") if number == 1 else (f"With all {number} protections", (), ".")
    if len(race.off) <= len(race.on) or number == 1:
        return f"Without the protection{_s(race.off)} ", race.off, "."
    if not race.on:
        return "With none of the protections", (), "."
    return f"With only the protection{_s(race.on)} ", race.on, f", of {number}."


def _demanded(report: AblationReport, race: RaceReport, missing: tuple[str, ...]) -> tuple[str, tuple[str, ...], str]:
    if missing:
        return "", missing, f" {'is' if len(missing) == 1 else 'are'} not demanded."
    if not race.off:
        return f"All that can be demanded of the order {report.order} is demanded", (), "."
    if not race.on:
        return f"Nothing is demanded of the order {report.order}", (), "."
    return f"Of the order {report.order} only this is demanded: ", race.on, "."


def _turned(run: OrderedRun | None, missing: Collection[str]) -> list[Turned]:
    """Return where a run shows what is missing, or, if it is not known what is, where it takes parts otherwise than written."""
    if run is None:
        return []
    return [run.turned[name] for name in (missing or run.turned) if name in run.turned]


def _told(turned: Turned) -> str:
    first = f"{turned.who} takes {turned.later} at step {turned.number}"
    if turned.then is None:
        return f"{first}, without having taken {turned.earlier} since it came to the order."
    return f"{first}, and {turned.earlier} only at step {turned.then}."


def _s(names: Collection[str]) -> str:
    return "" if len(names) == 1 else "s"
