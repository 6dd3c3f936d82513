"""Data entry for clerks: a group's roster and meetings typed in one go on the group's page."""

import datetime as dt

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from kylien.core.admin import LedgerInline, RecordAdmin, RecordAdminForm, RecordInline
from kylien.core.forms import RecordInlineFormSet
from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup
from selfgov_groups.services import check_join, join_group

MEETINGS_SHOWN_DAYS = 365  # what the group's page in the admin holds, so that it stays short


class GroupAdminForm(RecordAdminForm):
    past_days = ("founded_on", "dissolved_on")


class RosterRowForm(RecordAdminForm):
    """One row of a roster: the household and the day, checked as the service will check them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial["joined_on"] = self.on

    def _post_clean(self):
        super()._post_clean()
        if self.errors or not self.has_changed():
            return
        try:
            check_join(self.instance, self.on)
        except ValidationError as error:
            self._update_errors(error)


class RosterFormSet(RecordInlineFormSet):
    def save_new(self, form, commit=True):
        """Join through the service, in the admin's transaction."""
        return join_group(
            group=self.instance,
            household=form.cleaned_data["household"],
            joined_on=form.cleaned_data["joined_on"],
            on=form.on,
        )


class RosterInline(LedgerInline):
    model = GroupMembership
    form = RosterRowForm
    formset = RosterFormSet
    verbose_name = "hộ"
    verbose_name_plural = "hộ trong tổ"
    fields = ("household", "joined_on")
    autocomplete_fields = ("household",)
    ordering = ("household__code",)

    def get_queryset(self, request):
        return super().get_queryset(request).current().select_related("household")


class MeetingRowForm(RecordAdminForm):
    past_days = ("held_on",)

    class Meta:
        model = GroupMeeting
        fields = ("held_on", "attended", "topics", "outcome")
        widgets = {"outcome": forms.Textarea(attrs={"rows": 2, "cols": 36})}


class MeetingFormSet(RecordInlineFormSet):
    def save_new(self, form, commit=True):
        """Save a meeting of a group and roster typed in the same submit: now the roster stands."""
        form.instance.group = self.instance
        form.instance.clean()
        return super().save_new(form, commit=commit)


class MeetingInline(RecordInline):
    model = GroupMeeting
    form = MeetingRowForm
    formset = MeetingFormSet
    extra = 1
    verbose_name_plural = "cuộc họp trong 12 tháng qua"
    fields = ("held_on", "attended", "topics", "outcome")

    def get_queryset(self, request):
        since = request.today - dt.timedelta(days=MEETINGS_SHOWN_DAYS)
        return super().get_queryset(request).filter(held_on__gte=since)


@admin.register(SelfManagedGroup)
class GroupAdmin(RecordAdmin):
    form = GroupAdminForm
    list_display = ("code", "name", "neighbourhood", "households", "last_meeting", "state")
    list_filter = ("neighbourhood",)
    list_select_related = ("neighbourhood",)
    fields = ("name", "neighbourhood", "founded_on", "dissolved_on", "note")
    inlines = (RosterInline, MeetingInline)
    ordering = ("code",)

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    @admin.display(description="số hộ")
    def households(self, obj):
        return obj.household_count or 0

    @admin.display(description="họp gần nhất")
    def last_meeting(self, obj):
        return obj.last_meeting

    @admin.display(description="tình trạng")
    def state(self, obj):
        return obj.state_badge()[1]
