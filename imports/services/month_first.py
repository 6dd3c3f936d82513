"""Columns of days that a sheet writes with the month first, as 12/25/1980.

A day such as 05/09/1990 can then be either of two, also as a real date: Excel turns the text into
one by the order of its own country. No rule could tell, so such rows are refused, not guessed.
"""

import re
from collections.abc import Sequence

from imports.kinds.base import Column, Kind, Line
from imports.reading.values import read_birth, read_day

_DAY = re.compile(r"“([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}”")
FEW = 10  # one slip among so many days that are plain makes no column of months first


def refuse_month_first(lines: Sequence[Line], kind: Kind) -> None:
    """Refuse the days that may be read in two ways, in columns where months stand first."""
    for place, column in enumerate(kind.columns):
        if column.read in (read_birth, read_day) and _is_month_first(lines, place, column):
            for line in lines:
                _refuse(line, place, column)


def _is_month_first(lines, place: int, column: Column) -> bool:
    months = sum(1 for line in lines if line.errors and _said_month_first(line, column))
    if not months:
        return False
    plain = sum(1 for line in lines if _day(line.values[place]) > 12)
    return months * FEW > plain


def _said_month_first(line: Line, column: Column) -> bool:
    """Tell whether the line's cell is no day, but would be one with its month first."""
    found = (_DAY.search(error) for error in line.errors if error.startswith(f"{column.label}:"))
    return any(match and int(match[1]) <= 12 < int(match[2]) <= 31 for match in found)


def _day(value: str | None) -> int:
    """Return the day of the month; 0 where it is not known."""
    return 0 if value is None or value.endswith(("/M", "/Y")) else int(value[8:10])


def _refuse(line: Line, place: int, column: Column) -> None:
    value = line.values[place]
    day = _day(value)
    if 0 < day <= 12 and day != int(value[5:7]):
        told = f"{value[8:10]}/{value[5:7]}/{value[:4]}"
        line.errors.append(
            f"{column.label}: không rõ {told} là ngày trước hay tháng trước, vì cột này có dòng "
            "ghi tháng trước: ghi ngày trước, tháng sau."
        )
