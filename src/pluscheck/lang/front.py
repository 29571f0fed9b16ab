"""The way through this floor: from a file to a checked specification."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.checker import check
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.findings import Findings
from pluscheck.lang.flow import check_flow
from pluscheck.lang.macros import TooMuchError, expand_macros
from pluscheck.lang.modules import load_modules
from pluscheck.lang.orders import with_order_switches
from pluscheck.lang.parser import not_yet, parse_expression
from pluscheck.lang.updates import check_updates

_FRAMES = 20_000
"""Python frames that the deepest tree needs, which is no more than a few hundred levels; they cost no C stack."""


def elaborate(spec: Path | Source) -> Elaborated:
    """Return the specification in a file, with all names and types found.

    What is wrong with its files is raised first; then what cannot be checked yet, and what is wrong with macros, with labels,
    and with names and types, all together. Raises SpecError.
    """
    with _deep_recursion():
        return _elaborated(spec)


def elaborate_predicates(elaborated: Elaborated, texts: Sequence[Source]) -> Elaborated:
    """Return the specification with each text, which is one expression, as a further invariant, called by `predicate_name`.

    A text may mention what the root module can, and no other text. The trees of the specification are the same as before, with annotations
    of their own. Raises SpecError with what is wrong with the texts.
    """
    with _deep_recursion():
        return _with_predicates(elaborated, texts)


def predicate_name(number: int) -> str:
    """Return what the invariant is called that the text of this number (from 0) is; no text can mention it."""
    return f"predicate {number + 1}"


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Let Python recurse as deeply as the deepest tree needs."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _with_predicates(elaborated: Elaborated, texts: Sequence[Source]) -> Elaborated:
    findings = Findings()
    further: list[s.Declaration] = []
    for number, text in enumerate(texts):
        try:
            predicate = parse_expression(text)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                findings.add(diagnostic)
            continue
        name = s.Ident(predicate_name(number), span=predicate.span)
        further.append(s.PropertyDecl(s.PropertyKind.INVARIANT, name, predicate, span=predicate.span))
    alone = replace(elaborated.root, declarations=tuple(further))
    for diagnostic in not_yet(alone):
        findings.add(diagnostic)
    findings.raise_if_any()
    root = replace(elaborated.root, declarations=(*elaborated.root.declarations, *further))
    return check(root, (*elaborated.modules[:-1], root))


def _elaborated(spec: Path | Source) -> Elaborated:
    modules = tuple(map(with_order_switches, load_modules(spec)))
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
