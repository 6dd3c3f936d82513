from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from households import filters, forms, tables
from households.models import Household, Residence, Resident, StayNotice
from kylien.core.records import RecordView, Role, ScopedMixin, new_mark, only_once

ADD_RESIDENCE, ADD_RESIDENT = "households.add_residence", "households.add_resident"
CHANGE_RESIDENCE = "households.change_residence"


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

    def actions(self, obj):
        found = super().actions(obj)
        if not obj.dissolved_on and self.request.user.has_perm(CHANGE_RESIDENCE):
            url = reverse("household-head", args=[obj.pk])
            found.append({"url": url, "label": "Đổi chủ hộ", "icon": "user-round-cog"})
        return found

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
            "may_add": may(ADD_RESIDENCE) and not obj.dissolved_on,
            "may_end": may(CHANGE_RESIDENCE),
            "once": new_mark(),
            "member_form": forms.MemberForm(
                household=obj,
                kind=Residence.Kind.PERMANENT,
                user=self.request.user,
                on=on,
                prefix="m",
                initial={} if has_head else {"relation": Residence.Relation.HEAD},
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
            "may_end": self.request.user.has_perm(CHANGE_RESIDENCE),
        }

    def actions(self, obj):
        found = super().actions(obj)
        if not obj.present and self.request.user.has_perm(ADD_RESIDENCE):
            url = reverse("resident-return", args=[obj.pk])
            found.append({"url": url, "label": "Ghi cư trú mới", "icon": "plus", "primary": True})
        return found


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
        "standing",
        "confirmed_at",
    )
    url_prefix = "stay-notices"
    url_name = "staynotice"
    title = "Lưu trú"
    create_label = "Ghi lưu trú"

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


class AddMember(ScopedMixin, View):
    """Enter a new member from the row on a household's page; errors come back to that row."""

    model = Household

    def post(self, request, pk):
        household = self.row()
        if not request.user.has_perms([ADD_RESIDENCE, ADD_RESIDENT]):
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


class Act(ScopedMixin, View):
    """One act on a record: a few fields, a service that writes, and back to the record's page."""

    verb = "change"
    form_class = None
    submit_label = "Lưu"
    relations: tuple[str, ...] = ()

    def form(self, row, data=None):
        return self.form_class(data, instance=row, user=self.request.user, on=self.request.today)

    def record(self, row):
        """Return the record on whose page the act was begun."""
        return row

    def get(self, request, pk):
        row = self.target()
        return self.page(row, self.form(row))

    def post(self, request, pk):
        row = self.target()
        back = self.record(row).get_absolute_url()
        return only_once(request, back, lambda: self.act(row, back))

    def target(self):
        """Return the addressed row of the user's; Http404 where the act is not open to it."""
        row = self.row(self.rows.select_related(*self.relations))
        if not self.may(row):
            raise Http404
        return row

    def may(self, row):
        return True

    def act(self, row, back):
        form = self.form(row, self.request.POST)
        if form.save_or_refuse():
            messages.success(self.request, f"{self.title(row)}: đã ghi.")
            return HttpResponseRedirect(back)
        return self.page(row, form, status=422)

    def page(self, row, form, status=200):
        context = {
            "form": form,
            "title": self.title(row),
            "cancel_url": self.record(row).get_absolute_url(),
            "submit_label": self.submit_label,
            "once": new_mark(),
        }
        return render(self.request, "records/form.html", context, status=status)


class ResidenceAct(Act):
    """An act on a stay that has not ended."""

    model = Residence
    relations = ("resident", "household")

    def may(self, row):
        return row.ended_on is None

    def record(self, row):
        return row.resident


class EndResidence(ResidenceAct):
    form_class = forms.EndResidenceForm
    submit_label = "Kết thúc"

    def title(self, row):
        return f"Kết thúc {row.get_kind_display().lower()}: {row.resident.full_name}"


class TransferResidence(ResidenceAct):
    form_class = forms.TransferForm
    submit_label = "Chuyển"

    def may(self, row):
        return super().may(row) and row.household_id is not None

    def title(self, row):
        return f"Chuyển trong phường: {row.resident.full_name}"


class ExtendResidence(ResidenceAct):
    form_class = forms.ExtendForm
    submit_label = "Gia hạn"

    def may(self, row):
        return super().may(row) and row.kind == Residence.Kind.TEMPORARY

    def title(self, row):
        return f"Gia hạn tạm trú: {row.resident.full_name}"


class ChangeHead(Act):
    """Another member becomes the head; for those who may change residences."""

    model = Household
    form_class = forms.ChangeHeadForm
    submit_label = "Đổi chủ hộ"

    def may(self, row):
        if not self.request.user.has_perm(CHANGE_RESIDENCE):
            raise PermissionDenied
        return row.dissolved_on is None

    def title(self, row):
        return f"Đổi chủ hộ {row.code}"


class ReturnResident(Act):
    """A new residence of somebody who left and is known."""

    model = Resident
    verb = "add"
    form_class = forms.ReturnForm
    submit_label = "Ghi cư trú"

    def may(self, row):
        if not self.request.user.has_perm(ADD_RESIDENCE):
            raise PermissionDenied
        return True  # of somebody who lives here the ledger says so, beside the field

    def title(self, row):
        return f"Ghi cư trú mới: {row.full_name}"
