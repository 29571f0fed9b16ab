"""The tables of what is needed, in the READMEs, are what is stored and judged at each gate: the protections, what is violated without each, and after how many steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluscheck.proofs.ablation import StoredAblation, StoredCondition, read_ablation

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEDUPE = (ROOT / "spec/dedupe/README.md").read_text(encoding="utf-8")

SWITCHES = read_ablation(ROOT / "proofs/Dedupe/full/switches.ablation")
ORDER = read_ablation(ROOT / "proofs/Dedupe/full/order_Acquire.ablation")

SIDES = ("[src]", "[dst]")

PARTS = {
    "the inode locks": "LockSource",
    "the mmap locks": "LockSourceMmap",
    "the drain": "DrainSource",
    "the cleaning": "CleanSource",
}
"""What the spec's README calls the parts of the order."""

Row = tuple[str, str]


def without(stored: StoredAblation, name: str) -> StoredCondition | None:
    """Return the shortest run without a protection and with all others of the only minimal safe set; None if that is safe."""
    (minimal,) = stored.sets
    on = set(minimal) - {name}
    found = [c for c in stored.unsafe if on.issuperset(c.on) and on.isdisjoint(c.off)]
    return min(found, key=lambda c: len(c.trace.steps), default=None)


def told(stored: StoredAblation, name: str) -> Row:
    """Return what is violated and after how many steps, as `ablate` writes it."""
    one = without(stored, name) if name in stored.sets[0] else None
    return ("(either way)", "") if one is None else (one.property, str(len(one.trace.steps)))


def ablate_table(text: str, first: str) -> dict[str, Row]:
    """Return the rows of the table that `ablate` wrote of which the first is about this one."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(rf"  {re.escape(first)}  ", line))
    assert lines[at - 1].split()[:3] == ["without", "violated", "steps"]
    found: dict[str, Row] = {}
    for line in lines[at:]:
        if not line.startswith("  "):
            break
        name, violated, *rest = re.split(r"  +", line.strip())
        found[name] = (violated, rest[0] if rest else "")
    return found


def markdown_rows(text: str, heading: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of the table with this heading."""
    for line in text[text.index(heading) :].splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_the_readme_shows_what_happens_without_each_protection() -> None:
    shown = ablate_table(README, SWITCHES.protections[0])
    other = {name.replace(*SIDES): row for name, row in shown.items()}
    assert shown | other == {name: told(SWITCHES, name) for name in SWITCHES.protections}
    if len(shown) < len(SWITCHES.protections):
        assert re.search(r"\(and the same \w+ on the destination\)", README)


def test_the_readme_shows_what_must_come_before_what() -> None:
    assert ablate_table(README, ORDER.protections[0]) == {name: told(ORDER, name) for name in ORDER.protections}


@pytest.mark.parametrize("text", [README, DEDUPE])
def test_all_protections_are_the_only_minimal_safe_set(text: str) -> None:
    assert SWITCHES.sets == (SWITCHES.protections,)
    assert f"{2 ** len(SWITCHES.protections):,} settings" in text
    assert re.search(r"exactly one minimal safe set: all (10|ten)", text)
    assert len(SWITCHES.protections) == 10


def test_the_table_of_the_specification_is_about_each_protection() -> None:
    found: dict[str, str] = {}
    for names, steps, *_ in markdown_rows(DEDUPE, "| without | steps | who acts | how it ends |"):
        found |= dict.fromkeys(re.findall(r"`(\w+\[\w+\])`", names), steps)
    assert found == {name: told(SWITCHES, name)[1] for name in SWITCHES.protections}
    assert {told(SWITCHES, name)[0] for name in SWITCHES.protections} == {"NoStaleComparison"}


def test_the_table_of_the_order_is_about_each_necessary_constraint() -> None:
    found = {}
    for pair, _, steps in markdown_rows(DEDUPE, "| | without it, all others of the three kept | steps |"):
        first, _, second = pair.partition(" before ")
        found[f"{PARTS[first]} before {PARTS[second]}"] = steps
    assert found == {name: told(ORDER, name)[1] for name in ORDER.sets[0]}
    assert len(found) == 3
    assert f"All {2 ** len(ORDER.protections)} sets of constraints" in DEDUPE
