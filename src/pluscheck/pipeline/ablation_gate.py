"""What is stored of the settings of models' switches, at the gate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.load import load
from pluscheck.core.system import Model
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models, parts_of, plain_switches
from pluscheck.pipeline.cache import Statement, digest_of
from pluscheck.pipeline.discover import SUFFIX as SPEC_SUFFIX
from pluscheck.pipeline.evidence import RejectedError
from pluscheck.pipeline.model_gate import GateOptions
from pluscheck.pipeline.needs import is_so, said_about
from pluscheck.pipeline.options import Watcher
from pluscheck.proofs.ablation import SUFFIX, StoredAblation, ablation_path, read_ablation, write_ablation
from pluscheck.proofs.files import MAX_BYTES
from pluscheck.report.look import printable
from pluscheck.report.model import AblationRow, Outcome, Stored
from pluscheck.report.needs_text import change, counted_sets, difference

MOST_NAMES = 2_000
MOST_CHARACTERS = 10_000
"""So many protections, or constraints, with so long names, are compared with what is found now."""

JUDGES = ("replay and the judges",)
"""Who has accepted a whole file, in the cache's words."""


@dataclass(frozen=True, slots=True)
class Stating:
    """A specification with nothing wrong in it: the modules that it extends, and the files in which it must be stored what its models need, where they say so."""

    extends: frozenset[str]
    answers: frozenset[Path]


def stored_ablations(
    specs: Mapping[Path, Stating], options: GateOptions, watcher: Watcher, changes: list[str]
) -> tuple[AblationRow, ...]:
    """Return how what is stored stands, for each model of these specifications of which something is stored, or has to be.

    With `--update` what does not stand is found anew, and what is of no model is removed.
    """
    rows: list[AblationRow] = []
    for file, spec in specs.items():
        folder = ablation_path(options.proofs, file.stem, "model", None).parent.parent
        paths = sorted({*folder.glob(f"*/*{SUFFIX}"), *spec.answers})
        if paths:
            texts = _texts(file, spec.extends)
            rows += [_row(file, path, texts, options, watcher, changes) for path in paths]
    return tuple(rows)


def _texts(file: Path, modules: frozenset[str]) -> str:
    """Return a digest of the texts that a specification is made of: its own, and those of modules beside it."""
    found = hashlib.sha256()
    for path in (file, *(file.parent / f"{name}{SPEC_SUFFIX}" for name in sorted(modules))):
        text = load(path).text if path.is_file() else None
        found.update(repr((path.name, text)).encode(errors="surrogatepass"))
    return found.hexdigest()


def _row(file: Path, path: Path, texts: str, options: GateOptions, watcher: Watcher, changes: list[str]) -> AblationRow:
    where, name = path.as_posix(), path.parent.name
    try:
        digest = digest_of(load(path, most=MAX_BYTES).text.encode())
    except SpecError as error:
        first = error.diagnostics[0]
        is_missing = first.code is Code.NO_SUCH_FILE
        found = _Judged(Stored.MISSING if is_missing else Stored.REJECTED, first.message)
    else:
        known = None if options.cache is None else options.cache.statement(digest, texts)
        if known is not None:
            return _met(file, name, where, Stored.REMEMBERED, known.what)
        found = _judged(file, path, options, watcher)
        if found.stored is Stored.CHECKED:
            if found.difference is not None:
                return AblationRow(file.stem, name, where, Outcome.VIOLATED, found.stored, None, found.difference)
            # Of these texts: what the model says of it was compared, too.
            if options.cache is not None:
                options.cache.keep(Statement(digest, texts, found.said, JUDGES))
            return _met(file, name, where, found.stored, found.said)
    if options.update:
        return _renewed(file, path, options, watcher, changes)
    why = {
        Stored.MISSING: f"the model says what it needs, and there is no {where} to show it: `pluscheck gate --update` finds and stores it",
        Stored.STALE: f"what is stored is out of date: {found.said}",
    }.get(found.stored, f"what is stored does not show it: {found.said}")
    return AblationRow(file.stem, name, where, Outcome.DRIFT, found.stored, None, why)


@dataclass(frozen=True, slots=True)
class _Judged:
    """How a file stands, and what it shows, or why it shows nothing; `difference` if the model says that it needs something else."""

    stored: Stored
    said: str
    difference: str | None = None


