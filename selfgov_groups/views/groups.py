"""Groups: the list, the group's page, the households in it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from households.models import Household
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.forms import is_key
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark, only_once
from selfgov_groups import filters, tables
from selfgov_groups.casefile import read_file, without_group
from selfgov_groups.forms import groups as forms
from selfgov_groups.forms.life import JoinManyForm
from selfgov_groups.models import GroupMembership, SelfManagedGroup
from selfgov_groups.rules import numbers_today
from selfgov_groups.standing import Standing
from selfgov_groups.views.rights import (
    ADD_CONTACT,
    ADD_MEMBERSHIP,
    ADD_ROSTER,
    VIEW_HOUSEHOLD,
    rights_on,
)

MANY = 10  # from so many rows on a list on the group's page is folded


class GroupView(RecordView):
    model = SelfManagedGroup
    table_class = tables.GroupTable
    filterset_class = filters.GroupFilterSet
    form_class = forms.GroupForm
    detail_fields = ("neighbourhood", "founded_on", "dissolved_on", "note")
    url_prefix = "groups"
    people_per_row = 0
    title = "Tổ liên gia tự quản"
    create_label = "Lập tổ"
    empty_hint = "Bấm Lập tổ để ghi tổ đầu tiên, rồi thêm hộ và cuộc họp trên trang của tổ."

    def base_rows(self, rows):
        return rows.with_life() if self.role is Role.DETAIL else rows

    def option_rows(self, rows):
        return rows.active()

    def load(self, keys):
        """Read the rows of a page, each with how it stands."""
        rows, numbers = list(super().load(keys)), numbers_today(self.request)
        for row in rows:
            row.standing = Standing(row, self.request.today, numbers)
        return rows

    def list_context(self):
        """Lead to what waits: silent groups, those without a head, households in none."""
        user, on = self.request.user, self.request.today
        numbers = numbers_today(self.request)
        rows = SelfManagedGroup.objects.visible_to(user).active()
        found = {
            "yes": rows.silent(on, numbers.silent),
            "meeting": rows.without_meeting(on, numbers.meeting),
            "contact": rows.without_contact(on, numbers.contact),
            "head": rows.without_head(on),
        }
        if user.has_perm(VIEW_HOUSEHOLD):
            found["alone"] = without_group(Household.objects.visible_to(user), on)
        counts = count_all(found)
        told = (
            ("yes", "late", f"tổ im ắng quá {numbers.silent} ngày"),
            ("meeting", "late", f"tổ quá {numbers.meeting} ngày chưa họp"),
            ("contact", "due", f"tổ quá {numbers.contact} ngày chưa gặp"),
            ("head", "due", "tổ chưa có tổ trưởng"),
            ("alone", "due", "hộ chưa vào tổ"),
        )
        here = self.url(Role.LIST)
        alone = f"{reverse('household-list')}?grouped=no"
        return {
            "waiting": [
                (
                    text.format_number(counts[key]),
                    label,
                    tone,
                    alone if key == "alone" else f"{here}?silent={key}",
                )
                for key, tone, label in told
                if counts.get(key)
            ],
        }

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        """Offer what is done most: print the roster, note a contact."""
        found, user = super().actions(obj), self.request.user
        if obj.dissolved_on:
            return found
        for name, right, label, icon in (
            ("group-roster-print", ADD_ROSTER, "In danh sách", "printer"),
            ("selfmanagedgroup-add-contact", ADD_CONTACT, "Ghi lần gặp", "handshake"),
        ):
            if user.has_perm(right):
                url = reverse(name, args=[obj.pk])
                found.append({"url": url, "label": label, "icon": icon})
        if user.has_perm(ADD_CONTACT):
            found[-1]["primary"] = True
        return found

    def detail_context(self, obj):
        user, on = self.request.user, self.request.today
        rows = list(obj.memberships.for_list().order_by("household__code", "-joined_on"))
        members = [row for row in rows if not row.left_on]
        found = read_file(obj, user, on, members=rows, everything=self.request.GET.get("all", ""))
        may = rights_on(obj, user)
        return {
            "file": found,
            "standing": found.standing,
            "tasks": duties_of(found),
            "members": members,
            "former": [row for row in rows if row.left_on],
            "many": len(members) > MANY,
            "may": may,
            "join_form": forms.JoinForm(
                instance=GroupMembership(group=obj), prefix=AddHousehold.prefix, user=user, on=on
            )
            if may["join"]
            else None,
        }


def duties_of(found):
    """List the three tasks of the model with what the group does for each: `(key, label, rows)`."""
    return [(task.value, task.label, rows) for task, rows in found.duties.items()]


class GroupPart(PartView):
    """A form about one row of a group."""

    relations = ("group",)

    def record(self, part):
        return part.group


class OfGroup(GroupPart):
    """Something new in a group, begun on its page: fills a row of `part_model`."""

    model = SelfManagedGroup
    relations = ()
    part_model = None
    once = True

    def part(self, row):
        return self.part_model(group=row)


# --- households -----------------------------------------------------------------------------------


class AddHousehold(OfGroup):
    """Take a household into a group, from the row on the group's page."""

    part_model = GroupMembership
    rights = (ADD_MEMBERSHIP,)
    form_class = forms.JoinForm
    prefix = "join"
    anchor = "#members"
    submit_label = "Thêm hộ vào tổ"
    once = False  # a household joins once anyway

    def title(self, part):
        return f"Thêm hộ vào {part.group.name}"

    def done(self, saved):
        return f"Đã thêm hộ {saved.household.code} vào {saved.group.name}."


