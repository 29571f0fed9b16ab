"""What an ablation found, as its file has it: the unsafe settings with their runs, and what shows that all others are safe.

Sets of protections are told by the names of those that are in them. Like a stored proof, the file is believed in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.load import load
from pluscheck.base.writing import write_whole
from pluscheck.proofs.document import SpecName, StoredInvariant, StoredTrace
from pluscheck.proofs.files import MAX_BYTES, Fields, evidence_in, evidence_json, proof_path
from pluscheck.proofs.json_text import Json, json_object, json_text, parse_json, refused

FORMAT = "pluscheck-ablation-proof-1"
"""Named in every file; a change that a reader could trip over gets another number."""

SUFFIX = ".ablation"
"""Of such files; stored proofs end otherwise."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredCondition:
    """With all of `on` on and all of `off` off, `property` is violated: `trace` is the run with all others on."""

    on: Names
    off: Names
    property: str
    trace: StoredTrace


@dataclass(frozen=True, slots=True)
class StoredSafe:
    """A minimal safe set, with a run for each witness."""

    on: Names
    witnesses: tuple[tuple[str, StoredTrace], ...]


@dataclass(frozen=True, slots=True)
class StoredStifling:
    """A witness that is not reached in every setting: it is in those of `reached` (pairs of what is on and what is off), and `invariant` shows that it is in no other safe one."""

    witness: str
    reached: tuple[tuple[Names, Names], ...]
    invariant: StoredInvariant


@dataclass(frozen=True, slots=True)
class StoredAblation:
    """One file. `system` is the digest of the system with free switches, with all properties that are asked about.

    `order` is the order whose constraints it is about; None if it is about switches. `invariant` shows that settings that are as no condition says violate nothing; None if there are none.
    """

    spec: SpecName
    model: str
    order: str | None
    system: str
    protections: Names
    properties: Names
    witnesses: Names
    minimal_safe: tuple[StoredSafe, ...]
    unsafe: tuple[StoredCondition, ...]
    invariant: StoredInvariant | None
    stifling: tuple[StoredStifling, ...]

    @property
    def sets(self) -> tuple[Names, ...]:
        """The minimal safe sets."""
        return tuple([one.on for one in self.minimal_safe])


def ablation_path(folder: Path, module: str, model: str, order: str | None) -> Path:
    """Return where the file belongs: `folder/module/model/switches.ablation`, or `order NAME.ablation` of an order, as a safe name."""
    name = "switches" if order is None else f"order_{order}"
    return proof_path(folder, module, model, name).with_suffix(SUFFIX)


def write_ablation(path: Path, stored: StoredAblation) -> bool:
    """Write the file; return whether that changed anything. Raises OSError."""
    return write_whole(path, json_text(_whole(stored)).encode())


def _whole(stored: StoredAblation) -> Json:
    spec = stored.spec
    return json_object(
        ("format", Json(FORMAT)),
        (
            "spec",
            json_object(
                ("digest", Json(spec.digest)), ("file", Json(spec.file)), ("module", Json(spec.module)), spread=True
            ),
        ),
        ("model", Json(stored.model)),
        ("order", Json(stored.order)),
        ("system", Json(stored.system)),
        ("protections", _names(stored.protections)),
        ("properties", _names(stored.properties)),
        ("witnesses", _names(stored.witnesses)),
        ("minimal_safe", Json(tuple(_safe(one) for one in stored.minimal_safe), spread=True)),
        ("unsafe", Json(tuple(_condition(one) for one in stored.unsafe), spread=True)),
        ("invariant", Json(None) if stored.invariant is None else evidence_json(stored.invariant)),
        ("stifling", Json(tuple(_stifling(one) for one in stored.stifling), spread=True)),
        spread=True,
    )


def _names(names: Names) -> Json:
    return Json(tuple(Json(name) for name in names))


def _safe(one: StoredSafe) -> Json:
    runs = tuple(
        json_object(("witness", Json(name)), ("run", evidence_json(trace)), spread=True)
        for name, trace in one.witnesses
    )
    return json_object(("on", _names(one.on)), ("witnesses", Json(runs, spread=True)), spread=True)


