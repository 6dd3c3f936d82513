"""The sentences that Django and its parts leave in English: compiled as they are written."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils.translation import gettext as _

FOLDER = Path("locale/vi/LC_MESSAGES")


def pairs():
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    found = re.findall(
        r'^msgid "(.+)"\n(?:msgid_plural "(.+)"\n)?msgstr(?:\[0\])? "(.+)"$', text, re.MULTILINE
    )
    assert len(found) > 20
    return found


def test_the_compiled_file_says_what_the_source_says():
    with (FOLDER / "django.mo").open("rb") as compiled:
        catalog = gettext.GNUTranslations(compiled)
    for source, plural, vietnamese in pairs():
        if plural:
            assert catalog.ngettext(source, plural, 2) == vietnamese
        else:
            assert catalog.gettext(source) == vietnamese


@pytest.mark.parametrize("source", ["Null characters are not allowed.", "Incorrect password."])
def test_the_portal_speaks_them(source):
    assert _(source) == next(vietnamese for one, _plural, vietnamese in pairs() if one == source)
