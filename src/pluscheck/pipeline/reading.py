"""From files to the models that are to be checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.core.system import Model
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lang.modules import library_source
from pluscheck.lower import lower, models
from pluscheck.pipeline.options import Options

LIBRARY_FOLDER = Path(str(files("pluscheck") / "stdlib"))
"""Where the standard library is; what is in it is called by its name, wherever the package is installed."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A file as read: the models to check, with only the expectations that are selected, and what is wrong with it.

    `extends` are the modules that it extends, directly or not.
    """

    file: str
    module: str | None
    extends: frozenset[str]
    models: tuple[Model, ...]
    diagnostics: tuple[Diagnostic, ...]
    elaborated: Elaborated | None = None


def read(paths: Iterable[Path], options: Options, extended: frozenset[str] = frozenset()) -> tuple[Spec, ...]:
    """Return what the files say. A module without models that another of them extends is there for that one, and left out; `extended` are further such."""
    specs = [_read(path, options) for path in paths]
    extended = extended.union(*(spec.extends for spec in specs))
    return tuple(spec for spec in specs if not (spec.module in extended and _lacks_models(spec)))


def named_in_reports(path: Path) -> str:
    """Return what a file is called in reports."""
    return path.as_posix() if path.parent != LIBRARY_FOLDER else library_source(path.stem).name


def _read(path: Path, options: Options) -> Spec:
    """Return what one file says."""
    library = path.stem if path.parent == LIBRARY_FOLDER else None
    file = named_in_reports(path)
    try:
        elaborated = elaborate(path if library is None else library_source(library))
    except SpecError as error:
        return Spec(file, None, frozenset(), (), error.diagnostics)
    module = elaborated.root.name.name
    extends = frozenset(each.name.name for each in elaborated.modules) - {module}
    if not _moves(elaborated):
        return Spec(file, module, extends, (), ())
    try:
        names = models(elaborated)
    except SpecError as error:
        return Spec(file, module, extends, (), error.diagnostics)
    lowered, wrong = _lowered(elaborated, names, options)
    return Spec(file, module, extends, lowered, wrong, elaborated)


def _moves(elaborated: Elaborated) -> bool:
    """Return whether there is anything to check: a module of types, operators and macros alone has no behaviour."""
    return bool(elaborated.variables or elaborated.actions or elaborated.processes or elaborated.models)


def _lowered(
    elaborated: Elaborated, names: tuple[str, ...], options: Options
) -> tuple[tuple[Model, ...], tuple[Diagnostic, ...]]:
    """Return the models with what is selected of each, and what is wrong with any of them, each diagnostic once.

    A model of which nothing can be selected is not even lowered: where one of many is asked for, that would be most of the time.
    """
    module = elaborated.root.name.name
    lowered: list[Model] = []
    wrong: dict[Diagnostic, None] = {}
    for name in names:
        if not options.selects_some(module, name):
            continue
        try:
            model = lower(elaborated, name)
        except SpecError as error:
            wrong.update(dict.fromkeys(error.diagnostics))
            continue
        chosen = tuple(e for e in model.expectations if options.selects(module, name, e.property))
        if chosen:
            lowered.append(replace(model, expectations=chosen))
    return tuple(lowered), tuple(wrong)


def _lacks_models(spec: Spec) -> bool:
    """Return whether a spec has nothing to check, or nothing but this is wrong with it."""
    return not spec.models and all(d.code is Code.NO_MODEL for d in spec.diagnostics)
