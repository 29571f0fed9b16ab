"""An ablation as text for a terminal, and as Markdown for a mail: the same sentences, the same table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

from pluscheck.report.ablation import AblationReport, Need, NeedReport, RaceReport, SafeReport, WorseReport
from pluscheck.report.look import Look, printable
from pluscheck.report.model import Kind
from pluscheck.report.needs_text import said_of_needs
from pluscheck.report.trace_text import trace_text

MOST_SETS = 20
"""So many sets of a kind are shown; JSON has all."""

MOST_WAITING = 6
"""So many who wait in a deadlock are named."""

HEADINGS = ("without", "violated", "steps", "who acts", "how it ends")

SET_HEADINGS = ("with", *HEADINGS[1:])

Row = tuple[str, str, str, str, str]


def ablation_text(report: AblationReport, look: Look) -> str:
    """Return the report for a terminal."""
    lines = [f"{report.file}  {report.module}:{report.model}", ""]
    for paragraph in paragraphs(report):
        lines += _wrapped(paragraph, look.width)
    for heading, table in tables(report):
        lines += [*(["", *_wrapped(heading, look.width)] if heading else []), "", *_aligned(table)]
    for text in notes(report):
        lines += ["", *_wrapped(text, look.width)]
    if look.traces:
        for race in _races(report):
            lines += [
                "",
                f"{_which(race)}:",
                *trace_text(race.property, race.kind, race.trace, look).splitlines(),
            ]
    if look.timings:
        lines += ["", f"{effort(report)}, {report.seconds:.1f} s"]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def ablation_markdown(report: AblationReport, look: Look) -> str:
    """Return the report for a mail; runs stand in it as they do in a terminal."""
    lines = [f"**{report.module}, model {report.model}: {question(report)}**", ""]
    for paragraph in paragraphs(report):
        lines += [*_wrapped(paragraph, 75), ""]
    for heading, rows_of in tables(report):
        table = [tuple(_cell(part) for part in row) for row in rows_of]
        widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]
        lines += [*_wrapped(heading, 75), ""] if heading else []
        lines.append(_line(table[0], widths))
        lines.append("| " + " | ".join("-" * width for width in widths) + " |")
        lines += [*[_line(row, widths) for row in table[1:]], ""]
    for text in notes(report):
        lines += [*_wrapped(text, 75), ""]
    if look.traces:
        plain = replace(look, width=75, unicode=True)
        for race in _races(report):
            text = trace_text(race.property, race.kind, race.trace, plain)
            # No line of it can end the block, as none begins with a fence so long.
            lines += [f"**{_which(race)}:**", "", "`````text", *text.splitlines(), "`````", ""]
    if look.timings:
        lines += [f"{effort(report)}, {report.seconds:.1f} s", ""]
    return "".join(f"{line.rstrip()}\n" for line in lines).rstrip("\n") + "\n"


# --------------------------------------------------------------------------------------------- sentences


def question(report: AblationReport) -> str:
    """Return what was asked, as a heading."""
    return "which protections are needed" if report.order is None else f"what must come before what in {report.order}"


def paragraphs(report: AblationReport) -> Iterator[str]:
    """Yield the answer, in sentences."""
    number = len(report.protections)
    asked = ", ".join(report.properties) + _sizes(report)
    settings = f"{2**number:,} settings of {number} protection{_s(number)}"
    if report.order is not None:
        settings = f"{2**number:,} sets of the {number} constraint{_s(number)} on the order {report.order}"
    if report.undecided is not None:
        yield f"Not all of the {settings} are decided: {report.undecided}."
    else:
        yield f"All {settings} are decided, for {asked}."
    if report.undecided is None:
        yield from _safe(report)
    yield from said_of_needs(report)
    what = "Maximal unsafe sets"
    if report.undecided is not None:
        what = "Known to be unsafe, and the largest of those"
        candidates = [
            set_text(on, tuple([p for p in report.protections if p not in on])) for on in report.open_sets if on
        ]
        yield from _sets("Whatever is safe has all of one of these", candidates)
    yield from _sets(what, [set_text(r.on, r.off) for r in report.maximal_unsafe])
    if report.witnesses:
        for one in report.stifled[:MOST_SETS]:
            what = set_text(one.on, one.off)
            yield f"Not safe, though nothing is violated: with {what}, {one.witness} cannot be reached ({one.judged})."
        if len(report.stifled) > MOST_SETS:
            yield f"(and {len(report.stifled) - MOST_SETS:,} more such sets)"
    elif report.undecided is None:
        yield "No witness was asked for: a set may be safe because nothing can happen any more."
    for worse in report.worse:
        yield _worse(worse)
    if not report.minimal_safe:
        pass  # Where no set is safe none gets worse, which is not worth a word.
    elif report.monotone and report.order is not None:
        yield "A further constraint never makes it worse: whatever has all of a safe set is safe, whatever is part of an unsafe one is unsafe."
    elif report.monotone:
        yield "More protection never makes it worse: whatever has all of a safe set is safe, whatever is part of an unsafe one is unsafe."
    if report.repair is not None:
        yield from _repair(report)


def _safe(report: AblationReport) -> Iterator[str]:
    found = report.minimal_safe
    if not found:
        what = "protections" if report.order is None else "constraints"
        yield f"No set of {what} is safe, not even all of them together."
    elif report.order is not None:
        if len(found) == 1:
            yield f"Necessary and sufficient: {_constraints(found[0])}."
        else:
            yield from _sets("Sufficient, and no part of one is", [_constraints(one) for one in found])
    elif len(found) == 1:
        yield f"There is exactly one minimal safe set: {set_text(found[0].on, found[0].off)}."
    else:
        yield from _sets("Minimal safe sets", [set_text(one.on, one.off) for one in found])
    if found:
        alone = sum(one.judged is not None for one in found)
        rests = next((one.judged for one in found if one.judged is not None), report.judged)
        each = "" if alone == len(found) else f" ({alone} of them also each by itself)"
        yield f"That nothing else is violated rests on {report.judged}{each}; in the minimal safe set{_s(len(found))}: {rests}."
        reached = [name for name, _ in found[0].witnesses]
        if reached and all(len(one.witnesses) == len(report.witnesses) for one in found):
            yield f"In {'it' if len(found) == 1 else 'each'}, every witness is reached, and was replayed: {', '.join(reached)}."


def _constraints(safe: SafeReport) -> str:
    """Return the constraints that say all of a safe set."""
    if not safe.on:
        return "none, any order will do"
    follow = f" (from which follows {_all(safe.follow)})" if safe.follow else ""
    return f"{_all(safe.stated)}{follow}"


def _repair(report: AblationReport) -> Iterator[str]:
    if report.repair is None:
        return
    repair = report.repair
    have = f"The model has {set_text(repair.on, repair.off)}"
    if not repair.additions:
        yield f"{have}, and nothing that can be switched on besides makes it safe."
    elif repair.additions == ((),):
        yield f"{have}: that is safe."
    elif len(repair.additions) == 1:
        yield f"{have}. To make it safe, add {_all(repair.additions[0])}; no less will do."
    else:
        yield from _sets(
            f"{have}. Each of these additions makes it safe, and no part of one does",
            [_all(a) for a in repair.additions],
        )


def _worse(worse: WorseReport) -> str:
    begin = f"More protection makes it worse: with {_all(worse.on)} it is safe, but with {worse.added} besides"
    if worse.race is None:
        return f"{begin}, {worse.witness} cannot be reached any more."
    steps = worse.race.steps
    after = f"after {steps} step{_s(steps)} ({_end(worse.race)})" if steps else "in the initial state"
    return f"{begin}, {_violation(worse.race)} {after}."


def _end(race: RaceReport) -> str:
    """Return the last step, or of a deadlock, who of those who acted then waits where."""
    stuck = [one for one in race.trace.waiting if one.reasons]
    if race.kind is not Kind.DEADLOCK or not stuck:
        return race.last
    # Those who have acted have brought it about; others only never got anywhere.
    told = [one for one in stuck if one.who in race.actors] or stuck
    told = told[:MOST_WAITING]
    at_labels = [one.who if one.label is None else f"{one.who} at {one.label}" for one in told]
    more = f", and {len(stuck) - len(told)} more" if len(told) < len(stuck) else ""
    return f"waiting: {', '.join(at_labels)}{more}"


def _sizes(report: AblationReport) -> str:
    """Return for which sizes it holds, if there are any."""
    sizes = ", ".join(f"{sort} = {size}" for sort, size in report.scope)
    return f", with {sizes}" if sizes else ""


def _violation(race: RaceReport) -> str:
    match race.kind:
        case Kind.DEADLOCK:
            return "there is a deadlock"
        case Kind.FAULTS:
            return "something is not defined"
        case _:
            return f"{race.property} is violated"


def _sets(what: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        more = f"; and {len(texts) - MOST_SETS:,} more" if len(texts) > MOST_SETS else ""
        yield f"{what} ({len(texts):,}): {'; '.join(texts[:MOST_SETS])}{more}."


def notes(report: AblationReport) -> Iterator[str]:
    """Yield what has to be said beside the table."""
    if report.monotone is False or (report.monotone is None and any(one.on for one in report.unsafe_where)):
        conditions = [_condition(one.on, one.off) for one in report.unsafe_where]
        yield from _sets("Unsafe exactly" if report.undecided is None else "Unsafe at least", conditions)


def _condition(on: Sequence[str], off: Sequence[str]) -> str:
    parts = ([f"with {_all(on)}"] if on else []) + ([f"without {_all(off)}"] if off else [])
    return " and ".join(parts) or "always"


def effort(report: AblationReport) -> str:
    """Return what it took."""
    return f"{report.questions:,} questions about runs and {report.proofs:,} proof{_s(report.proofs)} for {2 ** len(report.protections):,} settings"


# ------------------------------------------------------------------------------------------------ table


def tables(report: AblationReport) -> Iterator[tuple[str, list[Row]]]:
    """Yield the tables that have any rows, under what is said of each: what happens without each protection, and then with those maximal unsafe sets that are not in it."""
    if report.needs:
        yield taken_from(report), [HEADINGS, *[row_of(need, report) for need in report.needs]]
    known = {need.race.on for need in report.needs if need.race is not None}
    others = [race for race in report.maximal_unsafe if race.on not in known]
    if others:
        more = f" ({len(others) - MOST_SETS:,} more are left out)" if len(others) > MOST_SETS else ""
        what = "Maximal unsafe sets besides" if report.needs else "What happens with the maximal unsafe sets"
        rows = [_row(set_text(race.on, race.off), race) for race in others[:MOST_SETS]]
        yield f"{what}{more}:", [SET_HEADINGS, *rows]


def taken_from(report: AblationReport) -> str:
    """Return what the table of protections is about, where it is not about all of them together."""
    if len(report.minimal_safe) == 1 and any(need.within is not None for need in report.needs):
        return "With the minimal safe set, but without one of it:"
    return ""


def row_of(need: NeedReport, report: AblationReport) -> Row:
    """Return one row of the table of protections, or constraints on an order."""
    name, prefix = need.protection, ""
    if need.need is Need.HARMFUL:
        prefix = "with it: "
    elif need.within is not None and len(report.minimal_safe) > 1:
        name = f"{name}, of {{{', '.join(need.within)}}}"
    if need.race is not None:
        return _row(name, need.race, prefix)
    if need.witness is not None:
        return (name, f"{prefix}{need.witness} cannot be reached", "", "", "")
    said = "either way" if report.order is not None and need.need is Need.SUPERFLUOUS else str(need.need)
    return (name, f"({said})", "", "", "")


def _row(name: str, race: RaceReport, prefix: str = "") -> Row:
    return (name, f"{prefix}{race.property}", str(race.steps), ", ".join(race.actors), _end(race))


def _which(race: RaceReport) -> str:
    """Return in which setting a run is."""
    if race.off and len(race.off) <= len(race.on):
        return f"without {_all(race.off)}"
    return f"with {_all(race.on) if race.off else set_text(race.on, ())}"


def _races(report: AblationReport) -> Iterator[RaceReport]:
    """Yield each run that the report has, once."""
    found = [need.race for need in report.needs if need.race is not None]
    found += [worse.race for worse in report.worse if worse.race is not None]
    yield from {race.on: race for race in (*found, *report.maximal_unsafe)}.values()


def _aligned(table: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table."""
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]
    for row in table:
        yield "  " + "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(part.ljust(width) for part, width in zip(row, widths, strict=True)) + " |"


def _cell(text: str) -> str:
    """Return text in which nothing ends a cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("<", "\\<").replace("`", "\\`")


# ------------------------------------------------------------------------------------------------- words


def _all(names: Sequence[str]) -> str:
    """Return names as a list."""
    return ", ".join(names) if names else "none of them"


def set_text(on: Sequence[str], off: Sequence[str]) -> str:
    """Return a set by what is on, or by what is off where that is shorter."""
    if on and not off:
        return f"all {len(on)}" if len(on) > 1 else "{" + on[0] + "}"
    if len(off) < len(on):
        return f"all but {_all(off)}"
    return "{" + ", ".join(on) + "}" if on else _all(on)


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
