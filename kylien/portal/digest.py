"""The morning digest: how much there is to do, by kind and neighbourhood. Figures alone: it may
leave the station by mail, so it names no person, no business and no address."""

import datetime as dt
from dataclasses import dataclass

from incidents.models import Incident
from kylien.areas.models import Neighbourhood, Ward
from kylien.core.periods import Period
from kylien.core.text import format_date, format_number
from kylien.portal.worklist import AHEAD_DAYS, WEEKDAYS, Span, Worklist

COLUMNS = ("Quá hạn", "Hôm nay", f"{AHEAD_DAYS} ngày tới")


@dataclass
class Line:
    """The figures of a kind, a neighbourhood, or of all; `parts` are those that make them up."""

    label: str
    kind: str = ""
    area: int | None = None
    late: int = 0
    today: int = 0
    ahead: int = 0
    parts: dict[str, int] | None = None

    def add(self, tally):
        self.late += tally.late
        self.today += tally.today
        self.ahead += tally.ahead
        if self.parts is not None and tally.late + tally.today:
            label = tally.work.label
            self.parts[label] = self.parts.get(label, 0) + tally.late + tally.today

    @property
    def numbers(self):
        return [format_number(n) for n in (self.late, self.today, self.ahead)]

    @property
    def of_what(self):
        """What is past or due today, by kind: "tạm trú hết hạn 3, kiểm tra 1"."""
        parts = sorted((self.parts or {}).items(), key=lambda part: -part[1])
        return ", ".join(f"{label[:1].lower()}{label[1:]} {format_number(n)}" for label, n in parts)

    def in_words(self):
        words = ", ".join(
            f"{column.lower()} {number}"
            for column, number in zip(COLUMNS, self.numbers, strict=True)
        )
        return f"{self.label}: {words}"


@dataclass
class Digest:
    """A user's morning: the figures of his rows on the day `on`."""

    on: dt.date
    ward: Ward | None
    total: Line
    kinds: list[Line]
    areas: list[Line]
    received: int | None  # incidents taken down since yesterday; None for who may not see them

    @property
    def title(self):
        return f"Việc sáng {WEEKDAYS[self.on.weekday()]}, {format_date(self.on)}"

    @property
    def subject(self):
        return f"{self.title} – {self.ward.police}" if self.ward else self.title

    @property
    def news(self):
        if self.received is None:
            return ""
        return f"Vụ việc ghi từ hôm qua đến nay: {format_number(self.received)}."

    def as_text(self):
        """Return the digest as a letter in plain text."""
        lines = [self.subject, "", f"{self.total.in_words()}.", self.news, ""]
        for heading, rows in (("THEO LOẠI VIỆC", self.kinds), ("THEO TỔ DÂN PHỐ", self.areas)):
            if rows:
                lines += [heading]
                for row in rows:
                    lines.append(f"- {row.in_words()}")
                    if row.of_what:
                        lines.append(f"  (quá hạn và hôm nay: {row.of_what})")
                lines.append("")
        lines += ["Tên, địa chỉ không ghi trong thư này: mở Việc cần làm trong cổng để xem."]
        return "\n".join(lines) + "\n"


def make_digest(user, on):
    """Return the digest of what this user sees on the day `on`, in a few queries."""
    tallies = Worklist(user, on, Span.ahead(on)).tally()
    tallies.sort(key=lambda tally: tally.work.label)
    total, kinds, areas = Line("Tất cả"), {}, {}
    names = Neighbourhood.objects.filter(pk__in={tally.area for tally in tallies})
    for area in names.order_by("position", "pk"):
        areas[area.pk] = Line(area.name, area=area.pk, parts={})
    for tally in tallies:
        total.add(tally)
        work = tally.work
        kinds.setdefault(work.kind, Line(work.label, kind=work.kind)).add(tally)
        if tally.area in areas:
            areas[tally.area].add(tally)
    received = None
    if user.has_perm("incidents.view_incident"):
        since = Period(on - dt.timedelta(days=1), on).start_at
        received = Incident.objects.visible_to(user).filter(created_at__gte=since).count()
    ward = Ward.objects.of(on)
    return Digest(on, ward, total, list(kinds.values()), list(areas.values()), received)
