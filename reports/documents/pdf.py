"""A report as PDF/UA-1: tagged, with its language and title, so that screen readers can read it."""

import datetime as dt
import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import fontpkg_noto_serif
import typst

from reports.documents.paper import STYLE, Paper

HERE = Path(__file__).parent
FONTS = ("Times New Roman", "Liberation Serif", "Noto Serif")  # the first that the machine has
# What each of these fonts holds: Vietnamese and the marks around it. PDF/UA refuses a letter that
# no font of the machine shows, such as a pictograph; one of those is told by a mark in its place.
UNKNOWN = re.compile(
    "[^ -~\u00a0-\u017f\u01a0\u01a1\u01af\u01b0\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9"
    "\u2010-\u2015\u2018-\u201e\u2022\u2026\u2030\u20ab\u20ac\u2212]"
)
MARK = "\ufffd"


def draw(paper: Paper) -> bytes:
    """Return the PDF of a report: the same bytes for the same content."""
    told = json.dumps(
        {**asdict(paper), "style": STYLE}, default=dt.date.isoformat, ensure_ascii=False
    )
    moment = dt.datetime.combine(paper.dated, dt.time(), dt.UTC)
    try:
        return _compiled(told, moment)
    except typst.TypstError as error:
        known = UNKNOWN.sub(MARK, told)
        if known == told or "could not be displayed" not in str(error):
            raise
        return _compiled(known, moment)


def _compiled(told: str, moment: dt.datetime) -> bytes:
    compiler = typst.Compiler(
        HERE / "report.typ",
        root=HERE,
        font_paths=_fonts(),
        sys_inputs={"paper": told, "font": _family()},
    )
    return compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=moment)


@cache
def _fonts() -> typst.Fonts:
    own = Path(fontpkg_noto_serif.__file__).parent / "files"
    return typst.Fonts(include_embedded_fonts=False, font_paths=[own])


@cache
def _family() -> str:
    known = set(_fonts().families())
    return next(name for name in FONTS if name in known)
