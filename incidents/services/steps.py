"""The steps of an incident's way, as `incidents.workflow` declares them.

Keyword-only. Raises ValidationError with the reason where a step is not open to the user now.
"""

from copy import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.models import Incident, IncidentEntry, MeasureTaken
from incidents.services import clocks, log
from incidents.services.handling import locked, not_closed
from incidents.workflow import BY_KEY, refusal
from kylien.core import text

Kind, State = IncidentEntry.Kind, Incident.State
TOLD = (
    "type",
    "urgency",
    "occurred_at",
    "received_at",
    "neighbourhood",
    "place",
    "source",
    "channel",
    "size_band",
)
NAMED = ("summary", "first_action", "result", "file_number", "reporting_group", "business")
CROWD_FROM_THE_START = (
    "Tụ tập, khiếu kiện phải chọn từ khi ghi: ghi vụ việc mới, rồi kết thúc vụ này."
)


@transaction.atomic
def receive(incident, *, measures=(), at):
    """Keep a new incident: its measures, its clocks, the first line of its log."""
    incident.save()
    _set_measures(incident, measures)
    _check_crowd(incident)
    clocks.set_clocks(incident, at, anew=True)
    told = incident.first_action or incident.measures_label()
    log.write(incident, Kind.STEP, IncidentEntry.RECEIVED, at, told)
    return incident


@transaction.atomic
def mend(incident, *, measures=None, at):
    """Keep what was mended in an incident; its clocks follow a new kind or urgency."""
    not_closed(incident)
    old = Incident.objects.select_related("type", "neighbourhood").get(pk=incident.pk)
    _check_kind(old, incident)
    incident.save()
    if measures is not None:
        _set_measures(incident, measures)
    _check_crowd(incident)
    clocks.set_clocks(incident, at, anew=_moves_clocks(old, incident))
    told = _mended(old, incident)
    if told:
        log.write(incident, Kind.STEP, "Sửa thông tin", at, told)
    return incident


@transaction.atomic
def take(incident, *, step, user, values, on, at):
    """Take a step with an incident: `step` a key of the workflow, `values` what its form asked.

    `on` is today, `at` now. Raises ValidationError where the step is not open to the user.
    """
    step = BY_KEY[step]
    incident = locked(incident)
    old = copy(incident)
    reason = refusal(step, incident, user)
    if reason:
        raise ValidationError(reason)
    fields, required = step.asks(incident)
    missing = [name for name in required if values.get(name) in (None, "")]
    if missing:
        raise ValidationError(dict.fromkeys(missing, "Trường này là bắt buộc."))
    told = values.get("reason") or values.get("note") or ""
    if values.get("type") and values["type"].crowd and not incident.type.crowd:
        raise ValidationError({"type": CROWD_FROM_THE_START})
    for name in fields:
        if name not in ("note", "reason") and name in values:
            setattr(incident, name, values[name])
    if step.target is not None:
        _move(incident, step.target, on, at)
    if not incident.type.crowd:
        incident.size_band = ""
        _set_measures(incident, ())
    incident.clean()
    _check_crowd(incident)
    incident.save()
    clocks.set_clocks(incident, at, starts=step.starts, anew=_moves_clocks(old, incident))
    for name in step.pauses:
        clocks.pause(incident.clock(name), at, told)
    for name in step.resumes:
        clocks.resume(incident.clock(name), at)
    for name in step.extends:
        clocks.extend(incident.clock(name), at, told)
    for name in step.stops:
        if clock := incident.clock(name):
            clocks.stop(clock, at)
    kind = Kind.CLOCK if step.clocks_alone else Kind.STEP
    words = "\n".join(filter(None, (_told(fields, incident), told)))
    log.write(incident, kind, step.done, at, words[:1000])
    return incident


def _move(incident, target, on, at):
    """Bring an incident into a state, with the days that belong to it."""
    if target == State.CLOSED:
        incident.closed_on = on
    elif target in State.results():
        incident.outcome = target
    elif not incident.is_open:  # open again: the log keeps how it had ended
        incident.outcome, incident.handed_to, incident.told_group = "", "", ""
        incident.resolved_on = incident.closed_on = incident.told_group_on = None
        incident.reopened_at = at
    incident.state = target


def _told(fields, incident):
    """Return what a step filled, as the log tells it."""
    parts = []
    for name in fields:
        value = getattr(incident, name, "")
        if value in (None, ""):
            continue
        label = incident._meta.get_field(name).verbose_name
        if hasattr(value, "strftime"):
            value = text.format_date(value)
        elif name == "urgency":
            value = incident.get_urgency_display()
        parts.append(f"{label[:1].upper()}{label[1:]}: {value}")
    return "\n".join(parts)[:1000]


def _moves_clocks(old, new):
    """Tell whether a change concerns the rules of the clocks, or what they run from."""
    names = ("type_id", "urgency", "received_at", "source")
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _check_kind(old, new):
    """A crowd or complaint is one from the first line of its log on: what was told freely of
    another kind would stay in it."""
    if new.type.crowd and not old.type.crowd:
        raise ValidationError({"type": CROWD_FROM_THE_START})


def _mended(old, new):
    """Return what was mended, as the log tells it; texts are only named."""
    parts = []
    for name in TOLD:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        if name in ("urgency", "source", "channel", "size_band"):
            was = getattr(old, f"get_{name}_display")()
            now = getattr(new, f"get_{name}_display")()
        elif hasattr(was, "hour"):
            was, now = (timezone.localtime(one).strftime("%H:%M %d/%m/%Y") for one in (was, now))
        label = new._meta.get_field(name).verbose_name
        parts.append(f"{label[:1].upper()}{label[1:]}: {was} → {now}")
    named = [
        str(new._meta.get_field(name).verbose_name)
        for name in NAMED
        if getattr(old, name) != getattr(new, name)
    ]
    if named:
        parts.append(f"Sửa {', '.join(named)}")
    return "\n".join(parts)[:1000]


def _check_crowd(incident):
    """A crowd or complaint has measures, and neither files nor names."""
    if not incident.type.crowd:
        return
    if not incident.measures.exists():
        raise ValidationError("Tụ tập, khiếu kiện: bấm Sửa, chọn quy mô và biện pháp trước.")
    if incident.attachments.filter(removed_at=None).exists() or incident.parties.exists():
        raise ValidationError("Tụ tập, khiếu kiện: không có tệp, tên người. Chọn loại khác.")


def _set_measures(incident, wanted):
    known = {one.measure: one for one in incident.measures.all()}
    for name, row in known.items():
        if name not in wanted:
            row.delete()
    for name in wanted:
        if name not in known:
            MeasureTaken.objects.create(incident=incident, measure=name)
