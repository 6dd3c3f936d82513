"""Forms on a group's page: offices, meetings, requests, contacts, mutual help, its own duties."""

import datetime as dt

from django import forms

from households.models import Resident
from kylien.accounts.forms import OfficerField
from kylien.core import text
from kylien.core.forms import CodeField, DayField, RecordForm, RecordFormMixin
from selfgov_groups import services
from selfgov_groups.forms.tasks import OwnedFormMixin
from selfgov_groups.models import (
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    GroupRequest,
    MutualHelp,
    SelfManagedGroup,
)

ANSWER_DAYS = 30  # offered as a request's deadline: the measure is "answered within 30 days"
MEETINGS_OFFERED = 12


def halves(form, *names):
    """Put fields side by side."""
    for name in names:
        if name in form.fields:
            form.fields[name].widget.attrs["data-half"] = ""


class ServiceForm(RecordForm):
    """A form whose row a service writes: it checks the row, so the form checks fields alone."""

    def _post_clean(self):
        """Leave the row as it stands until the service reads it anew."""


# --- offices --------------------------------------------------------------------------------------


class OfficeForm(ServiceForm):
    """A head or deputy takes office; with the day of leaving a past term is entered."""

    past_days = ("started_on", "ended_on")
    resident = CodeField(
        Resident.objects.filter(same_as=None),
        url="/residents/options/",
        label="Họ và tên",
        help_text="Người ở một hộ trong tổ.",
        error_messages={"required": "Gõ tên rồi chọn."},
    )
    replaces = forms.BooleanField(label="Tổ trưởng đang giữ chức thôi từ ngày này", required=False)

    class Meta(RecordForm.Meta):
        model = GroupOfficer
        fields = ("resident", "role", "started_on", "ended_on", "recognised_by")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, "role", "started_on", "ended_on", "recognised_by")
        self.fields["resident"].widget.attrs["placeholder"] = "Gõ tên"
        self.fields["ended_on"].label = "Thôi chức từ ngày"
        self.fields["ended_on"].help_text = "Để trống nếu đang giữ chức."
        self.initial["started_on"] = self.on
        head = self.instance.group.officers.filter(role=GroupOfficer.Role.HEAD, ended_on=None)
        if head.exists():
            self.fields["replaces"].widget.attrs["data-when"] = "role=head"
            self.initial["role"] = GroupOfficer.Role.DEPUTY
        else:
            del self.fields["replaces"]

    def save(self, commit=True):
        """Take office through the service. Raises ValidationError, keyed by field."""
        found = dict(self.cleaned_data)
        found["replaces"] = found.get("replaces", False) and not found["ended_on"]
        return services.take_office(group=self.instance.group, on=self.on, **found)


class MendOfficeForm(ServiceForm):
    """Correct a term entered wrongly; the person stays."""

    past_days = ("started_on", "ended_on")

    class Meta(RecordForm.Meta):
        model = GroupOfficer
        fields = ("role", "started_on", "ended_on", "recognised_by")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, *self.fields)
        self.fields["ended_on"].label = "Thôi chức từ ngày"

    def save(self, commit=True):
        """Mend through the service. Raises ValidationError, keyed by field."""
        return services.mend_office(officer=self.instance, on=self.on, **self.cleaned_data)


