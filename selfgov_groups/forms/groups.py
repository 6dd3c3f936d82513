from django import forms

from households.models import Household
from kylien.core.forms import CodeField, DayField, RecordForm, RecordFormMixin
from selfgov_groups.models import GroupMembership, SelfManagedGroup
from selfgov_groups.services import join_group, leave_group


class GroupForm(RecordForm):
    past_days = ("founded_on", "dissolved_on")

    class Meta(RecordForm.Meta):
        model = SelfManagedGroup
        fields = ("name", "neighbourhood", "founded_on", "dissolved_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["neighbourhood"].widget.attrs["data-half"] = ""
        self.fields["founded_on"].widget.attrs["data-half"] = ""
        if not self.instance.pk:
            del self.fields["dissolved_on"]
            self.initial.setdefault("founded_on", self.on)


class JoinForm(RecordFormMixin, forms.ModelForm):
    """Take a household into the group that the form's instance belongs to."""

    household = CodeField(
        Household.objects.active(),
        url="/households/options/",
        label="Hộ",
        error_messages={"required": "Gõ địa chỉ hoặc mã hộ rồi chọn."},
    )
    joined_on = DayField(label="Vào tổ ngày")

    class Meta:
        model = GroupMembership
        fields = ("household", "joined_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["joined_on"] = self.on
        self.fields["household"].widget.attrs["placeholder"] = "Địa chỉ hoặc mã hộ"
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def save(self, commit=True):
        """Join through the service. Raises ValidationError, keyed by field."""
        self.instance = join_group(
            group=self.instance.group,
            household=self.cleaned_data["household"],
            joined_on=self.cleaned_data["joined_on"],
            on=self.on,
        )
        return self.instance


class LeaveForm(RecordFormMixin, forms.ModelForm):
    """Take a household out of its group."""

    left_on = DayField(label="Ra khỏi tổ ngày")

    class Meta:
        model = GroupMembership
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["left_on"] = self.on

    def save(self, commit=True):
        """Leave through the service. Raises ValidationError, keyed by field."""
        return leave_group(
            membership=self.instance, left_on=self.cleaned_data["left_on"], on=self.on
        )
