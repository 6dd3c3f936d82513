"""A group's roster on paper, and the changes its head marked on it."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from households.models import ResidenceAct
from households.views.rights import CHANGE_RESIDENCE, ENTER_PEOPLE
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark
from selfgov_groups.forms import rosters as forms
from selfgov_groups.models import RosterCheck, RosterLine, SelfManagedGroup
from selfgov_groups.roster_lists import RosterFilterSet, RosterTable
from selfgov_groups.services import rosters as services

VIEW, ADD = "selfgov_groups.view_rostercheck", "selfgov_groups.add_rostercheck"
SEE_PEOPLE, VIEW_ACT = "households.view_residence", "households.view_residenceact"
Change, State = RosterLine.Change, RosterLine.State
# How a roster is set, by how many lines it has at most: on one page in type for old eyes, in two
# columns, in small type; beyond that on two pages, and in small type again.
SIZES = ((24, "roomy"), (74, "middle"), (144, "dense"), (180, "double"))
SPARE_LINES = {"roomy": 6, "dense": 4}  # for people who are not on it yet
SPARE = 5


class PrintRoster(ScopedMixin, View):
    """The roster that a group's head checks by hand: one A4 page, two for a large group.

    Names, years of birth and terms alone: no number of anybody leaves the station with it.
    """

    model = SelfManagedGroup
    rights = (VIEW, SEE_PEOPLE)

    def get(self, request, pk):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        group = self.row(self.rows.select_related("neighbourhood"))
        households = services.roster_of(group)
        people = sum(len(home.people) for home in households)
        trail().reading(SelfManagedGroup, "print", code=group.code, rows=people)
        lines = people + len(households)
        size = next((size for most, size in SIZES if lines <= most), "dense")
        context = {
            "group": group,
            "households": households,
            "people": people,
            "size": size,
            "spare": range(SPARE_LINES.get(size, SPARE)),
            "unit": Ward.objects.of(request.today),
            "on": request.today,
            "title": f"Danh sách rà soát {group.name}",
        }
        return render(request, "selfgov_groups/roster_print.html", context)


class CreateRoster(PartView):
    """Enter the roster that came back: all members on one screen."""

    model = SelfManagedGroup
    rights = (ADD, SEE_PEOPLE)
    relations = ("neighbourhood",)
    template = "selfgov_groups/roster_create.html"
    submit_label = "Lưu rà soát"
    locks, once = False, True

    def part(self, row):
        return RosterCheck(group=row)

    def record(self, part):
        return part.group

    def form(self, part, data=None):
        return forms.RosterForm(
            data,
            instance=part,
            households=services.roster_of(part.group),
            user=self.request.user,
            on=self.request.today,
        )

    def title(self, part):
        return f"Nhập rà soát {part.group.name}"

    def page(self, part, form, status=200):
        self.shown = form
        return super().page(part, form, status)

    def page_context(self, part):
        form = self.shown
        return {
            "sections": form.sections(),
            "mistakes": form.mistakes() if form.is_bound else [],
            "print_url": reverse("group-roster-print", args=[part.group_id]),
        }

    def done(self, saved):
        return f"Đã lưu {saved.code}."

    def after(self, part, saved):
        return saved.get_absolute_url()


class RosterCheckView(RecordView):
    model = RosterCheck
    table_class = RosterTable
    filterset_class = RosterFilterSet
    detail_fields = ("group", "checked_on", "note", "created_by")
    url_prefix = "roster-checks"
    title = "Rà soát danh sách tổ"
    counted = "lần rà soát"
    roles = (Role.LIST, Role.DETAIL)
    empty_hint = "In danh sách ở trang của tổ, đưa tổ trưởng rà soát, rồi nhập lại."

    def base_rows(self, rows):
        return rows.for_list() if self.role is Role.DETAIL else rows.undecided_first()

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def detail_context(self, obj):
        user = self.request.user
        lines = obj.lines.select_related("residence__resident", "household", "act")
        lines = list(lines.order_by("household__code", "pk"))
        may = user.has_perms((CHANGE_RESIDENCE, "selfgov_groups.change_rosterline"))
        waiting = [line for line in lines if line.state == State.OPEN and may]
        ended = any(line.change == Change.ENDED for line in waiting)
        grounds = list(forms.grounds_on(self.request.today)) if ended else []
        acts = ResidenceAct.objects.visible_to(user) if user.has_perm(VIEW_ACT) else None
        opens = set()
        if acts is not None and any(line.act_id for line in lines):
            told = [line.act_id for line in lines if line.act_id]
            opens = set(acts.filter(pk__in=told).values_list("pk", flat=True))
        return {
            "title": f"Rà soát {obj.group.name} ngày {text.format_date(obj.checked_on)}",
            "progress": obj.progress(),
            "lines": [self.told(line, line in waiting, grounds, opens) for line in lines],
        }

    def told(self, line, may, grounds, opens):
        """Return a line as the page shows it, with the forms that decide it."""
        made = {
            "instance": line,
            "prefix": prefix_of(line),
            "user": self.request.user,
            "on": self.request.today,
        }
        new = line.change == Change.NEW
        return {
            "line": line,
            "name": line.residence.resident if line.residence_id else None,
            "accept_form": forms.AcceptForm(grounds=grounds, **made) if may and not new else None,
            "refuse_form": forms.RefuseForm(**made) if may else None,
            "enter": self.entries(line) if may and new else (),
            "once": new_mark(),
            "opens": line.act_id in opens,
        }

    def entries(self, line):
        """List the forms, prefilled, by which somebody new is entered: `(address, label)`."""
        if not self.request.user.has_perms(ENTER_PEOPLE):
            return []
        day = text.format_date(line.happened_on)
        known = {"household": line.household.code, "started_on": day}
        permanent = urlencode({**known, "kind": "P"})
        return [
            (f"{reverse('resident-create')}?{permanent}", "Đăng ký thường trú"),
            (f"{reverse('temporary-resident-create')}?{urlencode(known)}", "Đăng ký tạm trú"),
            (reverse("household-birth", args=[line.household_id]), "Nhập sinh"),
        ]


def prefix_of(line):
    """Return the prefix that tells the forms of a page's lines apart."""
    return f"line{line.pk}"


