from django.core.exceptions import PermissionDenied
from django.urls import path, reverse

from households import filters, tables
from households.forms.people import MemberForm, ResidentForm, ReturnForm
from households.models import Residence, Resident
from households.views.duplicates import told_on_page
from households.views.rights import ADD_RESIDENCE, CHANGE_RESIDENCE, ENTER_PEOPLE
from kylien.core.records import PartView, RecordView, Role


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
        return MemberForm(
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
    form_class = ResidentForm
    detail_fields = (
        "birth",
        "sex",
        "citizen_id",
        "old_id",
        "phone",
        "neighbourhood",
        "note",
    )
    url_prefix = "residents"
    create_label = "Thêm nhân khẩu"
    keeps_looks = True
    empty_hint = "Thêm nhân khẩu ở đây, hoặc trên trang của hộ."

    def detail_context(self, obj):
        # Stays in another officer's beat are not his to read, even of a person who lives here now.
        residences = list(obj.residences.visible_to(self.request.user).for_list())
        scope = self.request.user.scope
        for row in residences:
            row.state, job = row.badge(self.request.today), row.employer
            row.job_seen = job and (
                scope.whole_ward or job.neighbourhood_id in scope.neighbourhood_ids
            )
        return {
            "residences": residences,
            "may_end": self.request.user.has_perm(CHANGE_RESIDENCE),
            **told_on_page(obj, self.request.user),
        }

    def option_rows(self, rows):
        return rows.filter(same_as=None)

    def actions(self, obj):
        if obj.same_as_id:  # everything is written on the page of the kept record
            return []
        found = super().actions(obj)
        user = self.request.user
        alive = not obj.has_died()
        if user.has_perm(CHANGE_RESIDENCE) and obj.present:
            url = reverse("resident-death", args=[obj.pk])
            found.append({"url": url, "label": "Khai tử", "icon": "file-minus"})
        if user.has_perm("households.add_absence") and obj.present:
            url = f"{reverse('absence-create')}?resident={obj.code}"
            found.append({"url": url, "label": "Khai tạm vắng", "icon": "plane"})
        settled = obj.residence_kind == Residence.Kind.PERMANENT
        if user.has_perm(ADD_RESIDENCE) and alive and not settled:
            label = "Đăng ký thường trú" if obj.present else "Ghi cư trú mới"
            url = reverse("resident-return", args=[obj.pk])
            found.append({"url": url, "label": label, "icon": "plus", "primary": not obj.present})
        if user.has_perm("retention.sheet_correctionrequest"):  # an app that stands on this one
            url = f"{reverse('resident-datasheet')}?resident={obj.code}"
            found.append({"url": url, "label": "Phiếu dữ liệu", "icon": "id-card"})
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

    def initial(self):
        """A stay notice that proved too long goes on as a registration, with what was typed."""
        found = super().initial()
        renamed = {"guest_name": "full_name", "id_number": "citizen_id", "leaves_on": "expires_on"}
        for old, new in renamed.items():
            if found.get(old):
                found.setdefault(new, found[old])
        if host := found.get("host", ""):
            found["household" if host.upper().startswith("H-") else "lodging"] = host
        return found


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


class ReturnResident(PartView):
    """Enter a new stay of somebody whom the register knows: he left, or has become permanent."""

    model = Resident
    rights = (ADD_RESIDENCE,)
    form_class = ReturnForm
    submit_label = "Ghi cư trú"
    locks, once = False, True

    def title(self, part):
        return f"Ghi cư trú mới: {part.full_name}"

    def done(self, saved):
        return f"Đã ghi cư trú mới của {saved.full_name}."

    def form(self, part, data=None):
        kind = Residence.Kind.PERMANENT if part.present else None
        return ReturnForm(
            data, instance=part, kind=kind, user=self.request.user, on=self.request.today
        )


urlpatterns = [
    *ResidentView.get_urls(),
    *TemporaryResidentView.get_urls(),
    *ResidenceView.get_urls(),
    path("residents/<int:pk>/residences/create/", ReturnResident.as_view(), name="resident-return"),
]
