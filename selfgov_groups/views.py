from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.generic import View

from kylien.core import text
from kylien.core.records import RecordView, ScopedMixin
from selfgov_groups import filters, forms, tables
from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup


class GroupView(RecordView):
    model = SelfManagedGroup
    table_class = tables.GroupTable
    filterset_class = filters.GroupFilterSet
    form_class = forms.GroupForm
    detail_fields = ("neighbourhood", "founded_on", "dissolved_on", "note")
    url_prefix = "groups"
    title = "Tổ liên gia tự quản"
    create_label = "Lập tổ"
    empty_hint = "Bấm Lập tổ để ghi tổ đầu tiên, rồi thêm hộ và cuộc họp trên trang của tổ."

    def option_rows(self, rows):
        return rows.active()

    def detail_context(self, obj):
        may = self.request.user.has_perm
        rows = list(obj.memberships.for_list().order_by("household__code", "-joined_on"))
        made = {"user": self.request.user, "on": self.request.today}
        return {
            "members": [row for row in rows if not row.left_on],
            "former": [row for row in rows if row.left_on],
            "meetings": obj.meetings.all(),
            "may_join": may("selfgov_groups.add_groupmembership") and not obj.dissolved_on,
            "may_leave": may("selfgov_groups.change_groupmembership"),
            "may_meet": may("selfgov_groups.add_groupmeeting") and not obj.dissolved_on,
            "may_edit_meeting": may("selfgov_groups.change_groupmeeting"),
            "join_form": forms.JoinForm(
                instance=GroupMembership(group=obj), prefix=AddHousehold.prefix, **made
            ),
            "meeting_form": forms.MeetingForm(
                instance=GroupMeeting(group=obj), prefix=AddMeeting.prefix, **made
            ),
        }


class PartView(ScopedMixin, View):
    """A form about one row of a group: it is shown, saved, and leads back to the group's page.

    The addressed row (`model`, among the user's) is locked while it is saved.
    """

    right = ""  # the verb on the part itself, where the addressed row is the group
    form_class = None
    prefix = None
    anchor = ""
    submit_label = "Lưu"

    def get(self, request, pk):
        part = self.part(self.row())
        return self.page(part, self.form(part))

    def post(self, request, pk):
        with transaction.atomic():
            part = self.part(self.row(self.rows.select_for_update(of=("self",))))
            form = self.form(part, request.POST)
            saved = form.save_or_refuse()
        if saved is None:
            return self.page(part, form, status=422)
        messages.success(request, self.done(saved))
        return HttpResponseRedirect(saved.group.get_absolute_url() + self.anchor)

    def part(self, row):
        """Return the row that the form fills: the addressed one, or a new one of its group."""
        if self.right and not self.request.user.has_perm(self.right):
            raise PermissionDenied
        return row

    def form(self, part, data=None):
        return self.form_class(
            data,
            instance=part,
            prefix=self.prefix,
            user=self.request.user,
            on=self.request.today,
        )

    def page(self, part, form, status=200):
        stale = getattr(form, "stale", None)
        context = {
            "form": form,
            "title": self.title(part),
            "cancel_url": part.group.get_absolute_url(),
            "list_url": part.group.get_absolute_url(),
            "list_title": part.group.name,
            "submit_label": self.submit_label,
            "stale": stale,
            "stale_at": part.changed_at if stale is not None else None,
        }
        return render(self.request, "records/form.html", context, status=status)


class AddHousehold(PartView):
    """Take a household into a group, from the row on the group's page."""

    model = SelfManagedGroup
    right = "selfgov_groups.add_groupmembership"
    form_class = forms.JoinForm
    prefix = "join"
    anchor = "#members"
    submit_label = "Thêm hộ vào tổ"

    def part(self, row):
        return GroupMembership(group=super().part(row))

    def title(self, part):
        return f"Thêm hộ vào {part.group.name}"

    def done(self, saved):
        return f"Đã thêm hộ {saved.household.code} vào {saved.group.name}."


class LeaveGroup(PartView):
    """Take a household out of its group."""

    model = GroupMembership
    verb = "change"
    form_class = forms.LeaveForm
    anchor = "#members"
    submit_label = "Cho ra khỏi tổ"

    def title(self, part):
        return f"Hộ {part.household.code} ra khỏi {part.group.name}"

    def done(self, saved):
        return f"Hộ {saved.household.code} đã ra khỏi {saved.group.name}."


class AddMeeting(PartView):
    """Note a meeting, from the row on the group's page."""

    model = SelfManagedGroup
    right = "selfgov_groups.add_groupmeeting"
    form_class = forms.MeetingForm
    prefix = "meeting"
    anchor = "#meetings"
    submit_label = "Ghi cuộc họp"

    def part(self, row):
        return GroupMeeting(group=super().part(row))

    def title(self, part):
        return f"Ghi cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã ghi cuộc họp ngày {text.format_date(saved.held_on)}."


class EditMeeting(PartView):
    """Mend a meeting that was noted."""

    model = GroupMeeting
    verb = "change"
    form_class = forms.MeetingForm
    anchor = "#meetings"

    def title(self, part):
        return f"Sửa cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã sửa cuộc họp ngày {text.format_date(saved.held_on)}."
