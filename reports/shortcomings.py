"""The four shortcomings that the chief of the ward's police wrote down, and what measures each.

Source: the article of 23/05/2017 the portal is built on ("tồn tại và hạn chế"). A measure is
declared once: what is counted out of what, which way is better, how its rows are listed. Whatever
is counted are sessions, resolutions, news and groups, never families or persons.

What happened in a quarter is told as it is known today; a state (resolutions kept up, groups not
met) as of the quarter's last day, or of today while it runs. What has a term counts once the term
is over: a quarter that is young is not told as a bad one.
"""

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import (
    Count,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import TruncQuarter

from incidents.models import Incident, IncidentEntry
from kylien.areas.models import Neighbourhood
from kylien.core.counts import count_all
from kylien.core.periods import Period, Quarter
from kylien.core.work import AddDays
from outreach import coverage
from outreach.measures import SILENT_DAYS, Share, Spread, active, days_late
from outreach.models import Activity, Fulfilment, JointResolution, Question, Topic
from outreach.recurrence import earliest
from selfgov_groups.models import GroupContact, GroupMeeting, GroupRequest, GroupScore
from selfgov_groups.models import SelfManagedGroup as Group
from selfgov_groups.scoring import steps_up

DAY = dt.timedelta(days=1)
# The station's own yardsticks (no law sets them); constants, since quarters compare only so.
CLASSIFY = dt.timedelta(hours=24)
SOLVE_DAYS = 30


@dataclass(frozen=True)
class Asked:
    """Which quarter is asked about, on which day."""

    quarter: Quarter
    on: dt.date

    @property
    def period(self) -> Period:
        return self.quarter.period

    @property
    def as_of(self) -> dt.date:
        """The day as of which a state is told."""
        return min(self.quarter.last_day, self.on)

    @property
    def is_over(self) -> bool:
        return self.period.end <= self.on


class Better(enum.Enum):
    """Which way a measure is better."""

    UP = 1
    DOWN = -1


class Records:
    """What Python works out measures from: each read once, for all the quarters asked about."""

    def __init__(self, *asked: Asked):
        self.asked = asked

    @cached_property
    def areas(self):
        return list(Neighbourhood.objects.all())

    @cached_property
    def topics(self):
        return list(Topic.objects.all())

    @cached_property
    def sessions(self):
        """Count the sessions held: `{first day of the quarter: {(area or None, topic): number}}`.

        In one query, and so are the others below but for what says otherwise.
        """
        first = min(asked.period.start for asked in self.asked)
        end = max(asked.period.end for asked in self.asked)
        rows = Activity.objects.filter(held_on__gte=first, held_on__lt=end).order_by()
        found = {}
        for start, area, topic, number in (
            rows.annotate(start=TruncQuarter("held_on"))
            .values_list("start", "neighbourhood", "topic")
            .annotate(Count("pk"))
        ):
            found.setdefault(start, {})[area, topic] = number
        return found

    def cells(self, asked):
        """Lay out the sessions by neighbourhood and topic in use: `{(area, topic): Cell}`."""
        topics = [t.pk for t in self.topics if t.ended_on is None or t.ended_on > asked.as_of]
        counts = self.sessions.get(asked.period.start, {})
        return coverage.table(counts, [area.pk for area in self.areas], topics).cells

    @cached_property
    def delays(self):
        """Return `{asked: {fulfilment: days late}}`, without those in time."""
        parts = []
        for place, asked in enumerate(self.asked):
            rows = owed(asked).order_by().annotate(place=Value(place, IntegerField()))
            parts.append(
                rows.values_list(
                    "place",
                    "pk",
                    "due_on",
                    "done_on",
                    "commitment__ended_on",
                    "commitment__resolution__ended_on",
                )
            )
        found = {asked: {} for asked in self.asked}
        for place, key, due, done, *ends in parts[0].union(*parts[1:], all=True):
            asked = self.asked[place]
            if late := days_late(due, done, asked.as_of, earliest(*ends)):
                found[asked][key] = late
        return found

    @cached_property
    def news(self):
        """List what came in: `{asked: [(incident, happened, received, classified or None)]}`."""
        first = min(asked.period.start_at for asked in self.asked)
        end = max(asked.period.end_at for asked in self.asked)
        rows = Incident.objects.filter(received_at__gte=first, received_at__lt=end)
        rows = rows.annotate(classified_at=Subquery(_classified().values("first")))
        rows = rows.order_by("-received_at", "-pk")
        told = list(rows.values_list("pk", "occurred_at", "received_at", "classified_at"))
        spans = {asked: (asked.period.start_at, asked.period.end_at) for asked in self.asked}
        return {
            asked: [row for row in told if start <= row[2] < stop]
            for asked, (start, stop) in spans.items()
        }

    def hours_to_news(self, asked):
        """Return `{incident: hours from the event until the station knew}`."""
        return {key: _hours(happened, received) for key, happened, received, _ in self.news[asked]}

    def hours_to_class(self, asked):
        """Return `{incident: hours from the news until it was classified}`, of those that were."""
        return {
            key: _hours(received, classified)
            for key, _, received, classified in self.news[asked]
            if classified
        }

    @cached_property
    def contacts(self):
        """Return `{asked: {group: days since an officer last met it}}`, in two queries.

        A group that nobody has met yet waits since it was founded.
        """
        rows = list(Group.objects.order_by().values_list("pk", "founded_on", "dissolved_on"))
        found = {}
        for asked, last in zip(self.asked, self.last_contacts, strict=True):
            day = asked.as_of
            found[asked] = {
                key: (day - max(last.get(key, founded), founded)).days
                for key, founded, dissolved in rows
                if founded <= day and (dissolved is None or dissolved > day)
            }
        return found

    @cached_property
    def last_contacts(self):
        """List for each quarter the day an officer last met a group, at a meeting too.

        By one walk through each table: looked up group by group, as lists do, it is slow.
        """
        came = GroupMeeting.objects.filter(officer_came=True)
        parts = [
            rows.order_by()
            .values("group")
            .annotate(
                **{
                    f"last{place}": Max(day, filter=Q(**{f"{day}__lte": asked.as_of}))
                    for place, asked in enumerate(self.asked)
                }
            )
            for rows, day in ((GroupContact.objects.all(), "met_on"), (came, "held_on"))
        ]
        found = [{} for _ in self.asked]
        for row in parts[0].union(parts[1], all=True):
            key = row["group"]
            for place, days in enumerate(found):
                if day := row[f"last{place}"]:
                    days[key] = max(day, days.get(key, day))
        return found

    @cached_property
    def classes(self):
        """Return the classes approved for the years that count: `{year: {group: (score, class)}}`.

        Of a quarter these are the year before it, and the one before that.
        """
        years = {asked.quarter.year - back for asked in self.asked for back in (1, 2)}
        rows = GroupScore.objects.filter(scheme__year__in=years, state=GroupScore.State.APPROVED)
        found = {year: {} for year in years}
        for year, group, key, rated in rows.order_by("group__sort_key", "pk").values_list(
            "scheme__year", "group", "pk", "rated"
        ):
            found[year][group] = key, rated
        return found

    def steps(self, asked):
        """Return `{score: classes up since the year before}` of the groups rated in both years."""
        now, before = (self.classes[asked.quarter.year - back] for back in (1, 2))
        return {
            key: steps_up(rated, before[group][1])
            for group, (key, rated) in now.items()
            if group in before
        }


def _hours(start, end):
    return (end - start).total_seconds() / 3600


# --- what is counted ------------------------------------------------------------------------------


def held(asked):
    return Activity.objects.held_in(asked.period)


def with_content(asked):
    """Return the sessions with a text to speak from, at which somebody asked something."""
    return held(asked).exclude(material=None).with_questions()


def questions_due(asked):
    return Question.objects.due_in(asked.period).filter(due_on__lt=asked.on)


def questions_in_time(asked):
    return questions_due(asked).filter(done_on__lte=F("due_on"))


def in_force(asked):
    return JointResolution.objects.in_force(asked.as_of)


def fulfilled(asked):
    return Fulfilment.objects.finished_in(asked.period)


def owed(asked):
    """Return the times of commitments that were to be met in a quarter: those due in it so far,
    and those that came into it unmet; not those of what had ended before."""
    start, ends = asked.period.start, ("commitment__", "commitment__resolution__")

    def lasted(until):
        gone = [Q(**{f"{end}ended_on": None}) | Q(**{f"{end}ended_on__gt": until}) for end in ends]
        return Q(done_on__isnull=False) | gone[0] & gone[1]

    fresh = Q(due_on__gte=start) & lasted(F("due_on"))
    carried = Q(due_on__lt=start) & (Q(done_on=None) | Q(done_on__gte=start)) & lasted(start)
    return Fulfilment.objects.filter(fresh | carried, due_on__lte=asked.as_of)


def unmet(asked):
    """Return those of `owed()` that were still unmet and past their day."""
    day = asked.as_of
    return owed(asked).filter(
        Q(done_on=None) | Q(done_on__gt=day),
        Q(commitment__ended_on=None) | Q(commitment__ended_on__gt=day),
        Q(commitment__resolution__ended_on=None) | Q(commitment__resolution__ended_on__gt=day),
        due_on__lt=day,
    )


def received(asked):
    """Return the news that came in during a quarter."""
    period = asked.period
    return Incident.objects.filter(received_at__gte=period.start_at, received_at__lt=period.end_at)


def _classified():
    """Return, of an incident, the first line of its log that has it classified."""
    lines = IncidentEntry.objects.filter(
        incident=OuterRef("pk"), state=Incident.State.CLASSIFIED
    ).order_by()
    return lines.values("incident").annotate(first=Min("at"))


def from_people(asked):
    return received(asked).filter(source__in=(Incident.Source.GROUP, Incident.Source.CITIZEN))


def group_news_done(asked):
    """Return the news told by groups that was dealt with in a quarter."""
    rows = Incident.objects.solved().filter(source=Incident.Source.GROUP)
    return rows.filter(resolved_on__gte=asked.period.start, resolved_on__lt=asked.period.end)


def groups(asked):
    return Group.objects.active_on(asked.as_of)


def groups_seen(asked):
    """Return the groups an officer met in a quarter, at a meeting of theirs or apart from one."""
    came = GroupMeeting.objects.held_in(asked.period).filter(officer_came=True).order_by()
    met = GroupContact.objects.held_in(asked.period).order_by()
    return groups(asked).filter(Q(pk__in=came.values("group")) | Q(pk__in=met.values("group")))


def requests_ripe(asked):
    """Return the requests raised in a quarter whose thirty days are over."""
    rows = GroupRequest.objects.raised_in(asked.period)
    return rows.filter(raised_on__lt=asked.on - SOLVE_DAYS * DAY)


def requests_solved(asked):
    return requests_ripe(asked).filter(done_on__lte=AddDays("raised_on", SOLVE_DAYS))


# Worked out in Python, of what `Records` read: `(keys of the part, keys of the whole)`.


def covered(records, asked):
    """Return the neighbourhoods x topics that had a session, of their own or ward-wide."""
    cells = records.cells(asked)
    return [pair for pair, cell in cells.items() if cell.covered], list(cells)


def classified_in_time(records, asked):
    """Return the news classified within 24 hours, of that whose 24 hours are surely over: of
    before yesterday."""
    end = Period(asked.on - DAY, asked.on).start_at
    whole = [row for row in records.news[asked] if row[2] < end]
    part = [row[0] for row in whole if row[3] and row[3] - row[2] <= CLASSIFY]
    return part, [row[0] for row in whole]


def risen(records, asked):
    """Return the scores of the year before the quarter's that are of a better class than those of
    the year before that, of the groups rated in both."""
    steps = records.steps(asked)
    return [key for key, step in steps.items() if step > 0], list(steps)


def fallen(records, asked):
    steps = records.steps(asked)
    return [key for key, step in steps.items() if step < 0], list(steps)


# --- the measures ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What tells whether a shortcoming gets less.

    `noun` names what is counted, `says` which way is better and why. `kind` names how its rows are
    listed (`reports.listed`). A measure `under` another tells it more closely. One that `grows`
    can only rise while its quarter runs, so until then no verdict is passed.
    """

    key: str
    label: str
    noun: str
    better: Better
    says: str
    kind: str
    under: bool = False
    grows: bool = False

    def counted(self, asked: Asked) -> dict[str, QuerySet]:
        """Return what the one query of all measures is to count for this one."""
        return {}

    def told(self, records: Records, numbers: dict, asked: Asked):
        """Return the measure of a quarter: a `Share` or a `Spread`."""
        raise NotImplementedError

    def rows(self, records: Records, asked: Asked, part: str):
        """Return the rows behind the measure, a queryset or a list of keys: `part` is the
        numerator's ("part"), the denominator's ("all") or what is between them ("rest")."""
        raise NotImplementedError

    def values(self, records: Records, asked: Asked) -> dict:
        """Return `{key: number}` of the rows, where each has a number of its own."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Counted(Measure):
    """A share of two counts of rows."""

    part: Callable[[Asked], QuerySet]
    whole: Callable[[Asked], QuerySet]

    def counted(self, asked):
        name = f"{self.key} {asked.quarter}"
        return {f"{name} part": self.part(asked), f"{name} whole": self.whole(asked)}

    def told(self, records, numbers, asked):
        name = f"{self.key} {asked.quarter}"
        return Share(numbers[f"{name} part"], numbers[f"{name} whole"])

    def rows(self, records, asked, part):
        if part == "part":
            return self.part(asked)
        rows = self.whole(asked)
        if part == "rest":
            rows = rows.exclude(pk__in=self.part(asked).order_by().values("pk"))
        return rows


@dataclass(frozen=True, kw_only=True)
class Listed(Measure):
    """A share of rows that Python picks: `items` returns the keys of the part and of the whole."""

    items: Callable[[Records, Asked], tuple[list, list]]

    def told(self, records, numbers, asked):
        part, whole = self.items(records, asked)
        return Share(len(part), len(whole))

    def rows(self, records, asked, part):
        counted, whole = self.items(records, asked)
        if part == "rest":
            left_out = set(counted)
            return [key for key in whole if key not in left_out]
        return counted if part == "part" else whole


@dataclass(frozen=True, kw_only=True)
class Middle(Measure):
    """The median of a number that each row has."""

    unit: str
    numbers: Callable[[Records, Asked], dict]

    def told(self, records, numbers, asked):
        return Spread.of(self.numbers(records, asked).values())

    def rows(self, records, asked, part):
        """List all, the largest first: what pulls the median up stands on top."""
        found = self.numbers(records, asked)
        return sorted(found, key=lambda key: (-found[key], key))

    def values(self, records, asked):
        return self.numbers(records, asked)


@dataclass(frozen=True)
class Shortcoming:
    """A shortcoming in the article's words, cut short, and its measures."""

    key: str
    title: str
    measures: tuple[Measure, ...]


UP, DOWN = Better.UP, Better.DOWN

SHORTCOMINGS = (
    Shortcoming(
        "T1",
        "Tuyên truyền có nơi còn hình thức, nội dung chưa cụ thể, thiết thực",
        (
            Listed(
                key="coverage",
                label="Tổ dân phố được tuyên truyền đủ chủ đề",
                noun="lượt tổ – chủ đề",
                better=UP,
                says="Càng cao càng tốt: tổ nào cũng được nghe. Tính cả buổi chung của phường.",
                kind="pairs",
                grows=True,
                items=covered,
            ),
            Counted(
                key="content",
                label="Buổi có tài liệu và có ý kiến của dân",
                noun="buổi",
                better=UP,
                says="Càng cao càng tốt: nói có nội dung, dân có hỏi.",
                kind="sessions",
                part=with_content,
                whole=held,
            ),
            Counted(
                key="answers",
                label="Ý kiến được trả lời đúng hạn",
                noun="ý kiến đến hạn",
                better=UP,
                says="Càng cao càng tốt: dân hỏi thì được trả lời.",
                kind="questions",
                part=questions_in_time,
                whole=questions_due,
            ),
        ),
    ),
    Shortcoming(
        "T2",
        "Nghị quyết liên tịch chưa duy trì thường xuyên, chủ yếu vẫn do công an làm",
        (
            Counted(
                key="kept",
                label=f"Nghị quyết có việc làm trong {SILENT_DAYS} ngày",
                noun="nghị quyết còn hiệu lực",
                better=UP,
                says="Càng cao càng tốt: ký rồi thì làm đều.",
                kind="resolutions",
                part=lambda asked: active(asked.as_of),
                whole=in_force,
            ),
            Counted(
                key="partners",
                label="Lần thực hiện do tổ chức phối hợp làm chính",
                noun="lần thực hiện",
                better=UP,
                says="Càng cao càng tốt: các bên cùng làm, không chỉ công an.",
                kind="fulfilments",
                part=lambda asked: fulfilled(asked).exclude(led_by=None),
                whole=fulfilled,
            ),
            Counted(
                key="unmet",
                label="Cam kết quá hạn chưa làm",
                noun="lần phải làm",
                better=DOWN,
                says="Càng thấp càng tốt; cả việc quý trước để lại.",
                kind="fulfilments",
                part=unmet,
                whole=owed,
            ),
            Middle(
                key="delay",
                label="Số ngày trễ, trung vị",
                noun="lần trễ hạn",
                unit="ngày",
                better=DOWN,
                says="Càng thấp càng tốt; tính cả lần chưa làm.",
                kind="fulfilments",
                under=True,
                numbers=lambda records, asked: records.delays[asked],
            ),
        ),
    ),
    Shortcoming(
        "T3",
        "Chưa nhạy bén trước diễn biến mới, chưa phát huy quần chúng trong nắm tình hình",
        (
            Middle(
                key="news",
                label="Từ lúc xảy ra đến lúc nhận tin, trung vị",
                noun="tin nhận",
                unit="giờ",
                better=DOWN,
                says="Càng thấp càng tốt: tin đến sớm.",
                kind="incidents",
                numbers=Records.hours_to_news,
            ),
            Listed(
                key="classified",
                label="Tin được phân loại trong 24 giờ",
                noun="tin đã qua 24 giờ",
                better=UP,
                says="Càng cao càng tốt: nhận tin là xử lý ngay.",
                kind="incidents",
                items=classified_in_time,
            ),
            Middle(
                key="classifying",
                label="Từ lúc nhận tin đến lúc phân loại, trung vị",
                noun="tin đã phân loại",
                unit="giờ",
                better=DOWN,
                says="Càng thấp càng tốt.",
                kind="incidents",
                under=True,
                numbers=Records.hours_to_class,
            ),
            Counted(
                key="people",
                label="Tin do tổ liên gia, người dân báo",
                noun="tin nhận",
                better=UP,
                says="Càng cao càng tốt: quần chúng cùng nắm tình hình.",
                kind="incidents",
                part=from_people,
                whole=received,
            ),
            Counted(
                key="replies",
                label="Tin của tổ đã được trả lời lại cho tổ",
                noun="tin của tổ đã xong",
                better=UP,
                says="Càng cao càng tốt: báo tin thì được biết kết quả.",
                kind="incidents",
                part=lambda asked: group_news_done(asked).exclude(told_group_on=None),
                whole=group_news_done,
            ),
        ),
    ),
    Shortcoming(
        "T4",
        "Có lúc chưa thực sự quan tâm thúc đẩy phong trào tại các tổ dân phố",
        (
            Counted(
                key="meetings",
                label="Tổ liên gia có họp trong quý",
                noun="tổ",
                better=UP,
                says="Càng cao càng tốt: tổ họp đều thì phong trào sống.",
                kind="groups_meeting",
                grows=True,
                part=lambda asked: groups(asked).met_in(asked.period),
                whole=groups,
            ),
            Counted(
                key="seen",
                label="Tổ liên gia được cán bộ đến gặp trong quý",
                noun="tổ",
                better=UP,
                says="Càng cao càng tốt: không tổ nào bị bỏ quên.",
                kind="groups_contact",
                grows=True,
                part=groups_seen,
                whole=groups,
            ),
            Middle(
                key="since",
                label="Số ngày từ lần gặp gần nhất, trung vị",
                noun="tổ",
                unit="ngày",
                better=DOWN,
                says="Càng thấp càng tốt.",
                kind="groups_contact",
                under=True,
                numbers=lambda records, asked: records.contacts[asked],
            ),
            Counted(
                key="requests",
                label=f"Kiến nghị của tổ được trả lời trong {SOLVE_DAYS} ngày",
                noun=f"kiến nghị đã qua {SOLVE_DAYS} ngày",
                better=UP,
                says="Càng cao càng tốt: tổ nêu thì có người giải quyết.",
                kind="requests",
                part=requests_solved,
                whole=requests_ripe,
            ),
            Listed(
                key="risen",
                label="Tổ lên loại so với năm trước",
                noun="tổ xếp loại cả hai năm",
                better=UP,
                says="Càng cao càng tốt. Theo xếp loại đã duyệt của năm liền trước quý.",
                kind="scores",
                items=risen,
            ),
            Listed(
                key="fallen",
                label="Tổ xuống loại so với năm trước",
                noun="tổ xếp loại cả hai năm",
                better=DOWN,
                says="Càng thấp càng tốt: tổ yếu đi thì phải đến củng cố.",
                kind="scores",
                under=True,
                items=fallen,
            ),
        ),
    ),
)

BY_KEY = {measure.key: measure for one in SHORTCOMINGS for measure in one.measures}


def read(records: Records) -> dict[Asked, dict[str, Share | Spread]]:
    """Return every measure of the quarters asked about: `{asked: {key: Share or Spread}}`.

    Nine queries, whatever there is to count.
    """
    wanted = [(asked, measure) for asked in records.asked for measure in BY_KEY.values()]
    numbers = count_all(
        {name: rows for asked, one in wanted for name, rows in one.counted(asked).items()}
    )
    found = {asked: {} for asked in records.asked}
    for asked, measure in wanted:
        found[asked][measure.key] = measure.told(records, numbers, asked)
    return found
