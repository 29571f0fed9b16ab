"""Names and types in models. What constants evaluate to, and whether that is in range, is for `pluscheck.lower`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.infer import Inference
from pluscheck.lang.needs import check_needs
from pluscheck.lang.scopes import Scope
from pluscheck.lang.symbols import ConstSymbol, OperatorSymbol, SortSymbol
from pluscheck.lang.wording import did_you_mean

DEADLOCK = "deadlock"
FAULTS = "faults"
IMPLICIT = (DEADLOCK, FAULTS)
"""The properties that every model has."""

_FOR_WITNESSES = (s.Expected.REACHABLE, s.Expected.UNREACHABLE)


def check_models(inference: Inference, module: s.Module) -> dict[str, s.ModelDecl]:
    """Return the module's models by name, checked."""
    models: dict[str, s.ModelDecl] = {}
    for declaration in module.declarations:
        if isinstance(declaration, s.ModelDecl):
            first = models.setdefault(declaration.name.name, declaration)
            if first is not declaration:
                _twice(inference, declaration.name.name, declaration.name.span, first.name.span)
    _check_bases(inference, models)
    for model in models.values():
        _check_entries(inference, model)
    return models


def _twice(inference: Inference, name: str, again: Span, first: Span) -> None:
    inference.report(
        Code.DUPLICATE_NAME,
        f"`{name}` is there twice",
        again,
        "again here",
        secondary=[Label(first, "first here")],
    )


def _check_bases(inference: Inference, models: Mapping[str, s.ModelDecl]) -> None:
    for model in models.values():
        if model.base is not None and model.base.name not in models:
            inference.report(
                Code.UNKNOWN_NAME,
                f"there is no model `{model.base.name}` in this module",
                model.base.span,
                "unknown model",
                help_line=did_you_mean(model.base.name, models),
            )
    cleared: set[str] = set()
    for name in models:
        path: dict[str, None] = {}
        at: str | None = name
        while at is not None and at in models and at not in cleared and at not in path:
            path[at] = None
            base = models[at].base
            at = None if base is None else base.name
        if at is not None and at in path:
            names = list(path)
            cycle = names[names.index(at) :]
            told = " extends ".join(f"`{n}`" for n in (*cycle, at))
            inference.report(
                Code.CYCLIC_MODELS, f"a model extends itself: {told}", models[at].name.span, "this model extends itself"
            )
        cleared.update(path)


def _check_entries(inference: Inference, model: s.ModelDecl) -> None:
    scopes: dict[str, Span] = {}
    values: dict[str, Span] = {}
    expected: dict[str, Span] = {}
    needed: dict[str | None, Span] = {}
    depth: Span | None = None
    for entry in model.entries:
        match entry:
            case s.ScopeEntry(sort):
                _once(inference, scopes, sort)
                _check_scope(inference, entry)
            case s.ValueEntry(name, path):
                if not path:
                    _once(inference, values, name)
                _check_value(inference, entry)
            case s.DepthEntry():
                if depth is not None:
                    _twice(inference, "depth", entry.span, depth)
                depth = entry.span
            case s.CheckEntry(properties):
                for name in properties:
                    _property(inference, name)
            case s.ExpectEntry(properties):
                for name in properties:
                    _check_expectation(inference, entry, name, expected)
            case s.NeedsEntry():
                check_needs(inference, entry, needed)
            case _:
                assert_never(entry)


def _once(inference: Inference, seen: dict[str, Span], name: s.Ident) -> None:
    if name.name in seen:
        _twice(inference, name.name, name.span, seen[name.name])
    seen.setdefault(name.name, name.span)


