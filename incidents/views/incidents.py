"""Incidents: the list, taking one down, its page."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from incidents import filters, services, tables, workflow
from incidents.forms.handling import AttachForm, NoteForm
from incidents.forms.incidents import IncidentForm
from incidents.models import Assignment, Clock, Incident, IncidentClock
from kylien.accounts.models import Role as UserRole
from kylien.areas.models import BeatAssignment, Holiday
from kylien.core import text
from kylien.core.changes import current_act
from kylien.core.counts import count_all
from kylien.core.records import RecordView, Role, new_mark

State = Incident.State


@dataclass
class ClockRow:
    """A clock as the page tells it: `tone` and `told` how much is left, `note` what it rests on."""

    label: str
    tone: str
    told: str
    due: str
    note: str
    running: bool


@dataclass
class WayPoint:
    label: str
    state: str  # done, now, wait
    note: str = ""


class IncidentView(RecordView):
    model = Incident
    table_class = tables.IncidentTable
    filterset_class = filters.IncidentFilterSet
    form_class = IncidentForm
    detail_fields = (
        "type",
        "urgency",
        "occurred_at",
        "received_at",
        "neighbourhood",
        "place",
        "source",
        "reporting_group",
        "channel",
        "business",
        "size_band",
        "measures_label",
        "first_action",
        "summary",
        "outcome",
        "result",
        "resolved_on",
        "handed_to",
        "file_number",
        "told_group_on",
        "told_group",
        "closed_on",
        "created_by",
    )
    url_prefix = "incidents"
    people_per_row = 0
    title = "Vụ việc"
    create_label = "Ghi vụ việc"
    empty_hint = "Bấm Ghi vụ việc khi có tin báo, hoặc bỏ bớt điều kiện lọc."
    roles = (Role.LIST, Role.CREATE, Role.DETAIL, Role.UPDATE)
    never_kept = IncidentForm.secret

    def list_context(self):
        """Lead to what waits: late, not classified, to close, groups to tell."""
        rows = Incident.objects.visible_to(self.request.user)
        counts = count_all(
            {
                "late": rows.late(timezone.now()),
                "received": rows.filter(state=State.RECEIVED),
                "to_close": rows.to_close(),
                "to_tell": rows.group_to_tell(),
            }
        )
        told = (
            ("late", "late", "quá hạn"),
            ("received", "due", "chưa phân loại"),
            ("to_tell", "due", "chưa trả lời tổ báo tin"),
            ("to_close", "mute", "chờ kết thúc"),
        )
        return {
            "waiting": [
                (text.format_number(counts[key]), label, tone, f"{self.url(Role.LIST)}?state={key}")
                for key, tone, label in told
                if counts[key]
            ],
            "trends_url": reverse("incident-trends"),
        }

    def write(self, form):
        """Write through the services: clocks, log and who told of it go together."""
        row, at = form.instance, timezone.now()
        measures = form.cleaned_data["measures"]
        if row.pk:
            return services.mend(row, measures=measures, at=at)
        row.created_by = current_act().user
        with transaction.atomic():
            services.receive(row, measures=measures, at=at)
            if party := form.reporter():
                services.tell_who(row, party=party, at=at)
        return row

    def facts(self, obj):
        """List what is recorded: most incidents need few of the fields."""
        found = [(label, value) for label, value in super().facts(obj) if value != "—"]
        if self.request.user.scope.holds(obj.neighbourhood_id):
            return found
        # Outside his neighbourhoods an officer sees the incident alone, not what it leads to.
        return [
            (label, strip_tags(value) if "<a " in str(value) else value) for label, value in found
        ]

    def show_detail(self):
        """Read the children of the incident together with it."""
        assigned = Assignment.objects.open().select_related("officer")
        clocks = IncidentClock.objects.select_related("rule").prefetch_related("pauses")
        self.rows = (
            self.rows.select_related("type__parent")
            .annotate(people=Count("parties"))
            .prefetch_related(
                Prefetch("assignments", assigned), Prefetch("clocks", clocks.order_by("pk"))
            )
        )
        return super().show_detail()

    def actions(self, obj):
        """Offer the steps that lead on, then mending; results and terms stand in their cards."""
        steps = workflow.open_steps(obj, self.request.user)
        self.mark = new_mark()
        self.results = [self.button(obj, one) for one in steps if one.target in workflow.RESULTS]
        self.terms = [self.button(obj, one) for one in steps if one.clocks_alone]
        others = [
            self.button(obj, one)
            for one in steps
            if one.target not in workflow.RESULTS and not one.clocks_alone
        ]
        if others and steps[0].key != "reopen":
            others[0]["primary"] = True
        return [*others, *super().actions(obj)]

    def button(self, obj, step):
        return {
            "url": reverse(f"incident-{step.key}", args=[obj.pk]),
            "label": step.label,
            "icon": step.icon,
            "method": "get" if step.asks(obj)[0] else "post",
            # Each form of the page has its mark: what was sent first is not taken for the others.
            "hidden": (("version", obj.version), ("_once", self.mark + step.key.replace("_", ""))),
        }

    def detail_context(self, obj):
        user, now = self.request.user, timezone.now()
        may = user.has_perm
        closed = obj.state == State.CLOSED
        free = not obj.type.crowd and not closed
        chief = user.has_role(UserRole.CHIEF)
        assigned = user.pk in obj.assigned_ids()
        made = {"user": user, "on": self.request.today}
        attachments = obj.attachments.all()
        entries = list(obj.entries.select_related("author"))
        beat = BeatAssignment.objects.open_on(self.request.today).select_related("officer")
        return {
            "title": obj.type.name,
            "subtitle": f"{obj.place}, {obj.neighbourhood}",
            "badge": obj.state_badge(),
            "way": way(obj, {entry.state for entry in entries}),
            "clocks": clock_rows(obj, now),
            "terms": self.terms,
            "results": self.results,
            "waits_for": workflow.needs_answer(obj) if obj.state in workflow.RESULTS else "",
            "officers": [row.officer for row in obj.assignments.all()],
            "beat_officers": [row.officer for row in beat.filter(neighbourhood=obj.neighbourhood)],
            "assign_url": reverse("incident-assign", args=[obj.pk]) if chief and not closed else "",
            "attachments": attachments,
            "attach_form": AttachForm(instance=obj, prefix="file", **made)
            if free and may("incidents.add_attachment")
            else None,
            "may_remove": chief,
            "entries": entries,
            "note_form": NoteForm(instance=obj, prefix="note", **made)
            if free and may("incidents.add_incidententry")
            else None,
            "once": self.mark,
            "parties": obj.people,
            "parties_url": reverse("incident-parties", args=[obj.pk]) if chief or assigned else "",
            "party_url": reverse("incident-party", args=[obj.pk])
            if free and (chief or assigned or obj.created_by_id == user.pk)
            else "",
        }


def way(obj, passed):
    """Return how far an incident has come, as a row of points; `passed`: the states of its log."""
    found = []
    for point in (State.RECEIVED, State.CLASSIFIED, State.VERIFYING):
        state = "now" if point == obj.state else "done" if point in passed else "wait"
        found.append(WayPoint(point.label, state))
    if obj.is_open:
        found.append(WayPoint("Kết quả", "wait"))
    else:
        day = text.format_date(obj.resolved_on)
        found.append(WayPoint(obj.get_outcome_display(), "done", day))
    closed = obj.state == State.CLOSED
    ends = "done" if closed else "wait" if obj.is_open else "now"
    found.append(WayPoint("Kết thúc", ends, text.format_date(obj.closed_on) if closed else ""))
    return found


def clock_rows(obj, now):
    """Tell the clocks of an incident at `now`: those that run first, then those that are over."""
    rows, calendar = [], None
    for clock in obj.clocks.all():
        pause = clock.open_pause()
        if pause and calendar is None:
            calendar = Holiday.objects.all().calendar()
        due = services.due_if_resumed(clock, now, calendar) if pause else clock.due_at
        label = Clock(clock.clock).label
        notes = [f"{clock.rule.in_words}, theo {clock.rule.legal_basis}"]
        if clock.extended_at:
            notes.append(f"đã gia hạn: {clock.extension_reason}")
        if clock.stopped_at:
            late = clock.stopped_at > due
            tone, told = ("late", "Xong quá hạn") if late else ("ok", "Xong trong hạn")
            if clock.dropped:
                tone, told = "mute", "Không còn áp dụng"
            notes.append(f"{'thôi tính' if clock.dropped else 'xong'} {moment(clock.stopped_at)}")
        elif pause:
            tone, told = "mute", "Tạm dừng"
            notes.append(f"dừng từ {moment(pause.paused_at)}: {pause.reason}")
        else:
            tone, told = left(due, now)
        past = [one for one in clock.pauses.all() if one.resumed_at]
        notes += [
            f"đã dừng {moment(one.paused_at)}–{moment(one.resumed_at)}: {one.reason}"
            for one in past
        ]
        told_due = f"hạn {moment(due)}" + (", nếu tính tiếp ngay" if pause else "")
        note = ". ".join(one[:1].upper() + one[1:] for one in notes)
        rows.append(ClockRow(label, tone, told, told_due, note, not clock.stopped_at))
    return sorted(rows, key=lambda row: not row.running)


def moment(at):
    return timezone.localtime(at).strftime("%H:%M %d/%m/%Y")


def left(due, now):
    """Say how much of a term is left: `(tone, words)`; hours within two days."""
    gap = due - now
    hours = abs(gap.total_seconds()) / 3600
    amount = f"{int(hours)} giờ" if hours < 48 else f"{int(hours // 24)} ngày"
    if hours < 1:
        amount = f"{int(hours * 60)} phút"
    if gap.total_seconds() < 0:
        return "late", f"Quá hạn {amount}"
    return ("due" if hours < 72 else "mute"), f"Còn {amount}"


urlpatterns = IncidentView.get_urls()
