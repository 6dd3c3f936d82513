"""What the home page shows: the ward's figures, what is due, twelve months, the neighbourhoods."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from businesses import rules
from businesses.filters import SOON_DAYS, Clock, not_returned, unverified
from businesses.models import Business, BusinessRule, Certificate, Inspection, Sector
from households.filters import DUE_DAYS
from households.models import (
    Absence,
    DuplicatePair,
    Household,
    Residence,
    ResidenceAct,
    Resident,
    StayNotice,
    TransferRequest,
)
from households.work import ABSENCE_DAYS
from incidents.models import Incident
from kylien.areas.models import BeatAssignment, Neighbourhood
from kylien.core import charts, text
from kylien.core.counts import count_all, count_by
from kylien.core.periods import Month
from kylien.portal.worklist import WEEKDAYS, Span, Worklist, may_work
from outreach.models import Fulfilment, Question
from reports.disclosure import SMALL_NOTE
from reports.models import ReportRemark
from reports.outline import CHARTS
from reports.published import chart, newest
from reports.views.months import VIEWS
from selfgov_groups.models import GroupMembership, GroupRequest, SelfManagedGroup
from selfgov_groups.rules import Numbers

STOCKS = ("households", "grouped", "population", "temporary", "groups", "sectors")
NO_BEAT = "Đồng chí chưa được phân công địa bàn: đề nghị chỉ huy phân công để xem hồ sơ."
LEADER_TILES = (
    "households",
    "population_closing",
    "temporary_closing",
    "groups",
    "incidents",
    "incidents_solved",
)
LEADER_COLUMNS = (
    ("households", "Hộ"),
    ("population_closing", "Thường trú"),
    ("temporary_closing", "Tạm trú"),
    ("groups", "Tổ liên gia"),
    ("incidents", "Vụ việc"),
)
REMARKS_SHOWN = 5
MINE = {"state": "mine"}  # transfers that this user may confirm
TO_TELL = {"state": "to_tell"}
LATE = {"state": "late"}
MOVED_IN = {"kind": "P", "movement": "in"}
MOVED_OUT = {"kind": "P", "movement": "out"}


def home_context(user, on, now=None):
    """Return the context of `templates/portal/home.html` for this user, day and moment."""
    month = Month.containing(on, settings.REPORT_START_DAY)
    left = (month.period.end - on).days
    context = {
        "heading": f"{WEEKDAYS[on.weekday()]}, {text.format_date(on)}",
        "subheading": f"Kỳ báo cáo {month.label.lower()}: {month.span}, còn {left} ngày",
        "actions": actions(user),
    }
    if user.is_superuser or not user.roles:
        return {**context, "admin_url": reverse("admin:index") if user.is_superuser else ""}
    if user.is_leader:
        return {**context, **leader_context(user)}
    scope = user.scope
    worklist = Worklist(user, on, Span(), now=now) if may_work(user) else None
    if not scope.whole_ward and not scope.neighbourhood_ids:
        # Even without a beat an officer may have been given something elsewhere.
        given = worklist_head(worklist) if worklist else []
        due = {"due": {"counts": [], "items": given}} if given else {}
        return {**context, "note": NO_BEAT, **due}
    works = user if user.has_perm("households.view_residenceact") else None
    return {**context, **Home(scope, on, month, works, worklist).context()}


def worklist_head(worklist):
    """Return the first rows of the worklist, as the page lists them."""
    return [
        {
            "day": item.first_day,
            "title": item.title,
            "detail": " · ".join(filter(None, (item.detail, item.area))),
            "url": item.url,
            "tone": item.tone,
            "badge": item.badge,
        }
        for item in worklist.head()
    ]


def in_words(counts):
    return {key: text.format_number(number) for key, number in counts.items()}


def leader_context(user):
    """Return a leader's page: the newest published report and its numbers, frozen and with small
    ones hidden. Nothing is counted: two queries."""
    remarks = ReportRemark.objects.visible_to(user).filter(author=user).exclude(done_on=None)
    found = newest(aggregate=True)
    if found is None:
        return {"unpublished": True}
    content = found.content
    months = content.chart_months()
    numbers = {str(month): content.chart(month) for month in months}
    drawn = [chart(title, keys, found.labels, months, numbers) for title, keys in CHARTS]
    return {
        "latest": found,
        "views": VIEWS,
        "tiles": [{**tile, "url": "", "notes": []} for tile in found.tiles(LEADER_TILES)],
        "charts": drawn,
        "areas": reported_areas(content),
        "remarks": remarks.select_related("report").order_by("-done_on", "-pk")[:REMARKS_SHOWN],
        "note": SMALL_NOTE,
    }


def reported_areas(content):
    """Return the neighbourhoods of a report's annex, as `Home.areas()` does, without officers and
    shares: few households are in no group, so the share would tell how few."""
    shown = content.shown_areas
    rows = [
        {
            "name": area["name"],
            "url": f"{reverse('report-areas')}?{urlencode({'area': area['id']})}",
            "cells": [
                {"label": label, "value": shown.get((key, area["id"])), "url": ""}
                for key, label in LEADER_COLUMNS
            ],
        }
        for area in content.areas
    ]
    head = [("Tổ dân phố", ""), *((label, "num") for _, label in LEADER_COLUMNS)]
    return {"head": head, "rows": rows}


def actions(user):
    wanted = (
        ("incidents.add_incident", "incident-create", "Ghi vụ việc", True),
        ("households.add_staynotice", "staynotice-create", "Ghi lưu trú", False),
    )
    return [
        {"url": reverse(name), "label": label, "icon": "plus", "primary": primary}
        for right, name, label, primary in wanted
        if user.has_perm(right)
    ][::-1]


class Home:
    """The page's parts, counted together: one query for all stocks by neighbourhood, one for the
    months, one for the head of the worklist."""

    def __init__(self, scope, on, month, works=None, worklist=None):
        self.scope, self.on, self.month = scope, on, month
        self.works = works  # the user, where what waits in the register concerns him
        self.worklist = worklist
        self.months = month.last(12)

    def of(self, model):
        return model.objects.in_scope(self.scope)

    def context(self):
        self.stock = self.count_stock()
        self.flow = self.count_flow()
        return {
            "tiles": self.tiles(),
            "charts": self.charts(),
            "areas": self.areas(),
            "due": self.due(),
        }

    def count_stock(self):
        households = self.of(Household).active()
        grouped = self.of(GroupMembership).current().filter(household__dissolved_on=None)
        residents = self.of(Resident).present()
        rows = {
            "households": (households, "neighbourhood"),
            "grouped": (grouped, "household__neighbourhood"),  # a household is in one at a time
            "population": (residents.filter(residence_kind="P"), "neighbourhood"),
            "temporary": (residents.filter(residence_kind="T"), "neighbourhood"),
            "groups": (self.of(SelfManagedGroup).active(), "neighbourhood"),
            "incidents": (self.of(Incident).happened_in(self.month.period), "neighbourhood"),
            "sectors": (self.of(Business).trading(), "sector"),
        }
        return count_by(rows)

    def count_flow(self):
        transfers = not self.scope.whole_ward
        permanent = self.of(Residence).permanent()
        rows = {}
        for month in self.months:
            rows[f"in {month}"] = permanent.started_in(month.period, transfers=transfers)
            rows[f"out {month}"] = permanent.ended_in(month.period, transfers=transfers)
            for one in (month, month.same_month_last_year()):
                rows[f"incidents {one}"] = self.of(Incident).happened_in(one.period)
        papers = self.of(Certificate).expiring(self.on, Certificate.DUE_DAYS)
        rows["expiring"] = self.of(Residence).expiring(self.on, DUE_DAYS)
        rows["overdue"] = self.of(Residence).overdue(self.on)
        rows["papers"] = self.of(Business).filter(pk__in=papers.values("business"))
        rows["stays"] = self.of(StayNotice).unconfirmed()
        rows["absences"] = self.of(Absence).ending(self.on, ABSENCE_DAYS)
        rows |= self.count_trade()
        rows["late"] = self.of(Incident).late(self.worklist.now)
        rows["received"] = self.of(Incident).filter(state=Incident.State.RECEIVED)
        rows["to_tell"] = self.of(Incident).group_to_tell()
        rows |= self.count_outreach()
        if self.works:
            rows["transfers"] = TransferRequest.objects.to_decide(self.works)
            rows["pairs"] = self.of(DuplicatePair).open()
            rows["unsynced"] = self.of(ResidenceAct).unsynchronised()
        return count_all(rows)

    def count_trade(self):
        """Name the rows of what is due with businesses, each as the list it leads to holds them."""
        self.book = BusinessRule.objects.book()
        quarter = rules.quarter_to_collect(self.on, self.book)
        clock = Clock(self.on, quarter, rules.contact_since(self.on, self.book))
        checks = Certificate.objects.awaiting_check(self.on)
        self.quarter = quarter
        return {
            "lacking": self.of(Business).trading().lacking(self.on),
            "checks": self.of(Business).filter(pk__in=checks.order_by().values("business")),
            "inspections": self.of(Inspection).due(self.on, SOON_DAYS),
            "remedies": self.of(Inspection).with_remedies_due(self.on, SOON_DAYS),
            "returns": not_returned(self.of(Business), clock),
            "contacts": unverified(self.of(Business), clock),
        }

    def count_outreach(self):
        """Name the rows of what is late with groups and joint work."""
        groups = self.of(SelfManagedGroup).active()
        return {
            "silent": groups.silent(self.on, Numbers.on(self.on).silent),
            "requests": self.of(GroupRequest).overdue(self.on),
            "questions": self.of(Question).overdue(self.on),
            "fulfilments": self.of(Fulfilment).open(self.on).overdue(self.on),
        }

    def totals(self):
        """Return the ward's stocks, and what is derived from two of them."""
        found = {key: sum(self.stock[key].values()) for key in STOCKS}
        return {**found, "ungrouped": found["households"] - found["grouped"]}

    def link(self, name, **params):
        if name == "incident-list" and not self.scope.whole_ward:
            params["area"] = "own"  # without what an officer was given outside his neighbourhoods
        return reverse(name) + (f"?{urlencode(params)}" if params else "")

    def tiles(self):
        now, before = self.month, self.month.previous()
        totals = self.totals()
        stock = in_words(totals)
        flow = in_words(self.flow)
        moved = {"kind": "P", "month": now}
        share = text.format_percent(totals["grouped"], totals["households"])
        return [
            self.tile(
                "Hộ",
                stock["households"],
                self.link("household-list"),
                (f"{stock['ungrouped']} chưa vào tổ liên gia", "household-list", {"grouped": "no"}),
            ),
            self.tile(
                "Thường trú",
                stock["population"],
                self.link("resident-list", residence="P"),
                (f"kỳ này tăng {flow[f'in {now}']}", "residence-list", {"movement": "in", **moved}),
                (f"giảm {flow[f'out {now}']}", "residence-list", {"movement": "out", **moved}),
            ),
            self.tile(
                "Tạm trú",
                stock["temporary"],
                self.link("resident-list", residence="T"),
                (
                    f"{flow['expiring']} đến hạn, quá hạn",
                    "temporary-resident-list",
                    {"term": "due"},
                ),
            ),
            self.tile(
                "Tổ liên gia",
                stock["groups"],
                self.link("selfmanagedgroup-list"),
                (f"{stock['grouped']} hộ", "household-list", {"grouped": "yes"}),
                (share, "", {}),
            ),
            self.tile(
                "Cơ sở, doanh nghiệp",
                stock["sectors"],
                self.link("business-list"),
                *self.sector_notes(),
            ),
            self.tile(
                "Vụ việc trong kỳ",
                flow[f"incidents {now}"],
                self.link("incident-list", month=now),
                (f"kỳ trước {flow[f'incidents {before}']}", "incident-list", {"month": before}),
            ),
        ]

    def tile(self, label, value, url, *notes):
        """Return a tile; each note is `(text, list, parameters)` and opens the rows it counts."""
        shown = [
            {"text": words, "url": self.link(name, **params) if name else ""}
            for words, name, params in notes
        ]
        return {"label": label, "value": value, "url": url, "notes": shown}

    def sector_notes(self):
        if not self.stock["sectors"]:
            return []
        counts = in_words(self.stock["sectors"])
        return [
            (f"{counts[sector.pk]} {sector.name.lower()}", "business-list", {"sector": sector.pk})
            for sector in Sector.objects.filter(pk__in=self.stock["sectors"])
        ]

    def charts(self):
        last_year = [month.same_month_last_year() for month in self.months]
        return [
            self.chart(
                "Vụ việc theo tháng",
                charts.bar_chart,
                [
                    ("cùng kỳ năm trước", "muted", "incidents", last_year, "incident-list", {}),
                    ("12 tháng qua", "primary", "incidents", self.months, "incident-list", {}),
                ],
            ),
            self.chart(
                "Biến động thường trú",
                lambda title, labels, series: charts.balance_chart(title, labels, *series),
                [
                    ("tăng", "primary", "in", self.months, "residence-list", MOVED_IN),
                    ("giảm", "muted", "out", self.months, "residence-list", MOVED_OUT),
                ],
            ),
        ]

    def chart(self, title, draw, columns):
        """Draw series of months and list their numbers, each a link to its rows."""
        labels = [f"T{month.month}" for month in self.months]
        series = [
            charts.Series(label, [self.flow[f"{key} {month}"] for month in months], tone)
            for label, tone, key, months, _, _ in columns
        ]
        rows = [
            {
                "label": month.label,
                "cells": [
                    {
                        "value": text.format_number(self.flow[f"{key} {months[n]}"]),
                        "url": self.link(name, month=months[n], **params),
                    }
                    for _, _, key, months, name, params in columns
                ],
            }
            for n, month in enumerate(self.months)
        ]
        head = ["Kỳ", *(column[0] for column in columns)]
        return {
            "title": title,
            "svg": draw(title, labels, series),
            "table": {"head": head, "rows": rows},
            "url": reverse("report-list"),
        }

    def areas(self):
        areas = list(self.of(Neighbourhood))
        officers = {}
        beats = BeatAssignment.objects.open_on(self.on).filter(neighbourhood__in=areas)
        for beat in beats.select_related("officer"):
            officers.setdefault(beat.neighbourhood_id, []).append(beat.officer.full_name)
        columns = (
            ("households", "Hộ", "household-list", {}),
            ("population", "Thường trú", "resident-list", {"residence": "P"}),
            ("temporary", "Tạm trú", "resident-list", {"residence": "T"}),
            ("groups", "Tổ liên gia", "selfmanagedgroup-list", {}),
            ("incidents", "Vụ việc", "incident-list", {"month": self.month}),
        )
        rows = []
        for area in areas:
            cells = [
                {
                    "label": label,
                    "value": text.format_number(self.stock[key].get(area.pk, 0)),
                    "url": self.link(name, neighbourhood=area.pk, **params),
                }
                for key, label, name, params in columns
            ]
            rows.append(
                {
                    "name": area.name,
                    "url": self.link("household-list", neighbourhood=area.pk),
                    "officer": ", ".join(officers.get(area.pk, [])) or "—",
                    "cells": cells,
                    **self.share_cells(area),
                }
            )
        head = [
            ("Tổ dân phố", ""),
            ("Cảnh sát khu vực", ""),
            *((label, "num") for _, label, _, _ in columns),
            ("Hộ trong tổ", ""),
        ]
        return {"head": head, "rows": rows}

    def share_cells(self, area):
        """Return the bar of an area's share in groups, and the share in words beside it."""
        households = self.stock["households"].get(area.pk, 0)
        if not households:
            return {"share_svg": "", "share": "—"}
        share = self.stock["grouped"].get(area.pk, 0) / households
        return {"share_svg": charts.progress(share), "share": text.format_percent(share, 1, 0)}

    def due(self):
        """Return what is due: the counts, and the head of the worklist."""
        counts = (
            ("late", "late", "vụ việc quá hạn", "incident-list", {"state": "late"}),
            ("received", "due", "tin chưa phân loại", "incident-list", {"state": "received"}),
            ("to_tell", "due", "tổ báo tin chưa được trả lời", "incident-list", TO_TELL),
            ("overdue", "late", "tạm trú quá hạn", "temporary-resident-list", {"term": "overdue"}),
            (
                "expiring",
                "due",
                "tạm trú đến hạn, quá hạn",
                "temporary-resident-list",
                {"term": "due"},
            ),
            ("stays", "due", "lưu trú chưa xác nhận", "staynotice-list", {"state": "open"}),
            (
                "papers",
                "due",
                "cơ sở có giấy đến hạn, quá hạn",
                "business-list",
                {"certificate": "due"},
            ),
            ("lacking", "late", "cơ sở thiếu giấy phải có", "business-list", {"papers": "lacking"}),
            ("checks", "due", "cơ sở chờ hậu kiểm", "business-list", {"certificate": "check"}),
            ("inspections", "due", "cuộc kiểm tra đến hạn", "inspection-list", {"state": "due"}),
            ("remedies", "due", "nơi chưa khắc phục", "inspection-list", {"state": "remedies"}),
            (
                "returns",
                "due",
                f"cơ sở chưa nộp báo cáo {rules.in_words(self.quarter)}",
                "quarterlyreturn-list",
                {"quarter": self.quarter, "state": "missing"},
            ),
            ("contacts", "due", "nơi chưa xác nhận liên hệ", "business-list", {"contact": "old"}),
            (
                "absences",
                "due",
                "tạm vắng sắp về, quá ngày về",
                "absence-list",
                {"state": "due15"},
            ),
            ("silent", "late", "tổ liên gia im ắng", "selfmanagedgroup-list", {"silent": "yes"}),
            ("requests", "late", "kiến nghị của tổ quá hạn", "grouprequest-list", LATE),
            ("questions", "late", "ý kiến của dân quá hạn", "question-list", {"state": "overdue"}),
            ("fulfilments", "late", "cam kết liên tịch quá hạn", "fulfilment-list", LATE),
            ("transfers", "late", "đề nghị chuyển chờ nhận", "transferrequest-list", MINE),
            ("pairs", "due", "cặp nghi trùng", "duplicatepair-list", {}),
            ("unsynced", "due", "việc chưa đồng bộ", "residenceact-list", {"state": "unsynced"}),
        )
        return {
            "counts": [
                {
                    "value": text.format_number(self.flow[key]),
                    "label": label,
                    "tone": tone,
                    "url": self.link(name, **params),
                }
                for key, tone, label, name, params in counts
                if self.flow.get(key)
            ],
            "items": worklist_head(self.worklist),
        }
