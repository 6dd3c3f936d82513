"""Pages of the acts: of one stay, of a household's members, undoing, moves between two beats."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from households import filters, tables
from households.forms import acts as forms
from households.models import Household, Residence, ResidenceAct, Resident, TransferRequest
from households.services import merges_of, what_rests_on, withdraw_transfer
from households.views.rights import CHANGE_RESIDENCE
from kylien.core.forms import is_key
from kylien.core.records import PartView, RecordView, Role, ScopedMixin


def told_of_move(saved):
    """Return what became of a transfer: done (an act), or asked for (a request)."""
    if isinstance(saved, ResidenceAct):
        return f"Đã chuyển: {saved.summary}"
    return f"Đã gửi đề nghị {saved.code}: {saved.names} chờ nơi đến nhận."


# --- one stay, one person -------------------------------------------------------------------------


class StayAct(PartView):
    """An act on one stay, begun on its person's page."""

    model = Residence
    verb = "change"
    relations = ("resident", "household", "lodging", "employer", "neighbourhood")
    locks, once = False, True  # the services lock the person first

    def record(self, part):
        return part.resident


class EndResidence(StayAct):
    form_class = forms.EndResidenceForm
    submit_label = "Xoá đăng ký"

    def title(self, part):
        return f"Xoá đăng ký {part.get_kind_display().lower()}: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã xoá đăng ký {saved.get_kind_display().lower()} của {saved.resident.full_name}."


class TransferResidence(StayAct):
    form_class = forms.TransferForm
    submit_label = "Chuyển"

    def title(self, part):
        return f"Chuyển trong phường: {part.resident.full_name}"

    def done(self, saved):
        return told_of_move(saved)


class ExtendResidence(StayAct):
    form_class = forms.ExtendForm
    submit_label = "Gia hạn"

    def base_rows(self, rows):
        return rows.temporary()

    def title(self, part):
        return f"Gia hạn tạm trú: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã gia hạn tạm trú của {saved.resident.full_name}."


class RegisterDeath(PartView):
    """Record that a person died: all his residences end."""

    model = Resident
    rights = (CHANGE_RESIDENCE,)
    form_class = forms.DeathForm
    submit_label = "Khai tử"
    locks, once = False, True

    def title(self, part):
        return f"Khai tử: {part.full_name}"

    def done(self, saved):
        return f"Đã khai tử {saved.full_name}."


GROWN_UP = 18


def warn_of_young_head(request, household):
    """Warn where a household's head is no grown-up; a court may have decided so, hence no block."""
    head = household.residences.current().filter(relation=Residence.Relation.HEAD)
    head = head.select_related("resident").first()
    if head and head.resident.oldest_on(request.today) < GROWN_UP:
        told = f"Chủ hộ {head.resident.full_name} chưa đủ {GROWN_UP} tuổi: xem lại."
        messages.warning(request, told)


# --- members of a household -----------------------------------------------------------------------


class HouseholdAct(PartView):
    """An act on members of a household: a row a person, then what the act needs."""

    model = Household
    rights = (CHANGE_RESIDENCE,)
    anchor = "#members"
    template = "households/members_act.html"
    relations = ("neighbourhood",)
    locks, once = False, True
    hint = ""

    def form(self, part, data=None):
        initial = {"on_day": self.request.GET["on"]} if "on" in self.request.GET else {}
        ticked = self.request.GET.get("member", "")
        if data is None and is_key(ticked):
            initial[f"go_{ticked}"] = True
        return self.form_class(
            data,
            instance=part,
            user=self.request.user,
            on=self.request.today,
            initial=initial,
            **self.form_options(part),
        )

    def form_options(self, part):
        return {}

    def page_context(self, part):
        return {"subtitle": self.hint}


class LeaveWard(HouseholdAct):
    form_class = forms.LeaveForm
    submit_label = "Chuyển đi"
    hint = "Đánh dấu người chuyển khỏi phường. Cả hộ cùng đi thì hộ được xoá."

    def title(self, part):
        return f"Chuyển khỏi phường: hộ {part.code}"

    def done(self, saved):
        return f"Đã ghi chuyển đi ở hộ {saved.code}."


class SplitHousehold(HouseholdAct):
    form_class = forms.SplitForm
    submit_label = "Tách hộ"
    hint = "Đánh dấu người ra ở hộ mới, ghi quan hệ với chủ hộ mới; một người là chủ hộ."

    def title(self, part):
        return f"Tách hộ {part.code}"

    def done(self, saved):
        return f"Đã lập hộ mới {saved.code}."

    def after(self, part, saved):
        warn_of_young_head(self.request, saved)
        return saved.get_absolute_url() + self.anchor


