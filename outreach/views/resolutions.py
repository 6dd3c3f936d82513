"""Joint resolutions and what each party does for them."""

from dataclasses import dataclass, field
from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponseRedirect
from django.urls import path
from django.views.generic import View

from kylien.areas.tasks import OwnedTask
from kylien.core import text
from kylien.core.forms import is_key
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark
from outreach import joint_filters, joint_tables, measures
from outreach.forms import resolutions as forms
from outreach.models import Activity, Commitment, Fulfilment, JointResolution
from outreach.recurrence import earliest
from outreach.services import resolutions as services
from outreach.views.campaigns import state_fact

CHANGE_TIME = "outreach.change_fulfilment"


@dataclass
class Time:
    """One time a commitment falls due, as the page shows it."""

    row: Fulfilment
    badge: tuple[str, str]

    @property
    def leader(self):
        return str(self.row.led_by) if self.row.led_by_id else "Công an phường"


@dataclass
class Promise:
    """A commitment with its times: those open (late ones and the next), those `later`, those met
    (the last first), and those that nobody met before it ended."""

    row: Commitment
    running: bool
    open: list[Time] = field(default_factory=list)
    later: list[Time] = field(default_factory=list)
    done: list[Time] = field(default_factory=list)
    dropped: list[Time] = field(default_factory=list)

    @property
    def last(self):
        return self.done[0] if self.done else None

    @property
    def folded(self):
        """The times that the page folds away, by day."""
        found = [*self.later, *self.done[1:], *self.dropped]
        return sorted(found, key=lambda time: time.row.due_on, reverse=True)


@dataclass
class Party:
    """One party's commitments, and how it kept the days so far."""

    label: str
    promises: list[Promise]
    lateness: measures.Lateness


class ResolutionView(RecordView):
    model = JointResolution
    table_class = joint_tables.ResolutionTable
    filterset_class = joint_filters.ResolutionFilterSet
    form_class = forms.ResolutionForm
    detail_fields = ("number", "signed_on", "ended_on")
    url_prefix = "resolutions"
    people_per_row = 0
    title = "Nghị quyết liên tịch"
    counted = "nghị quyết"
    create_label = "Ghi nghị quyết"
    empty_hint = "Bấm Ghi nghị quyết, chọn các bên cùng ký, rồi thêm cam kết của từng bên."

    def load(self, keys):
        return super().load(keys).with_progress(self.request.today)

    def list_context(self):
        """Lead to what is kept up, what is silent and what is late."""
        on, found = self.request.today, []
        kept = measures.resolutions(on)
        days = measures.SILENT_DAYS
        told = (
            (kept.silent, "late", f"im ắng {days} ngày", "silent"),
            (kept.late, "late", "có cam kết quá hạn", "late"),
            (kept.active, "ok", f"có hoạt động trong {days} ngày", "active"),
        )
        for number, tone, label, state in told:
            if number:
                shown = f"{text.format_number(number)}/{text.format_number(kept.in_force)}"
                found.append((shown, label, tone, f"{self.url(Role.LIST)}?state={state}"))
        return {"waiting": found}

    def initial(self):
        """Ticks come from an address as a list."""
        found = super().initial()
        if "parties" in found:
            found["parties"] = [key for key in self.request.GET.getlist("parties") if is_key(key)]
        return found

    def write(self, form):
        return form.save()

    def facts(self, obj):
        in_force = obj.in_force(self.request.today)
        badge = ("ok", "Còn hiệu lực") if in_force else ("mute", "Hết hiệu lực")
        return [state_fact(badge), *(fact for fact in super().facts(obj) if fact[1] != "—")]

    def detail_context(self, obj):
        user, on = self.request.user, self.request.today
        times = Fulfilment.objects.select_related("led_by").order_by("due_on", "pk")
        commitments = obj.commitments.select_related("partner").order_by("due_on", "pk")
        rows = list(commitments.prefetch_related(Prefetch("fulfilments", times)))
        may_note = user.has_perm(CHANGE_TIME)
        parties = self.parties(obj, rows, on)
        may_add = user.has_perm("outreach.add_commitment") and obj.in_force(on)
        form = forms.CommitmentForm(
            instance=Commitment(resolution=obj), prefix=AddCommitment.prefix, user=user, on=on
        )
        return {
            "parties": parties,
            "offers": self.offers_of(rows) if may_note else [],
            "may_note": may_note,
            "may_edit": user.has_perm("outreach.change_commitment"),
            "form": form if may_add else None,
            "once": new_mark(),
        }

    def parties(self, obj, rows, on):
        """List the station and the parties, each with what it has taken on."""
        names = {party.partner_id: party.partner for party in obj.parties.select_related("partner")}
        names |= {row.partner_id: row.partner for row in rows if row.partner_id}
        found = []
        order = sorted(names.values(), key=lambda one: (one.kind, one.sort_key, one.pk))
        for partner in (None, *order):
            own = [row for row in rows if row.partner_id == (partner.pk if partner else None)]
            for row in own:
                row.resolution = obj
            days = [
                measures.days_late(time.due_on, time.done_on, on, ends_of(row))
                for row in own
                for time in row.fulfilments.all()
                if time.due_on <= on
            ]
            late = measures.Spread.of(day for day in days if day)
            kept = measures.Lateness(partner, len(days), late)
            found.append(Party(kept.label, [promise(row, on) for row in own], kept))
        return found

    def offers_of(self, rows):
        """List `(activity, time)`: activities held for a commitment and not counted yet, each with
        the time it would meet: the oldest that is open."""
        held = Activity.objects.visible_to(self.request.user).held()
        held = held.filter(commitment__in=rows).select_related("topic", "lead")
        found, taken = [], set()
        by_key = {row.pk: row for row in rows}
        for activity in held.order_by("held_on", "pk"):
            times = by_key[activity.commitment_id].fulfilments.all()
            if any(services.cites(time.evidence, activity) for time in times):
                continue
            free = (one for one in times if one.done_on is None and one.pk not in taken)
            if time := next(free, None):
                taken.add(time.pk)
                time.commitment = by_key[activity.commitment_id]
                found.append((activity, time))
        return found


