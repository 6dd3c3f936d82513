"""Write docs/licences.md: python -m scripts.licences [--check]

Lists what requirements.txt locks with its version and licence, from the metadata of what is
installed. Ends with a sentence where a part has a licence that is not accepted, or names none.
`--check` writes nothing and ends with a sentence where the file is not up to date.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK, PAGE = ROOT / "requirements.txt", ROOT / "docs" / "licences.md"

# Permissive ones, and two that bind only changes to the part itself.
ACCEPTED = {
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "OFL-1.1",
    "PSF-2.0",
    "ZPL-2.1",
}
# How metadata without an SPDX name calls them.
CALLED = {
    "ZPL 2.1": "ZPL-2.1",
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Without words in the metadata: read by hand in the licence file of the part.
BY_HAND = {"pyrage": "MIT", "colorama": "BSD-3-Clause"}
NOTES = {
    "psycopg": "LGPL: used unchanged, as a library that can be exchanged",
    "psycopg-binary": "LGPL: as psycopg; holds libpq (PostgreSQL licence) and OpenSSL (Apache-2.0)",
    "fido2": "comes with django-allauth; not used; MPL for its list of domains alone",
    "qrcode": "its first parts MIT; metadata also says Other, for the trademark QR Code",
    "fontpkg-be-vietnam-pro": "a font",
    "fontpkg-noto-serif": "a font",
    "colorama": "on Windows alone",
    "pyrage": "read in its licence file; its metadata names none",
}

HEAD = """# Licences of the parts the portal runs on

Written by `python -m scripts.licences` from the metadata of the locked parts; a test compares it
with `requirements.txt`. Accepted are permissive licences, and LGPL and MPL for parts used
unchanged. Parts for tests and development are not handed on and stand in `requirements-dev.txt`.

| part | version | licence | note |
|---|---|---|---|
"""


def locked(text: str) -> dict[str, str]:
    """Return the parts of a lock file with their versions."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


def licences(name: str) -> list[str]:
    """Return the licences of a part by their SPDX names; empty where none is named."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return [BY_HAND[name]] if name in BY_HAND else []
    named = told.get("License-Expression") or told.get("License") or ""
    found = [CALLED.get(one, one) for one in re.split(r" OR | AND ", named)]
    if not ACCEPTED.issuperset(found):  # the whole text, or nothing
        lines = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or []]
        found = [CALLED[line] for line in lines if line in CALLED]
    return found or ([BY_HAND[name]] if name in BY_HAND else [])


def page(text: str) -> str:
    """Return the page for a lock file. Raises ValueError for a licence that is not accepted."""
    rows = []
    for name, version in sorted(locked(text).items()):
        found = licences(name)
        if not found or not ACCEPTED.issuperset(found):
            raise ValueError(f"{name} has no accepted licence: {', '.join(found) or 'none named'}.")
        rows.append(f"| {name} | {version} | {', '.join(found)} | {NOTES.get(name, '')} |\n")
    return HEAD + "".join(rows)


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    try:
        made = page(LOCK.read_text())
    except ValueError as error:
        sys.exit(str(error))
    if not arguments:
        PAGE.write_text(made)
    elif not PAGE.exists() or PAGE.read_text() != made:
        sys.exit("docs/licences.md is not up to date: python -m scripts.licences")


if __name__ == "__main__":
    main(sys.argv[1:])
