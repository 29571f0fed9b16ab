"""What a model says, with what it takes over from the models that it extends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span
from pluscheck.core.system import DEADLOCK, FAULTS, Expectation, Expected
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated

DEFAULT = "default"
"""The name of the model of a specification that has none and needs none."""


def models(elaborated: Elaborated) -> tuple[str, ...]:
    """Return the names of the specification's models. Raises SpecError (PC507) if there is none and one is needed."""
    if elaborated.models:
        return tuple(elaborated.models)
    needs = [f"the size of `{name}`" for name in elaborated.sorts]
    needs += [f"a value for `{name}`" for name, decl in elaborated.constants.items() if decl.default is None]
    if not needs:
        return (DEFAULT,)
    wanted = needs[0] if len(needs) == 1 else f"{', '.join(needs[:-1])} and {needs[-1]}"
    entries = [f"scope {name} = 2;" for name in elaborated.sorts]
    raise SpecError(
        [
            Diagnostic(
                Code.NO_MODEL,
                "the specification has no model, and needs one",
                Label(elaborated.root.name.span, f"a model must give {wanted}"),
                help=f"add a model: `model base {{ {' '.join(entries)}{' ' if entries else ''}… }}`",
            )
        ]
    )


@dataclass(slots=True)
class Entries:
    """The entries that count for a model; those of the model itself after those it extends."""

    span: Span
    scopes: dict[str, s.ScopeEntry] = field(default_factory=dict)
    values: dict[str, list[s.ValueEntry]] = field(default_factory=dict)
    depth: int | None = None
    checked: list[str] | None = None
    expected: dict[str, Expectation] = field(default_factory=dict)


def entries_of(elaborated: Elaborated, model: str) -> Entries:
    """Return the entries of a model; of the implicit one, none."""
    decl = elaborated.models.get(model)
    entries = Entries(elaborated.root.name.span if decl is None else decl.name.span)
    for ancestor in reversed(list(_chain(elaborated, decl))):
        _add(entries, ancestor)
    return entries


def _chain(elaborated: Elaborated, decl: s.ModelDecl | None) -> Iterator[s.ModelDecl]:
    """Yield the model, the one that it extends, and so on; the checker has seen to it that this ends."""
    while decl is not None:
        yield decl
        decl = None if decl.base is None else elaborated.models[decl.base.name]


def _add(entries: Entries, model: s.ModelDecl) -> None:
    checks = [name.name for entry in model.entries if isinstance(entry, s.CheckEntry) for name in entry.properties]
    if checks:
        entries.checked = checks
    for entry in model.entries:
        match entry:
            case s.ScopeEntry(sort):
                entries.scopes[sort.name] = entry
            case s.ValueEntry(name, path, _):
                before = entries.values.get(name.name, [])
                entries.values[name.name] = [*before, entry] if path else [entry]
            case s.DepthEntry(depth):
                entries.depth = depth
            case s.CheckEntry() | s.NeedsEntry():
                pass  # of the second, only what the model says itself counts
            case s.ExpectEntry(properties, expected, depth):
                for name in properties:
                    expectation = Expectation(
                        name.name, Expected(expected.value), depth, explicit=True, span=entry.span
                    )
                    entries.expected[name.name] = expectation
                    if entries.checked is not None and name.name not in entries.checked:
                        entries.checked.append(name.name)


def expectations(elaborated: Elaborated, entries: Entries) -> tuple[Expectation, ...]:
    """Return one expectation for each property that is checked, in the order of declaration, the implicit ones last.

    A `check` restricts what is checked to its properties, and to those of which something is expected beside or after it. Where nothing can ever
    happen, as in a library module, that is no deadlock unless one is expected.
    """
    found: list[Expectation] = []
    is_still = not elaborated.actions and not elaborated.processes
    for name in (*elaborated.properties, DEADLOCK, FAULTS):
        if entries.checked is not None and name not in entries.checked:
            continue
        if name == DEADLOCK and is_still and name not in entries.expected:
            continue
        decl = elaborated.properties.get(name)
        is_witness = decl is not None and decl.kind is s.PropertyKind.WITNESS
        span = entries.span if decl is None else decl.name.span
        default = Expectation(
            name, Expected.REACHABLE if is_witness else Expected.HOLDS, None, explicit=False, span=span
        )
        found.append(entries.expected.get(name, default))
    return tuple(found)