class MergeHousehold(HouseholdAct):
    form_class = forms.MergeForm
    submit_label = "Nhập hộ"
    hint = (
        "Cả hộ này nhập vào hộ khác rồi hộ này được xoá. Ghi quan hệ của từng người với chủ hộ kia."
    )

    def title(self, part):
        return f"Nhập hộ {part.code} vào hộ khác"

    def done(self, saved):
        return f"Đã nhập vào hộ {saved.code}."

    def after(self, part, saved):
        return saved.get_absolute_url() + self.anchor


class TransferMembers(HouseholdAct):
    form_class = forms.TransferMembersForm
    submit_label = "Chuyển"
    hint = "Đánh dấu người chuyển đi, ghi quan hệ của họ với chủ hộ nơi đến."

    def title(self, part):
        return f"Chuyển trong phường: hộ {part.code}"

    def done(self, saved):
        return told_of_move(saved)


class ChangeHead(HouseholdAct):
    """First who becomes the head (`?head=<residence>`), then what the others are to him."""

    form_class = forms.ChangeHeadForm
    submit_label = "Đổi chủ hộ"

    def new_head(self, part):
        key = self.request.GET.get("head", "")
        rows = part.residences.next_heads().visible_to(self.request.user)
        return rows.filter(pk=key).first() if is_key(key) else None

    def get(self, request, pk):
        part = self.target(self.rows)
        if self.new_head(part) is None:
            members = part.residences.next_heads().visible_to(request.user)
            context = {
                "title": self.title(part),
                "on": request.GET.get("on", ""),
                "list_url": part.get_absolute_url(),
                "list_title": str(part),
                "candidates": members.select_related("resident"),
            }
            return render(request, "households/choose_head.html", context)
        return super().get(request, pk)

    def form_options(self, part):
        return {"new_head": self.new_head(part)}

    def title(self, part):
        return f"Đổi chủ hộ {part.code}"

    def page_context(self, part):
        return {"subtitle": "Xem lại quan hệ của từng người với chủ hộ mới."}

    def done(self, saved):
        return f"Đã đổi chủ hộ {saved.code}."

    def after(self, part, saved):
        warn_of_young_head(self.request, saved)
        return super().after(part, saved)


# --- what was done, and undoing it ----------------------------------------------------------------


class ResidenceActView(RecordView):
    """What officers did to the ledger, newest first: the day's work, and what is not yet in the
    national system."""

    model = ResidenceAct
    table_class = tables.ResidenceActTable
    filterset_class = filters.ResidenceActFilterSet
    form_class = forms.ResidenceActForm
    detail_fields = (
        "kind",
        "happened_on",
        "household",
        "other_household",
        "neighbourhood",
        "summary",
        "place",
        "author",
        "created_at",
        "file_number",
        "synchronised_on",
        "standing",
        "undone_at",
        "undone_by",
        "undo_reason",
    )
    url_prefix = "residence-acts"
    url_name = "residenceact"
    title = "Biến động cư trú"
    counted = "việc"
    roles = (Role.LIST, Role.DETAIL, Role.UPDATE)
    empty_hint = "Mỗi việc ghi ở trang của hộ, của người hiện thành một dòng ở đây."

    def facts(self, obj):
        """Leave out what is empty, and the other household where it is another officer's."""
        if obj.other_household_id:
            rows = Household.objects.visible_to(self.request.user)
            if not rows.filter(pk=obj.other_household_id).exists():
                obj.other_household = None
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        if obj.undone_at:
            return []
        found = super().actions(obj)
        if self.request.user.has_perm(CHANGE_RESIDENCE):
            url = reverse("residenceact-undo", args=[obj.pk])
            found.append({"url": url, "label": "Hoàn tác", "icon": "undo-2"})
        return found

    def detail_context(self, obj):
        user = self.request.user
        started, ended = (rows.visible_to(user).for_list() for rows in (obj.started, obj.ended))
        return {"title": obj.get_kind_display(), "started": started, "ended": ended}


def hindrances(act, user):
    return [*merges_of(act, user), *what_rests_on(act, user)]


class UndoAct(PartView):
    """Take an act back, with the reason; what later rests on it is named."""

    model = ResidenceAct
    rights = (CHANGE_RESIDENCE,)
    relations = ("household", "neighbourhood")
    form_class = forms.UndoForm
    template = "households/undo.html"
    submit_label = "Hoàn tác"
    locks, once = False, True

    def title(self, part):
        return f"Hoàn tác: {part.get_kind_display().lower()}"

    def page_context(self, part):
        return {
            "act": part,
            "hindrances": [] if part.undone_at else hindrances(part, self.request.user),
        }

    def done(self, saved):
        return f"Đã hoàn tác {saved.code}."


# --- moves between two beats ----------------------------------------------------------------------