def ends_of(commitment):
    return earliest(commitment.ended_on, commitment.resolution.ended_on)


def promise(row: Commitment, on: date) -> Promise:
    """Sort the times of a commitment into what the page shows of them on the day `on`."""
    ends = ends_of(row)
    made = Promise(row, running=ends is None or on < ends)
    for time in row.fulfilments.all():
        shown = Time(time, OwnedTask.badge(time, on))  # the words of every task with a day
        if time.done_on:
            made.done.insert(0, shown)
        elif not made.running:
            made.dropped.append(shown)
        elif time.due_on < on or not made.open or made.open[-1].row.due_on < on:
            made.open.append(shown)
        else:
            made.later.append(shown)
    return made


class AddCommitment(PartView):
    """Take something on, from the row on the resolution's page."""

    model = JointResolution
    rights = ("outreach.add_commitment",)
    form_class = forms.CommitmentForm
    prefix = "commitment"
    anchor = "#commitments"
    submit_label = "Thêm cam kết"
    locks, once = False, True

    def part(self, row):
        return Commitment(resolution=row)

    def record(self, part):
        return part.resolution

    def title(self, part):
        return f"Thêm cam kết: {part.resolution}"

    def done(self, saved):
        return f"Đã thêm cam kết của {saved.owner_label}."


class EditCommitment(PartView):
    """Mend a commitment, or end it."""

    model = Commitment
    verb = "change"
    relations = ("resolution", "partner")
    form_class = forms.CommitmentForm
    anchor = "#commitments"
    locks = False

    def record(self, part):
        return part.resolution

    def title(self, part):
        return "Sửa cam kết"

    def done(self, saved):
        return "Đã lưu cam kết."


class NoteTime(PartView):
    """Note how a commitment was met, or mend what was noted."""

    model = Fulfilment
    verb = "change"
    relations = ("commitment__resolution", "commitment__partner", "led_by")
    form_class = forms.FulfilmentForm
    template = "outreach/fulfilment_form.html"
    anchor = "#commitments"
    submit_label = "Ghi thực hiện"
    locks = False

    def record(self, part):
        return part.commitment.resolution

    def title(self, part):
        return "Sửa lần thực hiện" if part.done_on else "Ghi thực hiện cam kết"

    def page_context(self, part):
        commitment = part.commitment
        day = text.format_date(part.due_on)
        told = f"{commitment.owner_label} cam kết: {commitment.content}. Hạn {day}."
        # The form has filled the row by then: whether it was noted is what was read.
        noted = Fulfilment.objects.filter(pk=part.pk).exclude(done_on=None).first()
        return {"subtitle": told, "taken": noted}

    def done(self, saved):
        return f"Đã ghi thực hiện ngày {text.format_date(saved.done_on)}."


class TimeAct(ScopedMixin, View):
    """One click on a time that a commitment falls due."""

    model = Fulfilment
    verb = "change"

    def post(self, request, pk):
        row = self.row(self.rows.select_related("commitment__resolution"))
        try:
            messages.success(request, self.act(row))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(row.commitment.resolution.get_absolute_url() + "#commitments")


class TakeBackTime(TimeAct):
    def act(self, row):
        services.take_back(fulfilment=row, version=self.request.POST.get("version"))
        return f"Đã bỏ lần thực hiện hạn {text.format_date(row.due_on)}."


class NoteActivity(TimeAct):
    """Note a commitment as met by an activity held for it."""

    def act(self, row):
        data, on = self.request.POST, self.request.today
        key = data.get("activity", "")
        seen = Activity.objects.visible_to(self.request.user)
        activity = seen.filter(pk=int(key)).first() if is_key(key) else None
        if activity is None:
            raise ValidationError("Không thấy hoạt động này.")
        services.note_activity(
            fulfilment=row, activity=activity, version=data.get("version"), on=on
        )
        return f"Đã ghi {activity.code} là minh chứng cho hạn {text.format_date(row.due_on)}."


urlpatterns = [
    *ResolutionView.get_urls(),
    path(
        "resolutions/<int:pk>/commitments/", AddCommitment.as_view(), name="jointresolution-commit"
    ),
    path("commitments/<int:pk>/edit/", EditCommitment.as_view(), name="commitment-update"),
    path("fulfilments/<int:pk>/note/", NoteTime.as_view(), name="fulfilment-note"),
    path("fulfilments/<int:pk>/take-back/", TakeBackTime.as_view(), name="fulfilment-take-back"),
    path("fulfilments/<int:pk>/activity/", NoteActivity.as_view(), name="fulfilment-activity"),
]
