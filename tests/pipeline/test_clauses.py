"""What a conjunct of an invariant is for, as a page tells it: with all that decides, and nothing that does not."""

from __future__ import annotations

from lowering import system_of
from pluscheck.certify.necessity import Necessity
from pluscheck.core.exprs import Compare, Comparison, Eq, Expr, Lit, Var
from pluscheck.evidence.verdict import InductiveInvariant
from pluscheck.pipeline.clauses import clause_views
from pluscheck.report.html.page import ClauseView

SPEC = r"""
var low : 0..3 = 0
var high : 0..3 = 2
var open : 0..1 = 0
var idle : 0..3 = 0
action Up { await open = 1; low := (low + 1) % 4; }
action Rest { idle := (idle + 1) % 4; }
invariant Ordered == low <= high
transition Kept == low' <= low
transition Below == low' <= high \/ low > high
model m { }
"""
CLOSED = Eq(Var("open"), Lit(0))
AT_MOST = Compare(Comparison.LE, Var("idle"), Lit(3))


def views(conjuncts: tuple[Expr, ...], properties: tuple[str, ...], name: str) -> tuple[ClauseView, ...]:
    system = system_of(SPEC)
    invariant = InductiveInvariant(conjuncts, properties)
    necessity = Necessity(system, invariant, seconds=20)
    found = [necessity.of(number, name) for number in range(len(conjuncts))]
    return clause_views(system, invariant, [f"text {number}" for number in range(len(conjuncts))], found, name)


def test_what_the_broken_part_reads_is_shown_though_it_does_not_change() -> None:
    needed, idle = views((AT_MOST, CLOSED), ("Ordered",), "Ordered")
    assert (needed.text, needed.number, needed.needed) == ("text 1", 2, True)
    assert needed.excludes == ("Excludes states such as one with open = 1;", "from there Up breaks Ordered.")
    parts = {path: (before, after) for path, before, after in needed.states}
    assert set(parts) == {"low", "high", "open"}
    assert parts["open"] == ("1", "1")
    high, same = parts["high"]
    assert high == same
    assert int(parts["low"][0]) <= int(high) < int(parts["low"][1])
    assert (idle.text, idle.needed, idle.states) == ("text 0", False, ())


def test_of_a_property_of_steps_the_step_that_violates_it_is_shown() -> None:
    (needed,) = views((CLOSED,), (), "Kept")
    assert needed.excludes == ("Excludes states such as one with open = 1;", "from there Up violates Kept.")
    assert needed.step == "Up"
    parts = {path: (before, after) for path, before, after in needed.states}
    assert set(parts) == {"low", "open"}
    assert int(parts["low"][1]) == int(parts["low"][0]) + 1


def test_what_a_property_of_steps_reads_is_shown_though_it_does_not_change() -> None:
    (needed,) = views((CLOSED,), (), "Below")
    assert needed.excludes[1] == "from there Up violates Below."
    parts = {path: (before, after) for path, before, after in needed.states}
    assert set(parts) == {"low", "high", "open"}
    assert int(parts["low"][1]) > int(parts["high"][0]) >= int(parts["low"][0])
