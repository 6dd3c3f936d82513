from kylien.core import text
from kylien.core.records import PartView, RecordView
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


class GroupPart(PartView):
    """A form about one row of a group."""

    def record(self, part):
        return part.group


class AddHousehold(GroupPart):
    """Take a household into a group, from the row on the group's page."""

    model = SelfManagedGroup
    rights = ("selfgov_groups.add_groupmembership",)
    form_class = forms.JoinForm
    prefix = "join"
    anchor = "#members"
    submit_label = "Thêm hộ vào tổ"

    def part(self, row):
        return GroupMembership(group=row)

    def title(self, part):
        return f"Thêm hộ vào {part.group.name}"

    def done(self, saved):
        return f"Đã thêm hộ {saved.household.code} vào {saved.group.name}."


class LeaveGroup(GroupPart):
    """Take a household out of its group."""

    model = GroupMembership
    verb = "change"
    form_class = forms.LeaveForm
    anchor = "#members"
    submit_label = "Ghi rời tổ"

    def title(self, part):
        return f"Hộ {part.household.code} ra khỏi {part.group.name}"

    def done(self, saved):
        return f"Hộ {saved.household.code} đã ra khỏi {saved.group.name}."


class AddMeeting(GroupPart):
    """Note a meeting, from the row on the group's page."""

    model = SelfManagedGroup
    rights = ("selfgov_groups.add_groupmeeting",)
    form_class = forms.MeetingForm
    prefix = "meeting"
    anchor = "#meetings"
    submit_label = "Ghi cuộc họp"

    def part(self, row):
        return GroupMeeting(group=row)

    def title(self, part):
        return f"Ghi cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã ghi cuộc họp ngày {text.format_date(saved.held_on)}."


class EditMeeting(GroupPart):
    """Mend a meeting that was noted."""

    model = GroupMeeting
    verb = "change"
    form_class = forms.MeetingForm
    anchor = "#meetings"

    def title(self, part):
        return f"Sửa cuộc họp của {part.group.name}"

    def done(self, saved):
        return f"Đã sửa cuộc họp ngày {text.format_date(saved.held_on)}."
