"""Stored proofs as files: where they are, their bytes, and reading and writing them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TypeVar

from pluscheck.base.codes import Code
from pluscheck.base.load import load
from pluscheck.base.source import Source, Span
from pluscheck.base.writing import write_whole
from pluscheck.core.system import DEADLOCK, FAULTS, Expected, PropertyKind
from pluscheck.proofs.document import (
    FORMAT,
    Claim,
    Clause,
    SpecName,
    StoredDepth,
    StoredEvidence,
    StoredFault,
    StoredInduction,
    StoredInvariant,
    StoredProof,
    StoredSearch,
    StoredStates,
    StoredStep,
    StoredTrace,
)
from pluscheck.proofs.json_text import Json, Object, json_object, json_text, parse_json, refused, spread

SUFFIX = ".json"

JUDGES = frozenset({"reference semantics", "Z3", "cvc5", "bitwuzla", "a second search", "the bounded checker"})
"""Who may have accepted evidence. It is looked at by somebody again before it counts."""

MAX_BYTES = 16 * 1024 * 1024
"""Larger files are refused before they are read."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
"""Names that are no files on Windows, whatever follows the dot."""


# ------------------------------------------------------------------------------------------------- names


def proof_path(folder: Path, module: str, model: str, name: str) -> Path:
    """Return where the proof of a property belongs: `folder/module/model/name.json`, each part a safe name on every system."""
    return folder / _safe(module) / _safe(model) / (_safe(name) + SUFFIX)


_OURS = re.compile(rb'"format":\s*"pluscheck-(?:ablation-)?proof-')
_NAMED = re.compile(rb'"file":\s*"([^"\\]*)"')


def stored_in(path: Path) -> str | None:
    """Return which specification a file with evidence says that it is of, "" if it does not say; None of any other file, and of one that cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if _OURS.search(data) is None:
        return None
    named = _NAMED.search(data)
    return "" if named is None else named[1].decode(errors="replace")


def _safe(name: str) -> str:
    """Return the name, or where some file system would not take it as it is, one that is made of it."""
    if _PLAIN.fullmatch(name) and not _DEVICES.fullmatch(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:60]
    return f"{readable}~{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:12]}"


# ----------------------------------------------------------------------------------------------- writing


def proof_text(proof: StoredProof) -> str:
    """Return the text of a proof's file: the same for the same proof, ending in a newline."""
    return json_text(_proof(proof))


def write_proof(path: Path, proof: StoredProof) -> bool:
    """Write a proof's file, and the folders that it is in; return whether that changed anything.

    A reader finds the file as it was or as it is to be, never a part of it. Raises OSError.
    """
    return write_whole(path, proof_text(proof).encode())


def _proof(proof: StoredProof) -> Json:
    expected = [("expected", _string(proof.expected.value))]
    if proof.expected_depth is not None:
        expected.append(("expected_depth", Json(proof.expected_depth)))
    return json_object(
        ("format", _string(FORMAT)),
        (
            "spec",
            json_object(
                ("digest", _string(proof.spec.digest)),
                ("file", _string(proof.spec.file)),
                ("module", _string(proof.spec.module)),
                spread=True,
            ),
        ),
        ("model", _string(proof.model)),
        ("property", _string(proof.property)),
        ("kind", _string(proof.kind)),
        *expected,
        ("system", _string(proof.system)),
        ("verdict", _string(proof.claim.value)),
        ("evidence", evidence_json(proof.evidence)),
        ("shown_by", Json(tuple(_string(each) for each in proof.shown_by))),
        ("tools", json_object(*((name, _string(version)) for name, version in proof.tools))),
        spread=True,
    )


def evidence_json(evidence: StoredEvidence) -> Json:
    """Return evidence as a file has it."""
    match evidence:
        case StoredInvariant():
            return json_object(("kind", _string("inductive invariant")), *_invariant(evidence), spread=True)
        case StoredInduction(k, invariant):
            return json_object(("kind", _string("k-induction")), ("k", Json(k)), *_invariant(invariant), spread=True)
        case StoredStates(count, diameter, digest):
            return json_object(
                ("kind", _string("reachable states")),
                ("count", Json(count)),
                ("diameter", Json(diameter)),
                ("digest", _string(digest)),
                spread=True,
            )
        case StoredSearch(count, transitions, diameter, sums, permuted):
            return json_object(
                ("kind", _string("searched states")),
                ("count", Json(count)),
                ("transitions", Json(transitions)),
                ("diameter", Json(diameter)),
                ("sums", _string(sums)),
                ("permuted", Json(tuple(map(_string, permuted)))),
                spread=True,
            )
        case StoredTrace(initial, steps, fault):
            ends = [] if fault is None else [("fault", _fault(fault))]
            return json_object(
                ("kind", _string("trace")),
                ("initial", Json(None) if initial is None else spread(initial)),
                ("steps", Json(tuple(_step(step) for step in steps), spread=True)),
                *ends,
                spread=True,
            )
        case StoredDepth(depth):
            return json_object(("kind", _string("depth")), ("depth", Json(depth)), spread=True)


