"""What an ablation says of random small specifications is what going through every setting, one after another, says."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pluscheck.base.errors import SpecError
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, Listener, ignore
from pluscheck.evidence.verdict import Proved, Reached, Reason, Unknown, Violated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.ablation_telling import Told
from pluscheck.pipeline.options import Unwatched, UsageError
from pluscheck.report.ablation import AblationReport, Need, NeedReport
from pluscheck.report.ablation_json import ablation_json
from pluscheck.report.ablation_text import ablation_text
from pluscheck.report.look import Look

SWITCHES = ("A", "B", "F[one]", "F[two]")
Names = tuple[str, ...]


def ablation(text: str, **asked: object) -> Told:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{text.split(maxsplit=2)[1]}.plus"
        path.write_text(text, encoding="utf-8")
        return ablated(Question(path, **asked), Unwatched())  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------- random systems

ATOMS = ("x = 0", "x = 1", "x = 2", "y", "~y", "x > 0", "h[one]", "h[two]", "h[one] = h[two]", "TRUE")


PLAIN = (
    "x := 0;",
    "x := 1;",
    "x := 2;",
    "x := IF A THEN 1 ELSE 3;",  # out of range in some settings
    "y := ~y;",
    "y := TRUE;",
    "h[one] := y;",
    "h[two] := x = 1;",
)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Return a guard: something of the state, perhaps only if a switch is on, or off."""
    atom = draw(st.sampled_from(ATOMS))
    switch = draw(st.sampled_from((*SWITCHES, "~A", "~F[two]", "(A /\\ B)", "(A \\/ ~B)")))
    form = draw(st.sampled_from(("{a}", "({s} => {a})", "({s} \\/ {a})", "({s} /\\ {a})")))
    return form.format(a=atom, s=switch)


@st.composite
def statements(draw: st.DrawFn) -> str:
    plain = draw(st.sampled_from(PLAIN))
    if draw(st.integers(0, 2)):
        return plain
    other = draw(st.sampled_from(("skip;", "await ~y; x := 1;", "x := x + 1;", "y := FALSE;")))
    if draw(st.integers(0, 2)) == 0:
        return f"either {{ {plain} }} or {{ {other} }};"
    return f"if ({draw(st.sampled_from(SWITCHES))}) {{ {plain} }} else {{ {other} }};"


@st.composite
def specifications(draw: st.DrawFn) -> str:
    lines = [
        "module Random",
        "enum Place == { one, two }",
        "switch A : BOOLEAN == TRUE",
        "switch B : BOOLEAN == FALSE",
        "switch F : [Place -> BOOLEAN] == [p \\in Place |-> TRUE]",
        f"var x : 0..2 = {draw(st.sampled_from(('0', '1', 'IF A THEN 0 ELSE 1', 'IF B THEN 1 ELSE 3')))}",
        "var y : BOOLEAN = FALSE",
        "var h : [Place -> BOOLEAN] = [p \\in Place |-> FALSE]",
    ]
    for number in range(draw(st.integers(2, 5))):
        guards = " ".join(f"await {c};" for c in draw(st.lists(conditions(), min_size=1, max_size=2)))
        body = " ".join(draw(st.lists(statements(), min_size=1, max_size=2)))
        lines.append(f"action Do{number} {{ {guards} {body} }}")
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"init {draw(conditions())}")
    lines.append(f"invariant I == ~({draw(conditions())} /\\ {draw(conditions())})")
    lines.append(f"transition T == ~({draw(st.sampled_from(ATOMS))} /\\ x' # x /\\ {draw(conditions())})")
    lines.append(f"witness W == {draw(conditions())} /\\ {draw(conditions())}")
    return "\n".join(lines) + "\n"


def in_setting(text: str, on: Names) -> str:
    """Return the specification with its switches set."""
    values = " ".join(f"{name} = {'TRUE' if name in on else 'FALSE'};" for name in SWITCHES)
    return f"{text}model set {{ {values} }}\n"


