"""Which neighbourhood has had which topic in a quarter: sessions held, of its own and ward-wide.

Pure: what is counted here was read in one query (`counts`). A ward-wide session reaches every
neighbourhood, but is told apart from one held in the neighbourhood itself, which is the stronger
thing; in totals it counts once.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

Counts = Mapping[tuple[Hashable | None, Hashable], int]
"""`{(neighbourhood, topic): sessions}`, the neighbourhood None for ward-wide ones; no zeros."""

NOTHING = "chưa có"
WARD_ONLY = "chỉ cả phường"


@dataclass(frozen=True)
class Cell:
    """The sessions of one topic in one neighbourhood: its own, and those for the whole ward."""

    own: int
    ward: int

    @property
    def covered(self) -> bool:
        return bool(self.own or self.ward)


@dataclass(frozen=True)
class Share:
    """How many of the neighbourhoods had a topic: at all, and by a session of their own."""

    covered: int
    own: int
    whole: int


@dataclass(frozen=True)
class Coverage:
    """The table. `cells[area, topic]`; `rows[area]` and `columns[topic]` are sums of sessions, a
    ward-wide one counted once in a column; `ward[topic]` are those for the whole ward."""

    cells: dict[tuple[Hashable, Hashable], Cell]
    rows: dict[Hashable, Cell]
    columns: dict[Hashable, int]
    ward: dict[Hashable, int]
    shares: dict[Hashable, Share]

    @property
    def total(self) -> int:
        """All sessions, each counted once."""
        return sum(self.columns.values())

    @property
    def empty(self) -> int:
        """How many cells had no session at all."""
        return sum(not cell.covered for cell in self.cells.values())


def table(counts: Counts, areas: Sequence[Hashable], topics: Sequence[Hashable]) -> Coverage:
    """Lay out the sessions of a quarter by neighbourhood and topic.

    What happened in other neighbourhoods than `areas`, or about other topics, is left out.
    """
    ward = {topic: counts.get((None, topic), 0) for topic in topics}
    cells = {
        (area, topic): Cell(counts.get((area, topic), 0), ward[topic])
        for area in areas
        for topic in topics
    }
    every = sum(ward.values())
    rows = {area: Cell(sum(cells[area, topic].own for topic in topics), every) for area in areas}
    columns = {
        topic: sum(cells[area, topic].own for area in areas) + ward[topic] for topic in topics
    }
    shares = {
        topic: Share(
            covered=sum(cells[area, topic].covered for area in areas),
            own=sum(cells[area, topic].own > 0 for area in areas),
            whole=len(areas),
        )
        for topic in topics
    }
    return Coverage(cells, rows, columns, ward, shares)
