"""Stored proofs: values and traces survive the file, the same proof has the same bytes, and whatever bytes come in, a diagnostic comes out."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generate import POOL, SYSTEM, VARIABLES, values
from generate_systems import systems
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.certify.replay import Replay, replay
from pluscheck.core import types as t
from pluscheck.core.system import FAULTS, Expected
from pluscheck.core.values import Atom
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.proofs.document import (
    Claim,
    Clause,
    SpecName,
    StoredDepth,
    StoredInduction,
    StoredInvariant,
    StoredProof,
    StoredSearch,
    StoredStates,
)
from pluscheck.proofs.files import MAX_BYTES, proof_in, proof_path, proof_text, read_proof, write_proof
from pluscheck.proofs.json_text import json_text, parse_json
from pluscheck.proofs.traces import stored_trace, traces_in
from pluscheck.proofs.values import Labels, value_json, value_of_json

TYPES = (
    *POOL,
    *VARIABLES.values(),
    t.TupleType((t.SeqType(t.OptionType(t.OptionType(t.BoolType())), 2), t.BoolType())),
)
DIGEST = "sha256:" + "0" * 64


@cache
def schema() -> Draft202012Validator:
    return Draft202012Validator(
        json.loads((files("pluscheck.proofs") / "proof.schema.json").read_text(encoding="utf-8"))
    )


def outcome(work):
    """Return what `work` returns and no codes, or None and the codes of what is wrong."""
    try:
        return work(), []
    except SpecError as error:
        return None, [d.code.value for d in error.diagnostics]


# ------------------------------------------------------------------------------------------------ values


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(TYPES))
def test_a_value_survives_the_file(data, of):
    value = data.draw(values(of))
    labels = Labels(SYSTEM)
    text = json_text(value_json(value, labels))
    again = value_of_json(parse_json(Source("value.json", text)), of, SYSTEM, labels)
    assert again == value
    assert repr(again) == repr(value)
    assert json_text(value_json(again, labels)) == text
    json.loads(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.sampled_from(["Page1", "free", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "some", "Page1"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(_JSON, st.sampled_from(TYPES))
def test_what_is_read_is_of_the_type(found, of):
    node = parse_json(Source("value.json", json.dumps(found)))
    value, codes = outcome(lambda: value_of_json(node, of, SYSTEM, Labels(SYSTEM)))
    assert codes in ([], ["PC805"])
    assert codes or t.is_member(value, of, SYSTEM.scope)


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (t.SetType(t.RangeType(0, 3)), "[1, 1]"),
        (t.RangeType(0, 1), "true"),
        (t.BoolType(), "1"),
        (t.RangeType(0, 1), "2"),
        (t.SeqType(t.BoolType(), 1), "[true, true]"),
        (t.FunctionType(t.RangeType(0, 1), t.BoolType()), "[[0, true]]"),
        (t.FunctionType(t.RangeType(0, 1), t.BoolType()), "[[0, true], [0, false]]"),
        (t.FunctionType(t.RangeType(0, 1), t.BoolType()), "[[0, true], [1, false, 2]]"),
        (t.RecordType((("a", t.BoolType()),)), '{"a": true, "b": true}'),
        (t.OptionType(t.BoolType()), "true"),
        (t.EnumType("Mode", ("free", "shared", "excl")), '"Page1"'),
        (t.SortType("Page"), '"Page3"'),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(of, text):
    with pytest.raises(SpecError) as caught:
        value_of_json(parse_json(Source("value.json", text)), of, SYSTEM, Labels(SYSTEM))
    assert [d.code.value for d in caught.value.diagnostics] == ["PC805"]


def test_elements_that_are_called_the_same_are_told_apart():
    scope = {"A": (Atom("A", 0, "one"),), "B": (Atom("B", 0, "one"), Atom("B", 1, "two"))}
    system = replace(SYSTEM, scope=scope, variables=(), constants=())
    labels = Labels(system)
    either = t.UnionType("Either", (t.SortType("A"), t.SortType("B")))
    written = [value_json(value, labels) for value in t.values_of(either, scope)]
    assert [node.value for node in written] == ["A.one", "B.one", "two"]
    assert [value_of_json(node, either, system, labels) for node in written] == list(t.values_of(either, scope))


# ------------------------------------------------------------------------------------------------ traces


@settings(max_examples=100, deadline=None)
@given(systems())
def test_a_trace_survives_the_file(system):
    wanted = frozenset({"Invariant", "Transition", "Witness", "deadlock", FAULTS})
    try:
        findings = exhaustive(system, wanted, Budget(depth=2), lambda _: None)
    except SpecError:  # no initial state
        return
    verdicts = [*findings.verdicts.items(), *((FAULTS, verdict) for verdict in findings.faults.values())]
    for name, verdict in verdicts:
        if isinstance(verdict, Violated | Reached):
            assert isinstance(replay(system, verdict.trace, name), Replay)
            stored = proof_in(Source("p.json", proof_text(proof(stored_trace(system, verdict.trace))))).evidence
            again = list(traces_in(system, stored))
            # Generated parts that fault all have the same text.
            assert any(isinstance(replay(system, trace, name), Replay) for trace in again)
            assert {(trace.states, trace.steps) for trace in again} == {(verdict.trace.states, verdict.trace.steps)}


# ------------------------------------------------------------------------------------------------- files


def proof(evidence, claim=Claim.PROVED) -> StoredProof:
    return StoredProof(
        SpecName("../../../spec/Lock.plus", "Lock", DIGEST),
        "base",
        "Safe",
        "invariant",
        Expected.PROVED,
        None,
        DIGEST,
        claim,
        evidence,
        ("Z3",),
        (("pluscheck", "0.1.0"), ("z3-solver", "5.4")),
    )


INVARIANT = StoredInvariant((Clause('pc[self] = "A" ∨ "\\"'), Clause("/\\ a\n/\\ b")), ("Safe", "Other"))

EVIDENCE = (
    INVARIANT,
    StoredInvariant((), ()),
    StoredInduction(3, INVARIANT),
    StoredStates(7, 2, DIGEST),
    StoredSearch(700_000, 3_000_000, 20, "0123456789abcdef" * 2),
    StoredSearch(7_000, 30_000, 20, "0123456789abcdef" * 2, ("Page", "Task")),
    StoredDepth(20),
)


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda evidence: type(evidence).__name__)
def test_a_proof_survives_the_file(evidence, tmp_path):
    path = proof_path(tmp_path, "Lock", "base", "Safe")
    assert path == tmp_path / "Lock" / "base" / "Safe.json"
    kept = proof(evidence)
    assert write_proof(path, kept)
    assert read_proof(path) == kept
    assert not write_proof(path, read_proof(path))
    assert [file.name for file in path.parent.iterdir()] == ["Safe.json"]
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n}\n")
    assert "\r" not in text
    schema().validate(json.loads(text))
    shuffled = json.dumps(dict(reversed(json.loads(text).items())), indent=7)
    assert proof_text(proof_in(Source("p.json", shuffled))) == text


def test_a_conjunct_is_on_lines_of_its_own():
    lines = proof_text(proof(INVARIANT)).splitlines()
    assert '      "pc[self] = \\"A\\" ∨ \\"\\\\\\"",' in lines
    assert lines.index('        "/\\\\ a",') + 1 == lines.index('        "/\\\\ b"')


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path, monkeypatch):
    path = proof_path(tmp_path, "Lock", "base", "Safe")
    write_proof(path, proof(INVARIANT))
    before = path.read_bytes()

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_proof(path, proof(StoredDepth(3)))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_name_has_a_file_of_its_own(one, other):
    folder = Path("proofs")
    first, second = (proof_path(folder, "M", name, name) for name in (one, other))
    assert (first == second) == (one == other)
    assert first.parts[:2] == ("proofs", "M")
    assert len(first.parts) == 4
    for part in first.parts[2:]:
        assert part.isascii()
        assert len(part) < 110
        assert not part.startswith(".")
        assert not set('<>:"/\\|?*\0 ') & set(part)


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "", ".", "..", "a/b", "é", "x" * 300])
def test_names_that_are_no_files_get_others(name):
    assert "~" in proof_path(Path("proofs"), "M", "base", name).name


# -------------------------------------------------------------------------------------------- hostile text


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_read_as_others_read_it(found):
    for text in (json.dumps(found), json.dumps(found, ensure_ascii=False, indent=1)):
        try:
            again = parse_json(Source("x.json", text))
        except SpecError:  # half of a surrogate pair
            assert not can_be_written(found)
        else:
            assert json.loads(json_text(again)) == found


def can_be_written(found):
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PC801"),
        ("nul", "PC801"),
        ("[1, ]", "PC801"),
        ("[1 2]", "PC801"),
        ("{1: 2}", "PC801"),
        ('{"a" 1}', "PC801"),
        ('{"a": 1', "PC801"),
        ('{"a": 1,}', "PC801"),
        ("[1] 2", "PC801"),
        ("1.5", "PC801"),
        ("1e9", "PC801"),
        ("01", "PC801"),
        ("-", "PC801"),
        ("٣", "PC801"),
        ("NaN", "PC801"),
        ('"a', "PC801"),
        ('"\t"', "PC801"),
        ('"\\x"', "PC801"),
        ('"\\ud800"', "PC801"),
        ("[" * 100_000, "PC802"),
        ('{"a":' * 100_000, "PC802"),
        ("9" * 10_000, "PC802"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "PC804"),
        ('{"a": 1, "\\u0061": 2}', "PC804"),
    ],
)
def test_what_is_no_json_has_a_place(text, code):
    with pytest.raises(SpecError) as caught:
        parse_json(Source("x.json", text))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code.value == code
    assert 0 <= diagnostic.primary.span.start <= diagnostic.primary.span.end <= max(1, len(text))


def damaged():
    """Yield the texts of stored proofs with something taken out, put in, or replaced, anywhere."""
    pieces = st.sampled_from(
        ['"', "{", "}", "[", "]", ",", ":", "null", "true", "-1", "0.5", "\0", "\\", "é", '"kind"']
    )
    texts = st.sampled_from([proof_text(proof(evidence)) for evidence in EVIDENCE])

    @st.composite
    def one(draw):
        text = draw(texts)
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, min(len(text), start + 30)))
            text = text[:start] + draw(st.just("") | pieces) + text[end:]
        return text

    return one()


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_whatever_the_text_is_a_diagnostic_comes_out_or_a_proof(text):
    found, codes = outcome(lambda: proof_in(Source("p.json", text)))
    assert set(codes) <= {"PC801", "PC802", "PC803", "PC804"}
    if found is not None:
        schema().validate(json.loads(proof_text(found)))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 10)
    with pytest.raises(SpecError) as caught:
        read_proof(path)
    assert [d.code.value for d in caught.value.diagnostics] == ["PC003"]
