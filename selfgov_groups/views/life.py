"""The life of a group: officers, meetings, requests, contacts, mutual help, duties."""

from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from kylien.core import text
from kylien.core.records import PartView, RecordView, Role
from selfgov_groups import filters, tables
from selfgov_groups.forms import life as forms
from selfgov_groups.models import (
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupOfficer,
    GroupRequest,
    MutualHelp,
)
from selfgov_groups.views.groups import GroupPart, OfGroup
from selfgov_groups.views.rights import (
    ADD_CONTACT,
    ADD_DUTY,
    ADD_HELP,
    ADD_MEETING,
    ADD_OFFICER,
    ADD_REQUEST,
    CHANGE_REQUEST,
)


class ChangePart(GroupPart):
    """A row of a group that is mended."""

    verb = "change"

    def done(self, saved):
        return "Đã lưu."


# --- offices --------------------------------------------------------------------------------------


class TakeOffice(OfGroup):
    """Enter a head or deputy, now or of the past."""

    part_model = GroupOfficer
    rights = (ADD_OFFICER,)
    form_class = forms.OfficeForm
    anchor = "#officers"
    submit_label = "Ghi chức vụ"

    def title(self, part):
        return f"Tổ trưởng, tổ phó của {part.group.name}"

    def done(self, saved):
        return f"Đã ghi {saved.get_role_display().lower()} {saved.resident.full_name}."


class OfficePart(ChangePart):
    model = GroupOfficer
    relations = ("group", "resident")
    anchor = "#officers"

    def page_context(self, part):
        return {"subtitle": f"{part.get_role_display()} {part.resident.full_name}, {part.term}."}


class EndOffice(OfficePart):
    form_class = forms.EndOfficeForm
    submit_label = "Ghi thôi chức"

    def title(self, part):
        return f"Thôi chức ở {part.group.name}"

    def done(self, saved):
        return f"Đã ghi thôi chức từ {text.format_date(saved.ended_on)}."


class MendOffice(OfficePart):
    form_class = forms.MendOfficeForm

    def title(self, part):
        return f"Sửa nhiệm kỳ ở {part.group.name}"


# --- meetings -------------------------------------------------------------------------------------


class PlanMeeting(OfGroup):
    part_model = GroupMeeting
    rights = (ADD_MEETING,)
    form_class = forms.PlanMeetingForm
    anchor = "#meetings"
    submit_label = "Lên lịch họp"

    def title(self, part):
        return f"Lên lịch họp {part.group.name}"

    def done(self, saved):
        return f"Đã lên lịch họp ngày {text.format_date(saved.planned_on)}."


class AddMeeting(OfGroup):
    """Note a meeting that was held without a plan."""

    part_model = GroupMeeting
    rights = (ADD_MEETING,)
    form_class = forms.HoldMeetingForm
    anchor = "#meetings"
    submit_label = "Ghi cuộc họp"

    def title(self, part):
        return f"Ghi cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã ghi cuộc họp ngày {text.format_date(saved.held_on)}."


class MeetingPart(ChangePart):
    model = GroupMeeting
    anchor = "#meetings"


class OpenMeeting(MeetingPart):
    """A form about a meeting still to be held."""

    def get(self, request, pk):
        """Show the form; where it was held or called off meanwhile, the group's page."""
        part = self.target(self.rows)
        if not part.is_open:
            return HttpResponseRedirect(part.group.get_absolute_url() + self.anchor)
        return self.page(part, self.form(part))

    def page_context(self, part):
        day = text.format_date(part.planned_on) if part.planned_on else ""
        return {"subtitle": f"Dự kiến ngày {day}: {part.topics}."}


class HoldMeeting(OpenMeeting):
    form_class = forms.HoldMeetingForm
    submit_label = "Ghi đã họp"
    once = True

    def title(self, part):
        return f"Ghi cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã ghi cuộc họp ngày {text.format_date(saved.held_on)}."


class CallOffMeeting(OpenMeeting):
    form_class = forms.CallOffForm
    submit_label = "Huỷ cuộc họp"
    once = True

    def title(self, part):
        return f"Huỷ cuộc họp dự kiến của {part.group.name}"

    def done(self, saved):
        return f"Đã huỷ cuộc họp dự kiến ngày {text.format_date(saved.planned_on)}."


class EditMeeting(MeetingPart):
    """Mend a meeting: the plan of one to come, what was noted of one held."""

    def form(self, part, data=None):
        self.form_class = forms.PlanMeetingForm if part.is_open else forms.MeetingForm
        return super().form(part, data)

    def base_rows(self, rows):
        return rows.filter(cancelled_on=None)

    def title(self, part):
        return f"Sửa cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã sửa cuộc họp ngày {text.format_date(saved.held_on or saved.planned_on)}."


# --- requests -------------------------------------------------------------------------------------


class RequestView(RecordView):
    """What groups ask for, of the whole ward or the beat."""

    model = GroupRequest
    table_class = tables.RequestTable
    filterset_class = filters.RequestFilterSet
    form_class = forms.RequestForm
    detail_fields = (
        "group",
        "raised_on",
        "meeting",
        "owner",
        "owner_body",
        "due_on",
        "done_on",
        "result",
    )
    url_prefix = "group-requests"
    people_per_row = 0
    title = "Kiến nghị của tổ liên gia"
    counted = "kiến nghị"
    create_label = "Ghi kiến nghị"
    empty_hint = "Ghi kiến nghị ở đây hoặc trên trang của tổ, mỗi việc một người phụ trách."
    roles = (Role.LIST, Role.CREATE, Role.DETAIL, Role.UPDATE)

    def facts(self, obj):
        """List how it stands, then what is recorded."""
        state = format_html('<span class="badge-{}">{}</span>', *obj.badge(self.request.today))
        facts = [(label, value) for label, value in super().facts(obj) if value != "—"]
        return [("Tình trạng", state), *facts]

    def actions(self, obj):
        found = super().actions(obj)
        if self.request.user.has_perm(CHANGE_REQUEST):
            button = {
                "url": reverse("grouprequest-answer", args=[obj.pk]),
                "label": "Sửa trả lời" if obj.done_on else "Ghi trả lời",
                "icon": "message-square-reply",
                "primary": not obj.done_on,
            }
            found.append(button)
        return found

    def detail_context(self, obj):
        return {"title": obj.content}