def one_by_one(text: str) -> dict[Names, dict[str, int | None]]:
    """Return for each setting what is violated or reached in it, with the fewest steps."""
    found: dict[Names, dict[str, int | None]] = {}
    for bits in product((False, True), repeat=len(SWITCHES)):
        on = tuple(name for name, bit in zip(SWITCHES, bits, strict=True) if bit)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "Random.plus"
            path.write_text(in_setting(text, on), encoding="utf-8")
            system = lower(elaborate(path), "set").system
        names = frozenset(("I", "T", "W", DEADLOCK, FAULTS))
        try:
            verdicts = exhaustive(system, names, Budget(), ignore).verdicts
        except SpecError:  # there is no initial state
            found[on] = {}
            continue
        assert all(isinstance(v, Proved | Violated | Reached) for v in verdicts.values())
        found[on] = {n: v.trace.length for n, v in verdicts.items() if isinstance(v, Violated | Reached)}
    return found


def check(report: AblationReport, truth: dict[Names, dict[str, int | None]]) -> None:
    assert report.undecided is None
    unsafe = {on: min(f[n] for n in f if n != "W") for on, f in truth.items() if f.keys() - {"W"}}
    safe = {on for on, f in truth.items() if f.keys() == {"W"}}
    told = {}
    for on in truth:
        lengths = [c.steps for c in report.unsafe_where if set(c.on) <= set(on) and not set(c.off) & set(on)]
        if lengths:
            told[on] = min(lengths)
    assert told == unsafe
    minimal = {s for s in safe if not any(set(t) < set(s) for t in safe)}
    assert {one.on for one in report.minimal_safe} == minimal
    maximal = {s for s in unsafe if not any(set(s) < set(t) for t in unsafe)}
    assert {one.on: one.steps for one in report.maximal_unsafe} == {s: unsafe[s] for s in maximal}
    assert report.monotone == all(t in safe for s in safe for t in truth if set(s) <= set(t))
    for worse in report.worse:
        assert worse.on in safe
        assert tuple(n for n in SWITCHES if n in (*worse.on, worse.added)) not in safe
    stifled = {on for on, f in truth.items() if not f}
    assert {one.on for one in report.stifled if one.witness == "W"} == {
        s for s in stifled if not any(set(t) < set(s) for t in stifled)
    }
    assert [need.protection for need in report.needs] == (list(SWITCHES) if minimal else [])
    for need in report.needs:
        check_need(need, safe, minimal, unsafe)


def check_need(need: NeedReport, safe: set[Names], minimal: set[Names], unsafe: dict[Names, int]) -> None:
    """Check what is told of one protection by what is so in every setting."""

    def with_or_without(setting: Names, *, has: bool) -> Names:
        return tuple(n for n in SWITCHES if (has if n == need.protection else n in setting))

    having = [one for one in minimal if need.protection in one]
    worse = {s for s in safe if with_or_without(s, has=True) not in safe}
    if SWITCHES in safe and with_or_without(SWITCHES, has=False) not in safe:
        assert need.within is None
        shown = with_or_without(SWITCHES, has=False)
        assert need.need is (Need.NEEDED if shown in unsafe else Need.STIFLING)
    elif having:
        assert need.within in having
        shown = with_or_without(need.within, has=False)
        if len(having) < len(minimal):
            assert need.need is Need.ALTERNATIVE
        else:
            assert need.need is (Need.NEEDED if shown in unsafe else Need.STIFLING)
    elif worse:
        assert need.need is Need.HARMFUL
        assert need.within in worse
        shown = with_or_without(need.within, has=True)
    else:
        assert (need.need, need.within, need.race, need.witness) == (Need.SUPERFLUOUS, None, None, None)
        return
    assert shown not in safe
    if shown in unsafe:
        assert need.race is not None
        assert (need.race.on, need.race.steps) == (shown, unsafe[shown])
    else:
        assert need.race is None
        assert need.witness in ("W", "an initial state")


@settings(max_examples=15, deadline=None)
@given(specifications())
def test_what_is_told_is_what_every_setting_shows(text: str) -> None:
    truth = one_by_one(text)
    if any(truth.values()) or "init" not in text:
        check(ablation(text).report, truth)
        return
    try:  # perhaps no setting has an initial state
        check(ablation(text).report, truth)
    except SpecError as error:
        if [d.code for d in error.diagnostics] != ["PC604"]:
            raise