def _check_scope(inference: Inference, entry: s.ScopeEntry) -> None:
    name = entry.sort
    symbol = inference.table.look_up(name.name, inference.at.home)
    if symbol is None:
        sorts = [n for n, found in inference.table.symbols.items() if isinstance(found.what, SortSymbol)]
        inference.report(
            Code.UNKNOWN_NAME,
            f"there is no sort `{name.name}`",
            name.span,
            "unknown sort",
            help_line=did_you_mean(name.name, sorts),
        )
    elif not isinstance(symbol.what, SortSymbol):
        inference.report(
            Code.BAD_SCOPE,
            f"`{name.name}` is {symbol.noun}; only a sort has a scope",
            name.span,
            "not a sort",
            secondary=[Label(symbol.span, "declared here")],
        )
    seen: dict[str, Span] = {}
    for element in entry.names:
        _once(inference, seen, element)


def _check_value(inference: Inference, entry: s.ValueEntry) -> None:
    scope = Scope()
    symbol = inference.table.look_up(entry.name.name, inference.at.home)
    if symbol is None or not isinstance(symbol.what, ConstSymbol):
        inference.type_of(entry.value, scope)
        if symbol is None:
            constants = [n for n, found in inference.table.symbols.items() if isinstance(found.what, ConstSymbol)]
            inference.report(
                Code.UNKNOWN_NAME,
                f"there is no constant `{entry.name.name}`",
                entry.name.span,
                "unknown constant",
                help_line=did_you_mean(entry.name.name, constants),
            )
        else:
            inference.report(
                Code.BAD_CONSTANT_VALUE,
                f"`{entry.name.name}` is {symbol.noun}; a model gives values to constants and switches",
                entry.name.span,
                "not a constant",
                secondary=[Label(symbol.span, "declared here")],
            )
        return
    whole = inference.declared_type(symbol.what.decl.type, symbol.module)
    slot = inference.path_type(whole, entry.path, entry.name, scope)
    found = inference.type_of(entry.value, scope)
    because = Label(symbol.what.decl.type.span, f"`{entry.name.name}` is declared here")
    inference.expect(entry.value, found, slot, because=because)


def _property(inference: Inference, name: s.Ident) -> s.PropertyKind | None:
    """Return what kind of property the name is (an implicit one is an invariant); None if there is none, which is reported."""
    if name.name in IMPLICIT:
        return s.PropertyKind.INVARIANT
    symbol = inference.table.look_up(name.name, inference.at.home)
    if symbol is not None and isinstance(symbol.what, OperatorSymbol) and symbol.what.property is not None:
        return symbol.what.property.kind
    properties = [
        n
        for n, found in inference.table.symbols.items()
        if isinstance(found.what, OperatorSymbol) and found.what.property is not None
    ]
    told = f"there is no property `{name.name}`"
    secondary: list[Label] = []
    if symbol is not None:
        told = f"`{name.name}` is {symbol.noun}, not a property"
        secondary.append(Label(symbol.span, "declared here"))
    inference.report(
        Code.UNKNOWN_PROPERTY,
        told,
        name.span,
        "not a property",
        secondary=secondary,
        help_line=did_you_mean(name.name, [*properties, *IMPLICIT]),
    )
    return None


def _check_expectation(inference: Inference, entry: s.ExpectEntry, name: s.Ident, seen: dict[str, Span]) -> None:
    kind = _property(inference, name)
    if name.name in seen:
        inference.report(
            Code.DUPLICATE_EXPECTATION,
            f"two expectations of `{name.name}` in one model",
            name.span,
            "expected again here",
            secondary=[Label(seen[name.name], "first here")],
        )
    seen.setdefault(name.name, name.span)
    if kind is None:
        return
    is_witness = kind is s.PropertyKind.WITNESS
    if is_witness != (entry.expected in _FOR_WITNESSES):
        told = "a witness" if is_witness else "no witness"
        words = "`reachable` or `unreachable`" if is_witness else "`holds`, `violated`, `bounded` or `proved`"
        inference.report(
            Code.UNKNOWN_PROPERTY,
            f"`{entry.expected.value}` cannot be expected of `{name.name}`, which is {told}",
            name.span,
            f"this is {told}",
            help_line=f"of {'a witness' if is_witness else 'it'} one expects {words}",
        )