def _condition(one: StoredCondition) -> Json:
    return json_object(
        ("on", _names(one.on)),
        ("off", _names(one.off)),
        ("property", Json(one.property)),
        ("run", evidence_json(one.trace)),
        spread=True,
    )


def _stifling(one: StoredStifling) -> Json:
    reached = tuple(json_object(("on", _names(on)), ("off", _names(off))) for on, off in one.reached)
    return json_object(
        ("witness", Json(one.witness)),
        ("reached", Json(reached, spread=True)),
        ("invariant", evidence_json(one.invariant)),
        spread=True,
    )


# ----------------------------------------------------------------------------------------------- reading


def read_ablation(path: Path) -> StoredAblation:
    """Return what a file says. Raises SpecError: PC001 to PC006 where it cannot be read, PC801 to PC804 where it is no stored ablation."""
    whole = parse_json(load(path, most=MAX_BYTES))
    top = Fields(whole, "a stored ablation is an object")
    version = top.string("format")
    if version.text != FORMAT:
        raise refused(Code.PROOF_VERSION, f"this is not of the format `{FORMAT}`", version.span, "another format")
    spec = Fields(top.get("spec"), "`spec` is an object")
    invariant = top.get("invariant")
    stored = StoredAblation(
        spec=SpecName(spec.string("file").text, spec.string("module").text, spec.digest("digest")),
        model=top.string("model").text,
        order=top.string("order").text if top.get("order").value is not None else None,
        system=top.digest("system"),
        protections=_names_in(top, "protections"),
        properties=_names_in(top, "properties"),
        witnesses=_names_in(top, "witnesses"),
        minimal_safe=tuple(_safe_in(item) for item in top.items("minimal_safe")),
        unsafe=tuple(_condition_in(item) for item in top.items("unsafe")),
        invariant=None if invariant.value is None else _invariant_in(invariant),
        stifling=tuple(_stifling_in(item) for item in top.items("stifling")),
    )
    spec.finish()
    top.finish()
    return stored


def _names_in(found: Fields, key: str) -> Names:
    return tuple(clause.text for clause in found.strings(key))


def _invariant_in(node: Json) -> StoredInvariant:
    evidence = evidence_in(Fields(node, "an invariant is an object"))
    if not isinstance(evidence, StoredInvariant):
        raise refused(Code.PROOF_FIELD, "this is to be an inductive invariant", node.span, "something else")
    return evidence


def _trace_in(node: Json) -> StoredTrace:
    evidence = evidence_in(Fields(node, "a run is an object"))
    if not isinstance(evidence, StoredTrace):
        raise refused(Code.PROOF_FIELD, "this is to be a trace", node.span, "something else")
    return evidence


def _safe_in(node: Json) -> StoredSafe:
    found = Fields(node, "a safe set is an object")
    runs: list[tuple[str, StoredTrace]] = []
    for item in found.items("witnesses"):
        one = Fields(item, "a witness is an object")
        runs.append((one.string("witness").text, _trace_in(one.get("run"))))
        one.finish()
    safe = StoredSafe(_names_in(found, "on"), tuple(runs))
    found.finish()
    return safe


def _condition_in(node: Json) -> StoredCondition:
    found = Fields(node, "a condition is an object")
    condition = StoredCondition(
        _names_in(found, "on"), _names_in(found, "off"), found.string("property").text, _trace_in(found.get("run"))
    )
    found.finish()
    return condition


def _stifling_in(node: Json) -> StoredStifling:
    found = Fields(node, "this is an object")
    reached: list[tuple[Names, Names]] = []
    for item in found.items("reached"):
        one = Fields(item, "a set of settings is an object")
        reached.append((_names_in(one, "on"), _names_in(one, "off")))
        one.finish()
    stifling = StoredStifling(found.string("witness").text, tuple(reached), _invariant_in(found.get("invariant")))
    found.finish()
    return stifling
