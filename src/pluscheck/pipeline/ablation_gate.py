"""What is stored of the settings of models' switches, at the gate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.base.load import load
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models, parts_of, plain_switches
from pluscheck.pipeline.cache import Statement, digest_of
from pluscheck.pipeline.discover import SUFFIX as SPEC_SUFFIX
from pluscheck.pipeline.evidence import RejectedError
from pluscheck.pipeline.model_gate import GateOptions
from pluscheck.pipeline.options import Watcher
from pluscheck.proofs.ablation import SUFFIX, ablation_path, read_ablation, write_ablation
from pluscheck.proofs.files import MAX_BYTES
from pluscheck.report.model import AblationRow, Outcome, Stored

JUDGES = ("replay and the judges",)
"""Who has accepted a whole file, in the cache's words."""


def stored_ablations(
    extends: Mapping[Path, frozenset[str]], options: GateOptions, watcher: Watcher, changes: list[str]
) -> tuple[AblationRow, ...]:
    """Return how what is stored stands, for each model of these specifications of which something is stored; they are right, and extend these modules.

    With `--update` what does not stand is found anew, and what is of no model is removed.
    """
    rows: list[AblationRow] = []
    for file, modules in extends.items():
        folder = ablation_path(options.proofs, file.stem, "model", None).parent.parent
        paths = sorted(folder.glob(f"*/*{SUFFIX}"))
        if paths:
            rows += [_row(file, path, _texts(file, modules), options, watcher, changes) for path in paths]
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
        standing, said = Stored.REJECTED, error.diagnostics[0].message
    else:
        known = None if options.cache is None else options.cache.statement(digest, texts)
        if known is not None:
            return _met(file, name, where, Stored.REMEMBERED, known.what)
        standing, said = _judged(file, path, options, watcher)
        if standing is Stored.CHECKED:
            if options.cache is not None:
                options.cache.keep(Statement(digest, texts, said, JUDGES))
            return _met(file, name, where, standing, said)
    if options.update:
        return _renewed(file, path, options, watcher, changes)
    why = f"what is stored {'is out of date' if standing is Stored.STALE else 'does not show it'}: {said}"
    return AblationRow(file.stem, name, where, Outcome.DRIFT, standing, None, why)


def _judged(file: Path, path: Path, options: GateOptions, watcher: Watcher) -> tuple[Stored, str]:
    """Return how a file stands, and what it shows, or why it shows nothing."""
    from pluscheck.pipeline.stored_ablation import StaleError, shown_by  # with solvers, where there is something to do

    try:
        elaborated = elaborate(file)
        stored = read_ablation(path)
        if stored.model not in models(elaborated) or path != _path(options, elaborated, stored.model, stored.order):
            return Stored.STALE, f"there is no model {stored.model[:80]} that this is of"
        opened = _opened(elaborated, stored.order)
        if not opened:
            return Stored.STALE, "there is nothing to be switched off, or no such order"
        watcher.model_started(file.as_posix(), stored.model, None)
        model = lower(elaborated, stored.model, open_switches=opened)
        return Stored.CHECKED, shown_by(path.as_posix(), stored, elaborated, model)
    except StaleError as error:
        return Stored.STALE, str(error)
    except RejectedError as error:
        return Stored.REJECTED, str(error)
    except SpecError as error:
        return Stored.REJECTED, error.diagnostics[0].message


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
    """Find anew what does not stand; remove it if there is no such model, or nothing to be switched off in it."""
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
    seconds, memory = options.options.seconds, options.options.memory
    found = ablated(Question(file, model, order=order, seconds=seconds, memory=memory), watcher)
    made = stored_ablation(found, options.proofs)
    if made is None:
        why = found.report.undecided or "there is no evidence that can be written"
        return AblationRow(file.stem, model, where, Outcome.UNDECIDED, Stored.STALE, None, why)
    write_ablation(*made)
    changes.append(f"rewrote {where}: {len(found.safe):,} minimal safe set{'' if len(found.safe) == 1 else 's'}")
    return _met(file, model, where, Stored.WRITTEN, "found and stored now")