# ---------------------------------------------------------------------------------------- by hand

GATE = """module Gate
sort P
switch Lock : BOOLEAN == TRUE
switch Check : BOOLEAN == TRUE
switch Extra : [P -> BOOLEAN] == [p \\in P |-> TRUE]
switch Stop : BOOLEAN == FALSE
enum At == { out, asked, in }
var at : [P -> At] = [p \\in P |-> out]
action Ask(p \\in P) { await at[p] = out /\\ ~Stop; at[p] := asked; }
action Enter(p \\in P) { await at[p] = asked; await Lock \\/ Check => \\A q \\in P : at[q] # in; await Extra[p]; at[p] := in; }
action Leave(p \\in P) { await at[p] = in; at[p] := out; }
action Idle { await Stop /\\ ~Lock; at := at; }
invariant Mutex == \\A p, q \\in P : at[p] = in /\\ at[q] = in => p = q
witness In == \\E p \\in P : at[p] = in
model base { scope P = 2; }
model broken extends base { Lock = FALSE; Check = FALSE; Extra = [p \\in P |-> FALSE]; }
"""


def test_either_of_two_ways_will_do_and_more_is_worse() -> None:
    report = ablation(GATE, model="base").report
    assert report.protections == ("Lock", "Check", "Extra", "Stop")  # a sort's elements are one protection
    assert {one.on for one in report.minimal_safe} == {("Lock", "Extra"), ("Check", "Extra")}
    assert report.monotone is False
    assert {(worse.on, worse.added) for worse in report.worse} >= {(("Lock", "Extra"), "Stop")}
    lock = next(worse for worse in report.worse if worse.added == "Stop")
    assert lock.race is not None
    assert lock.race.property == DEADLOCK
    assert all(one.judged for one in report.minimal_safe)
    assert all(one.witnesses == (("In", 2),) for one in report.minimal_safe)


CROSSED = """module Crossed
extends Mutex
enum Task == { p, q }
enum L == { a, b }
switch UseA : BOOLEAN == TRUE
switch UseB : BOOLEAN == TRUE
switch Swap : BOOLEAN == TRUE
switch Idle : BOOLEAN == TRUE
var m : [L -> Mutex(Task)] = [l \\in L |-> MutexFree]
var inside : SUBSET Task = {}
process P(self \\in Task) {
  One:   if (UseA) { if (Swap /\\ self = q) { mutex_lock(m[b], self); } else { mutex_lock(m[a], self); }; };
  Two:   if (UseB) { if (Swap /\\ self = q) { mutex_lock(m[a], self); } else { mutex_lock(m[b], self); }; };
  Enter: inside := inside \\cup {self};
  Leave: inside := inside \\ {self};
  Off:   m := [l \\in L |-> IF m[l] = Some(self) THEN None ELSE m[l]];
}
invariant Alone == Cardinality(inside) < 2
witness BothDone == \\A t \\in Task : pc[t] = "Done"
model base { depth 12; }
"""


def test_where_all_together_are_too_much_nothing_is_needed_that_no_safe_set_has() -> None:
    report = ablation(CROSSED).report
    assert {one.on for one in report.minimal_safe} == {("UseA",), ("UseB",)}
    assert [one.on for one in report.maximal_unsafe] == [("UseA", "UseB", "Swap", "Idle")]
    needs = {need.protection: need.need for need in report.needs}
    assert needs == {
        "UseA": Need.ALTERNATIVE,
        "UseB": Need.ALTERNATIVE,
        "Swap": Need.HARMFUL,  # with both locks, which are safe too
        "Idle": Need.SUPERFLUOUS,
    }
    text = ablation_text(report, Look())
    assert "UseA, of {UseA}" in text
    assert re.search(r"^  Swap  +with it: Alone  +6  +p, q  +q: Enter$", text, re.MULTILINE)
    assert re.search(r"^  all 4  +deadlock  +2  +p, q  +waiting: p at Two, q at Two$", text, re.MULTILINE)


