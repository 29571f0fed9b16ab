"""Values as JSON, and back by their type.

| of type | is |
| --- | --- |
| BOOLEAN, integers | `true`, `false`, a number |
| sorts, enums, unions | the element's or literal's label; with its family before it, `Mode.free`, where another family has the same |
| tuples, sequences, sets | an array; of a set in the fixed order |
| records | an object |
| functions | an object, where every argument is text; else an array of pairs |
| options | `null`, or `{"some": …}` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core import types as t
from pluscheck.core.system import LABEL_FAMILY, TransitionSystem
from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value, ordered
from pluscheck.proofs.json_text import Json, Object, json_object, refused


class Labels:
    """How elements and literals of a system are called: by their label, unless several are called that."""

    def __init__(self, system: TransitionSystem) -> None:
        families = dict(system.scope)
        declared = [variable.type for variable in system.variables] + [constant.type for constant in system.constants]
        for of in declared:
            families.update((enum.name, t.enum_atoms(enum)) for enum in _enums_in(of))
        owners: dict[str, int] = {}
        for name, atoms in families.items():
            if not name.startswith(LABEL_FAMILY):
                for label in {atom.label for atom in atoms}:
                    owners[label] = owners.get(label, 0) + 1
        self._shared = frozenset(label for label, number in owners.items() if number > 1)

    def of(self, atom: Atom) -> str:
        """Return what an element or literal is called."""
        is_shared = atom.label in self._shared and not atom.family.startswith(LABEL_FAMILY)
        return f"{atom.family}.{atom.label}" if is_shared else atom.label


def _enums_in(of: t.Type) -> Iterator[t.EnumType]:
    match of:
        case t.EnumType():
            yield of
        case t.UnionType(_, parts) | t.TupleType(parts):
            for part in parts:
                yield from _enums_in(part)
        case t.RecordType(fields):
            for _, item in fields:
                yield from _enums_in(item)
        case t.FunctionType(domain, target):
            yield from _enums_in(domain)
            yield from _enums_in(target)
        case t.SetType(element) | t.SeqType(element, _) | t.OptionType(element):
            yield from _enums_in(element)
        case t.BoolType() | t.RangeType() | t.SortType() | t.AmongType():
            return
        case _:
            assert_never(of)


def value_json(value: Value, labels: Labels) -> Json:
    """Return a value as JSON."""
    match value:
        case bool() | int():
            return Json(value)
        case Atom():
            return Json(labels.of(value))
        case Nothing():
            return Json(None)
        case Some(inner):
            return json_object(("some", value_json(inner, labels)))
        case Record(fields):
            return json_object(*((name, value_json(item, labels)) for name, item in fields))
        case Function(pairs):
            return _function_json([(value_json(a, labels), value_json(v, labels)) for a, v in pairs])
        case tuple():
            return Json(tuple(value_json(item, labels) for item in value))
        case frozenset():
            return Json(tuple(value_json(item, labels) for item in ordered(value)))


def _function_json(pairs: list[tuple[Json, Json]]) -> Json:
    named = [(argument.value, result) for argument, result in pairs if isinstance(argument.value, str)]
    if len(named) == len(pairs):
        return json_object(*named)
    return Json(tuple(Json(pair) for pair in pairs))


def value_of_json(node: Json, of: t.Type, system: TransitionSystem, labels: Labels) -> Value:
    """Return the value of the type that the JSON stands for. Raises SpecError (PC805) where it stands for none."""
    return _Reading(system, labels).value(node, of)


class _Reading:
    def __init__(self, system: TransitionSystem, labels: Labels) -> None:
        self._scope = system.scope
        self._labels = labels

    def value(self, node: Json, of: t.Type) -> Value:
        match of:
            case t.BoolType():
                if not isinstance(node.value, bool):
                    raise _wrong(node, "this is neither `true` nor `false`")
                return node.value
            case t.RangeType(low, high):
                if isinstance(node.value, bool) or not isinstance(node.value, int) or not low <= node.value <= high:
                    raise _wrong(node, f"this is no number from {low} to {high}")
                return node.value
            case t.EnumType() | t.SortType() | t.UnionType():
                return self._one_of(node, tuple(t.values_of(of, self._scope)))
            case t.AmongType(values):
                return self._one_of(node, values)
            case t.RecordType(fields):
                return self._record(node, fields)
            case t.TupleType(items):
                parts = _items(node, "a tuple")
                if len(parts) != len(items):
                    raise _wrong(node, f"this has {len(parts)} components, not {len(items)}")
                return tuple([self.value(part, item) for part, item in zip(parts, items, strict=True)])
            case t.FunctionType(domain, target):
                return self._function(node, domain, target)
            case t.SetType(element):
                return frozenset(self._distinct(_items(node, "a set"), lambda part: self.value(part, element)))
            case t.SeqType(element, bound):
                parts = _items(node, "a sequence")
                if len(parts) > bound:
                    raise _wrong(node, f"this sequence is longer than {bound}")
                return tuple([self.value(part, element) for part in parts])
            case t.OptionType(element):
                if node.value is None:
                    return NOTHING
                return Some(self.value(_members(node, ("some",))["some"], element))
            case _:
                assert_never(of)

    def _one_of(self, node: Json, values: tuple[Value, ...]) -> Value:
        for value in values:
            if value_json(value, self._labels) == node:
                return value
        raise _wrong(node, "this is none of the values that can stand here")

    def _record(self, node: Json, fields: tuple[tuple[str, t.Type], ...]) -> Record:
        members = _members(node, tuple(name for name, _ in fields))
        return Record(tuple([(name, self.value(members[name], item)) for name, item in fields]))

    def _function(self, node: Json, domain: t.Type, target: t.Type) -> Function:
        pairs: list[tuple[Json, Json]] = []
        match node.value:
            case Object(members, keys):
                pairs = [(Json(key, place), value) for (key, value), place in zip(members, keys, strict=True)]
            case tuple(items):
                for item in items:
                    match item.value:
                        case (argument, result):
                            pairs.append((argument, result))
                        case _:
                            raise _wrong(item, "this is no pair of an argument and a result")
            case _:
                raise _wrong(node, "this is no function")
        arguments = self._distinct([argument for argument, _ in pairs], lambda part: self.value(part, domain))
        if len(arguments) != t.cardinality(domain, self._scope):
            raise _wrong(node, "this function is not defined for all its arguments")
        results = [self.value(result, target) for _, result in pairs]
        return Function.of(dict(zip(arguments, results, strict=True)))

    def _distinct(self, parts: list[Json] | tuple[Json, ...], value: Callable[[Json], Value]) -> list[Value]:
        """Return the parts' values, of which no two may be the same."""
        found: dict[Value, None] = {}
        for part in parts:
            one = value(part)
            if one in found:
                raise _wrong(part, "this is there twice")
            found[one] = None
        return list(found)


def _items(node: Json, what: str) -> tuple[Json, ...]:
    if not isinstance(node.value, tuple):
        raise _wrong(node, f"this is no array, and so not {what}")
    return node.value


def _members(node: Json, names: tuple[str, ...]) -> dict[str, Json]:
    """Return the members of an object that has exactly these."""
    if not isinstance(node.value, Object) or tuple(key for key, _ in node.value.members) != tuple(sorted(names)):
        raise _wrong(node, f"this is no object with {', '.join(f'`{name}`' for name in names)}")
    return dict(node.value.members)


def _wrong(node: Json, message: str) -> SpecError:
    return refused(Code.PROOF_VALUE, message, node.span, "not a value of the type")
