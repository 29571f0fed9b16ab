"""Names of files for others: as short as tells them apart."""

from __future__ import annotations

from pluscheck.report.short_files import short_files


def test_names_are_as_short_as_tells_them_apart() -> None:
    files = ["/home/me/spec/a/Race.plus", "spec/b/Race.plus", "Other.plus", "<library>/Mutex.plus"]
    assert short_files(files) == {
        "/home/me/spec/a/Race.plus": "a/Race.plus",
        "spec/b/Race.plus": "b/Race.plus",
        "Other.plus": "Other.plus",
        "<library>/Mutex.plus": "<library>/Mutex.plus",
    }


def test_one_alone_needs_no_folder() -> None:
    assert short_files(["/tmp/x/Race.plus"]) == {"/tmp/x/Race.plus": "Race.plus"}
    assert short_files(["C:\\\\work\\\\Race.plus"]) == {"C:\\\\work\\\\Race.plus": "Race.plus"}


def test_no_name_leads_out_of_its_folder() -> None:
    files = ["Race.plus", "../Race.plus", "../../Race.plus", "x/../Race.plus", "/Race.plus"]
    found = short_files(files)
    assert all(not name.startswith("/") and ".." not in name.split("/") for name in found.values())
    assert len({found[file] for file in ("Race.plus", "../Race.plus", "../../Race.plus")}) == 3
    assert found["x/../Race.plus"] == found["Race.plus"]
