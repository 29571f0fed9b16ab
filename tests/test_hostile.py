"""Whatever comes in, a diagnostic comes out: with a code, with a place, soon, and without a traceback."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import verify
from pluscheck.report.model import Report

SECONDS = 20
"""Of CPU time: the machine may be busy with other things."""

MEMORY = 2 * 1024**3

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.plus"))


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, with limits on time and memory that end it."""
    return subprocess.run(
        [sys.executable, "-m", "pluscheck", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=15 * SECONDS,
        preexec_fn=limited,
        check=False,
    )


HEAD = "module M\nvar x : 0..1 = 0\naction A { x := 1 - x; }\n"

HOSTILE: dict[str, tuple[bytes, set[Code]]] = {
    "empty": (b"", {Code.EMPTY_FILE}),
    "blank": (b" \n\t\n", {Code.EMPTY_FILE}),
    "binary": (bytes(range(256)) * 8, {Code.BINARY_FILE}),
    "not_utf8": (b"module M\n\\* caf\xe9\nvar x : 0..1 = 0\n", {Code.NOT_UTF8}),
    "ten_megabytes": (HEAD.encode() + b"\\* more\n" * 1_300_000, {Code.FILE_TOO_LARGE}),
    "a_megabyte_of_brackets": (HEAD.encode() + b"P == " + b"(" * 1_000_000, {Code.NESTED_TOO_DEEPLY, Code.UNCLOSED_BRACKET}),
    "a_megabyte_of_nothing": (HEAD.encode() + b"P == " + b"$ " * 500_000, {Code.UNEXPECTED_CHARACTER}),
    "a_long_line": (HEAD.encode() + b"P == " + b"x + " * 250_000, set()),
    "deep_brackets": (HEAD.encode() + b"P == " + b"(1 + " * 5000 + b"x" + b")" * 5000, {Code.NESTED_TOO_DEEPLY}),
    "deep_sets": (HEAD.encode() + b"P == " + b"{" * 5000 + b"}" * 5000, {Code.NESTED_TOO_DEEPLY}),
    "deep_comments": (HEAD.encode() + b"(*" * 100_000, {Code.UNCLOSED_COMMENT}),
    "deep_statements": (
        HEAD.encode() + b"action B { " + b"if (TRUE) { " * 3000 + b"skip; " + b"}; " * 3000 + b"}", {Code.NESTED_TOO_DEEPLY},
    ),
    "deep_negations": (HEAD.encode() + b"P == " + b"~" * 100_000 + b"TRUE", {Code.NESTED_TOO_DEEPLY}),
    "no_module": (b"var x : 0..1 = 0\n", set()),
    "words": (b"to whom it may concern\n", set()),
    "scope_zero": (b"module M\nsort S\nvar x : SUBSET S = {}\naction A { x := S; }\nmodel m { scope S = 0; }\n", {Code.BAD_SCOPE}),
    "scope_huge": (b"module M\nsort S\nvar x : SUBSET S = {}\naction A { x := S; }\nmodel m { scope S = 99999999999; }\n", set()),
    "two_to_the_64": (HEAD.encode() + b"var y : SUBSET (1..64 \\X 1..64) = {}\nvar z : 0..18446744073709551615 = 0\n"
                      b"action B { z := z + 1; y := {}; }\n", set()),
    "a_huge_set": (HEAD.encode() + b"var y : SUBSET (0..1000000000000) = {}\naction B { y := {1}; }\n", {Code.TYPE_TOO_LARGE}),
    "a_huge_constant": (HEAD.encode() + b"const C : 0..9 == Cardinality(SUBSET (1..60)) % 10\n", set()),
    "a_huge_number": (HEAD.encode() + b"P == " + b"9" * 100_000 + b"\n", {Code.NUMBER_TOO_LARGE}),
    "a_huge_power": (HEAD.encode() + b"const C : 0..9 == (9^9^9) % 10\nconst D : 0..9 == ((9^99)^9999999) % 10\n", set()),
    "endless_recursion": (HEAD.encode() + b"RECURSIVE F(_)\nF(n) == F(n + 1)\nconst C : 0..9 == F(0)\n", set()),
    "extends_itself": (b"module M\nextends M\nvar x : 0..1 = 0\n", {Code.CYCLIC_EXTENDS}),
    "escape_codes": (b"module M\n\x1b[31mvar\x1b[0m x : 0..1 = 0\n", {Code.UNEXPECTED_CHARACTER}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_diagnostic(name: str, tmp_path: Path) -> None:
    data, codes = HOSTILE[name]
    (tmp_path / "M.plus").write_bytes(data)
    done = run(tmp_path, "verify", "M.plus", "--timeout", "5")
    assert "Traceback" not in done.stderr
    assert "fault of pluscheck" not in done.stderr
    assert done.returncode == 3, done.stdout[:2000] + done.stderr[:2000]
    found = {code for code in Code if f"[{code}]" in done.stdout}
    assert found
    assert codes <= found or (found and found <= codes)
    assert "M.plus:" in done.stdout
    assert "\x1b" not in done.stdout
    assert len(done.stdout) < 100_000


def test_modules_that_extend_each_other(tmp_path: Path) -> None:
    for one, other in (("A", "B"), ("B", "C"), ("C", "A")):
        (tmp_path / f"{one}.plus").write_text(f"module {one}\nextends {other}\n", encoding="utf-8")
    done = run(tmp_path, "verify", ".")
    assert done.returncode == 3
    assert Code.CYCLIC_EXTENDS in done.stdout


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, "verify", "nowhere.plus")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.plus" in done.stderr


def test_a_directory_called_like_a_spec(tmp_path: Path) -> None:
    (tmp_path / "M.plus").mkdir()
    assert run(tmp_path, "verify", "M.plus").returncode == 2


def test_a_link_in_circles(tmp_path: Path) -> None:
    (tmp_path / "M.plus").symlink_to("M.plus")
    assert run(tmp_path, "verify", "M.plus").returncode == 2


def findings(data: bytes, folder: Path) -> Report:
    file = folder / "M.plus"
    file.write_bytes(data)
    return verify([file], Options(depth=1, seconds=2.0), Unwatched())


def assert_places(diagnostics: tuple[Diagnostic, ...]) -> None:
    for diagnostic in diagnostics:
        assert diagnostic.code in set(Code)
        span = diagnostic.primary.span
        assert 0 <= span.start <= span.end <= len(span.source.text)
        assert span.line >= 1


RANDOM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RANDOM
@given(st.binary(max_size=300))
def test_random_bytes(tmp_path: Path, data: bytes) -> None:
    report = findings(data, tmp_path)
    assert report.specs[0].diagnostics
    assert_places(report.specs[0].diagnostics)


TOKENS = st.sampled_from(
    "module M var x y : = == := 0 1 .. ( ) { } [ ] << >> |-> -> \\in \\A \\E /\\ \\/ => ~ ' , ; @ ! . # process action "
    "if else while either or with await goto call return skip assert model scope depth expect None Some EXCEPT IF THEN "
    "ELSE CASE OTHER LET IN SUBSET UNION CHOOSE LAMBDA sort enum type const switch L: (* *) \\* \n".split(" ")
)


@RANDOM
@given(st.lists(TOKENS, max_size=60))
def test_random_tokens(tmp_path: Path, tokens: list[str]) -> None:
    report = findings(b"module M\n" + " ".join(tokens).encode(), tmp_path)
    for spec in report.specs:
        assert_places(spec.diagnostics)


@RANDOM
@given(st.data())
def test_mutated_specs(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(CORPUS)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.one_of(TOKENS, st.text(max_size=3), st.just(""))) + text[at + length :]
    for spec in findings(text.encode("utf-8", errors="replace"), tmp_path).specs:
        assert_places(spec.diagnostics)
