"""Partner organisations; materials, their versions and files."""

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.views.generic import View

from kylien.accounts.models import Role as Rank
from kylien.core.changes import trail
from kylien.core.periods import Period
from kylien.core.records import PartView, RecordView, ScopedMixin
from kylien.core.uploads import send
from outreach import filters, tables
from outreach.forms import partners as forms
from outreach.models import Activity, Award, Commitment, Material, Partner
from outreach.services import partners as services
from outreach.views.shown import StateFirst

SHOWN = 10  # activities on a partner's page; the list has all of them
ADD_MATERIAL = "outreach.add_material"
CHANGE_MATERIAL = "outreach.change_material"


def year_of(day):
    """Return the calendar year of a day as a Period."""
    return Period(dt.date(day.year, 1, 1), dt.date(day.year + 1, 1, 1))


@dataclass(frozen=True)
class Kept:
    """How a partner keeps a commitment: the next day it is due, how often it was done (in this
    year), and the most days it was late."""

    commitment: Commitment
    badge: tuple[str, str]
    due_on: dt.date | None
    done: int
    most_late: int


def how_kept(commitment, on):
    rows = list(commitment.fulfilments.all())
    waiting = min((row.due_on for row in rows if not row.done_on), default=None)
    done = [row for row in rows if row.done_on]
    late = max(((row.done_on - row.due_on).days for row in done), default=0)
    if waiting is None:
        badge = ("ok", "Đã xong") if done else ("mute", "Chưa có hạn")
    else:
        left = (waiting - on).days
        badge = ("late", f"Quá hạn {-left} ngày") if left < 0 else ("due", f"Còn {left} ngày")
    this_year = sum(row.done_on.year == on.year for row in done)
    return Kept(commitment, badge, waiting, this_year, max(late, 0))


class PartnerView(RecordView):
    model = Partner
    table_class = tables.PartnerTable
    filterset_class = filters.PartnerFilterSet
    form_class = forms.PartnerForm
    detail_fields = ("kind", "contact_name", "contact_phone", "ended_on")
    url_prefix = "partners"
    title = "Tổ chức phối hợp"
    counted = "tổ chức"
    create_label = "Thêm tổ chức"
    empty_hint = "Thêm Mặt trận Tổ quốc, Hội Phụ nữ, Đoàn Thanh niên, các trường học của phường."

    def option_rows(self, rows):
        return rows.active()

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
        context = {"year": on.year, "activities": None, "awards": None, "kept": None}
        if user.has_perm("outreach.view_activity"):
            rows = Activity.objects.visible_to(user).with_partner(obj).held_in(year_of(on))
            counts = rows.order_by().aggregate(led=Count("pk", filter=Q(lead=obj)), all=Count("pk"))
            found = rows.select_related("topic", "neighbourhood").order_by("-held_on", "-pk")
            context |= {
                "activities": list(found[:SHOWN]),
                "led": counts["led"],
                "taken": counts["all"] - counts["led"],
                "more_url": f"{reverse('activity-list')}?partner={obj.pk}",
            }
        if user.has_perm("outreach.view_commitment"):
            rows = obj.commitments.filter(Q(ended_on=None) | Q(ended_on__gt=on))
            rows = rows.select_related("resolution").prefetch_related("fulfilments")
            context["kept"] = [how_kept(row, on) for row in rows.order_by("due_on", "pk")]
        if user.has_perm("outreach.view_award"):
            context["awards"] = (
                Award.objects.visible_to(user).filter(partner=obj).order_by("-proposed_on", "-pk")
            )
        return context


# --- materials ------------------------------------------------------------------------------------


