"""The standard library: each module's companion, run for real."""

from pathlib import Path

import pytest

from pluscheck.lang import syntax as s
from pluscheck.lang.modules import LIBRARY, load_modules
from pluscheck.lang.walk import descend
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import stdlib_files, verify
from pluscheck.report.model import Answer, Outcome

COMPANIONS = stdlib_files()


def test_each_module_has_a_companion() -> None:
    assert [path.stem for path in COMPANIONS] == [f"{name}Check" for name in LIBRARY]


@pytest.mark.parametrize("path", COMPANIONS, ids=lambda path: path.stem)
def test_a_companion_is_as_it_expects(path: Path) -> None:
    (report,) = verify([path], Options(strict=True), Unwatched()).specs
    found = [p for model in report.models for p in model.properties]
    assert not report.diagnostics
    assert not report.dead
    assert {p.outcome for p in found} == {Outcome.MET}
    # Protected, it holds; with the protection gone, something goes wrong; and what should be possible is.
    assert {Answer.PROVED, Answer.VIOLATED, Answer.REACHED} <= {p.answer for p in found}


@pytest.mark.parametrize("path", COMPANIONS, ids=lambda path: path.stem)
def test_a_companion_uses_all_that_its_module_declares(path: Path) -> None:
    library, companion = load_modules(path)
    declared = {d.name.name for d in library.declarations if isinstance(d, s.MacroDecl | s.OperatorDecl | s.TypeDecl)}
    used = {
        node.name
        for module in (library, companion)
        for declaration in module.declarations
        for node in descend(declaration)
        if isinstance(node, s.Name | s.Ident) and node is not getattr(declaration, "name", None)
    }
    assert declared <= used