class TransferRequestView(RecordView):
    model = TransferRequest
    table_class = tables.TransferRequestTable
    filterset_class = filters.TransferRequestFilterSet
    detail_fields = (
        "names",
        "neighbourhood",
        "to_neighbourhood",
        "address",
        "starts_on",
        "file_number",
        "asked_by",
        "created_at",
        "standing",
        "decided_by",
        "decided_at",
        "answer",
    )
    url_prefix = "transfers"
    url_name = "transferrequest"
    title = "Chuyển giữa hai địa bàn"
    counted = "đề nghị"
    roles = (Role.LIST, Role.DETAIL)
    empty_hint = "Bấm Chuyển trong phường ở trang của hộ, chọn địa bàn khác."

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        user = self.request.user
        if obj.decided_at or not user.has_perm(CHANGE_RESIDENCE):
            return []
        found = []
        if self.may_decide(obj):
            confirm = reverse("transferrequest-confirm", args=[obj.pk])
            refuse = reverse("transferrequest-refuse", args=[obj.pk])
            found += [
                {"url": refuse, "label": "Không nhận", "icon": "x"},
                {"url": confirm, "label": "Nhận", "icon": "check", "primary": True},
            ]
        if TransferRequest.objects.asked_by_beat(user).filter(pk=obj.pk).exists():
            found.insert(
                0,
                {
                    "url": reverse("transferrequest-withdraw", args=[obj.pk]),
                    "label": "Rút lại",
                    "icon": "undo-2",
                    "method": "post",
                    "confirm": "Rút lại đề nghị chuyển này?",
                },
            )
        return found

    def may_decide(self, obj):
        return TransferRequest.objects.to_decide(self.request.user).filter(pk=obj.pk).exists()

    def detail_context(self, obj):
        members = obj.members.select_related("residence__resident")
        return {"people": [member.residence for member in members]}


class TransferDecision(PartView):
    """An answer to a request, by the officer it concerns or the chief."""

    model = TransferRequest
    rights = (CHANGE_RESIDENCE,)
    relations = ("household", "neighbourhood", "to_neighbourhood")
    locks, once = False, True

    def base_rows(self, rows):
        return rows.to_decide(self.request.user)

    def page_context(self, part):
        day = part.starts_on.strftime("%d/%m/%Y")
        return {"subtitle": f"{part.names}, đến {part.address} từ {day}."}


class ConfirmTransfer(TransferDecision):
    form_class = forms.ConfirmTransferForm
    template = "households/members_act.html"
    submit_label = "Nhận"

    def title(self, part):
        return f"Nhận người chuyển đến {part.to_neighbourhood}"

    def done(self, saved):
        return f"Đã nhận: {saved.names}."


class RefuseTransfer(TransferDecision):
    form_class = forms.RefuseTransferForm
    submit_label = "Không nhận"

    def title(self, part):
        return f"Không nhận người chuyển đến {part.to_neighbourhood}"

    def done(self, saved):
        return "Đã trả lời không nhận."


class WithdrawTransfer(ScopedMixin, View):
    """Take back a request of one's own beat that is not answered yet."""

    model = TransferRequest

    def base_rows(self, rows):
        mine = rows.asked_by_beat(self.request.user)
        return mine if self.request.user.has_perm(CHANGE_RESIDENCE) else rows.none()

    def post(self, request, pk):
        found = self.row()
        try:
            withdraw_transfer(request=found)
            messages.success(request, f"Đã rút {found.code}.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(found.get_absolute_url())


def household_act(name, view):
    return path(f"households/<int:pk>/{name}/", view.as_view(), name=f"household-{name}")


def residence_act(name, view):
    return path(f"residences/<int:pk>/{name}/", view.as_view(), name=f"residence-{name}")


urlpatterns = [
    household_act("leave", LeaveWard),
    household_act("split", SplitHousehold),
    household_act("merge", MergeHousehold),
    household_act("transfer", TransferMembers),
    household_act("head", ChangeHead),
    residence_act("end", EndResidence),
    residence_act("transfer", TransferResidence),
    residence_act("extend", ExtendResidence),
    path("residents/<int:pk>/death/", RegisterDeath.as_view(), name="resident-death"),
    *ResidenceActView.get_urls(),
    path("residence-acts/<int:pk>/undo/", UndoAct.as_view(), name="residenceact-undo"),
    *TransferRequestView.get_urls(),
    path("transfers/<int:pk>/confirm/", ConfirmTransfer.as_view(), name="transferrequest-confirm"),
    path("transfers/<int:pk>/refuse/", RefuseTransfer.as_view(), name="transferrequest-refuse"),
    path(
        "transfers/<int:pk>/withdraw/", WithdrawTransfer.as_view(), name="transferrequest-withdraw"
    ),
]
