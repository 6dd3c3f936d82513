"""Stay notices: one guest, many guests of one place, and which lodgings tell late."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, F, Q
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.generic import View

from households import filters, tables
from households.forms.stays import Hosts, PasteForm, StayNoticeForm
from households.models import StayNotice
from kylien.core import text
from kylien.core.periods import Month
from kylien.core.records import RecordView, ScopedMixin, new_mark, only_once

FIRST_YEAR = 2000  # earlier months are nobody's question


class StayNoticeView(RecordView):
    model = StayNotice
    table_class = tables.StayNoticeTable
    filterset_class = filters.StayNoticeFilterSet
    form_class = StayNoticeForm
    detail_fields = (
        "guest_name",
        "birth",
        "id_number",
        "household",
        "lodging",
        "neighbourhood",
        "reason",
        "arrived_at",
        "leaves_on",
        "channel",
        "notified_at",
        "due_at",
        "standing",
        "confirmed_at",
    )
    url_prefix = "stay-notices"
    url_name = "staynotice"
    title = "Lưu trú"
    create_label = "Ghi lưu trú"
    keeps_looks = True

    def actions(self, obj):
        found = super().actions(obj)
        user = self.request.user
        may = user.has_perm("households.change_staynotice")
        if not obj.confirmed_at and may and obj.changeable_by(user, timezone.now()):
            confirm = {
                "url": reverse("staynotice-confirm", args=[obj.pk]),
                "label": "Xác nhận",
                "icon": "check",
                "primary": True,
                "method": "post",
            }
            found.append(confirm)
        return found


class ConfirmStayNotice(ScopedMixin, View):
    """Confirm that the notice was checked."""

    model = StayNotice
    verb = "change"

    def post(self, request, pk):
        notice = self.changeable_row()
        if not notice.confirmed_at:
            notice.confirmed_at = timezone.now()
            notice.save(update_fields=["confirmed_at"])
            messages.success(request, f"Đã xác nhận {notice.code}.")
        return HttpResponseRedirect(notice.get_absolute_url())


class HostOptions(ScopedMixin, View):
    """Answer the picker of a guest's place: households and businesses that hold the words."""

    model = StayNotice
    rights = ("households.view_household", "businesses.view_business")

    def get(self, request):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        query = request.GET.get("q", "")
        found = []
        if text.tokens(query) and not text.holds_number(query):
            found = Hosts.open().visible_to(request.user).look_up(query)
        return JsonResponse({"results": found})


class PasteStayNotices(ScopedMixin, View):
    """Many guests of one place: paste, see each row as good or refused, write the good ones.

    Between the two steps everything travels in the form again and is checked anew: nothing of a
    guest is kept in the session, the address or a file.
    """

    model = StayNotice
    verb = "add"

    def get(self, request):
        return self.page(self.form())

    def post(self, request):
        if request.POST.get("_step") == "write":
            return only_once(request, lambda: reverse("staynotice-list"), self.write)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        return self.page(form, form.read_guests())

    def form(self, data=None):
        return PasteForm(data, user=self.request.user, on=self.request.today)

    def write(self):
        """Write what was seen in the preview; where the rows differ by now, show them again."""
        with transaction.atomic():
            form = self.form(self.request.POST)
            if not form.is_valid():
                return self.page(form, status=422)
            host = form.cleaned_data["host"]  # two desks with one list wait for each other here
            type(host).objects.select_for_update().filter(pk=host.pk).first()
            guests = form.read_guests()
            if not seen_in(guests) or seen_in(guests) != self.request.POST.get("_seen"):
                return self.page(form, guests, changed=True, status=422)
            written = form.write(guests)
        count = text.format_number(len(written))
        messages.success(self.request, f"Đã ghi {count} khách lưu trú tại {host}.")
        return HttpResponseRedirect(reverse("staynotice-list"))

    def page(self, form, guests=None, *, changed=False, status=200):
        context = {
            "title": "Nhập nhiều khách",
            "form": form,
            "list_url": reverse("staynotice-list"),
            "list_title": "Lưu trú",
            "changed": changed,
        }
        if guests is not None:
            good = sum(guest.notice is not None for guest in guests)
            context |= {
                "guests": guests,
                "host": form.cleaned_data["host"],
                "arrived_at": form.cleaned_data["arrived_at"],
                "total": text.format_number(len(guests)),
                "good": text.format_number(good) if good else "",
                "refused": text.format_number(len(guests) - good) if good < len(guests) else "",
                "seen": seen_in(guests),
                "once": new_mark(),
                "carried": [(name, form[name].data or "") for name in form.fields],
            }
        return render(self.request, "households/staynotice_paste.html", context, status=status)


