"""The register of businesses, and the file of one."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.urls import path, reverse
from django.views.generic import View

from businesses import casefile, filters, tables
from businesses.forms.businesses import AsOfForm, BusinessForm
from businesses.models import Business
from businesses.requirements import requirements
from businesses.views.rights import (
    ADD_CERTIFICATE,
    ADD_INSPECTION,
    ADD_LIAISON,
    ADD_RETURN,
    ADD_SANCTION,
    CHANGE_BUSINESS,
    CHANGE_CERTIFICATE,
    CHANGE_LIAISON,
    CHANGE_SANCTION,
    VIEW_INSPECTION,
    VIEW_SANCTION,
)
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.periods import Month
from kylien.core.records import RecordView, ScopedMixin

SHOWN = 5  # rows of a card; the older ones are folded away
MAY = {  # what the page's links ask for
    "add_paper": ADD_CERTIFICATE,
    "change_paper": CHANGE_CERTIFICATE,
    "see_inspections": VIEW_INSPECTION,
    "inspect": ADD_INSPECTION,
    "see_sanctions": VIEW_SANCTION,
    "sanction": ADD_SANCTION,
    "change_sanction": CHANGE_SANCTION,
    "liaise": ADD_LIAISON,
    "change_liaison": CHANGE_LIAISON,
    "receive": ADD_RETURN,
    "change_state": CHANGE_BUSINESS,
}


class BusinessView(RecordView):
    model = Business
    table_class = tables.BusinessTable
    filterset_class = filters.BusinessFilterSet
    form_class = BusinessForm
    detail_fields = (
        "sector",
        "state",
        "address",
        "neighbourhood",
        "responsible_name",
        "phone",
        "opened_on",
        "rooms",
        "area_m2",
        "staff_count",
        "fire_group",
        "security_unit",
        "note",
    )
    seldom = ("rooms", "area_m2", "staff_count", "fire_group", "security_unit", "note")
    url_prefix = "businesses"
    create_label = "Thêm cơ sở"
    empty_hint = "Bỏ bớt điều kiện lọc; hoặc bấm Thêm cơ sở, rồi thêm giấy tờ trên trang của cơ sở."

    def option_rows(self, rows):
        return rows.trading()

    def facts(self, obj):
        """Leave out what is seldom known where it is not; of a lodging the rooms are asked for."""
        wanted = ("rooms",) if obj.sector.takes_guests else ()
        self.detail_fields = [
            name
            for name in type(self).detail_fields
            if name not in self.seldom or name in wanted or getattr(obj, name) not in (None, "")
        ]
        return super().facts(obj)

    def actions(self, obj):
        found = super().actions(obj)
        if self.request.user.has_perm(CHANGE_BUSINESS):
            url = reverse("business-change-state", args=[obj.pk])
            found.append({"url": url, "label": "Đổi tình trạng", "icon": "power"})
        return found

    def detail_context(self, obj):
        today, user = self.request.today, self.request.user
        asked = AsOfForm(self.request.GET, today=today)
        on = asked.day()
        book = casefile.read_file(obj)
        required = sorted(requirements(obj, on), key=lambda one: not one.lacks)
        papers = casefile.papers(obj, today, book)
        inspections = list(obj.inspections.all())
        state = casefile.state_on(obj, on)
        return {
            "as_of": asked,
            "on": on,
            "is_today": on == today,
            "state_then": Business.State(state).label if state else "",
            "rule": obj.sector.rule_on(on),
            "freed": obj.sector.freed_by(on),
            "required": required,
            "lacking": sum(one.lacks for one in required),
            "papers": [one for one in papers if not one.over],
            "old_papers": [one for one in papers if one.over],
            "checks": any(one.check_due for one in papers),
            "issues": casefile.may_issue(obj, today),
            "inspections": [(row, row.badge(today)) for row in inspections[:SHOWN]],
            "remedies": [
                (row, casefile.due_badge(row.remedy_due, today))
                for row in inspections
                if row.remedies
            ],
            "sanctions": split(obj.sanctions.all()),
            "quarters": casefile.quarters(obj, today, book),
            "notes": split(obj.liaison_notes.all()),
            "contact": casefile.contact(obj, today, book),
            "changes": split(obj.state_changes.all()),
            "may": {name: user.has_perm(right) for name, right in MAY.items()},
            **self.people(obj),
        }

    def people(self, obj):
        """Count who stays here for a time and works or lodges here, and the guests notified this
        month, as far as the user sees them; nothing of what he does not see."""
        user = self.request.user
        month = Month.containing(self.request.today, settings.REPORT_START_DAY)
        rows, found = {}, {"workers": None, "stays": None}
        if user.has_perm("households.view_residence"):
            links = {"employer": obj.employed_residences, "lodging": obj.lodged_residences}
            rows |= {name: link.visible_to(user).temporary() for name, link in links.items()}
            rows |= {name: part.current() for name, part in rows.items()}
        if user.has_perm("households.view_staynotice"):
            notices = obj.stay_notices.visible_to(user)
            rows["stays"] = notices
            rows["month"] = notices.arrived_in(month.period)
            rows["late"] = rows["month"].late()
        counts = count_all(rows) if rows else {}
        if "employer" in counts:
            words = {"employer": "Làm việc ở đây", "lodging": "Ở tại đây"}
            found["workers"] = [(word, name, counts[name]) for name, word in words.items()]
        if counts.get("stays") or ("stays" in counts and obj.sector.takes_guests):
            last = notices.order_by("-arrived_at", "-pk").first()
            found["stays"] = {**counts, "last": last, "period": month}
        return found


def split(rows):
    """Return the rows that a card shows, and the older ones that it folds away."""
    rows = list(rows)
    return {"shown": rows[:SHOWN], "older": rows[SHOWN:], "count": len(rows)}


class EmployerOptions(ScopedMixin, View):
    """The picker of a tenant's employer: people work in other beats than they live in, so it finds
    trading businesses of the whole ward, by name, address or code, and tells no more of them."""

    model = Business
    rights = ("households.add_residence",)

    def get(self, request):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        query = request.GET.get("q", "")
        words = text.tokens(query)
        if not words or text.holds_number(query):
            return JsonResponse({"results": []})
        found = []
        # The search also reads who is responsible there, who is not told beyond the beat.
        rows = Business.objects.trading().search(query).order_by("sort_key", "pk")
        for row in rows.only("code", "name", "address"):
            told = text.search_text(row.name, row.address, row.code, name=row.name)
            if all(word in told for word in words):
                found.append(row.as_option())
            if len(found) == 8:
                break
        return JsonResponse({"results": found})


urlpatterns = [
    *BusinessView.get_urls(),
    path(
        "businesses/employers/options/",
        EmployerOptions.as_view(),
        name="employer-options",
    ),
]
