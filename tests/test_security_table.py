"""docs/security.md: each requirement once, none met without being shown, what is named exists."""

import ast
import re
from collections import Counter
from functools import cache

import pytest
from django.conf import settings

PAGE = settings.BASE_DIR / "docs" / "security.md"
STATES = {"met", "partly", "not met", "operator", "n/a"}

# OWASP ASVS 5.0.0 without V9, V10 and V17: the level of each requirement of a section, in order.
LEVELS = {
    "1.1": "22",
    "1.2": "1111122223",
    "1.3": "112222222223",
    "1.4": "222",
    "1.5": "123",
    "2.1": "122",
    "2.2": "112",
    "2.3": "12223",
    "2.4": "23",
    "3.1": "3",
    "3.2": "113",
    "3.3": "12223",
    "3.4": "11222233",
    "3.5": "11122333",
    "3.6": "3",
    "3.7": "22333",
    "4.1": "12233",
    "4.2": "23333",
    "4.3": "22",
    "4.4": "1222",
    "5.1": "2",
    "5.2": "112333",
    "5.3": "113",
    "5.4": "222",
    "6.1": "122",
    "6.2": "111111112222",
    "6.3": "11223333",
    "6.4": "112233",
    "6.5": "22222333",
    "6.6": "2223",
    "6.7": "33",
    "6.8": "2222",
    "7.1": "222",
    "7.2": "1111",
    "7.3": "22",
    "7.4": "11222",
    "7.5": "223",
    "7.6": "22",
    "8.1": "1233",
    "8.2": "1123",
    "8.3": "133",
    "8.4": "23",
    "11.1": "2233",
    "11.2": "22233",
    "11.3": "11233",
    "11.4": "1222",
    "11.5": "23",
    "11.6": "23",
    "11.7": "33",
    "12.1": "12233",
    "12.2": "11",
    "12.3": "22223",
    "13.1": "2333",
    "13.2": "222223",
    "13.3": "2233",
    "13.4": "1222233",
    "14.1": "22",
    "14.2": "12223333",
    "14.3": "122",
    "15.1": "12233",
    "15.2": "12233",
    "15.3": "1222222",
    "15.4": "3333",
    "16.1": "2",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "2223",
}
# What the standard counts: levels 1, 2 and 3 of these chapters.
TOTALS = {"1": 61, "2": 149, "3": 80}


def wanted():
    """Return the requirements of levels 1 and 2 with their levels."""
    return {
        f"V{section}.{number}": level
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level != "3"
    }


def table_rows(first):
    """Return the cells of the rows whose first cell is of the form `first`."""
    rows = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells and re.fullmatch(first, cells[0]):
            rows.append(cells)
    return rows


REQUIREMENTS = [row for row in table_rows(r"V\d+\.\d+\.\d+") if len(row) == 6]
DUTIES = table_rows(r"D\d+")
SAID = [row for row in table_rows(r"V\d+\.\d+\.\d+") if len(row) == 2]
SHOWN = [
    *((row[0], row[3], row[4], row[5]) for row in REQUIREMENTS),
    *((row[0], row[2], row[3], row[4]) for row in DUTIES),
]


def test_the_levels_add_up_to_what_the_standard_counts():
    assert Counter("".join(LEVELS.values())) == TOTALS


def test_each_requirement_stands_here_once_with_its_level():
    told = Counter(row[0] for row in REQUIREMENTS)
    assert [one for one, times in told.items() if times > 1] == []
    assert {row[0]: row[1] for row in REQUIREMENTS} == wanted()


def test_the_duties_stand_here_once_and_in_order():
    assert [row[0] for row in DUTIES] == [f"D{number}" for number in range(1, 19)]
    assert all(len(row) == 5 for row in DUTIES)


@pytest.mark.parametrize(("key", "state", "how", "shown"), SHOWN, ids=[one[0] for one in SHOWN])
def test_nothing_is_met_without_being_shown(key, state, how, shown):
    assert state in STATES
    named = re.findall("`([^`]+)`", shown)
    if state in ("met", "partly"):
        assert named
    if state != "met":
        assert how  # why not, what lacks, what is left to whom
    assert re.sub("`[^`]+`", "", shown).strip(" ,") == ""
    assert [name for name in named if not exists(name)] == []


def test_what_lacks_is_said_at_the_top():
    lacking = [row[0] for row in REQUIREMENTS if row[3] in ("partly", "not met")]
    assert [row[0] for row in SAID] == lacking
    assert all(len(row[1]) > 30 for row in SAID)


def test_what_a_row_may_name_is_checked():
    assert exists("DEBUG")
    assert exists("kylien/serve.py")
    assert exists("tests/test_security_table.py::test_what_a_row_may_name_is_checked")
    for wrong in ("NO_SUCH_SETTING", "kylien/none.py", "tests/test_security_table.py::test_none"):
        assert not exists(wrong)
    for wrong in ("tests/none.py::test_x", "words", "/etc/passwd", "../x"):
        assert not exists(wrong)


def exists(name):
    """Tell whether what a row names is there: `SETTING`, `folder/file`, `tests/file::test`."""
    if name.isupper() and "/" not in name:
        return name in names_of_settings()
    path, _, test = name.partition("::")
    found = (settings.BASE_DIR / path).resolve()
    if not found.is_relative_to(settings.BASE_DIR) or not found.exists():
        return False
    return not test or test in named_tests(path)


@cache
def names_of_settings():
    tree = ast.parse((settings.BASE_DIR / "kylien" / "settings.py").read_text())
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.isupper()}


@cache
def named_tests(path):
    tree = ast.parse((settings.BASE_DIR / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
