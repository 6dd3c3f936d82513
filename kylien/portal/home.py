"""What the home page shows: the ward's figures, what is due, twelve months, the neighbourhoods."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from businesses.models import Business, Certificate, Sector
from households.models import Household, Residence, Resident, StayNotice
from incidents.models import Incident
from kylien.accounts.models import Scope
from kylien.areas.models import BeatAssignment, Neighbourhood
from kylien.core import charts, text
from kylien.core.counts import count_all, count_by
from kylien.core.periods import Month
from reports.views import SMALL, difference, shown
from selfgov_groups.models import GroupMembership, SelfManagedGroup

DUE_DAYS = 30
DUE_LISTED = 8
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


def home_context(user, on):
    """Return the context of `templates/portal/home.html` for this user and day."""
    month = Month.containing(on, settings.REPORT_START_DAY)
    left = (month.period.end - on).days
    context = {
        "heading": f"{WEEKDAYS[on.weekday()]}, {text.format_date(on)}",
        "subheading": f"Kỳ báo cáo {month.label.lower()}: {month.span}, còn {left} ngày",
        "actions": actions(user),
    }
    if user.is_superuser or not user.roles:
        return {**context, "admin_url": reverse("admin:index") if user.is_superuser else ""}
    aggregate = user.is_leader
    scope = Scope(whole_ward=True) if aggregate else user.scope
    return {**context, **Home(scope, on, month, aggregate).context()}


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
    months, one a due list."""

    def __init__(self, scope, on, month, aggregate):
        self.scope, self.on, self.month, self.aggregate = scope, on, month, aggregate
        self.months = month.last(12)

    def of(self, model):
        return model.objects.in_scope(self.scope)

    def context(self):
        self.stock = self.count_stock()
        self.flow = self.count_flow()
        found = {"tiles": self.tiles(), "charts": self.charts(), "areas": self.areas()}
        if not self.aggregate:
            found["due"] = self.due()
        return found

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
        if not self.aggregate:
            rows["expiring"] = self.of(Residence).expiring(self.on, DUE_DAYS)
            rows["overdue"] = self.of(Residence).overdue(self.on)
            rows["today"] = self.of(Residence).current().temporary().filter(expires_on=self.on)
            rows["papers"] = self.of(Certificate).expiring(self.on, DUE_DAYS)
            rows["papers overdue"] = self.of(Certificate).expiring(self.on, -1)
            rows["papers today"] = (
                self.of(Certificate).expiring(self.on, 0).filter(expires_on=self.on)
            )
            rows["stays"] = self.of(StayNotice).unconfirmed()
        return count_all(rows)

    def total(self, key):
        return sum(self.stock[key].values())

    def show(self, number):
        return shown(number, self.aggregate)

    def link(self, name, **params):
        if self.aggregate:
            return ""
        query = "&".join(f"{key}={value}" for key, value in params.items())
        return reverse(name) + (f"?{query}" if query else "")

    def tiles(self):
        now, before = self.month, self.month.previous()
        came, went = self.flow[f"in {now}"], self.flow[f"out {now}"]
        households, grouped = self.total("households"), self.total("grouped")
        incidents = self.flow[f"incidents {now}"]
        change = difference(incidents, self.flow[f"incidents {before}"], self.aggregate)
        sectors = {s.pk: s for s in Sector.objects.all()} if self.stock["sectors"] else {}
        by_sector = [
            f"{self.show(n)} {sectors[pk].name.lower()}"
            for pk, n in sorted(self.stock["sectors"].items(), key=lambda p: sectors[p[0]].position)
        ]
        share = text.format_percent(grouped, households)
        return [
            {
                "label": "Hộ",
                "value": self.show(households),
                "note": f"{self.show(households - grouped)} hộ chưa vào tổ liên gia",
                "url": self.link("household-list"),
            },
            {
                "label": "Thường trú",
                "value": self.show(self.total("population")),
                "note": f"+{self.show(came)} −{self.show(went)} trong kỳ",
                "url": self.link("resident-list", residence="P"),
            },
            {
                "label": "Tạm trú",
                "value": self.show(self.total("temporary")),
                "note": ""
                if self.aggregate
                else f"{text.format_number(self.flow['expiring'])} hết hạn trong {DUE_DAYS} ngày",
                "url": self.link("resident-list", residence="T"),
            },
            {
                "label": "Tổ liên gia",
                "value": self.show(self.total("groups")),
                "note": f"{self.show(grouped)} hộ · {share}",
                "url": self.link("selfmanagedgroup-list"),
            },
            {
                "label": "Cơ sở, doanh nghiệp",
                "value": self.show(self.total("sectors")),
                "note": " · ".join(by_sector),
                "url": self.link("business-list"),
            },
            {
                "label": "Vụ việc trong kỳ",
                "value": self.show(incidents),
                "note": f"{change} so kỳ trước" if change else "",
                "url": self.link("incident-list", month=now),
            },
        ]

    def charts(self):
        labels = [f"T{month.month}" for month in self.months]
        this_year = [self.flow[f"incidents {m}"] for m in self.months]
        last_year = [self.flow[f"incidents {m.same_month_last_year()}"] for m in self.months]
        came = [self.flow[f"in {m}"] for m in self.months]
        went = [self.flow[f"out {m}"] for m in self.months]
        incidents = [
            charts.Series("cùng kỳ năm trước", self.hide(last_year), "muted"),
            charts.Series("12 tháng qua", self.hide(this_year)),
        ]
        movement = [
            charts.Series("tăng", self.hide(came)),
            charts.Series("giảm", self.hide(went), "muted"),
        ]
        return [
            self.chart(
                "Vụ việc theo tháng",
                charts.bar_chart("Vụ việc theo tháng", labels, incidents),
                charts.data_table(labels, incidents),
                "incident-list",
            ),
            self.chart(
                "Biến động thường trú",
                charts.balance_chart("Biến động thường trú", labels, *movement),
                charts.data_table(labels, movement),
                "residence-list",
            ),
        ]

    def hide(self, numbers):
        """Leave out the bars that a leader may not see."""
        return [None if self.aggregate and n < SMALL else n for n in numbers]

    def chart(self, title, svg, table, list_name):
        url = reverse("report-list")
        return {
            "title": title,
            "svg": svg,
            "table": {"head": table[0], "rows": table[1:]},
            "url": url,
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
            numbers = {key: self.stock[key].get(area.pk, 0) for key in self.stock}
            cells = [
                {
                    "label": label,
                    "value": self.show(numbers.get(key, 0)),
                    "url": self.link(name, neighbourhood=area.pk, **params),
                }
                for key, label, name, params in columns
            ]
            households = numbers.get("households", 0)
            share = numbers.get("grouped", 0) / households if households else None
            rows.append(
                {
                    "name": area.name,
                    "url": self.link("household-list", neighbourhood=area.pk),
                    "officer": ", ".join(officers.get(area.pk, [])) or "—",
                    "cells": cells,
                    "share_svg": charts.progress(share),
                }
            )
        head = ["Tổ dân phố", "Cảnh sát khu vực", *(c[1] for c in columns), "Hộ trong tổ"]
        return {"head": head, "rows": rows}

    def due(self):
        """Return what is due, soonest first, from the three lists that know a day."""
        items = [*self.due_stays(), *self.due_residences(), *self.due_papers()]
        items.sort(key=lambda item: item.pop("day"))
        return {
            "overdue": self.flow["overdue"] + self.flow["papers overdue"],
            "today": self.flow["today"] + self.flow["papers today"],
            "items": items[:DUE_LISTED],
            "all_url": self.link("temporary-resident-list", term="due"),
        }

    def due_residences(self):
        rows = (
            self.of(Residence)
            .expiring(self.on, DUE_DAYS)
            .select_related("resident", "neighbourhood")
        )
        return [
            {
                "day": row.expires_on,
                "title": f"Tạm trú hết hạn: {row.resident.full_name}",
                "detail": f"{row.resident.code} · {row.neighbourhood}",
                "url": row.get_absolute_url(),
                **self.badge(row.expires_on),
            }
            for row in rows.order_by("expires_on", "pk")[:DUE_LISTED]
        ]

    def due_papers(self):
        rows = self.of(Certificate).expiring(self.on, DUE_DAYS).select_related("business")
        return [
            {
                "day": row.expires_on,
                "title": f"{row.get_kind_display()}: {row.business.name}",
                "detail": f"Số {row.number}, {row.issuer}",
                "url": row.business.get_absolute_url(),
                **self.badge(row.expires_on),
            }
            for row in rows.order_by("expires_on", "pk")[:DUE_LISTED]
        ]

    def due_stays(self):
        rows = (
            self.of(StayNotice)
            .unconfirmed()
            .select_related("household", "lodging", "neighbourhood")
        )
        return [
            {
                "day": timezone.localdate(row.arrived_at),
                "title": f"Lưu trú chưa xác nhận: {row.guest_name}",
                "detail": f"{row.host()} · {row.neighbourhood}",
                "url": row.get_absolute_url(),
                **self.badge(timezone.localdate(row.arrived_at)),
            }
            for row in rows.order_by("arrived_at", "pk")[:DUE_LISTED]
        ]

    def badge(self, day):
        left = (day - self.on).days
        if left < 0:
            return {"tone": "late", "badge": f"Quá hạn {-left} ngày"}
        if left == 0:
            return {"tone": "due", "badge": "Hôm nay"}
        word = WEEKDAYS[day.weekday()] if left < 7 else f"Còn {left} ngày"
        return {"tone": "mute", "badge": word}