def seen_in(guests):
    """Return which lines can be written, as the preview's form carries it."""
    return " ".join(str(guest.line) for guest in guests if guest.notice)


class LateByLodging(ScopedMixin, View):
    """How many notices each lodging gave in a reporting month, and how many came late."""

    model = StayNotice

    def get(self, request):
        current = Month.containing(request.today, settings.REPORT_START_DAY)
        month, problem = self.asked(current)
        rows = [self.row_of(month, **found) for found in self.counts(month)]
        total = sum(row["notices"] for row in rows)
        late = sum(row["late"] for row in rows)
        context = {
            "title": "Báo trễ theo cơ sở",
            "month": month,
            "problem": problem,
            "rows": rows,
            "total": {"notices": total, "late": late, "share": text.format_percent(late, total)},
            "prev_url": self.link(month.previous()) if month.year > FIRST_YEAR else "",
            "next_url": self.link(month.next()) if month < current else "",
            "list_url": reverse("staynotice-list"),
            "shows_business": request.user.has_perm("businesses.view_business"),
        }
        return render(request, "households/staynotice_lodgings.html", context)

    def asked(self, current):
        """Return the month of the address and "", or the current one and why not the other."""
        words = self.request.GET.get("month", "")
        if not words:
            return current, ""
        try:
            month = Month.parse(words, start_day=settings.REPORT_START_DAY)
        except ValueError:
            return current, "Ghi kỳ báo cáo như 2026-10."
        if month > current:
            return current, f"{month.label} chưa tới."
        if month.year < FIRST_YEAR:
            return current, f"Không có số liệu trước năm {FIRST_YEAR}."
        return month, ""

    def counts(self, month):
        """Count by lodging, in one query; the latest first."""
        rows = self.rows.arrived_in(month.period).exclude(lodging=None)
        names = ("lodging_id", "lodging__code", "lodging__name", "lodging__neighbourhood__name")
        late = Count("pk", filter=Q(notified_at__gt=F("due_at")))
        rows = rows.order_by().values(*names).annotate(notices=Count("pk"), late=late)
        return rows.order_by("-late", "-notices", "lodging__name", "lodging_id")

    def row_of(self, month, **found):
        query = {"lodging": found["lodging__code"], "month": month}
        address = reverse("staynotice-list")
        return {
            "name": found["lodging__name"],
            "url": reverse("business-detail", args=[found["lodging_id"]]),
            "neighbourhood": found["lodging__neighbourhood__name"],
            "notices": found["notices"],
            "notices_url": f"{address}?{urlencode(query)}",
            "late": found["late"],
            "late_url": f"{address}?{urlencode({**query, 'state': 'late'})}",
            "share": text.format_percent(found["late"], found["notices"]),
        }

    def link(self, month):
        return f"{self.request.path}?month={month}"


urlpatterns = [
    path("stay-notices/hosts/", HostOptions.as_view(), name="staynotice-hosts"),
    path("stay-notices/paste/", PasteStayNotices.as_view(), name="staynotice-paste"),
    path("stay-notices/lodgings/", LateByLodging.as_view(), name="staynotice-lodgings"),
    *StayNoticeView.get_urls(),
    path("stay-notices/<int:pk>/confirm/", ConfirmStayNotice.as_view(), name="staynotice-confirm"),
]
