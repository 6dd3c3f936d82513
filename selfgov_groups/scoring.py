"""Points, totals and classes of groups. Pure: the same points and limits always rate the same.

Source: provincial rules on self-managed groups (a hundred points, four classes); how many points a
criterion is worth and from how many a class starts are given, never written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

GOOD, FAIR, AVERAGE, WEAK = CLASSES = ("good", "fair", "average", "weak")
"""The classes, the best first."""
NEED_PLAN = (AVERAGE, WEAK)
"""The classes whose groups get a plan of improvement."""


@dataclass(frozen=True)
class Limits:
    """From how many points on a group is good, fair and average; below that it is weak."""

    good_from: int
    fair_from: int
    average_from: int

    def class_of(self, total: int) -> str:
        """Return the class that so many points make."""
        if total >= self.good_from:
            return GOOD
        if total >= self.fair_from:
            return FAIR
        return AVERAGE if total >= self.average_from else WEAK


@dataclass(frozen=True)
class Given:
    """The points given by one criterion, and how many it is worth."""

    points: int
    most: int


@dataclass(frozen=True)
class Rating:
    """What a group's points come to."""

    total: int
    rated: str


def rate(given: Iterable[Given], limits: Limits) -> Rating:
    """Return total and class of the points given, in whatever order they come.

    Raises ValueError for points below none or above what the criterion is worth.
    """
    total = 0
    for one in given:
        if not 0 <= one.points <= one.most:
            raise ValueError(f"{one.points} points of at most {one.most}")
        total += one.points
    return Rating(total, limits.class_of(total))


def steps_up(now: str, before: str) -> int | None:
    """Return by how many classes a group rose since the year before: -1 is one down; None where
    either year has no class."""
    if now not in CLASSES or before not in CLASSES:
        return None
    return CLASSES.index(before) - CLASSES.index(now)