def _invariant(invariant: StoredInvariant) -> list[tuple[str, Json]]:
    return [
        ("conjuncts", Json(tuple(_lines(clause.text) for clause in invariant.conjuncts), spread=True)),
        ("properties", Json(tuple(_string(name) for name in invariant.properties))),
    ]


def _lines(text: str) -> Json:
    """Return a text of one line as a string, of several as an array of them."""
    lines = tuple(_string(line) for line in text.split("\n"))
    return lines[0] if len(lines) == 1 else Json(lines, spread=True)


def _step(step: StoredStep, *, with_changes: bool = True) -> Json:
    changes = [("changes", Json(step.changes))] if with_changes else []
    return json_object(
        ("action", _string(step.action)), ("variant", Json(step.variant)), ("arguments", step.arguments), *changes
    )


def _fault(fault: StoredFault) -> Json:
    step = [] if fault.step is None else [("step", _step(fault.step, with_changes=False))]
    return json_object(("code", _string(fault.code)), ("text", _string(fault.text)), *step)


def _string(text: str) -> Json:
    return Json(text)


# ----------------------------------------------------------------------------------------------- reading


def read_proof(path: Path) -> StoredProof:
    """Return what a file says. Raises SpecError: PC001 to PC006 where it cannot be read, PC801 to PC804 where it is no stored proof."""
    return proof_in(load(path, most=MAX_BYTES))


def proof_in(source: Source) -> StoredProof:
    """Return what the text of a file says. Raises SpecError (PC801 to PC804)."""
    whole = parse_json(source)
    top = Fields(whole, "a stored proof is an object")
    version = top.string("format")
    if version.text != FORMAT:
        raise refused(
            Code.PROOF_VERSION,
            f"this is not of the format `{FORMAT}`",
            version.span,
            "another format",
            remedy="it was written by another version of pluscheck: `pluscheck gate --update` writes it anew",
        )
    spec = Fields(top.get("spec"), "`spec` is an object")
    proof = StoredProof(
        spec=SpecName(spec.string("file").text, spec.string("module").text, spec.digest("digest")),
        model=top.string("model").text,
        property=top.string("property").text,
        kind=_kind_in(top.string("kind")),
        expected=top.one_of("expected", Expected),
        expected_depth=top.number("expected_depth") if top.has("expected_depth") else None,
        system=top.digest("system"),
        claim=top.one_of("verdict", Claim),
        evidence=evidence_in(Fields(top.get("evidence"), "`evidence` is an object")),
        shown_by=tuple(_judge_in(given) for given in top.strings("shown_by")),
        tools=top.texts_by_name("tools"),
        span=whole.span,
    )
    spec.finish()
    top.finish()
    return proof


def _kind_in(given: Clause) -> str:
    """Return a kind of property."""
    if given.text not in _KINDS:
        raise refused(Code.PROOF_FIELD, f"there is no property of the kind `{given.text[:40]}`", given.span, "here")
    return given.text


def _judge_in(given: Clause) -> str:
    """Return who is said to have accepted the evidence: one of those who can."""
    if given.text not in JUDGES:
        raise refused(Code.PROOF_FIELD, f"nobody is called `{given.text[:40]}` who judges evidence", given.span, "here")
    return given.text


def evidence_in(found: Fields) -> StoredEvidence:
    """Return the evidence that an object of a file is."""
    kind = found.string("kind")
    evidence: StoredEvidence
    match kind.text:
        case "inductive invariant":
            evidence = _invariant_in(found)
        case "k-induction":
            evidence = StoredInduction(found.number("k"), _invariant_in(found))
        case "reachable states":
            evidence = StoredStates(found.number("count"), found.number("diameter"), found.digest("digest"))
        case "searched states":
            evidence = StoredSearch(
                found.number("count"),
                found.number("transitions"),
                found.number("diameter"),
                found.string("sums").text,
                tuple([sort.text for sort in found.strings("permuted")]),
            )
        case "trace":
            initial = found.get("initial")
            steps = tuple(_step_in(step) for step in found.items("steps"))
            fault = _fault_in(found.get("fault")) if found.has("fault") else None
            evidence = StoredTrace(None if initial.value is None else initial, steps, fault)
        case "depth":
            evidence = StoredDepth(found.number("depth"))
        case other:
            raise refused(Code.PROOF_FIELD, f"there is no evidence of the kind `{other[:40]}`", kind.span, "here")
    found.finish()
    return evidence


