"""Writing joint resolutions: their parties, what each takes on, and each time it falls due."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from kylien.core import text
from kylien.core.periods import add_months
from outreach.models import Activity, Commitment, Fulfilment, JointResolution, ResolutionParty
from outreach.recurrence import due_days, earliest

BACK_MONTHS = 12  # a slip in the year would make hundreds of rows that are late at once
FIXED = ("partner", "recurrence", "due_on")  # of a commitment that was met once
MOVED = "Dòng này vừa được sửa ở nơi khác. Xem lại rồi bấm lần nữa."


# --- the resolution and its parties ---------------------------------------------------------------


@transaction.atomic
def save_resolution(*, resolution, partners, on):
    """Write a resolution, new or mended, with the partners that signed it; what falls due follows
    its last day. Raises ValidationError keyed by field (`parties`, `signed_on`)."""
    if resolution.pk:
        JointResolution.objects.select_for_update().get(pk=resolution.pk)
        _check_parties(resolution, partners)
        first = resolution.commitments.order_by("due_on").first()
        if first and first.due_on < resolution.signed_on:
            day = text.format_date(first.due_on)
            raise ValidationError({"signed_on": f"Đã có cam kết hạn {day}, trước ngày ký này."})
    resolution.save()
    known = set(resolution.parties.values_list("partner_id", flat=True))
    resolution.parties.exclude(partner__in=[one.pk for one in partners]).delete()
    ResolutionParty.objects.bulk_create(
        ResolutionParty(resolution=resolution, partner=one)
        for one in partners
        if one.pk not in known
    )
    for commitment in resolution.commitments.order_by("pk"):
        plan(commitment=commitment, on=on)
    return resolution


def _check_parties(resolution, partners):
    """Refuse to leave out a party that has taken something on."""
    bound = resolution.commitments.exclude(partner=None).select_related("partner")
    kept = {one.pk for one in partners}
    left = sorted({str(one.partner) for one in bound if one.partner_id not in kept})
    if left:
        raise ValidationError({"parties": f"{', '.join(left)} đang có cam kết: không bỏ được."})


# --- what a party takes on ------------------------------------------------------------------------


def _lock(commitment):
    """Lock a commitment's resolution, then itself, so that planning and ending never cross."""
    found = JointResolution.objects.select_for_update().get(pk=commitment.resolution_id)
    if commitment.pk:
        Commitment.objects.select_for_update().get(pk=commitment.pk)
    return found


@transaction.atomic
def save_commitment(*, commitment, on):
    """Write a commitment, new or mended, and the times it falls due.

    Once it was met, its owner, day and recurrence stay: they would rewrite who was late with what.
    Raises ValidationError keyed by field.
    """
    commitment.resolution = _lock(commitment)
    commitment.full_clean()
    before = Commitment.objects.filter(pk=commitment.pk).first() if commitment.pk else None
    changed = [
        name
        for name in FIXED
        if before is None or getattr(before, name) != getattr(commitment, name)
    ]
    if (
        before
        and changed
        and before.fulfilments.filter(~Q(done_on=None) | Q(due_on__lt=on)).exists()
    ):
        told = "Cam kết đã có lần thực hiện, quá hạn. Ghi ngày thôi rồi thêm cam kết mới."
        raise ValidationError({changed[0]: told})
    if changed:
        _check_day(commitment, on)
    commitment.save()
    plan(commitment=commitment, on=on)
    return commitment


def _check_day(commitment, on):
    """Check the first day: within the resolution, and not so far back that it must be a slip."""
    ended, due = commitment.resolution.ended_on, commitment.due_on
    if ended and due >= ended:
        day = text.format_date(ended)
        raise ValidationError({"due_on": f"Nghị quyết hết hiệu lực từ ngày {day}."})
    if commitment.recurrence != Commitment.Recurrence.ONCE and due < add_months(on, -BACK_MONTHS):
        told = f"Theo dõi lùi không quá {BACK_MONTHS} tháng: ghi hạn gần đây nhất."
        raise ValidationError({"due_on": told})


# --- each time it falls due -----------------------------------------------------------------------


def days_of(commitment, on):
    """Return the days that a commitment falls due on, as known on the day `on`."""
    ends = earliest(commitment.ended_on, commitment.resolution.ended_on)
    return due_days(commitment.due_on, commitment.recurrence, on, ends)


