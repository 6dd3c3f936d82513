"""Bring the incidents recorded so far into the new shape; nothing that was written is lost.

The channel "a group told it" was a source; the one measure becomes a row; how an incident ended is
kept beside its state; each gets the first line of its log, and the open ones their clock.
"""

from django.db import migrations
from django.db.models import F

from incidents.terms import Term
from kylien.core.periods import TZ, WorkCalendar

OPEN = ("received", "classified", "verifying")
UNKNOWN = "Chưa ghi nơi nhận"


def move(apps, schema_editor):
    using = schema_editor.connection.alias

    def rows(name):
        return apps.get_model("incidents", name).objects.using(using)

    incidents = rows("Incident")
    incidents.update(received_at=F("occurred_at"))
    incidents.filter(channel="patrol").update(source="police")
    incidents.exclude(reporting_group=None).update(source="group")
    incidents.filter(channel="group").update(source="group", channel="in_person")
    done = incidents.exclude(state__in=OPEN)
    done.update(outcome=F("state"))
    done.filter(state__in=["handed_over", "not_competent"]).update(handed_to=UNKNOWN)
    for kind in rows("IncidentType").exclude(urgency="normal"):
        incidents.filter(type=kind).update(urgency=kind.urgency)
    # A crowd or complaint has no free result any more: what was written stands in its log.
    crowds = set(rows("IncidentType").filter(crowd=True).values_list("pk", flat=True))
    rule = rows("ClockRule").get(clock="resolve", type=None, urgency="")
    term = Term(rule.value, rule.unit, rule.rolls)
    calendar = calendar_of(apps, using)
    entries, measures, clocks = [], [], []
    entry, measure, clock = (
        apps.get_model("incidents", name)
        for name in ("IncidentEntry", "MeasureTaken", "IncidentClock")
    )
    for row in incidents.order_by("pk").iterator():
        entries.append(
            entry(
                incident=row,
                at=row.created_at,
                author_id=row.created_by_id,
                kind="step",
                state=row.state,
                title="Tiếp nhận tin",
                note=row.result if row.type_id in crowds else "",
            )
        )
        if row.measure:
            measures.append(measure(incident=row, measure=row.measure))
        if row.state in OPEN:
            due = term.ends_at(row.received_at.astimezone(TZ), calendar)
            clocks.append(
                clock(
                    incident=row,
                    clock="resolve",
                    rule=rule,
                    started_at=row.received_at,
                    due_at=due,
                )
            )
    incidents.filter(type__in=crowds).update(result="")
    for model, found in ((entry, entries), (measure, measures), (clock, clocks)):
        model.objects.using(using).bulk_create(found, batch_size=200)


def calendar_of(apps, using):
    days = {"off": set(), "worked": set()}
    holidays = apps.get_model("areas", "Holiday").objects.using(using)
    for kind, day in holidays.values_list("kind", "day"):
        days[kind].add(day)
    return WorkCalendar(frozenset(days["off"]), frozenset(days["worked"]))


class Migration(migrations.Migration):
    dependencies = [("incidents", "0004_rules"), ("areas", "0003_known_holidays")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
