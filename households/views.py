from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from households import filters, forms, tables
from households.models import Household, Residence, Resident, StayNotice
from kylien.core.records import RecordView, Role, ScopedMixin, new_mark, only_once


class HouseholdView(RecordView):
    model = Household
    table_class = tables.HouseholdTable
    filterset_class = filters.HouseholdFilterSet
    form_class = forms.HouseholdForm
    detail_fields = ("address", "neighbourhood", "opened_on", "dissolved_on", "note")
    url_prefix = "households"
    create_label = "Lập hộ"
    empty_hint = "Bấm Lập hộ để ghi hộ đầu tiên, rồi thêm từng người trên trang của hộ."

    def option_rows(self, rows):
        return rows.active()

    def detail_context(self, obj):
        on, may = self.request.today, self.request.user.has_perm
        residences = list(obj.residences.for_list().order_by("ended_on", "kind", "pk"))
        for row in residences:
            row.state = row.badge(on)
        now = [row for row in residences if not row.ended_on]
        now.sort(key=lambda row: (row.relation != Residence.Relation.HEAD, row.kind, row.pk))
        former = [row for row in residences if row.ended_on]
        has_head = any(row.relation == Residence.Relation.HEAD for row in now)
        return {
            "title": obj.address,
            "members": now,
            "permanent_count": sum(row.kind == Residence.Kind.PERMANENT for row in now),
            "former": former[::-1],
            "memberships": obj.group_memberships.select_related("group"),
            "may_add": may("households.add_residence") and not obj.dissolved_on,
            "may_end": may("households.change_residence"),
            "once": new_mark(),
            "member_form": forms.MemberForm(
                household=obj,
                kind=Residence.Kind.PERMANENT,
                user=self.request.user,
                on=on,
                prefix="m",
                initial={"relation": Residence.Relation.CHILD} if has_head else {},
            ),
        }


class ResidentView(RecordView):
    model = Resident
    table_class = tables.ResidentTable
    filterset_class = filters.ResidentFilterSet
    form_class = forms.ResidentForm
    detail_fields = ("birth", "sex", "citizen_id", "phone", "neighbourhood", "note")
    url_prefix = "residents"
    create_label = "Thêm nhân khẩu"
    empty_hint = "Thêm nhân khẩu ở đây, hoặc trên trang của hộ."

    def make_form(self, obj, data=None):
        if obj is None:
            return forms.MemberForm(
                data, user=self.request.user, on=self.request.today, initial=self.initial()
            )
        return super().make_form(obj, data)

    def detail_context(self, obj):
        # Stays in another officer's beat are not his to read, even of a person who lives here now.
        residences = list(obj.residences.visible_to(self.request.user).for_list())
        for row in residences:
            row.state = row.badge(self.request.today)
        return {
            "residences": residences,
            "may_end": self.request.user.has_perm("households.change_residence"),
        }


class TemporaryResidentView(RecordView):
    """Temporary residences in force, and the form that registers one."""

    model = Residence
    table_class = tables.TemporaryTable
    filterset_class = filters.TemporaryFilterSet
    url_prefix = "temporary-residents"
    url_name = "temporary-resident"
    title = "Tạm trú"
    create_label = "Đăng ký tạm trú"
    roles = (Role.LIST, Role.CREATE)

    def base_rows(self, rows):
        return rows.temporary().current()

    def make_form(self, obj, data=None):
        return forms.MemberForm(
            data,
            kind=Residence.Kind.TEMPORARY,
            user=self.request.user,
            on=self.request.today,
            initial=self.initial(),
        )


class ResidenceView(RecordView):
    """The ledger itself: every figure of the population opens here."""

    model = Residence
    table_class = tables.ResidenceTable
    filterset_class = filters.ResidenceFilterSet
    url_prefix = "residences"
    url_name = "residence"
    title = "Sổ cư trú"
    roles = (Role.LIST,)


class StayNoticeView(RecordView):
    model = StayNotice
    table_class = tables.StayNoticeTable
    filterset_class = filters.StayNoticeFilterSet
    form_class = forms.StayNoticeForm
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
        "confirmed_at",
    )
    url_prefix = "stay-notices"
    url_name = "staynotice"
    title = "Lưu trú"
    create_label = "Ghi lưu trú"

    def actions(self, obj):
        found = super().actions(obj)
        if not obj.confirmed_at and self.request.user.has_perm("households.change_staynotice"):
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


class AddMember(ScopedMixin, View):
    """Enter a new member from the row on a household's page; errors come back to that row."""

    model = Household

    def post(self, request, pk):
        household = self.row()
        if not request.user.has_perm("households.add_residence"):
            raise PermissionDenied
        return only_once(request, household.get_absolute_url(), lambda: self.add(household))

    def add(self, household):
        request = self.request
        form = forms.MemberForm(
            request.POST,
            household=household,
            kind=Residence.Kind.PERMANENT,
            user=request.user,
            on=request.today,
            prefix="m",
        )
        if form.save_or_refuse():
            messages.success(request, f"Đã thêm {form.instance.full_name} vào hộ.")
            return HttpResponseRedirect(household.get_absolute_url() + "#members")
        context = {
            "form": form,
            "title": f"Thêm người vào hộ {household.code}",
            "cancel_url": household.get_absolute_url(),
            "submit_label": "Thêm vào hộ",
            "once": new_mark(),
        }
        return render(request, "records/form.html", context, status=422)


class EndResidence(ScopedMixin, View):
    """End a residence: the day and the reason."""

    model = Residence
    verb = "change"

    def form(self, row, data=None):
        return forms.EndResidenceForm(
            data, instance=row, user=self.request.user, on=self.request.today
        )

    def get(self, request, pk):
        row = self.row(self.rows.select_related("resident", "household"))
        return self.page(row, self.form(row))

    def post(self, request, pk):
        row = self.row(self.rows.select_related("resident", "household"))
        form = self.form(row, request.POST)
        if form.save_or_refuse():
            messages.success(request, f"Đã kết thúc cư trú của {row.resident.full_name}.")
            return HttpResponseRedirect(row.resident.get_absolute_url())
        return self.page(row, form, status=422)

    def page(self, row, form, status=200):
        context = {
            "form": form,
            "title": f"Kết thúc {row.get_kind_display().lower()}: {row.resident.full_name}",
            "cancel_url": row.resident.get_absolute_url(),
            "submit_label": "Kết thúc",
        }
        return render(self.request, "records/form.html", context, status=status)
