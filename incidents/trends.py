"""Trends of events: a week's number of incidents beside the average of the weeks before it.

Pure arithmetic over counts by kind, neighbourhood and week. Events are compared with their own
past; nothing here knows a person, a place or a word of what was written.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kylien.core.periods import Week
from kylien.core.text import format_number

# The rule, stated here alone; `RULE` says it to the reader.
WEEKS = 12  # whole weeks before the one looked at, of which the average is taken
AT_LEAST = 3  # events: two are no trend, however seldom they are
TIMES = 2  # the average
MARK = "Nhiều hơn thường lệ"
RULE = (
    f"Tuần đang xem ghi “{MARK.lower()}” khi có từ {AT_LEAST} vụ trở lên và ít nhất gấp {TIMES} "
    f"lần trung bình {WEEKS} tuần liền trước của chính loại việc hoặc tổ dân phố đó."
)


def compared(week: Week) -> list[Week]:
    """Return the weeks a page about `week` counts: those of the average, the week itself last."""
    return week.last(WEEKS + 1)


def comparable(first_event: date | None, week: Week) -> bool:
    """Tell whether events were recorded all through the weeks of the average.

    Without this a station's first weeks with the portal would all be more than usual.
    """
    return first_event is not None and Week.containing(first_event) <= compared(week)[0]


@dataclass(frozen=True)
class Series:
    """The events of one kind or place by week (`compared`): the week looked at is the last.

    Raises ValueError unless there are `WEEKS` + 1 counts, none negative.
    """

    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != WEEKS + 1 or min(self.counts) < 0:
            raise ValueError(f"no counts of {WEEKS + 1} weeks: {self.counts}")

    @property
    def now(self) -> int:
        """The events of the week looked at."""
        return self.counts[-1]

    @property
    def before(self) -> tuple[int, ...]:
        """The events of each week of the average."""
        return self.counts[:-1]

    @property
    def average(self) -> float:
        """The events of a week before, on average."""
        return sum(self.before) / WEEKS

    @property
    def average_label(self) -> str:
        """The average with one decimal, halves rounded up: "1,3"."""
        exact = Decimal(sum(self.before)) / WEEKS
        return format_number(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))

    @property
    def stands_out(self) -> bool:
        """Tell whether the week has more events than usual, by the rule; in whole numbers.

        A week that is not over is measured as it stands: it is marked once it has reached what
        the rule asks of a whole week, and nothing is reckoned up for the days to come.
        """
        return self.now >= AT_LEAST and self.now * WEEKS >= TIMES * sum(self.before)


Counts = Mapping[tuple[Hashable, Hashable, date], int]
"""`{(kind, neighbourhood, Monday): events}`, without those that are 0."""


def add_up(
    counts: Counts,
    weeks: Sequence[Week],
    whose: Callable[[Hashable, Hashable], Hashable],
) -> dict[Hashable, Series]:
    """Return a series for each thing that `whose(kind, neighbourhood)` names.

    Raises KeyError for an event outside the weeks.
    """
    places = {week.monday: place for place, week in enumerate(weeks)}
    sums: dict[Hashable, list[int]] = {}
    for (kind, area, monday), number in counts.items():
        sums.setdefault(whose(kind, area), [0] * len(weeks))[places[monday]] += number
    return {key: Series(tuple(numbers)) for key, numbers in sums.items()}