def test_where_nothing_happens_nothing_is_safe() -> None:
    report = ablation(GATE, model="base", properties=("Mutex", "In")).report
    assert {one.on for one in report.stifled} == {()}  # Extra lets nobody pass where it is off
    assert all("Stop" not in one.on for one in report.minimal_safe)


def test_without_a_witness_it_is_safe_that_nothing_happens() -> None:
    report = ablation(GATE, model="base", properties=("Mutex",)).report
    assert [one.on for one in report.minimal_safe] == [()]
    assert report.stifled == ()


def test_what_a_broken_model_lacks() -> None:
    report = ablation(GATE, model="broken", properties=("Mutex", "In"), repair=True).report
    assert report.repair is not None
    assert set(report.repair.additions) == {("Lock", "Extra"), ("Check", "Extra")}


def test_no_time_is_no_answer() -> None:
    report = ablation(GATE, model="base", seconds=1e-6).report
    assert report.undecided is not None
    assert report.minimal_safe == ()
    assert report.monotone is None
    assert report.open_sets == ((),)  # nothing is known to be unsafe


def test_what_is_known_before_the_time_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_time(_: TransitionSystem, wanted: frozenset[str], _budget: Budget, _listener: Listener) -> Findings:
        return Findings("none", dict.fromkeys(wanted, Unknown(Reason.TIME, 0)), {}, 0, complete=False)

    monkeypatch.setattr("pluscheck.pipeline.ablation.ic3", out_of_time)
    told = ablation(GATE, model="base")
    assert told.report.undecided is not None
    assert told.report.minimal_safe == ()
    assert [one.on for one in told.report.maximal_unsafe] == [("Lock", "Check", "Extra", "Stop")]
    assert told.report.open_sets == (("Stop",), ("Lock", "Extra"), ("Check", "Extra"))
    assert not told.is_interrupted


@pytest.mark.parametrize(
    "body",
    [
        "var x : 0..2 = 0\naction A { x := IF S THEN 2 ELSE 5; }",
        "var x : 0..2 \\in 0..(IF S THEN 2 ELSE 5)\naction A { x := x; }",
    ],
)
def test_what_is_in_range_with_a_switch_on_need_not_be_with_it_off(body: str) -> None:
    report = ablation(f"module M\nswitch S : BOOLEAN == TRUE\n{body}\n").report
    assert [one.on for one in report.minimal_safe] == [("S",)]
    assert [(one.on, one.property, one.steps) for one in report.maximal_unsafe] == [((), FAULTS, 0)]


def test_of_two_ways_only_one_may_be_possible_in_a_setting() -> None:
    text = """module M
switch S : BOOLEAN == TRUE
var done : BOOLEAN = FALSE
var good : BOOLEAN = TRUE
action A { await ~done; done := TRUE; either { await S; good := FALSE; } or { good := TRUE; }; }
invariant I == good
terminal == TRUE
"""
    report = ablation(text).report
    assert [(one.on, one.off, one.property) for one in report.unsafe_where] == [(("S",), (), "I")]
    assert [one.on for one in report.minimal_safe] == [()]
    assert report.monotone is False


def test_a_type_may_not_depend_on_what_is_switched() -> None:
    text = "module M\nswitch S : BOOLEAN == TRUE\nconst N : 0..3 == IF S THEN 2 ELSE 1\nvar x : 0..N = 0\naction A { x := x; }\n"
    with pytest.raises(SpecError) as error:
        ablation(text)
    assert [d.code for d in error.value.diagnostics] == ["PC309"]


def test_nothing_to_switch_off() -> None:
    with pytest.raises(UsageError):
        ablation("module M\nvar x : 0..1 = 0\naction A { x := x; }\n")


def test_json_follows_its_schema() -> None:
    schema = json.loads((files("pluscheck.report") / "ablation.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for model, repair in (("base", False), ("broken", True)):
        text = ablation_json(ablation(GATE, model=model, repair=repair).report, 0, timings=False)
        Draft202012Validator(schema).validate(json.loads(text))
