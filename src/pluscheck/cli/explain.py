"""`pluscheck explain`: the page behind a diagnostic's code."""

from __future__ import annotations

from difflib import get_close_matches

from pluscheck.base.codes import Code
from pluscheck.cli.exits import Exit
from pluscheck.cli.output import say, write
from pluscheck.report.pages import page, title


def run_explain(code: str | None) -> int:
    """Print one page, or the list of all."""
    if code is None:
        write("".join(f"{each}  {title(each)}\n" for each in Code))
        return Exit.MET
    wanted = code.strip().upper()
    wanted = f"PC{wanted}" if wanted.isdecimal() else wanted
    if wanted in set(Code):
        write(page(Code(wanted)))
        return Exit.MET
    digits = wanted.translate(str.maketrans("OIL", "011"))  # as they are misread
    close = get_close_matches(digits, list(Code), n=1)
    say(f"pluscheck: there is no code {code}" + (f"; did you mean {close[0]}?" if close else ""))
    say("pluscheck: `pluscheck explain` lists them all")
    return Exit.USAGE
