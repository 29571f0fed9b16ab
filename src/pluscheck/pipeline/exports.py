"""Models in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pluscheck.core.system import Model
from pluscheck.pipeline.lowered import lowered_models


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file, by what its name ends in after those of the spec and the model, and its contents."""

    ending: str
    contents: bytes


Export = Callable[[Model], tuple[ExportedFile, ...]]
"""The files of one model. Raises SpecError."""


@dataclass(frozen=True, slots=True)
class Format:
    """How to get an export, and what it is, for people."""

    load: Callable[[], Export]
    help: str


def _aiger() -> Export:
    """Return the export to AIGER."""
    from pluscheck.bits.aiger import aiger
    from pluscheck.bits.system import BitSystem
    from pluscheck.ground.ground import ground

    def export(model: Model) -> tuple[ExportedFile, ...]:
        """Return a binary AIGER file whose bad literals are the properties that the model checks."""
        system = model.system
        names = [expectation.property for expectation in model.expectations]
        file = aiger(BitSystem(ground(system)), names, (f"{system.name}, model {system.model}",))
        return (ExportedFile("aig", file.binary()),)

    return export


FORMATS: Mapping[str, Format] = {
    "aiger": Format(_aiger, "one binary AIGER 1.9 file a model, a bad literal for each property"),
}
"""What a model can be written as."""


def exported(path: Path, model: str | None, to: str) -> tuple[tuple[str, bytes], ...]:
    """Return the files of one model, or of all, by name. Raises SpecError, and UsageError if there is no such spec or model."""
    models = lowered_models(path, model)
    export = FORMATS[to].load()
    return tuple(
        (f"{path.stem}.{chosen.system.model}.{file.ending}", file.contents)
        for chosen in models
        for file in export(chosen)
    )
