"""The ward's figures, declared once: key, label, the rows counted, and the list of those very rows.

Home page, monthly figures and (later) documents count these; `Figure.rows()` and the list behind
`Figure.link()` hold the same rows for the same reader, and a test walks all of them.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from businesses.models import Business, Inspection
from households.models import Household, Residence, StayNotice
from incidents.models import Incident, IncidentType
from kylien.accounts.models import Scope
from kylien.core.counts import count_all, count_by
from kylien.core.periods import Month
from kylien.core.text import format_date
from outreach.models import Activity, Award, Fulfilment, Question
from selfgov_groups.models import (
    GroupContact,
    GroupMembership,
    GroupRequest,
    MutualHelp,
    SelfManagedGroup,
)


@dataclass(frozen=True)
class Reading:
    """Whose figures of which month: the scope of the reader and the month."""

    scope: Scope
    month: Month

    @property
    def period(self):
        return self.month.period

    @property
    def last_day(self):
        return self.period.end - dt.timedelta(days=1)

    @property
    def transfers(self):
        """Tell whether moves between neighbourhoods count: for a part of the ward they do."""
        return not self.scope.whole_ward

    def of(self, model):
        return model.objects.in_scope(self.scope)


@dataclass(frozen=True)
class Figure:
    """One number of a month, and where its rows are listed.

    `rows` says what is counted. Two sorts of figures are counted in other words, because `read()`
    would be slow in a large ward: the stock before a day, and the incidents of one kind.
    """

    key: str
    label: str
    section: str
    rows: Callable[[Reading], QuerySet]
    list_name: str
    params: Callable[[Reading], dict]
    stock_of: tuple[Residence.Kind, Callable[[Reading], dt.date]] | None = None
    incident_kind: int | None = None

    def link(self, reading: Reading) -> str:
        """Return the address of the list of exactly the rows counted."""
        params = {k: v for k, v in self.params(reading).items() if v not in ("", None)}
        return f"{reverse(self.list_name)}?{urlencode(params)}"

    def counts(self, reading: Reading) -> dict[str, tuple[int, QuerySet]]:
        """Return what to count, under names that figures share, and whether to add or subtract it.

        The stock before a day is `rows.open_before(day)`: all open rows, and those ended since the
        day, without those started since (which are among the former two). These are short ranges of
        an index, where looking at each row's two days is a walk through the whole ledger.
        """
        if not self.stock_of:
            return {f"{reading.month} {self.key}": (1, self.rows(reading))}
        kind, day_of = self.stock_of
        day, rows = day_of(reading), reading.of(Residence).filter(kind=kind)
        return {
            f"{kind} open": (1, rows.current()),
            f"{kind} ended {day}": (1, rows.filter(ended_on__gte=day)),
            f"{kind} started {day}": (-1, rows.filter(started_on__gte=day)),
        }


PEOPLE, GROUPS, ORDER = "Dân cư", "Tổ liên gia tự quản", "An ninh, trật tự"
TRADE = "Ngành nghề có điều kiện"
OUTREACH = "Dân vận, tổ liên gia"


def _population(kind, prefix, name):
    """Declare opening, in, out and closing of one kind of residence.

    *opening + in - out = closing* holds by construction: see `Residence` on half-open rows.
    """

    def rows(reading):
        return reading.of(Residence).filter(kind=kind)

    def on_day(day):
        return {"kind": kind, "on": format_date(day)}

    def moving(way):
        return lambda r: {"kind": kind, "movement": way, "month": str(r.month)}

    day_before = dt.timedelta(days=1)
    return [
        Figure(
            f"{prefix}_opening",
            f"{name} đầu kỳ",
            PEOPLE,
            lambda r: rows(r).open_before(r.period.start),
            "residence-list",
            lambda r: on_day(r.period.start - day_before),
            stock_of=(kind, lambda r: r.period.start),
        ),
        Figure(
            f"{prefix}_in",
            f"{name}: tăng trong kỳ",
            PEOPLE,
            lambda r: rows(r).started_in(r.period, transfers=r.transfers),
            "residence-list",
            moving("in"),
        ),
        Figure(
            f"{prefix}_out",
            f"{name}: giảm trong kỳ",
            PEOPLE,
            lambda r: rows(r).ended_in(r.period, transfers=r.transfers),
            "residence-list",
            moving("out"),
        ),
        Figure(
            f"{prefix}_closing",
            f"{name} cuối kỳ",
            PEOPLE,
            lambda r: rows(r).open_before(r.period.end),
            "residence-list",
            lambda r: on_day(r.last_day),
            stock_of=(kind, lambda r: r.period.end),
        ),
    ]


def _permanent(reading):
    return reading.of(Residence).permanent()


def _conditional(reading):
    day = reading.last_day  # the few under conditions first: only their states are looked up
    return reading.of(Business).conditional_on(day).trading_on(day)


def _happened_to_businesses(key, label, event):
    """Declare how many businesses something happened to; see `businesses.filters.EVENTS`."""
    return Figure(
        key,
        label,
        TRADE,
        lambda r: getattr(r.of(Business), f"{event}_in")(r.period),
        "business-list",
        lambda r: {"event": event, "month": str(r.month)},
    )


def own_area(reading):
    """Narrow a list of incidents to what is counted: an officer's list also holds those that he was
    given outside his neighbourhoods."""
    return {} if reading.scope.whole_ward else {"area": "own"}


FIGURES: list[Figure] = [
    Figure(
        "households",
        "Hộ cuối kỳ",
        PEOPLE,
        lambda r: r.of(Household).active_on(r.last_day),
        "household-list",
        lambda r: {"on": format_date(r.last_day)},
    ),
    *_population(Residence.Kind.PERMANENT, "population", "Thường trú"),
    Figure(
        "births",
        "Thường trú: tăng do mới sinh",
        PEOPLE,
        lambda r: _permanent(r).started_in(r.period).filter(start_reason=Residence.Start.BIRTH),
        "residence-list",
        lambda r: {"kind": "P", "movement": "in", "month": str(r.month), "start_reason": "BIRTH"},
    ),
    Figure(
        "deaths",
        "Thường trú: giảm do chết",
        PEOPLE,
        lambda r: _permanent(r).ended_in(r.period).filter(end_reason=Residence.End.DEATH),
        "residence-list",
        lambda r: {"kind": "P", "movement": "out", "month": str(r.month), "end_reason": "DEATH"},
    ),
    *_population(Residence.Kind.TEMPORARY, "temporary", "Tạm trú"),
    Figure(
        "stay_notices",
        "Thông báo lưu trú",
        PEOPLE,
        lambda r: r.of(StayNotice).arrived_in(r.period),
        "staynotice-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "stay_notices_late",
        "Trong đó báo trễ",
        PEOPLE,
        lambda r: r.of(StayNotice).arrived_in(r.period).late(),
        "staynotice-list",
        lambda r: {"month": str(r.month), "state": "late"},
    ),
    Figure(
        "groups",
        "Tổ liên gia cuối kỳ",
        GROUPS,
        lambda r: r.of(SelfManagedGroup).active_on(r.last_day),
        "selfmanagedgroup-list",
        lambda r: {"on": format_date(r.last_day)},
    ),
    Figure(
        "households_in_groups",
        "Hộ tham gia tổ liên gia",
        GROUPS,
        lambda r: (
            r.of(Household)
            .active_on(r.last_day)
            .filter(pk__in=GroupMembership.objects.open_on(r.last_day).values("household"))
        ),
        "household-list",
        lambda r: {"on": format_date(r.last_day), "grouped": "yes"},
    ),
    Figure(
        "groups_met",
        "Tổ liên gia có họp trong kỳ",
        GROUPS,
        lambda r: r.of(SelfManagedGroup).met_in(r.period),
        "selfmanagedgroup-list",
        lambda r: {"met_in": str(r.month), "state": "all"},
    ),
    Figure(
        "sessions",
        "Buổi tuyên truyền đã tổ chức",
        OUTREACH,
        lambda r: r.of(Activity).held_in(r.period),
        "activity-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "sessions_questions",
        "Trong đó có ghi ý kiến",
        OUTREACH,
        lambda r: r.of(Activity).held_in(r.period).with_questions(),
        "activity-list",
        lambda r: {"month": str(r.month), "state": "questions"},
    ),
    Figure(
        "questions",
        "Ý kiến nêu tại các buổi",
        OUTREACH,
        lambda r: r.of(Question).asked_in(r.period),
        "question-list",
        lambda r: {"month": str(r.month), "state": "all"},
    ),
    Figure(
        "questions_answered",
        "Ý kiến được trả lời trong kỳ",
        OUTREACH,
        lambda r: r.of(Question).finished_in(r.period),
        "question-list",
        lambda r: {"done_in": str(r.month), "state": "all"},
    ),
    Figure(
        "fulfilments",
        "Lần thực hiện cam kết liên tịch",
        OUTREACH,
        lambda r: r.of(Fulfilment).finished_in(r.period),
        "fulfilment-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "fulfilments_partners",
        "Trong đó tổ chức phối hợp làm chính",
        OUTREACH,
        lambda r: r.of(Fulfilment).finished_in(r.period).exclude(led_by=None),
        "fulfilment-list",
        lambda r: {"month": str(r.month), "lead": "partners"},
    ),
    Figure(
        "group_contacts",
        "Lần cảnh sát khu vực gặp tổ liên gia",
        OUTREACH,
        lambda r: r.of(GroupContact).held_in(r.period),
        "groupcontact-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "group_requests",
        "Kiến nghị của tổ nêu trong kỳ",
        OUTREACH,
        lambda r: r.of(GroupRequest).raised_in(r.period),
        "grouprequest-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "group_requests_solved",
        "Kiến nghị của tổ được trả lời trong kỳ",
        OUTREACH,
        lambda r: r.of(GroupRequest).finished_in(r.period),
        "grouprequest-list",
        lambda r: {"done_in": str(r.month)},
    ),
    Figure(
        "mutual_helps",
        "Việc giúp nhau trong tổ",
        OUTREACH,
        lambda r: r.of(MutualHelp).helped_in(r.period),
        "mutualhelp-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "awards",
        "Khen thưởng được quyết định",
        OUTREACH,
        lambda r: r.of(Award).decided_in(r.period),
        "award-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "businesses_conditional",
        "Cơ sở có điều kiện cuối kỳ",
        TRADE,
        _conditional,
        "business-list",
        lambda r: {"on": format_date(r.last_day), "conditional": "yes"},
    ),
    Figure(
        "businesses_lacking",
        "Trong đó thiếu giấy tờ",
        TRADE,
        lambda r: _conditional(r).lacking(r.last_day),
        "business-list",
        lambda r: {"on": format_date(r.last_day), "conditional": "yes", "papers": "lacking"},
    ),
    _happened_to_businesses("businesses_licensed", "Cơ sở được phường cấp giấy", "issued"),
    _happened_to_businesses("businesses_revoked", "Cơ sở bị thu hồi giấy", "revoked"),
    Figure(
        "inspections",
        "Cuộc kiểm tra trong kỳ",
        TRADE,
        lambda r: r.of(Inspection).held_in(r.period),
        "inspection-list",
        lambda r: {"month": str(r.month)},
    ),
    Figure(
        "inspections_findings",
        "Trong đó có tồn tại",
        TRADE,
        lambda r: r.of(Inspection).held_in(r.period).filter(outcome=Inspection.Outcome.FINDINGS),
        "inspection-list",
        lambda r: {"month": str(r.month), "state": "findings"},
    ),
    _happened_to_businesses("businesses_sanctioned", "Cơ sở bị xử phạt", "sanctioned"),
    Figure(
        "incidents",
        "Vụ việc xảy ra trong kỳ",
        ORDER,
        lambda r: r.of(Incident).happened_in(r.period),
        "incident-list",
        lambda r: {"month": str(r.month), **own_area(r)},
    ),
    Figure(
        "incidents_solved",
        "Trong đó đã giải quyết",
        ORDER,
        lambda r: r.of(Incident).happened_in(r.period).solved(),
        "incident-list",
        lambda r: {"month": str(r.month), "state": "done", **own_area(r)},
    ),
]


# (total, part): the total less the part is a number too, and may be a small one.
PAIRS = [
    ("households", "households_in_groups"),
    ("population_in", "births"),
    ("population_out", "deaths"),
    ("stay_notices", "stay_notices_late"),
    ("sessions", "sessions_questions"),
    ("fulfilments", "fulfilments_partners"),
    ("businesses_conditional", "businesses_lacking"),
    ("inspections", "inspections_findings"),
    ("incidents", "incidents_solved"),
]


def figures() -> list[Figure]:
    """Return all figures: those declared above, and one for each group of incident kinds."""
    kinds = IncidentType.objects.filter(parent=None).order_by("position", "pk")
    return [*FIGURES, *(_incidents_of(kind) for kind in kinds)]


def parts(declared: list[Figure]) -> list[list[str]]:
    """Name the figures of which one follows from the others, by sum or difference: what
    `disclosure` must not let be undone."""
    kinds = [figure.key for figure in declared if figure.incident_kind]
    stocks = [
        [f"{stock}_{part}" for part in ("in", "out", "opening", "closing")]
        for stock in ("population", "temporary")
    ]
    return [*stocks, [*kinds, "incidents"]] if kinds else stocks


def _incidents_of(kind):
    return Figure(
        f"incidents_kind_{kind.code.replace('-', '_')}",
        kind.name,
        ORDER,
        lambda r: r.of(Incident).happened_in(r.period).filter(type__parent=kind.pk),
        "incident-list",
        lambda r: {"month": str(r.month), "type": kind.pk, **own_area(r)},
        incident_kind=kind.pk,
    )


def read(declared: list[Figure], scope: Scope, months: list[Month]) -> dict[Month, dict[str, int]]:
    """Count the figures of several months: `{month: {key: number}}`."""
    return read_all(declared, {month: Reading(scope, month) for month in months})


def read_all(declared: list[Figure], readings: dict[Hashable, Reading]) -> dict[Hashable, dict]:
    """Count the figures of several readings, named by whatever the caller likes:
    `{name: {key: number}}`.

    One query for all, and one more where incidents are told apart by kind.
    """
    scopes = list(dict.fromkeys(reading.scope for reading in readings.values()))
    parts = {}
    for name, reading in readings.items():
        number = scopes.index(reading.scope)
        for figure in declared:
            if not figure.incident_kind:
                parts[name, figure.key] = {
                    f"{number} {key}": counted for key, counted in figure.counts(reading).items()
                }
    counted = count_all({name: rows for part in parts.values() for name, (_, rows) in part.items()})
    found = {name: {} for name in readings}
    for (name, key), part in parts.items():
        found[name][key] = sum(sign * counted[one] for one, (sign, _) in part.items())
    kinds = {figure.key: figure.incident_kind for figure in declared if figure.incident_kind}
    if kinds:
        incidents = {
            str(place): (reading.of(Incident).happened_in(reading.period), "type__parent")
            for place, reading in enumerate(readings.values())
        }
        by_kind = count_by(incidents)
        for place, name in enumerate(readings):
            numbers = by_kind[str(place)]
            found[name].update({key: numbers.get(kind, 0) for key, kind in kinds.items()})
    return found
