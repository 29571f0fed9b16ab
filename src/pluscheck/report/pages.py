"""The page behind each diagnostic code, from the package itself."""

from __future__ import annotations

from importlib.resources import files

from pluscheck.base.codes import Code

PAGES = files("pluscheck") / "pages"


def page(code: Code) -> str:
    """Return the code's page, in Markdown."""
    return (PAGES / f"{code}.md").read_text(encoding="utf-8")


def title(code: Code) -> str:
    """Return what the code's page is about, in a few words."""
    heading = page(code).partition("\n")[0]
    return heading.removeprefix("#").strip().removeprefix(f"{code}:").strip()
