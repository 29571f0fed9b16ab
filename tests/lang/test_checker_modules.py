"""Names over several modules."""

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.checker import check
from pluscheck.lang.parser import parse

LIBRARY = r"""
module Library
type Cell(T) == [value : T]
New(value) == [value |-> value]
const Most : 0..9 == 3
model small { Most = 1; }
"""


def diagnostics(*texts: str) -> tuple[Diagnostic, ...]:
    modules = tuple(parse(Source(f"m{number}.plus", text)) for number, text in enumerate(texts))
    try:
        check(modules[-1], modules)
    except SpecError as error:
        return error.diagnostics
    return ()


def test_declarations_of_extended_modules_are_visible() -> None:
    root = "module Root extends Library var x : Cell(0..Most) = New(2) invariant I == x.value <= Most model base { Most = 4; }"
    assert diagnostics(LIBRARY, root) == ()


def test_and_of_those_that_they_extend() -> None:
    middle = "module Middle extends Library Other == New(1)"
    root = "module Root extends Middle var x : Cell(0..Most) = Other"
    assert diagnostics(LIBRARY, middle, root) == ()


def test_declarations_of_other_modules_are_not() -> None:
    beside = "module Beside Early == New(1)"
    root = "module Root extends Library, Beside invariant I == TRUE"
    (found,) = diagnostics(LIBRARY, beside, root)
    assert (found.code, found.primary.span.source.name) == ("PC201", "m1.plus")
    assert found.help is not None
    assert "Library" in found.help


def test_names_are_distinct_over_all_modules() -> None:
    beside = "module Beside New == 1"
    (found,) = diagnostics(LIBRARY, beside, "module Root extends Library, Beside invariant I == TRUE")
    assert (found.code, found.primary.span.source.name) == ("PC202", "m1.plus")
    assert [label.span.source.name for label in found.secondary] == ["m0.plus"]


def test_a_module_may_bind_names_that_its_users_declare() -> None:
    root = "module Root extends Library var value : Cell(BOOLEAN) = New(TRUE) T == 1 invariant I == value.value"
    assert diagnostics(LIBRARY, root) == ()


def test_but_not_those_of_modules_that_it_extends() -> None:
    (found,) = diagnostics(LIBRARY, "module Root extends Library invariant I == \\A Most \\in 0..1 : TRUE")
    assert found.code == "PC212"


def test_models_of_extended_modules_are_not_inherited() -> None:
    (found,) = diagnostics(LIBRARY, "module Root extends Library model base extends small { }")
    assert (found.code, found.primary.span.text) == ("PC201", "small")
