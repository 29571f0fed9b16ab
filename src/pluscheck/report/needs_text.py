"""Minimal safe sets in a line, and what to say where a model says that it needs others than were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pluscheck.report.ablation import AblationReport

MOST_SETS = 3
"""So many sets are named in a line; of others it is said how many there are."""

Names = tuple[str, ...]


def sets_text(sets: Sequence[Names], protections: Names, order: str | None) -> str:
    """Return sets of protections (of constraints: all that follow included) in a line; `protections` are all that there are."""
    if not sets:
        return "no set is safe"
    named = [_set(one, protections, order) for one in sets[:MOST_SETS]]
    more = f" or one of {len(sets) - MOST_SETS:,} more" if len(sets) > MOST_SETS else ""
    return " or ".join(named) + more


def counted_sets(sets: Sequence[Names], protections: Names, order: str | None) -> str:
    """Return how many minimal safe sets there are, and which, if they are few."""
    number = "1 minimal safe set" if len(sets) == 1 else f"{len(sets):,} minimal safe sets"
    return f"{number}: {sets_text(sets, protections, order)}" if 0 < len(sets) <= MOST_SETS else number


def difference(said: Sequence[Names], found: Sequence[Names], protections: Names, order: str | None) -> str:
    """Return that a model says one thing and another was found; what only one of them has comes first."""
    one, other = (_differing_first(a, b) for a, b in ((said, found), (found, said)))
    return (
        f"the model says it needs {sets_text(one, protections, order)}, found: {sets_text(other, protections, order)}"
    )


def change(old: tuple[Sequence[Names], Names], new: tuple[Sequence[Names], Names], order: str | None) -> str:
    """Return how an answer has changed; each is the sets and all protections that there are."""
    if same_sets(old[0], new[0]) and old[1] == new[1]:
        return f"{counted_sets(*new, order)}, as before"
    before, after = sets_text(*old, order), sets_text(*new, order)
    if before == after:  # `all 4` of other four
        before, after = (sets_text(sets, (), order) for sets, _ in (old, new))
    return f"minimal safe: {before} -> {after}"


def same_sets(one: Sequence[Names], other: Sequence[Names]) -> bool:
    """Return whether these are the same sets, in whatever order."""
    return set(map(frozenset, one)) == set(map(frozenset, other))


def said_of_needs(report: AblationReport) -> Iterator[str]:
    """Yield whether what was found is what the model says, if it says something."""
    if report.said is None:
        return
    of = (report.protections, report.order)
    if report.said.met is None:
        yield f"The model says it needs {sets_text(report.said.sets, *of)}; whether that is so is not known."
    elif report.said.met:
        yield "That is what the model says it needs."
    else:
        found = [one.on for one in report.minimal_safe]
        yield f"Not as expected: {difference(report.said.sets, found, *of)}."


def _differing_first(sets: Sequence[Names], others: Sequence[Names]) -> list[Names]:
    known = set(map(frozenset, others))
    return sorted(sets, key=lambda one: frozenset(one) in known)


def _set(on: Names, protections: Names, order: str | None) -> str:
    have = frozenset(on)
    off = [name for name in protections if name not in have]
    if not on:
        return "none"
    if order is not None:
        return f"{{{', '.join(_stated(on))}}}"
    if not off and len(on) > 1 and protections:
        return f"all {len(on)}"
    return f"all {len(protections)} but {', '.join(off)}" if 0 < 2 * len(off) < len(on) else f"{{{', '.join(on)}}}"


def _stated(on: Names) -> Names:
    """Return the constraints that do not follow from others in a set that has all that follow."""
    later: dict[str, list[str]] = {}
    for first, _, second in (name.partition(" before ") for name in on):
        later.setdefault(first, []).append(second)
    follow = {f"{a} before {c}" for a, seconds in later.items() for b in seconds for c in later.get(b, ())}
    return tuple([name for name in on if name not in follow])
