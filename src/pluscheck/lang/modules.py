"""Which modules a specification consists of: `extends` is looked up beside the file, then in the standard library."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import resources
from itertools import islice
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.load import load
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.cycles import by_way_of
from pluscheck.lang.parser import parse
from pluscheck.lang.wording import did_you_mean

SUFFIX = ".plus"

LIBRARY = ("BoundedQueue", "Completion", "Counter", "Mutex", "RwLock")
"""The modules of the standard library. Beside each lies a companion, `RwLockCheck` for `RwLock`, which is a specification of its own."""

LIBRARY_PREFIX = "<library>/"
"""What the names of its files begin with, wherever the package is installed."""

_MOST_NEIGHBOURS = 1_000
"""How many files beside the specification are considered for a `did you mean`."""


def load_modules(spec: Path | Source) -> tuple[s.Module, ...]:
    """Return the module and all that it extends, each once: extended ones first, the module itself last.

    A `Source` has no place, so that only the standard library is known to it. Raises SpecError with what is wrong with
    any of the files, with unknown modules, and with modules that extend each other in a circle.
    """
    if isinstance(spec, Source):
        return _Loading(None).all_from(parse(spec))
    module = parse(load(spec))
    return _Loading(spec.parent).all_from(module, stem=spec.stem)


def library_source(name: str) -> Source:
    """Return the text of a module of the standard library."""
    text = resources.files("pluscheck").joinpath("stdlib", name + SUFFIX).read_text(encoding="utf-8")
    return Source(f"{LIBRARY_PREFIX}{name}{SUFFIX}", text)


class _Loading:
    """Follows `extends` from one module to all others. `beside` is the specification's folder, if it has one."""

    def __init__(self, beside: Path | None) -> None:
        self._beside = beside
        self._found: dict[str, s.Module | None] = {}
        self._diagnostics: list[Diagnostic] = []

    def all_from(self, root: s.Module, *, stem: str | None = None) -> tuple[s.Module, ...]:
        """Return all modules in order; `stem` is the name of the root's file."""
        if stem is not None:
            self._check_name(root, stem)
        self._found[root.name.name] = root
        # Chains of modules may be long: the path from the root is kept here, not on Python's stack.
        path: list[tuple[s.Module, Iterator[s.Ident]]] = [(root, iter(root.extends))]
        finished: dict[str, s.Module] = {}
        while path:
            module, rest = path[-1]
            extended = next(rest, None)
            if extended is None:
                path.pop()
                finished[module.name.name] = module
                continue
            is_new = extended.name not in self._found
            following = self._module(extended)
            if following is None or extended.name in finished:
                continue
            if is_new:
                path.append((following, iter(following.extends)))
            else:
                above = [m for m, _ in path]
                start = [m.name.name for m in above].index(extended.name)
                self._report_cycle(above[start:])
        if self._diagnostics:
            raise SpecError(self._diagnostics)
        return tuple(finished.values())

    def _module(self, extended: s.Ident) -> s.Module | None:
        """Return the module of that name, or None after reporting, once for each name, why there is none."""
        name = extended.name
        if name not in self._found:
            try:
                self._found[name] = self._read(extended)
            except SpecError as error:
                self._diagnostics.extend(error.diagnostics)
                self._found[name] = None
        return self._found[name]

    def _read(self, extended: s.Ident) -> s.Module | None:
        # A name consists of letters, digits and `_`: it cannot lead out of the folder.
        name = extended.name
        path = None if self._beside is None else self._beside / (name + SUFFIX)
        if path is not None and os.path.isfile(path):  # which is false, not an error, for a name that is too long
            module = parse(load(path))
        elif name in LIBRARY:
            module = parse(library_source(name))
        else:
            self._report_unknown(extended)
            return None
        return module if self._check_name(module, name) else None

    def _check_name(self, module: s.Module, stem: str) -> bool:
        name = module.name
        if name.name == stem:
            return True
        could_be_called_so = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", stem) is not None
        rename = "rename either, such as the file" if could_be_called_so else "rename the file"
        self._diagnostics.append(
            Diagnostic(
                Code.MODULE_NAME_MISMATCH,
                f"the module in `{stem}{SUFFIX}` is called `{name.name}`",
                Label(name.span, f"should be `{stem}`" if could_be_called_so else "not as the file is called"),
                help=f"`extends` finds a module by the name of its file: {rename} to `{name.name}{SUFFIX}`",
            )
        )
        return False

    def _report_unknown(self, extended: s.Ident) -> None:
        name = extended.name
        beside = "" if self._beside is None else f" as `{(self._beside / (name + SUFFIX)).as_posix()}`, nor"
        self._diagnostics.append(
            Diagnostic(
                Code.UNKNOWN_MODULE,
                f"there is no module `{name}`",
                Label(extended.span, f"not found{beside} in the standard library"),
                help=did_you_mean(name, self._known()) or f"the standard library has {', '.join(LIBRARY)}",
            )
        )

    def _known(self) -> Iterable[str]:
        yield from LIBRARY
        if self._beside is not None:
            with suppress(OSError), os.scandir(self._beside) as entries:
                yield from sorted(
                    e.name.removesuffix(SUFFIX) for e in islice(entries, _MOST_NEIGHBOURS) if e.name.endswith(SUFFIX)
                )

    def _report_cycle(self, cycle: list[s.Module]) -> None:
        """Report the modules, each of which extends the next, and the last the first."""
        links = []
        for module, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            mention = next(e for e in module.extends if e.name == following.name.name)
            links.append(Label(mention.span, f"{module.name.name} extends {following.name.name}"))
        names = [module.name.name for module in cycle]
        told = f"module `{names[0]}` extends itself" + by_way_of(names[1:])
        self._diagnostics.append(
            Diagnostic(
                Code.CYCLIC_EXTENDS,
                told,
                links[-1],
                tuple(links[:-1]),
                help="move what both need to a module of its own, which both extend",
            )
        )