def _invariant_in(found: Fields) -> StoredInvariant:
    return StoredInvariant(found.texts("conjuncts"), tuple(clause.text for clause in found.strings("properties")))


def _step_in(node: Json, *, with_changes: bool = True) -> StoredStep:
    found = Fields(node, "a step is an object")
    changes = found.items("changes") if with_changes else ()
    step = StoredStep(found.string("action").text, found.number("variant"), found.get("arguments"), changes, node.span)
    found.finish()
    return step


def _fault_in(node: Json) -> StoredFault:
    found = Fields(node, "a fault is an object")
    step = _step_in(found.get("step"), with_changes=False) if found.has("step") else None
    fault = StoredFault(found.string("code").text, found.string("text").text, step, node.span)
    found.finish()
    return fault


_Choice = TypeVar("_Choice", Expected, Claim)

_KINDS = frozenset({DEADLOCK, FAULTS, *PropertyKind})

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Fields:
    """The members of an object, each to be asked for once; `finish` reports any that nobody asked for."""

    def __init__(self, node: Json, message: str) -> None:
        if not isinstance(node.value, Object):
            raise refused(Code.PROOF_FIELD, message, node.span, "no object")
        self._node = node
        self._object = node.value
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        """Return whether there is such a member."""
        return self._object.get(key) is not None

    def get(self, key: str) -> Json:
        """Return a member. Raises SpecError, as do all that ask for one."""
        self._asked.add(key)
        found = self._object.get(key)
        if found is None:
            begin = self._node.span
            raise refused(
                Code.PROOF_FIELD,
                f"`{key}` is missing",
                Span(begin.source, begin.start, begin.start + 1),
                "in this object",
            )
        return found

    def finish(self) -> None:
        """Report a member that nobody asked for."""
        for (key, _), place in zip(self._object.members, self._object.keys, strict=True):
            if key not in self._asked:
                raise refused(Code.PROOF_FIELD, f"`{key[:40]}` means nothing here", place, "an unknown key")

    def string(self, key: str) -> Clause:
        """Return text, with its place."""
        return self._string(key, self.get(key))

    def _string(self, key: str, node: Json) -> Clause:
        if not isinstance(node.value, str):
            raise self._wrong(node, f"`{key}` is text")
        return Clause(node.value, node.span)

    def number(self, key: str) -> int:
        """Return a natural number."""
        node = self.get(key)
        if isinstance(node.value, bool) or not isinstance(node.value, int) or node.value < 0:
            raise self._wrong(node, f"`{key}` is a natural number")
        return node.value

    def digest(self, key: str) -> str:
        """Return a digest."""
        found = self.string(key)
        if not _DIGEST.fullmatch(found.text):
            raise refused(Code.PROOF_FIELD, f"`{key}` is a digest, `sha256:` and 64 digits", found.span, "no digest")
        return found.text

    def one_of(self, key: str, choices: type[_Choice]) -> _Choice:
        """Return one of the values that an enumeration has."""
        found = self.string(key)
        try:
            return choices(found.text)
        except ValueError:
            wanted = ", ".join(choices)
            raise refused(Code.PROOF_FIELD, f"`{key}` is one of {wanted}", found.span, "something else") from None

    def items(self, key: str) -> tuple[Json, ...]:
        """Return the items of an array."""
        node = self.get(key)
        if not isinstance(node.value, tuple):
            raise self._wrong(node, f"`{key}` is an array")
        return node.value

    def strings(self, key: str) -> tuple[Clause, ...]:
        """Return items that are text."""
        return tuple(self._string(f"an item of {key}", item) for item in self.items(key))

    def texts(self, key: str) -> tuple[Clause, ...]:
        """Return items that are text, each a string or an array of lines."""
        return tuple(self._text(key, item) for item in self.items(key))

    def _text(self, key: str, node: Json) -> Clause:
        if isinstance(node.value, tuple):
            lines = [self._string(f"a line of {key}", line).text for line in node.value]
            return Clause("\n".join(lines), node.span)
        return self._string(f"an item of {key}", node)

    def texts_by_name(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the members of an object that are all text."""
        node = self.get(key)
        if not isinstance(node.value, Object):
            raise self._wrong(node, f"`{key}` is an object")
        return tuple((name, self._string(name, value).text) for name, value in node.value.members)

    def _wrong(self, node: Json, message: str) -> Exception:
        return refused(Code.PROOF_FIELD, message, node.span, "something else")