def _judged(file: Path, path: Path, options: GateOptions, watcher: Watcher) -> _Judged:
    """Return how a file stands."""
    from pluscheck.pipeline.stored_ablation import StaleError, shown_by  # with solvers, where there is something to do

    try:
        elaborated = elaborate(file)
        stored = read_ablation(path)
        if stored.model not in models(elaborated) or path != _path(options, elaborated, stored.model, stored.order):
            return _Judged(Stored.STALE, f"there is no model {printable(stored.model[:80])} that this is of")
        opened = _opened(elaborated, stored.order)
        if not opened:
            return _Judged(Stored.STALE, "there is nothing to be switched off, or no such order")
        watcher.model_started(file.as_posix(), stored.model, None)
        model = lower(elaborated, stored.model, open_switches=opened)
        said = shown_by(path.as_posix(), stored, elaborated, model)
        return _Judged(Stored.CHECKED, said, _difference(model, stored))
    except StaleError as error:
        return _Judged(Stored.STALE, str(error))
    except RejectedError as error:
        return _Judged(Stored.REJECTED, str(error))
    except SpecError as error:
        return _Judged(Stored.REJECTED, error.diagnostics[0].message)


def _difference(model: Model, stored: StoredAblation) -> str | None:
    """Return how what a model says it needs differs from an answer, if it does."""
    needs, found = said_about(model, stored.order), stored.sets
    if needs is None or is_so(needs, found):
        return None
    return difference(needs.sets, found, stored.protections, stored.order)


def _path(options: GateOptions, elaborated: Elaborated, model: str, order: str | None) -> Path:
    return ablation_path(options.proofs, elaborated.root.name.name, model, order)


def _opened(elaborated: Elaborated, order: str | None) -> frozenset[str]:
    """Return the switches that a file is about; none if there are none by now."""
    if order is None:
        return plain_switches(elaborated)
    return frozenset({order}) if parts_of(elaborated, order) else frozenset()


def _met(file: Path, model: str, where: str, stored: Stored, what: str) -> AblationRow:
    judged = "before" if stored is Stored.REMEMBERED else "anew"
    said = what if stored is Stored.WRITTEN else f"{what}, judged {judged}"
    return AblationRow(file.stem, model, where, Outcome.MET, stored, said, None)


def _renewed(file: Path, path: Path, options: GateOptions, watcher: Watcher, changes: list[str]) -> AblationRow:
    """Find anew what does not stand, or is missing; remove it if there is no such model, or nothing to be switched off in it."""
    from pluscheck.pipeline.ablation import Question, ablated
    from pluscheck.pipeline.stored_ablation import stored_ablation

    where = path.as_posix()
    elaborated = elaborate(file)
    asked = [None, *(name for name in elaborated.constants if parts_of(elaborated, name))]
    places = [(m, order) for m in models(elaborated) for order in asked]
    model, order = next((p for p in places if _path(options, elaborated, *p) == path), (None, None))
    if model is None or not _opened(elaborated, order):
        path.unlink()
        changes.append(f"removed {where}")
        return _met(file, path.parent.name, where, Stored.WRITTEN, "removed, being of nothing")
    old = _read_before(path)
    seconds, memory = options.options.seconds, options.options.memory
    standing = Stored.STALE if path.exists() else Stored.MISSING
    try:
        found = ablated(Question(file, model, order=order, seconds=seconds, memory=memory), watcher)
    except SpecError as error:  # it cannot be asked: something rests on the values of switches
        why = error.diagnostics[0].message
        return AblationRow(file.stem, model, where, Outcome.UNDECIDED, standing, None, why)
    made = stored_ablation(found, options.proofs)
    if made is None:
        why = found.report.undecided or "there is no evidence that can be written"
        return AblationRow(file.stem, model, where, Outcome.UNDECIDED, standing, None, why)
    new = made[1]
    changes.append(f"{'rewrote' if path.exists() else 'wrote'} {where}: {_changed(old, new)}")
    write_ablation(*made)
    said = found.report.said
    if said is not None and not said.met:
        why = difference(said.sets, new.sets, new.protections, order)
        return AblationRow(file.stem, model, where, Outcome.VIOLATED, Stored.WRITTEN, None, why)
    what = f"{counted_sets(new.sets, new.protections, order)}, found and stored now"
    return _met(file, model, where, Stored.WRITTEN, what)


def _read_before(path: Path) -> StoredAblation | None:
    """Return what a file says, if it can be read and is no larger than an answer can be; it need not be so."""
    try:
        found = read_ablation(path)
    except SpecError:
        return None
    names = (found.protections, *found.sets)
    return found if all(len(one) <= MOST_NAMES and len("".join(one)) <= MOST_CHARACTERS for one in names) else None


def _changed(old: StoredAblation | None, new: StoredAblation) -> str:
    """Return what a new answer is, and what was stored before."""
    if old is None:
        return counted_sets(new.sets, new.protections, new.order)
    return printable(change((old.sets, old.protections), (new.sets, new.protections), new.order))
