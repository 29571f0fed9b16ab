"""A trace as Apalache's tools read it: the Informal Trace Format, as its ADR-015 of 2023-09-14 has it.

https://apalache-mc.org/docs/adr/015adr-trace.html. Every state has all variables, by their names in the transition system. What is beyond the format (who stepped,
by which action, where that stands in the source) is in the `#meta` of the state that the step leads to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, assert_never

from pluscheck.core import types as t
from pluscheck.core.system import State, Variable
from pluscheck.core.values import Atom, Function, Nothing, Record, Some, Value, ordered
from pluscheck.report.because import headline
from pluscheck.report.formats.why import why
from pluscheck.report.story import Extent, StepView, Story

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"

UNIT = "U_OF_UNIT"
"""What the empty option holds: a variant always has a value."""


def itf_text(story: Story, variables: Sequence[Variable], states: Sequence[State]) -> str:
    """Return the trace, a state a line. `states` are those of the story, as values; `variables` those that they are values of."""
    head: dict[str, Any] = {
        "#meta": {
            "format": "ITF",
            "format-description": DESCRIPTION,
            "source": story.file,
            "description": f"{headline(story)}, found by pluscheck {story.version}",
            "varTypes": {variable.name: _type(variable.type) for variable in variables},
            "module": story.module,
            "model": story.model,
            "property": story.property,
            "kind": story.kind,
            "verdict": story.answer,
            "because": why(story),
        },
        "vars": [variable.name for variable in variables],
    }
    if story.loop is not None:
        head["loop"] = story.loop
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    rows = [_json(_state(story, variables, number, state)) for number, state in enumerate(states)]
    lines.append('  "states": [' + ",".join(f"\n    {row}" for row in rows) + ("\n  ]" if rows else "]"))
    return "\n".join(["{", *lines, "}"]) + "\n"


def _json(value: Any) -> str:
    # As ASCII: whatever reads it, and in whatever encoding, reads the same.
    return json.dumps(value, sort_keys=True)


def _state(story: Story, variables: Sequence[Variable], number: int, state: State) -> dict[str, Any]:
    meta: dict[str, Any] = {"index": number}
    if number:
        meta |= _step(story, story.steps[number - 1])
    values = zip(variables, state, strict=True)
    return {"#meta": meta, **{variable.name: itf_value(value, variable.type) for variable, value in values}}


def _step(story: Story, step: StepView) -> dict[str, Any]:
    lane = story.lanes[step.lane]
    meta: dict[str, Any] = {"action": step.action, "arguments": dict(step.arguments)}
    if lane.kind:
        meta["process"] = lane.name
    if step.extent is not None:
        meta["place"] = _place(step.extent)
    return meta


def _place(extent: Extent) -> dict[str, Any]:
    return {
        "file": extent.file,
        "line": extent.line,
        "column": extent.column,
        "end_line": extent.end_line,
        "end_column": extent.end_column,
    }


def itf_value(value: Value, of: t.Type) -> Any:
    """Return a value of this type as the format writes it. The type tells a sequence (a list) from a tuple; values that a type only lists count as tuples."""
    match value:
        case bool():
            return value
        case int():
            return {"#bigint": str(value)}
        case Atom(_, _, label):
            return label
        case Nothing():
            return {"tag": "None", "value": UNIT}
        case Some(inner):
            return {"tag": "Some", "value": itf_value(inner, of.element if isinstance(of, t.OptionType) else of)}
        case Record(fields):
            types = dict(of.fields) if isinstance(of, t.RecordType) else {}
            return {name: itf_value(part, types.get(name, of)) for name, part in fields}
        case Function(pairs):
            domain, target = (of.domain, of.range) if isinstance(of, t.FunctionType) else (of, of)
            return {"#map": [[itf_value(argument, domain), itf_value(result, target)] for argument, result in pairs]}
        case tuple():
            if isinstance(of, t.SeqType):
                return [itf_value(part, of.element) for part in value]
            items = of.items if isinstance(of, t.TupleType) else (of,) * len(value)
            return {"#tup": [itf_value(part, item) for part, item in zip(value, items, strict=True)]}
        case frozenset():
            element = of.element if isinstance(of, t.SetType) else of
            return {"#set": [itf_value(part, element) for part in ordered(value)]}
        case _:
            assert_never(value)


def _type(of: t.Type) -> str:
    """Return a type in Apalache's notation (its ADR-002), in which elements of sorts and enums are strings."""
    match of:
        case t.BoolType():
            return "Bool"
        case t.RangeType():
            return "Int"
        case t.EnumType() | t.SortType() | t.UnionType():
            return "Str"
        case t.RecordType(fields):
            return "{" + ", ".join(f"{name}: {_type(item)}" for name, item in fields) + "}"
        case t.TupleType(items):
            return "<<" + ", ".join(_type(item) for item in items) + ">>"
        case t.FunctionType(domain, target):
            return f"({_type(domain)} -> {_type(target)})"
        case t.SetType(element):
            return f"Set({_type(element)})"
        case t.SeqType(element, _):
            return f"Seq({_type(element)})"
        case t.OptionType(element):
            return f"(None(UNIT) | Some({_type(element)}))"
        case t.AmongType(values):
            return _type_of(values[-1])  # in the fixed order, the largest: one that is not empty, if there is one
        case _:
            assert_never(of)


def _type_of(value: Value) -> str:
    """Return the type of a value that stands for others of its type, as far as it shows it."""
    match value:
        case bool():
            return "Bool"
        case int():
            return "Int"
        case Atom():
            return "Str"
        case Nothing():
            return "(None(UNIT) | Some(UNIT))"
        case Some(inner):
            return f"(None(UNIT) | Some({_type_of(inner)}))"
        case Record(fields):
            return "{" + ", ".join(f"{name}: {_type_of(part)}" for name, part in fields) + "}"
        case tuple():
            return "<<" + ", ".join(_type_of(part) for part in value) + ">>"
        case Function(pairs):
            return f"({_type_of(pairs[0][0])} -> {_type_of(pairs[0][1])})" if pairs else "(Str -> Str)"
        case frozenset():
            return f"Set({_type_of(ordered(value)[0])})" if value else "Set(Str)"
        case _:
            assert_never(value)