class LeaveGroup(GroupPart):
    """Take a household out of its group."""

    model = GroupMembership
    relations = ("group", "household")
    verb = "change"
    form_class = forms.LeaveForm
    anchor = "#members"
    submit_label = "Ghi rời tổ"

    def title(self, part):
        return f"Hộ {part.household.code} ra khỏi {part.group.name}"

    def done(self, saved):
        return f"Hộ {saved.household.code} đã ra khỏi {saved.group.name}."


class JoinMany(ScopedMixin, View):
    """The households of the group's neighbourhood that are in no group, to be taken in with ticks:
    the list to work off. `?q=` narrows it by address, code or the people who live there."""

    model = SelfManagedGroup
    rights = (ADD_MEMBERSHIP, VIEW_HOUSEHOLD)
    most = 200  # rows on the page

    def get(self, request, pk):
        return self.page(self.group(), self.form())

    def post(self, request, pk):
        group = self.group()
        do = request.POST.get("do", "")
        if do in ("all", "none"):  # the buttons without script
            picks = None if do == "all" else frozenset()
            return self.page(group, self.form(typed=request.POST), picks)
        return only_once(request, group.get_absolute_url, lambda: self.write(group))

    def write(self, group):
        picks = self.picks()
        chosen = list(self.alone(group).filter(pk__in=picks))
        form = self.form(self.request.POST, group=group, households=chosen)
        saved = form.save_or_refuse()
        if saved is None:
            return self.page(group, form, picks, status=422)
        messages.success(self.request, f"Đã thêm {len(saved)} hộ vào {group.name}.")
        return HttpResponseRedirect(f"{group.get_absolute_url()}#members")

    def group(self):
        if not self.request.user.has_perms(self.rights):
            raise PermissionDenied
        return self.row(self.rows.select_related("neighbourhood"))

    def picks(self):
        return {int(key) for key in self.request.POST.getlist("pick") if is_key(key)}

    def alone(self, group):
        homes = without_group(Household.objects.visible_to(self.request.user), self.request.today)
        return homes.filter(neighbourhood=group.neighbourhood_id)

    def form(self, data=None, *, typed=None, group=None, **kwargs):
        initial = {"joined_on": typed["joined_on"]} if typed and "joined_on" in typed else {}
        form = JoinManyForm(
            data,
            instance=GroupMembership(group=group),
            user=self.request.user,
            on=self.request.today,
            **kwargs,
        )
        form.initial.update(initial)
        return form

    def page(self, group, form, picks=frozenset(), status=200):
        asked = text.clean(self.request.GET.get("q", ""))[:200]
        wanted = "" if text.holds_number(asked) else asked
        rows = self.alone(group)
        rows = rows.look_up(wanted) if wanted else rows
        keys = list(rows.order_by("sort_key", "pk").values_list("pk", flat=True)[: self.most + 1])
        read = {row.pk: row for row in Household.objects.for_list().filter(pk__in=keys)}
        shown = [read[key] for key in keys[: self.most] if key in read]
        for row in shown:
            row.picked = picks is None or row.pk in picks
        address = reverse("household-list")
        context = {
            "title": f"Đưa hộ vào {group.name}",
            "group": group,
            "form": form,
            "rows": shown,
            "cut": len(keys) > self.most,
            "most": self.most,
            "q": asked,
            "once": new_mark(),
            "all_url": f"{address}?{urlencode({'grouped': 'no'})}",
        }
        return render(self.request, "selfgov_groups/join_many.html", context, status=status)


urlpatterns = [
    *GroupView.get_urls(),
    path(
        "groups/<int:pk>/households/", AddHousehold.as_view(), name="selfmanagedgroup-add-household"
    ),
    path("groups/<int:pk>/join/", JoinMany.as_view(), name="selfmanagedgroup-join"),
    path("group-memberships/<int:pk>/leave/", LeaveGroup.as_view(), name="groupmembership-leave"),
]
