"""The worklist: what there is to do, from all apps (`<app>/work.py`), in one list by day.

Merged in the database: one query counts the kinds, one walks the days of all kinds (keys alone, so
that page 40 of a large ward stays quick), one reads the rows of the page.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import Self

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateField,
    DateTimeField,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from kylien.accounts.models import Role, User
from kylien.areas.models import Neighbourhood
from kylien.core.periods import Week
from kylien.core.work import Work, all_work

AHEAD_DAYS = 7  # the page without a week: what is past, today and so many days more
HEAD_LISTED = 8
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
DAY = dt.timedelta(days=1)


def may_work(user):
    """Tell whether a worklist is this user's: of those who work with rows, the ward's or a beat's.
    A leader sees figures alone, the superuser accounts."""
    return user.has_role(*Role.whole_ward(), Role.AREA_OFFICER) and not user.is_superuser


def weekday(day):
    """Return a day as the worklist heads it: "Thứ Bảy 28/11"."""
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m}"


# --- which days -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """Days of a list: up to and with `last`, and from `first` on; without `first` all that is past
    is in it, without `last` each kind looks as far ahead as it is worth (`Work.soon`)."""

    last: dt.date | None = None
    first: dt.date | None = None

    @classmethod
    def ahead(cls, on: dt.date) -> Self:
        """Return the days of the page without a week."""
        return cls(last=on + AHEAD_DAYS * DAY)

    @classmethod
    def of_week(cls, week: Week, on: dt.date) -> Self:
        """Return the days of a week; the current one holds what is past too."""
        return cls(
            last=week.sunday, first=None if week.monday <= on <= week.sunday else week.monday
        )


# --- a row of the list ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """A row of the list, as it stands on the day `on`; `now` is the moment, where hours count."""

    work: Work
    name: str
    detail: str
    says: str
    area: str
    key: int
    day: dt.date
    since: dt.date | None
    at: dt.datetime | None
    on: dt.date
    now: dt.datetime | None = None

    @property
    def url(self):
        return self.work.url(self.key)

    @property
    def first_day(self):
        """The day by which rows of many kinds are told side by side."""
        return self.since or self.day

    @property
    def title(self):
        """The row in one line, where its kind does not stand beside it."""
        return f"{self.says or self.work.says or self.work.label}: {self.name}"

    @property
    def hour(self):
        return f"{timezone.localtime(self.at):%H:%M}" if self.at else ""

    @property
    def _badge(self):
        if self.since is not None:  # waits for no day, so none can be past
            words = {0: "hôm nay", 1: "hôm qua"}
            ago = (self.on - self.since).days
            return "due", f"{self.work.since_word} {words.get(ago, f'{self.since:%d/%m}')}"
        left = (self.day - self.on).days
        if left < 0:
            return "late", f"Quá hạn {-left} ngày"
        if left == 0 and self.at and self.now and self.at < self.now:
            return "late", f"Quá giờ {self.hour}"
        if left == 0:
            return "due", f"Hôm nay {self.hour}".strip()
        return "mute", f"{WEEKDAYS[self.day.weekday()] if left < 7 else f'Còn {left} ngày'}"

    @property
    def state(self):
        """What its day's heading does not say: how late it is, since when it waits, the hour."""
        return self.badge if self.day < self.on or self.since or self.tone == "late" else self.hour

    @property
    def tone(self):
        return self._badge[0]

    @property
    def badge(self):
        return self._badge[1]

    @property
    def due(self):
        """The day as a paper shows it; since when, for what waits for none."""
        if self.since is not None:
            return f"{self.work.since_word} {self.since:%d/%m}"
        return f"{self.day:%d/%m/%Y} {self.hour}".strip()


@dataclass(frozen=True)
class Tally:
    """How many rows of a kind lie in a neighbourhood (None: the whole ward)."""

    work: Work
    area: int | None
    total: int
    late: int
    today: int

    @property
    def ahead(self):
        return self.total - self.late - self.today


def by_day(items, on):
    """Group a list under headings: what is past, today, and each further day."""
    found = []
    for day, members in groupby(items, key=lambda item: max(item.day, on - DAY)):
        if day < on:
            heading, tone = "Quá hạn", "late"
        else:
            words = {0: "Hôm nay, ", 1: "Ngày mai, "}
            heading, tone = words.get((day - on).days, "") + weekday(day), "due"
        found.append({"heading": heading, "tone": tone, "day": day, "items": list(members)})
    return found


# --- the list -------------------------------------------------------------------------------------


