"""Data entry for clerks: a group's roster, offices and doings typed in one go on the group's page;
the ward's own numbers, which the chief edits.

Contacts are not typed here: who notes one is the officer who met the group.
"""

import datetime as dt

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from kylien.accounts.models import User
from kylien.core.admin import LedgerInline, RecordAdmin, RecordAdminForm, RecordInline
from kylien.core.forms import RecordInlineFormSet
from selfgov_groups import admin_evaluation  # noqa: F401 (registers its own pages)
from selfgov_groups.models import (
    GroupDuty,
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    GroupRequest,
    GroupRule,
    MutualHelp,
    SelfManagedGroup,
)
from selfgov_groups.services import check_join, check_office, join_group, take_office

SHOWN_DAYS = 365  # what the group's page in the admin holds, so that it stays short


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
        fields = ("held_on", "attended", "officer_came", "topics", "outcome")
        widgets = {"outcome": forms.Textarea(attrs={"rows": 2, "cols": 36})}


class CheckedFormSet(RecordInlineFormSet):
    def save_new(self, form, commit=True):
        """Save a row of a group and roster typed in the same submit: now the roster stands."""
        form.instance.group = self.instance
        form.instance.clean()
        return super().save_new(form, commit=commit)


class MeetingInline(RecordInline):
    model = GroupMeeting
    form = MeetingRowForm
    formset = CheckedFormSet
    extra = 1
    verbose_name_plural = "cuộc họp trong 12 tháng qua"
    fields = ("held_on", "attended", "officer_came", "topics", "outcome")

    def get_queryset(self, request):
        since = request.today - dt.timedelta(days=SHOWN_DAYS)
        return super().get_queryset(request).filter(held_on__gte=since)


class OfficerRowForm(RecordAdminForm):
    """One term, checked as the service will check it where the group and its roster stand."""

    past_days = ("started_on", "ended_on")

    def _post_clean(self):
        super()._post_clean()
        row = self.instance
        if self.errors or not self.has_changed() or not row.group_id:
            return
        try:
            check_office(row, self.on)
        except ValidationError as error:
            self._update_errors(error)


class OfficerFormSet(RecordInlineFormSet):
    def save_new(self, form, commit=True):
        """Take office through the service, in the admin's transaction."""
        typed = {name: form.cleaned_data[name] for name in OfficerInline.fields}
        return take_office(group=self.instance, on=form.on, **typed)


class OfficerInline(LedgerInline):
    model = GroupOfficer
    form = OfficerRowForm
    formset = OfficerFormSet
    extra = 1
    verbose_name = "chức vụ"
    fields = ("resident", "role", "started_on", "ended_on", "recognised_by")
    autocomplete_fields = ("resident",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("resident")


class HelpRowForm(RecordAdminForm):
    past_days = ("helped_on",)


class HelpInline(RecordInline):
    model = MutualHelp
    form = HelpRowForm
    formset = CheckedFormSet
    extra = 1
    verbose_name_plural = "việc giúp nhau trong 12 tháng qua"
    fields = ("helped_on", "kind", "households", "note")

    def get_queryset(self, request):
        since = request.today - dt.timedelta(days=SHOWN_DAYS)
        return super().get_queryset(request).filter(helped_on__gte=since)


class DutyRowForm(RecordAdminForm):
    past_days = ("started_on", "ended_on")


class DutyInline(RecordInline):
    model = GroupDuty
    form = DutyRowForm
    formset = CheckedFormSet
    extra = 1
    fields = ("task", "content", "started_on", "ended_on", "result")


@admin.register(SelfManagedGroup)
class GroupAdmin(RecordAdmin):
    form = GroupAdminForm
    list_display = ("code", "name", "neighbourhood", "households", "last_meeting", "state")
    list_filter = ("neighbourhood",)
    list_select_related = ("neighbourhood",)
    fields = ("name", "neighbourhood", "founded_on", "dissolved_on", "note")
    inlines = (RosterInline, MeetingInline, OfficerInline, HelpInline, DutyInline)
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


class RequestAdminForm(RecordAdminForm):
    past_days = ("raised_on", "done_on")


@admin.register(GroupRequest)
class RequestAdmin(RecordAdmin):
    """Requests of groups. Those raised at a meeting are entered on the group's own page."""

    form = RequestAdminForm
    list_display = ("code", "content", "group", "owner_label", "raised_on", "due_on", "done_on")
    list_filter = ("group__neighbourhood",)
    list_select_related = ("group", "owner")
    fields = (
        "group",
        "content",
        "raised_on",
        "due_on",
        "owner",
        "owner_body",
        "done_on",
        "result",
    )
    autocomplete_fields = ("group",)
    ordering = ("-raised_on", "-pk")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "owner":
            kwargs["queryset"] = (
                User.objects.working()
            )  # names of officers are no secret within the station
            field = db_field.formfield(**kwargs)
            field.ward_wide = True
            return field
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="phụ trách")
    def owner_label(self, obj):
        return obj.owner_label


@admin.register(GroupRule)
class GroupRuleAdmin(RecordAdmin):
    """The ward's numbers about groups: a new row from the day that a new number holds."""

    list_display = ("key", "value", "valid_from", "valid_to", "legal_basis")
    list_filter = ("key",)
    fields = ("key", "value", "legal_basis", "valid_from", "valid_to")
    search_fields = ()

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()
