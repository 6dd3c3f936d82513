"""A report as PDF/UA-1: tagged, with its language and title, so that screen readers can read it."""

import datetime as dt
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import fontpkg_noto_serif
import typst

from reports.documents.paper import STYLE, Paper

HERE = Path(__file__).parent
FONTS = ("Times New Roman", "Liberation Serif", "Noto Serif")  # the first that the machine has


def draw(paper: Paper) -> bytes:
    """Return the PDF of a report: the same bytes for the same content."""
    compiler = typst.Compiler(
        HERE / "report.typ",
        root=HERE,
        font_paths=_fonts(),
        sys_inputs={
            "paper": json.dumps({**asdict(paper), "style": STYLE}, default=dt.date.isoformat),
            "font": _family(),
        },
    )
    moment = dt.datetime.combine(paper.dated, dt.time(), dt.UTC)
    return compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=moment)


@cache
def _fonts() -> typst.Fonts:
    own = Path(fontpkg_noto_serif.__file__).parent / "files"
    return typst.Fonts(include_embedded_fonts=False, font_paths=[own])


@cache
def _family() -> str:
    known = set(_fonts().families())
    return next(name for name in FONTS if name in known)