@transaction.atomic
def plan(*, commitment, on):
    """Make the coming times of a commitment, and drop those not met that it no longer falls due on
    (it ended, or its days were changed). Doing it again changes nothing. Returns how many were
    made."""
    resolution = _lock(commitment)
    commitment = Commitment.objects.get(pk=commitment.pk)
    commitment.resolution = resolution
    rows = {row.due_on: row for row in commitment.fulfilments.all()}
    wanted = days_of(commitment, on)
    # Of the days planned on a later day (a clock set back) none is dropped for lying too far ahead.
    kept = set(days_of(commitment, max([on, *rows])))
    # What fell due and was not met stays: nobody is less late because the commitment ended.
    gone = [
        row.pk for day, row in rows.items() if row.done_on is None and day not in kept and day >= on
    ]
    if gone:
        commitment.fulfilments.filter(pk__in=gone).delete()
    made = [Fulfilment(commitment=commitment, due_on=day) for day in wanted if day not in rows]
    Fulfilment.objects.bulk_create(made)
    return len(made)


def plan_all(*, on):
    """Make the coming times of all commitments in force; for a daily job. Returns how many were
    made."""
    rows = Commitment.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=on),
        resolution__in=JointResolution.objects.in_force(on).order_by().values("pk"),
    ).exclude(recurrence=Commitment.Recurrence.ONCE)
    made = 0
    for commitment in rows.select_related("resolution").prefetch_related("fulfilments"):
        known = {row.due_on for row in commitment.fulfilments.all()}
        if not known.issuperset(days_of(commitment, on)):
            made += plan(commitment=commitment, on=on)
    return made


def _lock_time(fulfilment):
    """Lock a time that a commitment falls due, and return it as it stands."""
    resolution = _lock(fulfilment.commitment)
    found = Fulfilment.objects.select_for_update(of=("self",)).select_related("commitment")
    row = found.get(pk=fulfilment.pk)
    row.commitment.resolution = resolution
    return row


@transaction.atomic
def note(*, fulfilment, on):
    """Note how a commitment was met (`done_on`, `evidence`, `led_by` of the row given), and plan
    ahead. Raises ValidationError keyed by field."""
    resolution = _lock_time(fulfilment).commitment.resolution
    if not fulfilment.done_on:
        raise ValidationError({"done_on": "Ghi ngày thực hiện."})
    if fulfilment.done_on > on:
        raise ValidationError({"done_on": "Ngày thực hiện không thể sau hôm nay."})
    if fulfilment.done_on < resolution.signed_on:
        day = text.format_date(resolution.signed_on)
        raise ValidationError({"done_on": f"Nghị quyết ký ngày {day}."})
    fulfilment.full_clean()
    fulfilment.save()
    plan(commitment=fulfilment.commitment, on=on)
    return fulfilment


@transaction.atomic
def take_back(*, fulfilment, version):
    """Take back that a commitment was met; it is open again. Raises ValidationError where nobody
    noted it, or the row is not the `version` seen."""
    row = _lock_time(fulfilment)
    if row.done_on is None:
        raise ValidationError("Lần này chưa ghi thực hiện.")
    if str(row.version) != str(version):
        raise ValidationError(MOVED)
    row.done_on, row.evidence, row.led_by = None, "", None
    row.save()
    return row


# --- an activity held for a commitment ------------------------------------------------------------


def cites(evidence, activity):
    """Tell whether a piece of evidence is this activity: its code, never given twice, heads it."""
    return evidence.split(":", 1)[0] == activity.code


def evidence_of(activity):
    """Return an activity as evidence: "HD-00012: Phòng ma tuý, nhà văn hoá"."""
    return f"{activity.code}: {activity.topic}, {activity.place}"[:300]


@transaction.atomic
def note_activity(*, fulfilment, activity, version, on):
    """Note a commitment as met by an activity that was held for it: its day, its lead, its code.

    Raises ValidationError where the activity is not one for it or has been counted already.
    """
    row = _lock_time(fulfilment)
    activity = Activity.objects.select_related("topic", "lead").get(pk=activity.pk)
    if activity.commitment_id != row.commitment_id or not activity.held_on:
        raise ValidationError("Hoạt động này không phải buổi đã tổ chức để thực hiện cam kết này.")
    if row.done_on:
        raise ValidationError("Lần này đã ghi thực hiện.")
    if str(row.version) != str(version):
        raise ValidationError(MOVED)
    used = row.commitment.fulfilments.filter(evidence__startswith=activity.code)
    if any(cites(one.evidence, activity) for one in used):
        raise ValidationError(f"{activity.code} đã được ghi cho lần khác.")
    row.done_on, row.led_by, row.evidence = activity.held_on, activity.lead, evidence_of(activity)
    return note(fulfilment=row, on=on)
