"""What passes between a business and the station: states, sanctions, liaison, quarterly returns."""

from django.urls import path

from businesses.forms.businesses import StateForm, TakeBackStateForm
from businesses.forms.dealings import LiaisonForm, ReturnForm, SanctionForm
from businesses.models import Business, LiaisonNote, QuarterlyReturn, Sanction, StateChange
from businesses.views.rights import ADD_LIAISON, ADD_RETURN, ADD_SANCTION, CHANGE_BUSINESS
from kylien.core.forms import is_key
from kylien.core.records import PartView


class BusinessAct(PartView):
    """Something new about a business, begun on its page: fills a row of `part_model`."""

    model = Business
    part_model = None
    once = True

    def part(self, row):
        return self.part_model(business=row)

    def record(self, part):
        return part.business


class PartOfBusiness(PartView):
    """A row of a business that is mended."""

    verb = "change"
    relations = ("business",)

    def record(self, part):
        return part.business

    def done(self, saved):
        return f"Đã lưu {saved}."


# --- states ---------------------------------------------------------------------------------------


class ChangeState(BusinessAct):
    """Suspend, close or open a business again."""

    part_model = StateChange
    rights = (CHANGE_BUSINESS,)
    form_class = StateForm
    anchor = "#states"
    submit_label = "Đổi tình trạng"
    locks = False  # the service locks the business

    def title(self, part):
        return f"Đổi tình trạng: {part.business.name}"

    def page_context(self, part):
        return {"subtitle": f"Hiện nay: {part.business.get_state_display().lower()}."}

    def done(self, saved):
        return f"Đã ghi: {saved}."


class TakeBackState(PartView):
    """Take back the last change of a business's state."""

    model = StateChange
    rights = (CHANGE_BUSINESS,)
    relations = ("business",)
    form_class = TakeBackStateForm
    anchor = "#states"
    submit_label = "Bỏ lần đổi này"
    locks, once = False, True  # the service locks the business

    def record(self, part):
        return part.business

    def title(self, part):
        return f"Bỏ lần đổi tình trạng: {part.business.name}"

    def page_context(self, part):
        return {"subtitle": f"{part}. Cơ sở trở lại tình trạng trước đó."}

    def done(self, saved):
        return f"Đã bỏ lần đổi; cơ sở {saved.get_state_display().lower()}."


# --- sanctions ------------------------------------------------------------------------------------


class AddSanction(BusinessAct):
    """Enter a decision against a business (`?inspection=<key>`)."""

    part_model = Sanction
    rights = (ADD_SANCTION,)
    form_class = SanctionForm
    anchor = "#sanctions"
    submit_label = "Ghi xử phạt"

    def form(self, part, data=None):
        form = super().form(part, data)
        asked = self.request.GET.get("inspection", "")
        if is_key(asked):
            form.initial["inspection"] = asked
        return form

    def title(self, part):
        return f"Ghi xử phạt: {part.business.name}"

    def done(self, saved):
        return f"Đã ghi {saved}."


class EditSanction(PartOfBusiness):
    model = Sanction
    form_class = SanctionForm
    anchor = "#sanctions"

    def title(self, part):
        return f"Sửa {part}: {part.business.name}"


# --- liaison --------------------------------------------------------------------------------------


class AddLiaison(BusinessAct):
    """Note a contact with a company or project."""

    part_model = LiaisonNote
    rights = (ADD_LIAISON,)
    form_class = LiaisonForm
    anchor = "#liaison"
    submit_label = "Ghi liên hệ"

    def title(self, part):
        return f"Ghi liên hệ: {part.business.name}"

    def done(self, saved):
        return f"Đã ghi: {saved}."


class EditLiaison(PartOfBusiness):
    model = LiaisonNote
    form_class = LiaisonForm
    anchor = "#liaison"

    def title(self, part):
        return f"Sửa lần liên hệ: {part.business.name}"


# --- quarterly returns ----------------------------------------------------------------------------


class AddReturn(BusinessAct):
    """Note that the return for a quarter came (`?quarter=2026-Q3`)."""

    part_model = QuarterlyReturn
    rights = (ADD_RETURN,)
    form_class = ReturnForm
    anchor = "#returns"
    submit_label = "Ghi đã nhận"
    locks = False  # the service locks the business

    def form(self, part, data=None):
        form = super().form(part, data)
        asked = self.request.GET.get("quarter", "")
        if asked in dict(form.fields["quarter"].choices):
            form.initial["quarter"] = asked
        return form

    def title(self, part):
        return f"Ghi báo cáo quý: {part.business.name}"

    def done(self, saved):
        return f"Đã ghi: {saved}."


urlpatterns = [
    path("businesses/<int:pk>/state/", ChangeState.as_view(), name="business-change-state"),
    path(
        "state-changes/<int:pk>/take-back/",
        TakeBackState.as_view(),
        name="statechange-take-back",
    ),
    path("businesses/<int:pk>/sanctions/", AddSanction.as_view(), name="business-add-sanction"),
    path("sanctions/<int:pk>/edit/", EditSanction.as_view(), name="sanction-update"),
    path("businesses/<int:pk>/liaison/", AddLiaison.as_view(), name="business-add-liaison"),
    path("liaison/<int:pk>/edit/", EditLiaison.as_view(), name="liaisonnote-update"),
    path("businesses/<int:pk>/returns/", AddReturn.as_view(), name="business-add-return"),
]
