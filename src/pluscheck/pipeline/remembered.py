"""What came of a whole specification before.

If its text is what it was, with that of all modules that it extends, and so are all proofs that are stored of it, then what the gate says of them is what it was:
nothing of it need be understood anew. Only what is met by stored evidence alone is kept: what is looked for, is wrong or has drifted is told anew each time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pluscheck.base.errors import SpecError
from pluscheck.base.load import load
from pluscheck.core.system import Expected
from pluscheck.pipeline.cache import Cache, digest_of
from pluscheck.pipeline.discover import SUFFIX
from pluscheck.proofs.files import MAX_BYTES
from pluscheck.report.model import Answer, Kind, ModelReport, Outcome, Place, PropertyReport, SpecReport, Stored


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the gate said of a file, the modules that it extends, those files of them in which there is nothing to check, and the files with its proofs.

    `answers` are the files in which it must be stored what its models need, where they say so.
    """

    report: SpecReport
    extends: frozenset[str]
    bare: frozenset[Path]
    proofs: frozenset[Path]
    answers: frozenset[Path]


@dataclass(frozen=True, slots=True)
class Texts:
    """What was read: the text of each module by its name, without those of the standard library, which are None; and the digests of proofs.

    `bare` are the modules beside the file that have no models; `answers` are as in what is remembered.
    """

    modules: Mapping[str, str | None]
    bare: frozenset[str]
    proofs: Mapping[Path, str]
    answers: frozenset[Path]


def remember(cache: Cache, file: Path, folder: Path, report: SpecReport, extends: frozenset[str], texts: Texts) -> None:
    """Keep what the gate says of a file, with its proofs in `folder`: all of it as expected, and judged before."""
    content = {
        "module": report.module,
        "extends": sorted(extends),
        "bare": sorted(texts.bare),
        "modules": {name: text and digest_of(text.encode()) for name, text in texts.modules.items()},
        "proofs": {path.as_posix(): digest for path, digest in texts.proofs.items()},
        "answers": sorted(path.as_posix() for path in texts.answers),
        "models": [asdict(model) for model in report.models],
    }
    cache.keep_record(content, *_called(file, folder))


def remembered(cache: Cache, file: Path, folder: Path) -> Remembered | None:
    """Return what the gate said of a file, if nothing that this rests on has changed."""
    found = cache.record(*_called(file, folder))
    if found is None:
        return None
    for name, digest in found["modules"].items():
        path = file if name == found["module"] else _beside(file, name)
        # A module of the standard library gives way to one beside the file.
        if (_digest(path) if digest is not None or os.path.isfile(path) else None) != digest:
            return None
    proofs = {Path(path): digest for path, digest in found["proofs"].items()}
    if any(_digest(path) != digest for path, digest in proofs.items()):
        return None
    models = tuple([_model(model) for model in found["models"]])
    report = SpecReport(file.as_posix(), found["module"], (), models, ())
    bare = frozenset(_beside(file, name) for name in found["bare"])
    return Remembered(
        report, frozenset(found["extends"]), bare, frozenset(proofs), frozenset(map(Path, found["answers"]))
    )


def _beside(file: Path, name: str) -> Path:
    """Return the file of a module beside another."""
    return file.parent / f"{name}{SUFFIX}"


def _called(file: Path, folder: Path) -> tuple[str, ...]:
    return "spec", file.as_posix(), folder.as_posix()


def _digest(path: Path) -> str | None:
    """Return the digest of a file's text; None if there is none."""
    try:
        return digest_of(load(path, most=MAX_BYTES).text.encode())
    except SpecError:
        return None


def _model(found: dict[str, Any]) -> ModelReport:
    """Return the report of a model, as `asdict` has told it."""
    properties = tuple([_property(row) for row in found["properties"]])
    return ModelReport(
        **{
            **found,
            "place": _place(found["place"]),
            "scope": tuple([(sort, size) for sort, size in found["scope"]]),
            "properties": properties,
            "taken": tuple(found["taken"]),
            "tried": tuple(found["tried"]),
        }
    )


def _property(found: dict[str, Any]) -> PropertyReport:
    return PropertyReport(
        **{
            **found,
            "kind": Kind(found["kind"]),
            "place": _place(found["place"]),
            "expected": Expected(found["expected"]),
            "answer": Answer(found["answer"]),
            "outcome": Outcome(found["outcome"]),
            "sites": (),
            "stored": Stored(found["stored"]),
        }
    )


def _place(found: dict[str, Any] | None) -> Place | None:
    return None if found is None else Place(**found)