class LineDecision(PartView):
    """A decision about a marked change, by who may write residence acts."""

    model = RosterLine
    verb = "change"
    rights = (CHANGE_RESIDENCE,)
    relations = ("roster__group", "residence__resident", "household")
    locks, once = False, True  # the services lock the ledger first

    def record(self, part):
        return part.roster

    def form(self, part, data=None):
        return self.form_of(part)(
            data,
            instance=part,
            prefix=prefix_of(part),
            user=self.request.user,
            on=self.request.today,
        )

    def subject(self, part):
        who = part.residence.resident if part.residence_id else part.household.code
        return f"{who}, {part.get_change_display().lower()}"

    def page_context(self, part):
        told = f"Từ ngày {text.format_date(part.happened_on)}"
        return {"subtitle": f"{told}. {part.note}" if part.note else f"{told}."}

    def after(self, part, saved):
        return f"{part.roster.get_absolute_url()}#line-{part.pk}"


class AcceptLine(LineDecision):
    """Accept a change: it becomes a residence act, or somebody new is registered already."""

    submit_label = "Nhận"

    def form_of(self, part):
        return forms.accept_form(part)

    def title(self, part):
        return f"Nhận: {self.subject(part)}"

    def done(self, saved):
        return f"Đã nhận: {saved.act.summary}" if saved.act_id else "Đã nhận."


class RefuseLine(LineDecision):
    submit_label = "Không nhận"

    def form_of(self, part):
        return forms.RefuseForm

    def title(self, part):
        return f"Không nhận: {self.subject(part)}"

    def done(self, saved):
        return "Đã ghi không nhận."


urlpatterns = [
    path("groups/<int:pk>/roster/print/", PrintRoster.as_view(), name="group-roster-print"),
    path("groups/<int:pk>/roster/create/", CreateRoster.as_view(), name="group-roster-create"),
    *RosterCheckView.get_urls(),
    path("roster-lines/<int:pk>/accept/", AcceptLine.as_view(), name="rosterline-accept"),
    path("roster-lines/<int:pk>/refuse/", RefuseLine.as_view(), name="rosterline-refuse"),
]
