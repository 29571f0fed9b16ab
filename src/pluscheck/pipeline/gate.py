"""The proof gate: what the models expect, what is stored as evidence for it, and whether the two still fit.

Stored evidence is checked anew; what has none that stands is looked for with the engines, one after another, so that what is stored is always the same.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from pluscheck.base.errors import InternalError, SpecError
from pluscheck.evidence.verdict import Reason
from pluscheck.lang.modules import LIBRARY_PREFIX
from pluscheck.lang.syntax import ModelDecl
from pluscheck.pipeline.ablation_gate import Stating, stored_ablations
from pluscheck.pipeline.discover import spec_files
from pluscheck.pipeline.expectations import with_faults
from pluscheck.pipeline.model_gate import JUDGE_SECONDS, GateOptions, ModelGate
from pluscheck.pipeline.options import UsageError, Watcher
from pluscheck.pipeline.reading import Spec, named_in_reports, read
from pluscheck.pipeline.rechecking import Judges
from pluscheck.pipeline.remembered import Remembered, Texts, remember, remembered
from pluscheck.proofs.ablation import SUFFIX as ABLATION_SUFFIX
from pluscheck.proofs.ablation import ablation_path
from pluscheck.proofs.files import SUFFIX, proof_path, stored_in
from pluscheck.report.model import AblationRow, ModelReport, Report, SpecReport


def gate(paths: Iterable[Path], options: GateOptions, watcher: Watcher) -> Report:
    """Return how expectations and stored evidence compare. Raises UsageError, and OSError where evidence cannot be written."""
    files = spec_files(paths)
    known = _known(files, options)
    extended = frozenset[str]().union(*(found.extends for found in known.values()))
    bare = frozenset[Path]().union(*(found.bare for found in known.values()))
    unknown = read([file for file in files if file not in known and file not in bare], options.options, extended)
    specs = {spec.file: _whole(spec, options) for spec in unknown if spec.models or spec.diagnostics}
    if options.options.only and not specs:
        raise UsageError("--only selects none of the properties")
    _check_names(specs.values(), options)
    changes: list[str] = []
    reports: list[SpecReport] = []
    interrupted = False
    for file in files:
        if file in known:
            reports.append(known[file].report)
            _tell(reports[-1], watcher)
        elif named_in_reports(file) in specs:
            report, interrupted = _spec_report(file, specs[named_in_reports(file)], options, watcher, changes)
            reports.append(report)
        if interrupted:
            break
    ablations: tuple[AblationRow, ...] = ()
    if not interrupted and not options.options.only:
        wrong = {report.file for report in reports if report.diagnostics}
        found = {file: Stating(each.extends, each.answers) for file, each in known.items()}
        for file in files:
            spec = specs.get(named_in_reports(file))
            if spec is not None and spec.file not in wrong:
                found[file] = Stating(spec.extends, _answers(spec, options))
        ablations = stored_ablations(found, options, watcher, changes)
    orphans: tuple[str, ...] = ()
    if not interrupted and not options.options.only:
        proofs = frozenset[Path]().union(*(found.proofs for found in known.values()))
        orphans = _orphans(specs.values(), proofs, options)
        if options.update and not any(report.diagnostics for report in reports):
            for orphan in orphans:
                Path(orphan).unlink()
                changes.append(f"removed {orphan}")
            orphans = ()
    return Report(tuple(reports), options.options.strict, interrupted, orphans, tuple(changes), ablations)


def _known(files: Iterable[Path], options: GateOptions) -> dict[Path, Remembered]:
    """Return what was said before of those of the files of which nothing has changed."""
    if options.cache is None or options.options.only:
        return {}
    found = {file: remembered(options.cache, file, options.proofs) for file in files}
    return {file: each for file, each in found.items() if each is not None}


def _whole(spec: Spec, options: GateOptions) -> Spec:
    """Return the spec with all that there must be evidence for, unless only some of it is asked about."""
    return spec if options.options.only else replace(spec, models=tuple(map(with_faults, spec.models)))


def _check_names(specs: Collection[Spec], options: GateOptions) -> None:
    """Raise UsageError if evidence for different things would be in one file, where names that differ only in case are one name."""
    known: dict[str, Path] = {}
    for path in sorted(_expected(specs, options).union(*(_answers(spec, options) for spec in specs))):
        other = known.setdefault(path.as_posix().casefold(), path)
        if other != path:
            raise UsageError(f"{other} and {path} are one file on systems that ignore case: rename what one is about")


def _expected(specs: Iterable[Spec], options: GateOptions) -> frozenset[Path]:
    """Return where the evidence for what these specs expect belongs."""
    return frozenset(
        proof_path(options.proofs, model.system.name, model.system.model, e.property)
        for spec in specs
        for model in spec.models
        for e in model.expectations
    )


def _answers(spec: Spec, options: GateOptions) -> frozenset[Path]:
    """Return where it must be stored what the models of a spec need, where they say so."""
    return frozenset(
        ablation_path(options.proofs, model.system.name, model.system.model, needs.order)
        for model in spec.models
        for needs in model.needs
    )


def _tell(report: SpecReport, watcher: Watcher) -> None:
    """Tell the watcher of what was remembered, as of what is found out."""
    watcher.spec_started(report.file, tuple(p.name for model in report.models for p in model.properties))
    for model in report.models:
        watcher.model_started(report.file, model.name, None)
        watcher.model_finished(model)


def _spec_report(
    file: Path, spec: Spec, options: GateOptions, watcher: Watcher, changes: list[str]
) -> tuple[SpecReport, bool]:
    """Return how a spec fares, and whether that was interrupted."""
    wrong = dict.fromkeys(spec.diagnostics)
    if spec.models:
        watcher.spec_started(spec.file, tuple(e.property for model in spec.models for e in model.expectations))
    reports: list[ModelReport] = []
    gates: list[ModelGate] = []
    interrupted = False
    for model in spec.models:
        if spec.elaborated is None:
            raise InternalError(f"{spec.file} has models and no text")
        try:
            judges = Judges(spec.elaborated, model, seconds=JUDGE_SECONDS)
            gates.append(ModelGate(spec, spec.elaborated, model, judges, options, watcher, changes))
            report = gates[-1].report()
        except SpecError as error:  # a system without initial states, or one too large
            wrong.update(dict.fromkeys(error.diagnostics))
            continue
        reports.append(report)
        watcher.model_finished(report)
        interrupted = any(p.reason == Reason.INTERRUPTED for p in report.properties)
        if interrupted:
            break
    if wrong:
        watcher.spec_rejected(spec.file, tuple(wrong))
    if not wrong and not interrupted:
        _remember(file, spec, gates, options)
    return SpecReport(spec.file, spec.module, tuple(wrong), tuple(reports), ()), interrupted


def _remember(file: Path, spec: Spec, gates: list[ModelGate], options: GateOptions) -> None:
    """Keep what came of a spec, if stored evidence was all that was needed for it."""
    models = [gate.from_stored for gate in gates if gate.from_stored is not None]
    if (
        options.cache is None
        or options.options.only
        or len(models) < len(gates)
        or not gates
        or spec.elaborated is None
    ):
        return
    if spec.file != file.as_posix():  # of the standard library
        return
    report = SpecReport(spec.file, spec.module, (), tuple(models), ())
    modules = {m.name.name: m.span.source for m in spec.elaborated.modules}
    texts = {name: None if source.name.startswith(LIBRARY_PREFIX) else source.text for name, source in modules.items()}
    bare = {m.name.name for m in spec.elaborated.modules if not any(isinstance(d, ModelDecl) for d in m.declarations)}
    beside = frozenset(name for name in bare if texts[name] is not None)
    proofs = {path: digest for gate in gates for path, digest in gate.read.items()}
    texts_read = Texts(texts, beside, proofs, _answers(spec, options))
    remember(options.cache, file, options.proofs, report, spec.extends, texts_read)


def _orphans(specs: Iterable[Spec], known: frozenset[Path], options: GateOptions) -> tuple[str, ...]:
    """Return the files with evidence for what nobody expects; `known` are files with evidence for what somebody does."""
    specs = list(specs)
    expected = known | _expected(specs, options)
    modules = {path.parent.parent for path in expected}
    # Of a spec that is wrong nobody knows what it expects.
    broken = {options.proofs / (spec.module or Path(spec.file).stem) for spec in specs if spec.diagnostics}
    found = []
    for folder, _, names in os.walk(options.proofs):
        for name in names:
            path = Path(folder, name)
            if path in expected or not name.endswith((SUFFIX, ABLATION_SUFFIX)) or not broken.isdisjoint(path.parents):
                continue
            # What is stored of the switches of a specification that is there is told where the others are.
            if name.endswith(ABLATION_SUFFIX) and path.parent.parent in modules:
                continue
            stored = stored_in(path)
            if stored is None:
                continue
            is_mine = options.whole or not modules.isdisjoint(path.parents)
            is_there = stored.startswith(LIBRARY_PREFIX) or (path.parent / stored).exists()
            if is_mine or not is_there:
                found.append(path.as_posix())
    return tuple(sorted(found))