class MaterialView(StateFirst, RecordView):
    """Versions. The list shows those in use and those that wait for the chief."""

    model = Material
    table_class = tables.MaterialTable
    filterset_class = filters.MaterialFilterSet
    form_class = forms.MaterialForm
    detail_fields = ("topic", "version_number", "approved_on", "approved_by")
    url_prefix = "materials"
    people_per_row = 0
    title = "Tài liệu tuyên truyền"
    counted = "bản"
    create_label = "Soạn tài liệu"
    versions = None
    empty_hint = "Soạn tài liệu rồi trình chỉ huy duyệt; bản đã duyệt dùng được cho các buổi."

    def state(self, obj):
        """Tell of a version whether a later one is in use."""
        return next(row for row in self.read_versions(obj) if row == obj).state_badge()

    def make_form(self, obj, data=None):
        """Hand over the file too."""
        request = self.request
        return self.form_class(
            data,
            request.FILES if data is not None else None,
            instance=obj,
            user=request.user,
            on=request.today,
            initial={} if obj or data else self.initial(),
        )

    def actions(self, obj):
        found, user = super().actions(obj), self.request.user
        waiting = any(not row.approved_on for row in self.read_versions(obj))
        if not obj.approved_on and user.has_role(Rank.CHIEF):
            found.append(
                {
                    "url": reverse("material-approve", args=[obj.pk]),
                    "label": "Duyệt bản này",
                    "icon": "check",
                    "method": "post",
                    "primary": True,
                    "hidden": [("version", obj.version)],
                }
            )
        if user.has_perm(ADD_MATERIAL) and not waiting:
            url = reverse("material-version", args=[obj.pk])
            found.append({"url": url, "label": "Soạn bản mới", "icon": "file-plus"})
        return found

    def read_versions(self, obj):
        """Read all versions of a material, the last first; once a page."""
        if self.versions is None:
            rows = self.model.objects.visible_to(self.request.user).for_list()
            same = rows.filter(title=obj.title).order_by("-version_number")
            self.versions = list(same)
        return self.versions

    def detail_context(self, obj):
        used = None
        if self.request.user.has_perm("outreach.view_activity"):
            rows = Activity.objects.visible_to(self.request.user)
            used = rows.held().filter(material=obj).count()
        return {
            "versions": [(row, row.state_badge()) for row in self.versions],
            "file_url": reverse("material-file", args=[obj.pk]) if obj.file else "",
            "used": used,
        }


class NewVersion(PartView):
    """The next version, begun from the page of an older one."""

    model = Material
    rights = (ADD_MATERIAL,)
    relations = ("topic",)
    once = True
    locks = False  # the service locks all versions
    submit_label = "Lưu bản mới"
    template = "outreach/material_form.html"

    def form(self, part, data=None):
        request = self.request
        return forms.VersionForm(
            data,
            request.FILES if data is not None else None,
            instance=part,
            user=request.user,
            on=request.today,
        )

    def title(self, part):
        return f"Soạn bản mới: {part.title}"

    def done(self, saved):
        return f"Đã lưu {saved}. Chờ chỉ huy duyệt."

    def after(self, part, saved):
        return saved.get_absolute_url()


class Approve(ScopedMixin, View):
    """The chief's approval, by one click; of the very text he has read."""

    model = Material
    verb = "change"

    def post(self, request, pk):
        if not request.user.has_role(Rank.CHIEF):
            raise PermissionDenied
        material = self.row()
        if request.POST.get("version") != str(material.version):
            messages.warning(request, "Tài liệu vừa được sửa. Đọc lại rồi duyệt.")
        else:
            services.approve(material=material, by=request.user, on=request.today)
            messages.success(request, f"Đã duyệt {material}.")
        return HttpResponseRedirect(material.get_absolute_url())


class Download(ScopedMixin, View):
    """Hand a material's file out; the trail keeps that it went out."""

    model = Material

    def get(self, request, pk):
        row = self.row()
        if not row.file:
            raise Http404
        trail().reading(Material, "export", code=row.code, file=row.file_name)
        return send(row.file.name, row.file_name, row.content_type)


urlpatterns = [
    *PartnerView.get_urls(),
    *MaterialView.get_urls(),
    path("materials/<int:pk>/version/", NewVersion.as_view(), name="material-version"),
    path("materials/<int:pk>/approve/", Approve.as_view(), name="material-approve"),
    path("materials/<int:pk>/file/", Download.as_view(), name="material-file"),
]
