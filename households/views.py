from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from households import filters, forms, tables
from households.models import Household, Residence, Resident, StayNotice
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark

ADD_RESIDENCE = "households.add_residence"
CHANGE_RESIDENCE = "households.change_residence"
ENTER_PEOPLE = ("households.add_resident", ADD_RESIDENCE)  # a person and a stay, written together


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
        if self.request.user.has_perm(CHANGE_RESIDENCE) and obj.residences.next_heads().exists():
            url = reverse("household-head", args=[obj.pk])
            found.append({"url": url, "label": "Đổi chủ hộ", "icon": "user-round-cog"})
        return found

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
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
            "may_add": user.has_perms(ENTER_PEOPLE) and not obj.dissolved_on,
            "may_end": user.has_perm(CHANGE_RESIDENCE),
            "once": new_mark(),
            "member_form": forms.MemberForm(
                household=obj,
                kind=Residence.Kind.PERMANENT,
                user=user,
                on=on,
                prefix=AddMember.prefix,
                initial={} if has_head else {"relation": Residence.Relation.HEAD},
            ),
        }


class EntersPeople:
    """Pages whose new record is a person together with a first stay: both verbs are asked for."""

    def offers(self, role):
        may = role is not Role.CREATE or self.request.user.has_perms(ENTER_PEOPLE)
        return may and super().offers(role)

    def make_form(self, obj, data=None):
        if obj is not None:
            return super().make_form(obj, data)
        if not self.request.user.has_perms(ENTER_PEOPLE):
            raise PermissionDenied
        return forms.MemberForm(
            data,
            kind=self.entered_kind,
            user=self.request.user,
            on=self.request.today,
            initial=self.initial(),
        )


class ResidentView(EntersPeople, RecordView):
    entered_kind = None  # the form asks
    model = Resident
    table_class = tables.ResidentTable
    filterset_class = filters.ResidentFilterSet
    form_class = forms.ResidentForm
    detail_fields = ("birth", "sex", "citizen_id", "phone", "neighbourhood", "note")
    url_prefix = "residents"
    create_label = "Thêm nhân khẩu"
    empty_hint = "Thêm nhân khẩu ở đây, hoặc trên trang của hộ."

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
        may = self.request.user.has_perm(ADD_RESIDENCE)
        if may and not obj.present and not obj.has_died():
            url = reverse("resident-return", args=[obj.pk])
            found.append({"url": url, "label": "Ghi cư trú mới", "icon": "plus", "primary": True})
        return found


class TemporaryResidentView(EntersPeople, RecordView):
    """Temporary residences in force, and the form that registers one."""

    entered_kind = Residence.Kind.TEMPORARY
    model = Residence
    table_class = tables.TemporaryTable
    filterset_class = filters.TemporaryFilterSet
    url_prefix = "temporary-residents"
    url_name = "temporary-resident"
    title = "Tạm trú"
    counted = "người tạm trú"  # one open temporary residence a person
    create_label = "Đăng ký tạm trú"
    roles = (Role.LIST, Role.CREATE)

    def base_rows(self, rows):
        return rows.temporary().current()


class ResidenceView(RecordView):
    """The ledger itself: every figure of the population opens here."""

    model = Residence
    table_class = tables.ResidenceTable
    filterset_class = filters.ResidenceFilterSet
    url_prefix = "residences"
    url_name = "residence"
    title = "Sổ cư trú"
    counted = "lượt cư trú"
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


class AddMember(PartView):
    """Enter a new member from the row on a household's page; errors come back to that row."""

    model = Household
    rights = ENTER_PEOPLE
    prefix = "m"
    anchor = "#members"
    submit_label = "Thêm vào hộ"
    locks, once = False, True

    def form(self, part, data=None):
        return forms.MemberForm(
            data,
            household=part,
            kind=Residence.Kind.PERMANENT,
            user=self.request.user,
            on=self.request.today,
            prefix=self.prefix,
        )

    def title(self, part):
        return f"Thêm người vào hộ {part.code}"

    def done(self, saved):
        return f"Đã thêm {saved.full_name} vào hộ."


class ResidenceAct(PartView):
    """An act on one stay, begun on its person's page."""

    model = Residence
    verb = "change"
    relations = ("resident", "household")
    locks, once = False, True  # the services lock the person first

    def record(self, part):
        return part.resident


class EndResidence(ResidenceAct):
    form_class = forms.EndResidenceForm
    submit_label = "Kết thúc"

    def title(self, part):
        return f"Kết thúc {part.get_kind_display().lower()}: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã kết thúc cư trú của {saved.resident.full_name}."


class TransferResidence(ResidenceAct):
    form_class = forms.TransferForm
    submit_label = "Chuyển"

    def title(self, part):
        return f"Chuyển trong phường: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã chuyển {saved.resident.full_name} đến hộ {saved.household.code}."


class ExtendResidence(ResidenceAct):
    form_class = forms.ExtendForm
    submit_label = "Gia hạn"

    def base_rows(self, rows):
        return rows.temporary()

    def title(self, part):
        return f"Gia hạn tạm trú: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã gia hạn tạm trú của {saved.resident.full_name}."


class ChangeHead(PartView):
    """Make another member the head of a household."""

    model = Household
    rights = (CHANGE_RESIDENCE,)
    form_class = forms.ChangeHeadForm
    anchor = "#members"
    submit_label = "Đổi chủ hộ"
    locks, once = False, True

    def title(self, part):
        return f"Đổi chủ hộ {part.code}"

    def done(self, saved):
        return f"Đã đổi chủ hộ {saved.code}."


class ReturnResident(PartView):
    """Enter a new stay of somebody whom the register knows: he left, or has become permanent."""

    model = Resident
    rights = (ADD_RESIDENCE,)
    form_class = forms.ReturnForm
    submit_label = "Ghi cư trú"
    locks, once = False, True

    def title(self, part):
        return f"Ghi cư trú mới: {part.full_name}"

    def done(self, saved):
        return f"Đã ghi cư trú mới của {saved.full_name}."
