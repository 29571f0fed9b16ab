"""Makes the README's picture anew: `python tests/browser/picture.py`, with the extra `browser` and a Chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from playwright.sync_api import sync_playwright

from pluscheck.cli.main import main

ROOT = Path(__file__).parents[2]
WIDTH = 1280


def picture(to: Path) -> None:
    """Write the upper part of the page of the shared lock's race, down to where its picture ends."""
    with tempfile.TemporaryDirectory() as folder, chdir(ROOT), sync_playwright() as playwright:
        main(
            [
                "verify",
                "spec/dedupe",
                "--only",
                ":shared_inode_lock:NoCorruption",
                "--html",
                folder,
                "-q",
            ]
        )
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto((Path(folder) / "Dedupe" / "shared_inode_lock" / "NoCorruption.html").as_uri())
        page.wait_for_timeout(500)
        end = page.locator(".legend").bounding_box()
        assert end is not None
        page.screenshot(
            path=to, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": end["y"] + end["height"] + 8}
        )
        browser.close()


if __name__ == "__main__":
    picture(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "shared-lock.png")
