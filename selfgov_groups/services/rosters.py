"""A group's roster on paper, the changes marked on it, and what becomes of each.

Accepted, a change becomes a residence act through `households.services`, whose rules hold: where
they refuse, the line stays open and their sentence is shown. Raises ValidationError keyed by field.
"""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from households.models import Household, Residence, ResidenceAct
from households.services import end_residences, leave_ward, register_death
from households.services.ledger import lock_ledger
from kylien.core import text
from kylien.core.changes import current_act
from selfgov_groups.models import RosterCheck, RosterLine

Change, State, End = RosterLine.Change, RosterLine.State, Residence.End
# An act that goes on with the same stay under another row: the line follows it there.
GOES_ON = {End.HEAD_CHANGE, End.EXTENSION}


@dataclass
class RosterHousehold:
    """A member household as the roster shows it: the people, the head first."""

    household: Household
    people: list[Residence] = field(default_factory=list)

    @property
    def head(self):
        """Return the head's name; empty where there is none."""
        first = self.people[0] if self.people else None
        return first.resident.full_name if first and first.relation == "HEAD" else ""


def roster_of(group):
    """List the households of a group with who lives in them today, by code; three queries."""
    rows = group.memberships.current().select_related("household").order_by("household__code")
    found = {row.household_id: RosterHousehold(row.household) for row in rows}
    stays = Residence.objects.current().filter(household__in=found).select_related("resident")
    for row in sorted(stays, key=lambda row: (row.relation != "HEAD", row.kind, row.pk)):
        found[row.household_id].people.append(row)
    return list(found.values())


@transaction.atomic
def save_roster(*, group, checked_on, note, lines):
    """Write a roster that came back, with the changes marked on it (`RosterLine`, not saved yet);
    return it. A roster without changes is one too: somebody looked."""
    roster = RosterCheck.objects.create(
        group=group, checked_on=checked_on, note=note, created_by=current_act().user
    )
    for line in lines:
        line.roster = roster
    RosterLine.objects.bulk_create(lines)
    return roster


def _open_line(line):
    """Lock a line, after the ledger, and return it as it stands; refuse one that is decided."""
    lock_ledger()
    line = RosterLine.objects.select_for_update().get(pk=line.pk)
    if line.state != State.OPEN:
        raise ValidationError(f"Dòng này đã xét rồi: {line.get_state_display().lower()}.")
    return line


def _decide(line, state, **values):
    line.state, line.decided_at = state, timezone.now()
    for name, value in values.items():
        setattr(line, name, value)
    line.save()
    return line


def stay_of(line):
    """Return the open stay that a line is about: the very one, or the one that goes on with it
    since (another head, an extension). Raises ValidationError where there is none any more."""
    marked = line.residence
    if marked.ended_on is None:
        return marked
    same = {"resident": marked.resident_id, "household": marked.household_id, "kind": marked.kind}
    rows = Residence.objects.filter(**same).select_related("resident", "household", "neighbourhood")
    stay = rows.current().first() if marked.end_reason in GOES_ON else None
    if stay is None:
        last = rows.exclude(ended_on=None).order_by("-ended_on", "-pk").first()
        why, day = last.get_end_reason_display().lower(), text.format_date(last.ended_on)
        raise ValidationError(
            f"{last.resident} đã kết thúc cư trú ở hộ này ngày {day} ({why}): "
            "không nhận dòng này, ghi lý do."
        )
    return stay


@transaction.atomic
def accept_line(*, line, on_day, on, ground=None, place=""):
    """Turn a marked change into its residence act, in force from `on_day`; return the line.

    `ground` is the ground of the law on which a temporary stay ends, `place` where somebody went.
    """
    line = _open_line(line)
    if line.change == Change.NEW:
        raise ValidationError("Người mới thì đăng ký ở hộ, rồi nhận dòng này.")
    stay = stay_of(line)
    if line.change == Change.LEFT:
        act = leave_ward(
            household=stay.household, members=[stay], on_day=on_day, place=place, on=on
        )
    elif line.change == Change.DIED:
        act = register_death(resident=stay.resident, on_day=on_day, on=on)
    else:
        act = end_residences(
            residences=[stay],
            ended_on=on_day,
            end_reason=ground.end_reason,
            ground=ground,
            on=on,
        )
    return _decide(line, State.ACCEPTED, act=act)


def acts_of_newcomers(line, user):
    """Return the acts by which somebody may have come into a line's household since the roster:
    standing, the user's, and not yet told of another line."""
    kinds = ResidenceAct.Kind
    told = RosterLine.objects.exclude(act=None).order_by().values("act")
    rows = ResidenceAct.objects.visible_to(user).standing().filter(household=line.household_id)
    rows = rows.filter(
        kind__in=(kinds.PERMANENT, kinds.TEMPORARY, kinds.BIRTH, kinds.RETURN, kinds.TRANSFER),
        created_at__gte=line.created_at,
    )
    return rows.exclude(pk__in=told).order_by("-pk")


@transaction.atomic
def accept_newcomer(*, line, act=None, answer=""):
    """Accept that somebody new lives in a household: with the act that registered him, or by hand
    with a note of what was done. Return the line."""
    line = _open_line(line)
    if line.change != Change.NEW:
        raise ValidationError("Dòng này không phải người mới.")
    if act is None and not answer:
        raise ValidationError({"answer": "Chọn biến động đã đăng ký, hoặc ghi đã làm gì."})
    return _decide(line, State.ACCEPTED, act=act, answer=answer)


@transaction.atomic
def refuse_line(*, line, reason):
    """Refuse a marked change, with the reason; return the line."""
    line = _open_line(line)
    if not reason:
        raise ValidationError({"refusal": "Ghi lý do không nhận."})
    return _decide(line, State.REFUSED, refusal=reason)
