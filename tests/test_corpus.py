"""Small protocols with what is expected of them, checked by every engine; the engines must not contradict each other."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pluscheck.lang.front import elaborate
from pluscheck.lang.syntax import NeedsEntry
from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import verify
from pluscheck.report.model import Answer, Outcome, PropertyReport, SpecReport

CORPUS = Path(__file__).parent / "corpus"
SPECS = sorted(path.stem for path in CORPUS.glob("*.plus"))
ENGINES = ("bmc", "exhaustive")
FOUND = (Answer.VIOLATED, Answer.REACHED)


@cache
def checked(spec: str, engine: str) -> SpecReport:
    report = verify([CORPUS / f"{spec}.plus"], Options(engine=engine, strict=True), Unwatched())
    return report.specs[0]


def by_name(spec: SpecReport) -> dict[tuple[str, str], PropertyReport]:
    return {(model.name, p.name): p for model in spec.models for p in model.properties}


def test_there_is_a_corpus() -> None:
    assert len(SPECS) >= 12


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("spec", SPECS)
def test_everything_is_as_the_spec_expects(spec: str, engine: str) -> None:
    report = checked(spec, engine)
    assert not report.diagnostics
    assert not report.dead
    unmet = {
        name: (p.outcome, p.answer, p.reason) for name, p in by_name(report).items() if p.outcome is not Outcome.MET
    }
    assert unmet == {}


@pytest.mark.parametrize("spec", SPECS)
def test_engines_agree_on_verdicts_and_on_the_shortest_runs(spec: str) -> None:
    bounded, every = by_name(checked(spec, "bmc")), by_name(checked(spec, "exhaustive"))
    assert bounded.keys() == every.keys()
    for name, one in bounded.items():
        other = every[name]
        assert (one.answer in FOUND) == (other.answer in FOUND), name
        if one.answer in FOUND:
            assert one.steps == other.steps, name
            assert [(site.code, site.place, site.steps) for site in one.sites] == [
                (site.code, site.place, site.steps) for site in other.sites
            ], name


@pytest.mark.parametrize("spec", SPECS)
def test_every_trace_was_replayed_and_says_why(spec: str) -> None:
    for engine in ENGINES:
        for name, p in by_name(checked(spec, engine)).items():
            if p.answer in FOUND:
                assert p.judged == "replayed", name
                assert p.trace is not None, name
                assert len(p.trace.steps) == p.steps, name
                assert p.trace.reasons or p.trace.waiting or p.trace.fault, name


@pytest.mark.parametrize("spec", SPECS)
def test_actions_are_first_taken_by_both_engines_alike(spec: str) -> None:
    for one, other in zip(checked(spec, "bmc").models, checked(spec, "exhaustive").models, strict=True):
        if one.never_taken is not None and one.complete:
            assert one.taken == other.taken


SAYING = [
    (spec, model, entry.order.name if entry.order is not None else None)
    for spec in SPECS
    for model, decl in elaborate(CORPUS / f"{spec}.plus").models.items()
    for entry in decl.entries
    if isinstance(entry, NeedsEntry)
]


def test_some_models_say_what_they_need() -> None:
    assert {order is None for _, _, order in SAYING} == {True, False}
    assert len(SAYING) >= 5


@pytest.mark.parametrize(("spec", "model", "order"), SAYING)
def test_a_model_needs_what_it_says(spec: str, model: str, order: str | None) -> None:
    said = ablated(Question(CORPUS / f"{spec}.plus", model, order=order), Unwatched()).report.said
    assert said is not None
    assert said.met
