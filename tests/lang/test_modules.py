"""`extends`: what is found where, in which order, and what is said when it is not."""

from pathlib import Path

import pytest

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.modules import LIBRARY, library_source, load_modules


def write(folder: Path, *texts: str) -> Path:
    """Write each module to the file that bears its name; return the first one's path."""
    paths = [folder / f"{text.split()[1]}.plus" for text in texts]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths[0]


def mistakes(path: Path | Source) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    return [(d.code.value, d.primary.span.text) for d in caught.value.diagnostics]


def test_extended_modules_come_first_and_once(tmp_path):
    path = write(
        tmp_path,
        "module Top\nextends Left, Right\nextends Left\n",
        "module Left\nextends Bottom\n",
        "module Right\nextends Bottom, Mutex\n",
        "module Bottom\n",
    )
    assert [m.name.name for m in load_modules(path)] == ["Bottom", "Left", "Mutex", "Right", "Top"]


def test_a_module_beside_the_specification_comes_before_the_library(tmp_path):
    path = write(tmp_path, "module Top\nextends Mutex\n", "module Mutex\nMine == 1\n")
    mutex, _ = load_modules(path)
    assert mutex.span.source.name == (tmp_path / "Mutex.plus").as_posix()


def test_a_text_without_a_file_sees_the_library_only(tmp_path, monkeypatch):
    write(tmp_path, "module Beside\n")
    monkeypatch.chdir(tmp_path)
    assert [m.name.name for m in load_modules(Source("Top.plus", "module Anything\nextends RwLock\n"))] == [
        "RwLock",
        "Anything",
    ]
    assert mistakes(Source("Top.plus", "module Top\nextends Beside\n")) == [("PC203", "Beside")]


def test_the_library_is_what_the_package_ships():
    shipped = {path.stem for path in Path(library_source.__code__.co_filename).parents[1].glob("stdlib/*.plus")}
    assert shipped == {*LIBRARY, *(f"{name}Check" for name in LIBRARY)}


def test_an_unknown_module_is_looked_for_where_it_could_be(tmp_path):
    path = write(tmp_path, "module Top\nextends Lokcs, RWlock, Zzzzzz\n", "module Locks\n")
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    first, second, third = caught.value.diagnostics
    assert {d.code.value for d in caught.value.diagnostics} == {"PC203"}
    assert (tmp_path / "Lokcs.plus").as_posix() in first.primary.text
    assert "`Locks`" in first.help
    assert "`RwLock`" in second.help
    assert all(name in third.help for name in LIBRARY)


def test_a_companion_is_not_in_the_library(tmp_path):
    assert mistakes(write(tmp_path, "module Top\nextends RwLockCheck\n")) == [("PC203", "RwLockCheck")]


@pytest.mark.parametrize("name", ["x" * 5_000, "_", "CON"])
def test_strange_names_are_unknown_modules(tmp_path, name):
    assert mistakes(write(tmp_path, f"module Top\nextends {name}\n")) == [("PC203", name)]


def test_each_link_of_a_circle_is_shown(tmp_path):
    path = write(
        tmp_path,
        "module Top\nextends One\n",
        "module One\nextends Two\n",
        "module Two\nextends Mutex, Three\n",
        "module Three\nextends One\n",
    )
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "PC204"
    links = [(Path(x.span.source.name).stem, x.span.text) for x in (*diagnostic.secondary, diagnostic.primary)]
    assert links == [("One", "Two"), ("Two", "Three"), ("Three", "One")]


def test_a_module_that_extends_itself(tmp_path):
    assert mistakes(write(tmp_path, "module Top\nextends Top\n")) == [("PC204", "Top")]


def test_a_module_is_called_like_its_file(tmp_path):
    (tmp_path / "Top.plus").write_text("module Other\nextends Part\n")
    (tmp_path / "Part.plus").write_text("module Prat\n")
    assert mistakes(tmp_path / "Top.plus") == [("PC205", "Other"), ("PC205", "Prat")]


def test_a_file_whose_name_no_module_can_have_is_to_be_renamed(tmp_path):
    path = tmp_path / "a-b.plus"
    path.write_text("module Top\n")
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    (diagnostic,) = caught.value.diagnostics
    assert "`a-b`" not in diagnostic.primary.text
    assert diagnostic.help is not None
    assert "rename the file to `Top.plus`" in diagnostic.help


def test_mistakes_in_several_files_are_told_at_once(tmp_path):
    path = write(tmp_path, "module Top\nextends One, Two, Missing\n", "module One\nvar\n", "module Two\n$\n")
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    files = [Path(d.primary.span.source.name).stem for d in caught.value.diagnostics]
    assert list(dict.fromkeys(files)) == ["One", "Two", "Top"]


def test_an_extended_file_that_is_not_text(tmp_path):
    path = write(tmp_path, "module Top\nextends Picture\n")
    (tmp_path / "Picture.plus").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(SpecError) as caught:
        load_modules(path)
    assert [d.code for d in caught.value.diagnostics] == ["PC004"]


def test_a_long_chain_of_modules(tmp_path):
    write(tmp_path, *(f"module M{i}\nextends M{i + 1}\n" for i in range(1_500)), "module M1500\n")
    assert len(load_modules(tmp_path / "M0.plus")) == 1_501