class AskFor(OfGroup):
    """Note a request of a group, begun on its page."""

    part_model = GroupRequest
    rights = (ADD_REQUEST,)
    form_class = forms.RequestForm
    anchor = "#requests"
    submit_label = "Ghi kiến nghị"

    def title(self, part):
        return f"Kiến nghị của {part.group.name}"

    def done(self, saved):
        due = text.format_date(saved.due_on)
        return f"Đã ghi kiến nghị {saved.code}, {saved.owner_label} trả lời trước {due}."


class AnswerRequest(PartView):
    model = GroupRequest
    verb = "change"
    relations = ("group",)
    form_class = forms.AnswerForm
    submit_label = "Ghi trả lời"

    def title(self, part):
        return f"Trả lời kiến nghị {part.code}"

    def page_context(self, part):
        return {"subtitle": f"{part.group.name}: {part.content}"}

    def done(self, saved):
        return f"Đã ghi trả lời {saved.code}."


# --- contacts, mutual help, duties ----------------------------------------------------------------


class AddContact(OfGroup):
    part_model = GroupContact
    rights = (ADD_CONTACT,)
    form_class = forms.ContactForm
    anchor = "#contacts"
    submit_label = "Ghi lần gặp"

    def title(self, part):
        return f"Gặp {part.group.name}"

    def done(self, saved):
        return f"Đã ghi lần gặp ngày {text.format_date(saved.met_on)}."


class EditContact(ChangePart):
    model = GroupContact
    form_class = forms.ContactForm
    anchor = "#contacts"

    def title(self, part):
        return f"Sửa lần gặp {part.group.name}"


class AddHelp(OfGroup):
    part_model = MutualHelp
    rights = (ADD_HELP,)
    form_class = forms.HelpForm
    anchor = "#helps"
    submit_label = "Ghi việc giúp nhau"

    def title(self, part):
        return f"Việc giúp nhau ở {part.group.name}"

    def done(self, saved):
        return f"Đã ghi: {saved.get_kind_display().lower()}, {saved.households} hộ."


class EditHelp(ChangePart):
    model = MutualHelp
    form_class = forms.HelpForm
    anchor = "#helps"

    def title(self, part):
        return f"Sửa việc giúp nhau ở {part.group.name}"


class TakeDuty(OfGroup):
    """Note what a group looks after itself (`?task=order`)."""

    part_model = GroupDuty
    rights = (ADD_DUTY,)
    form_class = forms.DutyForm
    anchor = "#tasks"
    submit_label = "Ghi việc tự quản"

    def form(self, part, data=None):
        form = super().form(part, data)
        asked = self.request.GET.get("task", "")
        if asked in GroupDuty.Task:
            form.initial["task"] = asked
        return form

    def title(self, part):
        return f"Việc tự quản của {part.group.name}"

    def done(self, saved):
        return "Đã ghi việc tự quản."


class DutyPart(ChangePart):
    model = GroupDuty
    anchor = "#tasks"


class EndDuty(DutyPart):
    form_class = forms.EndDutyForm
    submit_label = "Ghi đã thôi"

    def title(self, part):
        return f"Thôi việc tự quản ở {part.group.name}"

    def page_context(self, part):
        since = text.format_date(part.started_on)
        return {"subtitle": f"{part.get_task_display()}: {part.content}, từ {since}."}


class EditDuty(DutyPart):
    form_class = forms.DutyForm

    def title(self, part):
        return f"Sửa việc tự quản của {part.group.name}"


def of_group(route, view, name):
    return path(f"groups/<int:pk>/{route}/", view.as_view(), name=f"selfmanagedgroup-{name}")


urlpatterns = [
    of_group("officers", TakeOffice, "add-officer"),
    path("group-officers/<int:pk>/end/", EndOffice.as_view(), name="groupofficer-end"),
    path("group-officers/<int:pk>/edit/", MendOffice.as_view(), name="groupofficer-update"),
    of_group("plan-meeting", PlanMeeting, "plan-meeting"),
    of_group("meetings", AddMeeting, "add-meeting"),
    path("group-meetings/<int:pk>/hold/", HoldMeeting.as_view(), name="groupmeeting-hold"),
    path("group-meetings/<int:pk>/cancel/", CallOffMeeting.as_view(), name="groupmeeting-cancel"),
    path("group-meetings/<int:pk>/edit/", EditMeeting.as_view(), name="groupmeeting-update"),
    *RequestView.get_urls(),
    of_group("requests", AskFor, "add-request"),
    path("group-requests/<int:pk>/answer/", AnswerRequest.as_view(), name="grouprequest-answer"),
    of_group("contacts", AddContact, "add-contact"),
    path("group-contacts/<int:pk>/edit/", EditContact.as_view(), name="groupcontact-update"),
    of_group("helps", AddHelp, "add-help"),
    path("group-helps/<int:pk>/edit/", EditHelp.as_view(), name="mutualhelp-update"),
    of_group("duties", TakeDuty, "add-duty"),
    path("group-duties/<int:pk>/end/", EndDuty.as_view(), name="groupduty-end"),
    path("group-duties/<int:pk>/edit/", EditDuty.as_view(), name="groupduty-update"),
]
