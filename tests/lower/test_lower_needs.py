"""What a model says it needs: which sets of protections are meant, and what is wrong with it."""

from __future__ import annotations

import pytest

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower

SPEC = r"""module T
sort F, G
enum Side == { left, right }
type U == F | Side
switch Shut : [Side -> BOOLEAN] == [s \in Side |-> TRUE]
switch Watch : BOOLEAN == TRUE
switch Of : [U, 0..1 -> BOOLEAN] == [u \in U, i \in 0..1 |-> TRUE]
switch One : [F -> [Side -> BOOLEAN]] == [f \in F |-> [s \in Side |-> TRUE]]
const C : 0..3 == 1
var x : 0..3 = 0
process P { B: skip; order Acq { L: skip; } then { M: skip; } then { N: skip; } E: skip; }
action A { await x < C; x := x + 1; }
"""

ALL = (
    *("Shut[left]", "Shut[right]", "Watch", "Of[F, 0]", "Of[F, 1]", "Of[left, 0]", "Of[left, 1]", "Of[right, 0]"),
    *("Of[right, 1]", "One[F][left]", "One[F][right]"),
)


def needs_of(entries: str, spec: str = SPEC, model: str = "m") -> list[tuple[str | None, tuple[tuple[str, ...], ...]]]:
    text = f"{spec}model m {{ scope F = 2; scope G = 2; {entries} }}\nmodel n extends m {{ C = 2; }}\n"
    return [(n.order, n.sets) for n in lower(elaborate(Source("T.plus", text)), model).needs]


def wrong(entries: str, spec: str = SPEC) -> list[Diagnostic]:
    with pytest.raises(SpecError) as error:
        needs_of(entries, spec)
    return list(error.value.diagnostics)


@pytest.mark.parametrize(
    ("entries", "sets"),
    [
        ("needs all;", (ALL,)),
        ("needs none;", ((),)),
        ("needs Watch;", (("Watch",),)),
        ("needs Watch, Shut[right] or Shut;", (("Shut[right]", "Watch"), ("Shut[left]", "Shut[right]"))),
        ("needs Of[F, 0], Of[left, C];", (("Of[F, 0]", "Of[left, 1]"),)),
        ("needs Of[<<left, 1>>];", (("Of[left, 1]",),)),
        ("needs One[F];", (("One[F][left]", "One[F][right]"),)),
        ("needs One[F][left];", (("One[F][left]",),)),
    ],
)
def test_switches_are_named_as_wholes_or_by_their_elements(entries: str, sets: tuple[tuple[str, ...], ...]) -> None:
    assert needs_of(entries) == [(None, sets)]


@pytest.mark.parametrize(
    ("entries", "sets"),
    [
        ("needs Acq: none;", ((),)),
        ("needs Acq: all;", (("L before M", "L before N", "M before N"),)),
        ("needs Acq: L before N;", (("L before N",),)),
        ("needs Acq: L before M, M before N;", (("L before M", "L before N", "M before N"),)),
        ("needs Acq: M before N or L before M;", (("M before N",), ("L before M",))),
    ],
)
def test_constraints_stand_for_all_that_follows_from_them(entries: str, sets: tuple[tuple[str, ...], ...]) -> None:
    assert needs_of(entries) == [("Acq", sets)]


def test_a_model_may_say_both_and_no_model_takes_it_over() -> None:
    entries = "needs Acq: none; needs Watch;"
    assert needs_of(entries) == [("Acq", ((),)), (None, (("Watch",),))]
    assert needs_of(entries, model="n") == []


def test_what_is_lowered_with_open_switches_says_the_same() -> None:
    text = f"{SPEC}model m {{ scope F = 2; scope G = 2; needs Acq: L before M; needs Watch; }}\n"
    elaborated = elaborate(Source("T.plus", text))
    for opened in ({"Acq"}, {"Watch", "Shut", "Of", "One"}):
        assert lower(elaborated, "m", open_switches=frozenset(opened)).needs == lower(elaborated, "m").needs


