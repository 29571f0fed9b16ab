"""The way through this floor: from a file to a checked specification."""

from __future__ import annotations

import sys
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.checker import check
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.findings import Findings
from pluscheck.lang.flow import check_flow
from pluscheck.lang.macros import TooMuchError, expand_macros
from pluscheck.lang.modules import load_modules
from pluscheck.lang.parser import not_yet
from pluscheck.lang.updates import check_updates

_FRAMES = 20_000
"""Python frames that the deepest tree needs, which is no more than a few hundred levels; they cost no C stack."""


def elaborate(spec: Path | Source) -> Elaborated:
    """Return the specification in a file, with all names and types found.

    What is wrong with its files is raised first; then what cannot be checked yet, and what is wrong with macros, with labels,
    and with names and types, all together. Raises SpecError.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        return _elaborated(spec)
    finally:
        sys.setrecursionlimit(limit)


def _elaborated(spec: Path | Source) -> Elaborated:
    modules = load_modules(spec)
    findings = Findings()
    for module in modules:
        for diagnostic in not_yet(module):
            findings.add(diagnostic)
    try:
        expansion = expand_macros(modules, findings)
    except TooMuchError:
        raise SpecError(findings.in_order()) from None
    check_flow(expansion, findings)
    check_updates(expansion.modules, findings)
    try:
        elaborated = check(expansion.modules[-1], expansion.modules)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            findings.add(diagnostic)
        elaborated = None
    found = findings.in_order()
    if found or elaborated is None:
        raise SpecError([expansion.explained(diagnostic) for diagnostic in found])
    return elaborated