class EndOfficeForm(ServiceForm):
    past_days = ("ended_on",)

    class Meta(RecordForm.Meta):
        model = GroupOfficer
        fields = ("ended_on",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ended_on"].label = "Thôi chức từ ngày"
        self.fields["ended_on"].required = True
        self.initial["ended_on"] = self.on

    def save(self, commit=True):
        """End the term through the service. Raises ValidationError, keyed by field."""
        return services.end_office(
            officer=self.instance, ended_on=self.cleaned_data["ended_on"], on=self.on
        )


# --- meetings -------------------------------------------------------------------------------------


class PlanMeetingForm(ServiceForm):
    """Plan a meeting, or move one that is planned."""

    class Meta(RecordForm.Meta):
        model = GroupMeeting
        fields = ("planned_on", "topics")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["planned_on"].required = True
        halves(self, "planned_on")

    def save(self, commit=True):
        """Plan through the service. Raises ValidationError, keyed by field."""
        found = self.cleaned_data
        days = {"planned_on": found["planned_on"], "topics": found["topics"], "on": self.on}
        if self.instance.pk:
            return services.move_meeting(meeting=self.instance, **days)
        return services.plan_meeting(group=self.instance.group, **days)


class MeetingForm(RecordForm):
    """Mend a meeting that was held."""

    past_days = ("held_on",)

    class Meta(RecordForm.Meta):
        model = GroupMeeting
        fields = ("held_on", "attended", "officer_came", "topics", "outcome", "minutes")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("held_on", "attended"):
            self.fields[name].required = True
        halves(self, "held_on", "attended")
        self.fields["outcome"].widget.attrs["rows"] = 2
        self.fields["minutes"].widget.attrs["rows"] = 8
        members = self.instance.group.memberships.current().count()
        self.fields["attended"].help_text = f"Tổ đang có {members} hộ."


class HoldMeetingForm(ServiceForm, MeetingForm):
    """Note a meeting that was held, planned or not."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        planned = self.instance.planned_on
        self.initial["held_on"] = planned if planned and planned <= self.on else self.on

    def save(self, commit=True):
        """Hold through the service. Raises ValidationError, keyed by field."""
        return services.hold_meeting(meeting=self.instance, on=self.on, **self.cleaned_data)


class CallOffForm(ServiceForm):
    class Meta(RecordForm.Meta):
        model = GroupMeeting
        fields = ("cancel_reason",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cancel_reason"].required = True

    def save(self, commit=True):
        """Call off through the service. Raises ValidationError, keyed by field."""
        reason = self.cleaned_data["cancel_reason"]
        return services.call_off_meeting(meeting=self.instance, reason=reason, on=self.on)


# --- requests -------------------------------------------------------------------------------------


class MeetingChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{text.format_date(obj.held_on)}: {obj.topics}"[:80]


class RequestForm(OwnedFormMixin, RecordForm):
    """What a group asks for: raised at one of its meetings or not, with one owner and a deadline.

    On the requests' own page the group is picked; on a group's it is given (`instance.group`).
    """

    past_days = ("raised_on",)
    group = CodeField(SelfManagedGroup.objects.all(), url="/groups/options/", label="Tổ liên gia")
    owner = OfficerField()
    meeting = MeetingChoice(
        GroupMeeting.objects.none(),
        label="Nêu tại cuộc họp",
        required=False,
        empty_label="Không phải tại cuộc họp",
    )

    class Meta(RecordForm.Meta):
        model = GroupRequest
        fields = ("group", "content", "raised_on", "due_on", "owner", "owner_body", "meeting")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, "raised_on")
        if not self.instance.pk:
            due = self.on + dt.timedelta(days=ANSWER_DAYS)
            for name, day in (("raised_on", self.on), ("due_on", due)):
                self.initial[name] = self.initial.get(name) or day
        if self.instance.group_id:
            del self.fields["group"]
            held = self.instance.group.meetings.held().order_by("-held_on")
            recent = held.values("pk")[:MEETINGS_OFFERED]
            kept = GroupMeeting.objects.filter(pk=self.instance.meeting_id)
            rows = GroupMeeting.objects.filter(pk__in=recent) | kept
            self.fields["meeting"].queryset = rows.order_by("-held_on")
        else:
            del self.fields["meeting"]

    def clean(self):
        """Take the meeting's day where one is chosen and the day was left as it was offered."""
        data = super().clean()
        meeting = data.get("meeting")
        if meeting and data.get("raised_on") == self.on:
            data["raised_on"] = meeting.held_on
        return data


class AnswerForm(ServiceForm):
    """What became of a request."""

    past_days = ("done_on",)

    class Meta(RecordForm.Meta):
        model = GroupRequest
        fields = ("done_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["done_on"].label = "Trả lời tổ ngày"
        self.fields["result"].label = "Kết quả, nội dung trả lời"
        for field in self.fields.values():
            field.required = True
        halves(self, "done_on")
        if not self.instance.done_on:
            self.initial["done_on"] = self.on

    def save(self, commit=True):
        """Answer through the service. Raises ValidationError, keyed by field."""
        found = self.cleaned_data
        return services.answer_request(
            request=self.instance, done_on=found["done_on"], result=found["result"], on=self.on
        )


# --- contacts, mutual help, duties ----------------------------------------------------------------


class ContactForm(RecordForm):
    """The officer met the group; who writes it down is the officer."""

    past_days = ("met_on",)

    class Meta(RecordForm.Meta):
        model = GroupContact
        fields = ("met_on", "channel", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, "met_on", "channel")
        if not self.instance.pk:
            self.initial["met_on"] = self.on
            self.instance.officer = self.user


class HelpForm(RecordForm):
    past_days = ("helped_on",)

    class Meta(RecordForm.Meta):
        model = MutualHelp
        fields = ("helped_on", "kind", "households", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, "helped_on", "households")
        if not self.instance.pk:
            self.initial["helped_on"] = self.on


class DutyForm(RecordForm):
    past_days = ("started_on",)

    class Meta(RecordForm.Meta):
        model = GroupDuty
        fields = ("task", "content", "started_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        halves(self, "started_on")
        self.fields["content"].widget.attrs["placeholder"] = "Thí dụ: hai hộ một ca tuần tra tối"
        if not self.instance.pk:
            self.initial["started_on"] = self.on


class EndDutyForm(ServiceForm):
    past_days = ("ended_on",)

    class Meta(RecordForm.Meta):
        model = GroupDuty
        fields = ("ended_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ended_on"].required = True
        self.initial["ended_on"] = self.on
        halves(self, "ended_on")

    def save(self, commit=True):
        """End through the service. Raises ValidationError, keyed by field."""
        return services.end_duty(duty=self.instance, on=self.on, **self.cleaned_data)


# --- households without a group -------------------------------------------------------------------


class JoinManyForm(RecordFormMixin, forms.ModelForm):
    """Take the households ticked into a group on one day."""

    past_days = ("joined_on",)
    joined_on = DayField(label="Vào tổ ngày")

    class Meta:
        model = GroupMembership
        fields = ()

    def __init__(self, *args, households=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.households = households
        self.initial["joined_on"] = self.on

    def clean(self):
        data = super().clean()
        if not self.households:
            raise forms.ValidationError("Chọn ít nhất một hộ.")
        return data

    def _post_clean(self):
        """Leave the rows to the service."""

    def save(self, commit=True):
        """Join through the service. Raises ValidationError, keyed by field."""
        return services.join_many(
            group=self.instance.group,
            households=self.households,
            joined_on=self.cleaned_data["joined_on"],
            on=self.on,
        )
