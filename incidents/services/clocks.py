"""Clocks of an incident: started, stopped, paused, extended; `due_at` always follows.

Each function is called inside the transaction of a step, with the incident locked.
"""

from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.models import Clock, ClockPause, ClockRule, Incident, IncidentClock
from incidents.workflow import LIVES_IN, ON_RECEIPT
from kylien.areas.models import Holiday


def set_clocks(incident, at, *, starts=(), anew=False):
    """Let the clocks follow the incident's state at the moment `at`.

    A clock whose state is over stops; `starts` begin at `at`. With `anew` (taken down, or its kind,
    urgency or moment changed) those of the receipt run from when the news came in, or the incident
    was opened again, by the rules for it as it is now. Otherwise a running clock keeps its rule.
    """
    clocks = {clock.clock: clock for clock in incident.clocks.order_by("pk")}  # the last of each
    running = {kind: clock for kind, clock in clocks.items() if not clock.stopped_at}
    for kind in list(running):
        if incident.state not in LIVES_IN[kind]:
            stop(running.pop(kind), at)
    base = incident.reopened_at or incident.received_at
    since = {}
    if anew:
        since |= {kind: clock.started_at for kind, clock in running.items()}
        since |= dict.fromkeys(ON_RECEIPT, base)
    since |= {kind: at for kind in starts if kind not in running}
    if Clock.ANSWER not in running and not incident.told_group_on:  # found out late, too
        since.setdefault(Clock.ANSWER, at)
    since = {kind: moment for kind, moment in since.items() if incident.state in LIVES_IN[kind]}
    if not since:
        return
    book, calendar = ClockRule.objects.all().book(), Holiday.objects.all().calendar()
    for kind, moment in since.items():
        rule = book.rule(kind, incident, timezone.localdate(moment))
        if kind == Clock.ANSWER and incident.source != Incident.Source.GROUP:
            rule = None
        clock = running.get(kind)
        if clock is None and rule:
            # A clock of this receipt that another kind of incident had stopped runs on.
            last = None if kind in starts else clocks.get(kind)
            revived = last if last and last.started_at >= base else None
            clock = revived or IncidentClock(incident=incident, clock=kind)
            clock.rule, clock.started_at = rule, moment
            clock.stopped_at, clock.dropped = None, False
            _reckon(clock, calendar)
        elif clock and rule is None:
            clock.dropped = True
            stop(clock, at)
        elif clock and (clock.rule_id, clock.started_at) != (rule.pk, moment):
            clock.rule, clock.started_at = rule, moment
            _reckon(clock, calendar)


def pause(clock, at, reason):
    """Stop the time of a running clock. Raises ValidationError where it stands already."""
    if clock.open_pause():
        raise ValidationError("Thời hạn đang tạm dừng.")
    ClockPause.objects.create(clock=clock, paused_at=at, reason=reason)


def resume(clock, at):
    """Let a paused clock run on. Raises ValidationError where it is not paused."""
    found = clock.open_pause()
    if found is None:
        raise ValidationError("Thời hạn không tạm dừng.")
    found.resumed_at = at
    found.save()
    _reckon(clock, Holiday.objects.all().calendar())


def extend(clock, at, reason):
    """Extend a clock by what its rule allows, once."""
    if clock.extended_at:
        raise ValidationError("Thời hạn chỉ được gia hạn một lần.")
    clock.extended_at, clock.extension_reason = at, reason
    _reckon(clock, Holiday.objects.all().calendar())


def due_if_resumed(clock, at, calendar):
    """Return when a paused clock would be due if it ran on from `at`."""
    pauses = [(one.paused_at, one.resumed_at or at) for one in clock.pauses.all()]
    return clock.rule.term.ends_at(clock.started_at, calendar, pauses, bool(clock.extended_at))


def due_if_extended(clock):
    """Return when a running clock would be due once extended, as people read it; "" without one."""
    if clock is None:
        return ""
    pauses = [(one.paused_at, one.resumed_at) for one in clock.pauses.all() if one.resumed_at]
    calendar = Holiday.objects.all().calendar()
    due = clock.rule.term.ends_at(clock.started_at, calendar, pauses, extended=True)
    return timezone.localtime(due).strftime("%H:%M %d/%m/%Y")


def stop(clock, at):
    """Stop a clock for good; a pause that it is in ends, and comes on top of its term."""
    clock.stopped_at = max(at, clock.started_at)
    if clock.open_pause():
        resume(clock, at)
    else:
        clock.save()


def _reckon(clock, calendar):
    ended = clock.pauses.exclude(resumed_at=None) if clock.pk else ()
    pauses = [(one.paused_at, one.resumed_at) for one in ended]
    term = clock.rule.term
    clock.due_at = term.ends_at(clock.started_at, calendar, pauses, bool(clock.extended_at))
    clock.save()