@dataclass
class Worklist:
    """The work of a user on a day, within a span; narrowed to a neighbourhood or an officer.

    Kinds that the user may not read are not in it. An officer's work is what lies in his beats
    today, and what is assigned to him elsewhere.
    """

    user: User
    on: dt.date
    span: Span
    neighbourhood: Neighbourhood | None = None
    officer: User | None = None
    now: dt.datetime | None = None
    parts: list[tuple[int, Work, QuerySet]] = field(init=False)

    def __post_init__(self):
        self.parts = [
            (number, work, rows)
            for number, work in enumerate(all_work())
            if work.may(self.user) and (rows := self._rows(work)) is not None
        ]

    def _rows(self, work):
        """Return the rows of a kind with their `work_day`; None where there can be none."""
        first, last = self.span.first, self.span.last or self.on + work.soon * DAY
        if work.day is None and not (first or self.on) <= self.on <= last:
            return None
        whose = self.officer if work.personal and self.officer else self.user
        if not work.may(whose):
            return None
        rows = work.rows(whose, self.on, last).order_by()
        if rows.query.is_empty():
            return None
        rows = rows.annotate(
            work_day=Value(self.on, DateField()) if work.day is None else _told(work.day)
        )
        if first and work.day is not None:
            rows = rows.filter(work_day__gte=first)
        if self.neighbourhood:
            if not work.area:
                return None
            rows = rows.filter(**{work.area: self.neighbourhood})
        return self._of_officer(work, rows) if self.officer else rows

    def _of_officer(self, work, rows):
        if work.personal:
            return rows
        if not work.area:
            return None
        his = Q(**{f"{work.area}__in": [area.pk for area in self.officer.beats]})
        if work.assigned:
            his |= work.assigned(self.officer)
        return rows.filter(his)

    # --- figures ---
    def tally(self) -> list[Tally]:
        """Count the rows by kind and neighbourhood, in one query."""
        parts = []
        for number, work, rows in self.parts:
            area = F(work.area) if work.area else _nothing(BigIntegerField())
            marked = rows.annotate(work_number=Value(number, IntegerField()), work_area=area)
            parts.append(
                marked.values("work_number", "work_area")
                .annotate(
                    work_total=Count("*"),
                    work_late=Count("pk", filter=Q(work_day__lt=self.on)),
                    work_today=Count("pk", filter=Q(work_day=self.on)),
                )
                .values_list("work_number", "work_area", "work_total", "work_late", "work_today")
            )
        kinds = all_work()
        return [Tally(kinds[number], *counts) for number, *counts in _union(parts) if counts[1]]

    # --- rows ---
    def page(self, start, stop, kind="") -> list[Item]:
        """Return rows of the list in its order, of one kind if named, in two queries."""
        parts = [
            rows.annotate(
                work_number=Value(number, IntegerField()),
                work_at=_told(work.at) if work.at else _nothing(DateTimeField()),
                work_row=F("pk"),
            ).values_list("work_number", "work_day", "work_at", "work_row")
            for number, work, rows in self.parts
            if not kind or work.kind == kind
        ]
        if not parts:
            return []
        merged = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        order = ("work_day", "work_number", "work_at", "work_row")
        found = list(merged.order_by(*order)[start:stop])
        wanted = {}
        for number, _, _, row in found:
            wanted.setdefault(number, []).append(row)
        told = self._tell(
            [
                (number, work, rows.filter(pk__in=wanted[number]))
                for number, work, rows in self.parts
                if number in wanted
            ]
        )
        return [told[number, row] for number, _, _, row in found if (number, row) in told]

    def head(self, listed=HEAD_LISTED) -> list[Item]:
        """Return the first rows of the list, in one query: of each kind the soonest one, then of
        each the next, so that one long kind does not push the others off the page."""
        told = self._tell(
            [
                (
                    number,
                    work,
                    rows.filter(pk__in=rows.order_by("work_day", "pk").values("pk")[:listed]),
                )
                for number, work, rows in self.parts
            ]
        )
        ranked, ranks = [], Counter()
        for (number, row), item in sorted(told.items(), key=lambda one: (one[1].first_day, one[0])):
            ranked.append((ranks[number], item.first_day, number, row, item))
            ranks[number] += 1
        shown = sorted(ranked, key=lambda one: one[:4])[: max(listed, len(ranks))]
        return [item for *_, item in sorted(shown, key=lambda one: one[1:4])]

    def _tell(self, parts):
        """Read what the rows of several kinds show: `{(kind's number, row): Item}`, one query."""
        kinds = all_work()
        found = {}
        for number, row, *told in _union([_columns(*part) for part in parts]):
            found[number, row] = Item(kinds[number], *told, on=self.on, now=self.now)
        return found


def _columns(number, work, rows):
    """Return the rows of a kind as they are told, to be read together with other kinds."""
    columns = {
        "work_number": Value(number, IntegerField()),
        "work_row": F("pk"),
        "work_name": _told(work.name),
        "work_detail": _told(work.detail),
        "work_says": Value("", CharField()) if isinstance(work.says, str) else work.says,
        "work_area": F(f"{work.area}__name") if work.area else Value("", CharField()),
        "work_key": _told(work.key),
        "work_since": _told(work.since) if work.since else _nothing(DateField()),
        "work_at": _told(work.at) if work.at else _nothing(DateTimeField()),
    }
    names = [*list(columns)[:7], "work_day", *list(columns)[7:]]
    return rows.annotate(**columns).values_list(*names)


def _told(said):
    return F(said) if isinstance(said, str) else said


def _nothing(output_field):
    """Return NULL of a type: PostgreSQL does not guess one across a UNION."""
    return Cast(Value(None), output_field)


def _union(parts):
    if not parts:
        return []
    return list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