def test_a_switch_that_is_called_as_a_word_of_models_goes_first() -> None:
    spec = SPEC + "switch all : BOOLEAN == TRUE\nswitch needs : [Side -> BOOLEAN] == [s \\in Side |-> TRUE]\n"
    assert needs_of("needs all;", spec) == [(None, (("all",),))]
    assert needs_of("needs[left] = FALSE; needs needs[left], all;", spec) == [(None, (("all", "needs[left]"),))]
    assert needs_of("needs none;", spec) == [(None, ((),))]
    before = SPEC.replace("L:", "before:")
    assert needs_of("needs Acq: before before M;", before) == [("Acq", (("before before M",),))]
    for name in ("all", "none"):
        order = SPEC.replace("Acq", name)
        assert needs_of(f"needs {name}: none;", order) == [(name, ((),))]


@pytest.mark.parametrize(
    ("entries", "code", "blamed"),
    [
        ("needs Shat;", "PC201", "Shat"),
        ("needs Watch, Q[left];", "PC201", "Q"),
        ("needs Acp: none;", "PC201", "Acp"),
        ("needs Acq: L before Q;", "PC201", "Q"),
        ("needs Watch, Watch;", "PC202", "Watch"),
        ("needs Shut, Shut[left];", "PC202", "Shut[left]"),
        ("needs Acq: L before M, L before M;", "PC202", "L before M"),
        ("needs Shut[left, right];", "PC206", "[left, right]"),
        ("needs Shut.left;", "PC209", "left"),
        ("needs Shut[0];", "PC301", "0"),
        ("needs Of[left, F];", "PC509", "F"),
        ("needs Shut[Side];", "PC301", "Side"),
        ("needs Watch[left];", "PC302", "Watch"),
        ("needs Watch; needs Shut;", "PC508", "needs Shut;"),
        ("needs Acq: all; needs Watch; needs Acq: all;", "PC508", "needs Acq: all;"),
        ("needs C;", "PC509", "C"),
        ("needs Acq;", "PC509", "Acq"),
        ("needs Acq[L, M];", "PC509", "Acq"),
        ("needs C: none;", "PC509", "C"),
        ("needs Watch: none;", "PC509", "Watch"),
        ("needs Of[G, 0];", "PC509", "G"),
        ("needs Of[F, 7];", "PC509", "Of[F, 7]"),
        ("needs all, Watch;", "PC509", "all"),
        ("needs Watch or none;", "PC509", "none"),
        ("needs Acq: all or L before M;", "PC509", "all"),
        ("needs Acq: M before L;", "PC509", "M before L"),
        ("needs Acq: L before L;", "PC509", "L before L"),
        ("needs Shut or Shut[left];", "PC509", "Shut"),
        ("needs Watch or Watch;", "PC509", "Watch"),
        ("needs Acq: L before M, M before N or L before N;", "PC509", "L before M, M before N"),
        ("needs Of[F, 1 \\div 0];", "PC605", "1 \\div 0"),
        ("needs Of[F, x];", "PC309", "x"),
        ("needs L before M;", "PC102", "L before M"),
        ("needs Acq: Watch;", "PC102", "Watch"),
        ("needs Acq: L after M;", "PC102", "after"),
        ("needs Watch and Shut;", "PC102", "and"),
        ("needs Watch Shut;", "PC102", ";"),
        ("needs Watch or;", "PC102", ";"),
        ("needs 3;", "PC102", "3"),
        ("need Watch;", "PC102", "need"),
    ],
)
def test_what_cannot_be_needed_is_told_at_its_place(entries: str, code: str, blamed: str) -> None:
    assert [(d.code, d.primary.span.text) for d in wrong(entries)] == [(code, blamed)]


def test_where_there_is_no_switch_nothing_is_needed() -> None:
    spec = "module T\nsort F, G\nconst C : 0..3 == 1\n"
    for word in ("all", "none"):
        assert [(d.code, d.primary.span.text) for d in wrong(f"needs {word};", spec)] == [("PC509", word)]


def test_many_sets_take_bounded_time() -> None:
    names = [f"S{i}" for i in range(300)]
    spec = SPEC + "".join(f"switch {name} : BOOLEAN == TRUE\n" for name in names)
    assert len(needs_of(f"needs {' or '.join(names)};", spec)[0][1]) == 300
