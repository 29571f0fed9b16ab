"""Models in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pluscheck.core.system import Model
from pluscheck.pipeline.lowered import lowered_models
from pluscheck.pipeline.options import UsageError


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file, by what its name ends in, and its contents; what that ends is `name`, or else the names of the spec and the model."""

    ending: str
    contents: bytes
    name: str | None = None


Export = Callable[[Model], tuple[ExportedFile, ...]]
"""The files of one model. Raises SpecError."""


@dataclass(frozen=True, slots=True)
class Format:
    """How to get an export, and what it is, for people."""

    load: Callable[[], Export]
    help: str


@dataclass(frozen=True, slots=True)
class ProofFormat:
    """How to get an export of a stored proof in place of a model: files by name. Raises SpecError and UsageError."""

    load: Callable[[], Callable[[Path], tuple[tuple[str, bytes], ...]]]
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


def _smt2() -> Callable[[Path], tuple[tuple[str, bytes], ...]]:
    """Return the export of obligations to SMT-LIB 2."""
    from pluscheck.pipeline.obligation_files import obligation_files

    return obligation_files


def _promela() -> Export:
    """Return the export to Promela."""
    from pluscheck.exports.promela import promela
    from pluscheck.ground.ground import ground

    def export(model: Model) -> tuple[ExportedFile, ...]:
        """Return a file for Spin that asserts the properties that the model checks."""
        names = [expectation.property for expectation in model.expectations]
        return (ExportedFile("pml", promela(ground(model.system), names).encode()),)

    return export


def _tla() -> Export:
    """Return the export to TLA+."""
    from pluscheck.exports.tla import tla

    def export(model: Model) -> tuple[ExportedFile, ...]:
        """Return a module, which must be in a file of its name, and a configuration for TLC that asks for the properties that the model checks."""
        made = tla(model.system, [expectation.property for expectation in model.expectations])
        files = (("tla", made.module), ("cfg", made.configuration))
        return tuple([ExportedFile(ending, text.encode(), made.name) for ending, text in files])

    return export


FORMATS: Mapping[str, Format | ProofFormat] = {
    "aiger": Format(_aiger, "one binary AIGER 1.9 file a model, a bad literal for each property"),
    "promela": Format(_promela, "one Promela file a model, for Spin, an assertion for each property"),
    "smt2": ProofFormat(_smt2, "of a stored proof, one SMT-LIB 2 script for each of its obligations"),
    "tla": Format(_tla, "one TLA+ module a model, with a configuration for TLC"),
}
"""What a model, or a stored proof, can be written as."""


def exported(path: Path, model: str | None, to: str) -> tuple[tuple[str, bytes], ...]:
    """Return the files of one model or of all, or of a stored proof, by name. Raises SpecError, and UsageError if there is no such thing."""
    chosen_format = FORMATS[to]
    if isinstance(chosen_format, ProofFormat):
        if model is not None:
            raise UsageError(f"a stored proof is of one model: `--to {to}` needs no `--model`")
        return chosen_format.load()(path)
    models = lowered_models(path, model)
    export = chosen_format.load()
    return tuple(
        (f"{file.name or f'{path.stem}.{chosen.system.model}'}.{file.ending}", file.contents)
        for chosen in models
        for file in export(chosen)
    )
