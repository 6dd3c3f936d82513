"""How the rows behind a measure are listed: one line each, which opens the row's own page.

`KINDS` says it for each kind of row that `reports.shortcomings` names.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from incidents.models import Incident
from outreach.coverage import NOTHING, WARD_ONLY
from outreach.fulfilment_list import progress
from outreach.measures import SILENT_DAYS
from outreach.models import Activity, Fulfilment, JointResolution, Question
from reports.shortcomings import Asked, Records
from selfgov_groups.models import GroupRequest, GroupScore, SelfManagedGroup


@dataclass(frozen=True)
class Line:
    """A row as the list shows it; `state` is `(tone, word)`."""

    url: str
    title: str
    code: str = ""
    where: str = ""
    day: dt.date | None = None
    state: tuple[str, str] | None = None


@dataclass(frozen=True)
class Kind:
    """Rows of a model: read by `rows`, in the order `order`, each told by `line`."""

    rows: Callable[[Asked], QuerySet]
    order: tuple[str, ...]
    line: Callable[[object, Asked], Line]
    title: str = "Nội dung"
    where: str = "Tổ dân phố"
    day: str = "Ngày"
    coded: bool = True

    def lines(self, keys, records: Records, asked: Asked) -> list[Line]:
        """Return the lines of the rows with these keys, in their order."""
        found = {row.pk: row for row in self.rows(asked).filter(pk__in=keys)}
        return [self.line(found[key], asked) for key in keys if key in found]


class Pairs(Kind):
    """Neighbourhoods and topics: no rows of their own, they open the sessions."""

    def lines(self, keys, records, asked):
        areas = {area.pk: area for area in records.areas}
        topics = {topic.pk: topic for topic in records.topics}
        cells = records.cells(asked)
        return [self.pair(areas[a], topics[t], cells[a, t], asked) for a, t in keys]

    def pair(self, area, topic, cell, asked):
        where = {"neighbourhood": area.pk} if cell.own or not cell.ward else {"where": "ward"}
        query = {"quarter": asked.quarter, "state": "held", "topic": topic.pk, **where}
        if cell.own:
            state = ("ok", f"{cell.own} buổi")
        else:
            state = ("mute", WARD_ONLY) if cell.ward else ("due", NOTHING)
        url = f"{reverse('activity-list')}?{urlencode(query)}"
        return Line(url, topic.name, where=area.name, state=(state[0], state[1].capitalize()))


def session(row, asked):
    lacks = [
        word
        for lacking, word in (
            (row.material_id is None, "Không tài liệu"),
            (not row.question_count, "Chưa có ý kiến"),
        )
        if lacking
    ]
    return Line(
        row.get_absolute_url(),
        f"{row.topic}: {row.place}",
        row.code,
        row.area_label,
        row.held_on,
        ("due", ", ".join(lacks).capitalize()) if lacks else ("ok", "Đủ"),
    )


def question(row, asked):
    return Line(
        row.get_absolute_url(),
        row.content,
        row.code,
        row.activity.area_label,
        row.due_on,
        row.badge(asked.on),
    )


def resolution(row, asked):
    since = asked.as_of - dt.timedelta(days=SILENT_DAYS)
    active = row.last_done and row.last_done >= since
    word = "Im ắng" if row.last_done else "Chưa làm gì"
    state = ("ok", "Có việc làm") if active else ("late", word)
    return Line(row.get_absolute_url(), row.title, row.code, row.number, row.last_done, state)


def fulfilment(row, asked):
    """Tell a time with who met it, or is to."""
    leader = row.led_by if row.done_on else row.commitment.partner
    return Line(
        f"{row.commitment.resolution.get_absolute_url()}#commitments",
        row.commitment.content,
        row.commitment.resolution.code,
        str(leader or "Công an phường"),
        row.due_on,
        progress(row, asked.on),
    )


def incident(row, asked):
    return Line(
        row.get_absolute_url(),
        f"{row.type}: {row.place}",
        row.code,
        str(row.neighbourhood),
        timezone.localtime(row.received_at).date(),
        row.state_badge(),
    )


def group(day):
    """Return how groups are told: with the day that the annotation `day` holds."""

    def line(row, asked):
        return Line(
            row.get_absolute_url(),
            row.name,
            row.code,
            str(row.neighbourhood),
            getattr(row, day),
            None if getattr(row, day) else ("late", "Chưa có"),
        )

    return line


def request(row, asked):
    return Line(
        row.get_absolute_url(),
        row.content,
        row.code,
        row.group.name,
        row.raised_on,
        row.badge(asked.on),
    )


def score(row, asked):
    return Line(
        row.get_absolute_url(),
        row.group.name,
        row.code,
        str(row.group.neighbourhood),
        row.approved_on,
        row.trend(),
    )


GROUP_ORDER = ("neighbourhood__position", "sort_key", "pk")

KINDS = {
    "pairs": Pairs(lambda asked: None, (), None, title="Chủ đề", day="", coded=False),
    "sessions": Kind(
        lambda asked: Activity.objects.for_list(),
        ("-held_on", "-pk"),
        session,
        title="Buổi tuyên truyền",
        day="Ngày tổ chức",
    ),
    "questions": Kind(
        lambda asked: Question.objects.for_list(),
        ("due_on", "pk"),
        question,
        title="Ý kiến",
        day="Hạn",
    ),
    "resolutions": Kind(
        lambda asked: JointResolution.objects.with_progress(asked.as_of),
        ("signed_on", "pk"),
        resolution,
        title="Nghị quyết",
        where="Số",
        day="Làm gần nhất",
    ),
    "fulfilments": Kind(
        lambda asked: Fulfilment.objects.select_related(
            "commitment__resolution", "commitment__partner", "led_by"
        ),
        ("due_on", "pk"),
        fulfilment,
        title="Cam kết",
        where="Bên thực hiện",
        day="Hạn",
    ),
    "incidents": Kind(
        lambda asked: Incident.objects.select_related("type", "neighbourhood"),
        ("-received_at", "-pk"),
        incident,
        title="Vụ việc",
        day="Nhận tin",
    ),
    "groups_meeting": Kind(
        lambda asked: SelfManagedGroup.objects.select_related("neighbourhood").with_last_meeting(
            asked.as_of
        ),
        GROUP_ORDER,
        group("last_meeting"),
        title="Tổ liên gia",
        day="Họp gần nhất",
    ),
    "groups_contact": Kind(
        lambda asked: SelfManagedGroup.objects.select_related("neighbourhood").with_last_contact(
            asked.as_of
        ),
        GROUP_ORDER,
        group("last_contact"),
        title="Tổ liên gia",
        day="Gặp gần nhất",
    ),
    "requests": Kind(
        lambda asked: GroupRequest.objects.for_list(),
        ("raised_on", "pk"),
        request,
        title="Kiến nghị",
        where="Tổ liên gia",
        day="Nêu ngày",
    ),
    "scores": Kind(
        lambda asked: GroupScore.objects.for_list(),
        ("group__sort_key", "pk"),
        score,
        title="Tổ liên gia",
        day="Ngày duyệt",
    ),
}
