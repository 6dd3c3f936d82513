"""Inspections: planned, announced, held, called off; remedies.

Keyword-only; `on` is today. Raises ValidationError, its sentences keyed by field, where a rule or
another row stands in the way. Source: NĐ 96/2016 as amended; numbers and sentences are rows
(`BusinessRule`), holidays too (`areas.Holiday`).

An inspection is locked before its business, whichever page writes.
"""

import datetime as dt

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.html import format_html

from businesses.models import Business, BusinessRule, Inspection, InspectionFinding
from businesses.services.businesses import lock
from kylien.areas.models import Holiday
from kylien.core import text
from kylien.core.periods import add_months

Key, Kind, Outcome = BusinessRule.Key, Inspection.Kind, Inspection.Outcome


class NoticeTerm:
    """The working days between a notice and the visit: rules and days off, read once for many."""

    def __init__(self):
        self.calendar = Holiday.objects.all().calendar()
        self.book = BusinessRule.objects.book()

    def rule(self, day):
        return self.book.rule(Key.NOTICE_DAYS, day)

    def earliest(self, noticed_on):
        """Return the first day on which an inspection announced on `noticed_on` may be held."""
        return self.calendar.add(noticed_on, self.rule(noticed_on).value)

    def latest(self, planned_on):
        """Return the last working day on which an inspection on `planned_on` may be announced."""
        day = self.calendar.add(planned_on, -self.rule(planned_on).value)
        while self.earliest(day) > planned_on:  # a visit on a day off counts back one less
            day = self.calendar.add(day, -1)
        return day

    def unknown_years(self, first, last):
        """List the years between two days of which no day off is entered."""
        known = {day.year for day in self.calendar.off}
        return [year for year in range(first.year, last.year + 1) if year not in known]


def earliest_visit(noticed_on):
    """Return the first day on which a periodic inspection announced on `noticed_on` may be held."""
    return NoticeTerm().earliest(noticed_on)


def last_periodic(business, day, *, months, besides=None, held=False):
    """Return the periodic inspection of `business` that makes one on `day` the second within so
    many `months`: one held before one planned, then the nearest; None without one. With `held`
    only those that were held count.

    Exactly so many months apart is far enough, the last day of a month counting as the whole.
    """
    near = business.inspections.filter(kind=Kind.PERIODIC, cancelled_on=None).exclude(pk=besides)
    found = []
    for row in near.held() if held else near:
        row.day = row.held_on or row.planned_on
        first, second = sorted((row.day, day))
        if second < add_months(first, months):
            found.append(row)
    return min(found, key=lambda row: (row.held_on is None, abs(row.day - day)), default=None)


def told(rule, otherwise):
    """Return the sentence of a `BusinessRule`, or another where none is typed, with its basis."""
    return f"{(rule.sentence or otherwise).rstrip('. ')} ({rule.legal_basis})."


def repeat_warning(inspection, day, *, held=False):
    """Return the sentence that warns of a second periodic inspection around `day`; empty where the
    inspection is not one. With `held` plans do not count: minutes tell what was, and what is
    planned too soon after it is warned of itself."""
    if inspection.kind != Kind.PERIODIC:
        return ""
    book = BusinessRule.objects.filter(key=Key.PERIODIC_MONTHS).book()
    rule = book.rule(Key.PERIODIC_MONTHS, day)
    besides = inspection.pk
    other = last_periodic(inspection.business, day, months=rule.value, besides=besides, held=held)
    if other is None:
        return ""
    word = "đã kiểm tra" if other.held_on else "đã có kế hoạch kiểm tra"
    law = told(rule, f"Mỗi cơ sở kiểm tra định kỳ một lần trong {rule.value} tháng")
    return f"Cơ sở {word} định kỳ ngày {text.format_date(other.day)} ({other.code}). {law}"


def _check_repeat(inspection, day, errors, *, held=False):
    warning = "" if inspection.repeat_reason else repeat_warning(inspection, day, held=held)
    if warning:
        errors["repeat_reason"] = f"{warning} Nếu vẫn phải kiểm tra, ghi lý do."


def _check_notice(inspection, day, field, errors):
    """A periodic inspection is announced so many working days before."""
    if inspection.kind != Kind.PERIODIC or not inspection.noticed_on:
        return
    term = NoticeTerm()
    first = term.earliest(inspection.noticed_on)
    if day < first:
        rule = term.rule(inspection.noticed_on)
        law = told(rule, f"Kiểm tra định kỳ phải thông báo trước {rule.value} ngày làm việc")
        errors[field] = (
            f"{law} Thông báo ngày {text.format_date(inspection.noticed_on)} thì sớm nhất là ngày "
            f"{text.format_date(first)}."
        )


def _lock(inspection):
    """Lock an inspection and its business. Raises ValidationError where another desk has held it
    or called it off meanwhile."""
    if inspection.pk:
        stands = Inspection.objects.select_for_update(of=("self",)).get(pk=inspection.pk)
        if stands.held_on:
            raise ValidationError("Cuộc kiểm tra này đã có biên bản.")
        if stands.cancelled_on:
            raise ValidationError("Cuộc kiểm tra này đã huỷ.")
    return lock(inspection.business)


def _write(inspection, errors):
    """Save an inspection that breaks no rule; what a constraint says comes with the rest."""
    try:
        inspection.full_clean(exclude=["business", "certificate", "follows"])
    except ValidationError as error:
        errors = {**error.message_dict, **errors}
    if errors:
        raise ValidationError(errors)
    inspection.save()
    return inspection


@transaction.atomic
def plan(*, inspection):
    """Write an inspection into the plan, or change it there; return it.

    Raises ValidationError for a closed business, a kind without what it asks for (an unannounced
    one without ground), a second periodic inspection without a reason, a notice that comes too
    late for the new day.
    """
    business = _lock(inspection)
    errors = {}
    if business.state == Business.State.CLOSED:
        errors[NON_FIELD_ERRORS] = "Cơ sở đã đóng cửa."
    elif business.opened_on and inspection.planned_on < business.opened_on:
        day = text.format_date(business.opened_on)
        errors["planned_on"] = f"Cơ sở hoạt động từ ngày {day}."
    elif inspection.follows_id and inspection.planned_on < inspection.follows.held_on:
        day = text.format_date(inspection.follows.held_on)
        errors["planned_on"] = f"Cuộc kiểm tra đầu là ngày {day}: phúc tra không thể trước đó."
    else:
        _check_notice(inspection, inspection.planned_on, "planned_on", errors)
    _check_repeat(inspection, inspection.planned_on, errors)
    return _write(inspection, errors)


def plan_all(*, businesses, planned_on, on, content=""):
    """Plan a periodic inspection of several businesses on one day, all or none; return them.

    Raises ValidationError for a day before `on`, and naming the businesses that refuse.
    """
    if planned_on < on:
        raise ValidationError({"planned_on": "Ngày kiểm tra không thể trước hôm nay."})
    with transaction.atomic():
        refused, made = [], []
        for business in sorted(businesses, key=lambda one: one.pk):
            inspection = Inspection(business=business, planned_on=planned_on, content=content)
            try:
                made.append(plan(inspection=inspection))
            except ValidationError as error:
                reason = repeat_warning(inspection, planned_on) or " ".join(error.messages)
                refused.append(
                    format_html(
                        '<a href="{}">{}</a>: {}',
                        business.get_absolute_url(),
                        business.name,
                        reason,
                    )
                )
        if refused:
            raise ValidationError(refused)
    return made


@transaction.atomic
def announce(*, inspection, on):
    """Give notice of an inspection (`noticed_on`, `planned_on`, `notice_number`, `content` set);
    return it.

    Raises ValidationError for an unannounced inspection, a notice after `on` or not before the
    visit, a periodic visit too soon after its notice, a second one without a reason.
    """
    business = _lock(inspection)
    errors = {}
    if inspection.kind == Kind.UNANNOUNCED:
        errors["noticed_on"] = "Kiểm tra đột xuất không thông báo trước."
    elif inspection.noticed_on > on:
        errors["noticed_on"] = "Ngày thông báo không thể sau hôm nay."
    elif business.state == Business.State.CLOSED:
        errors[NON_FIELD_ERRORS] = "Cơ sở đã đóng cửa."
    elif business.opened_on and inspection.noticed_on < business.opened_on:
        day = text.format_date(business.opened_on)
        errors["noticed_on"] = f"Cơ sở hoạt động từ ngày {day}."
    elif inspection.planned_on <= inspection.noticed_on:
        errors["planned_on"] = "Ngày kiểm tra phải sau ngày thông báo."
    else:
        _check_notice(inspection, inspection.planned_on, "planned_on", errors)
    _check_repeat(inspection, inspection.planned_on, errors)
    return _write(inspection, errors)


@transaction.atomic
def hold(*, inspection, findings, on):
    """Write the minutes of an inspection, with its findings (not saved yet); return it.

    Raises ValidationError for a day after `on`, a periodic inspection that was not announced in
    time, an outcome that does not fit the findings, a second periodic one without a reason.
    """
    _lock(inspection)
    errors = {}
    day = inspection.held_on
    if day > on:
        errors["held_on"] = "Ngày kiểm tra không thể sau hôm nay."
    elif inspection.kind == Kind.PERIODIC and not inspection.noticed_on:
        errors["held_on"] = (
            "Kiểm tra định kỳ phải có thông báo trước: ghi thông báo. Nếu đã kiểm tra đột xuất thì "
            "huỷ cuộc này, lập cuộc đột xuất kèm căn cứ."
        )
    elif inspection.noticed_on and day <= inspection.noticed_on:
        errors["held_on"] = "Ngày kiểm tra phải sau ngày thông báo."
    elif inspection.certificate_id and day < inspection.certificate.issued_on:
        errors["held_on"] = "Hậu kiểm không thể trước ngày cấp giấy."
    elif inspection.follows_id and inspection.follows.held_on and day < inspection.follows.held_on:
        errors["held_on"] = "Phúc tra không thể trước cuộc kiểm tra đầu."
    elif not Business.objects.trading_on(day).filter(pk=inspection.business_id).exists():
        errors["held_on"] = "Cơ sở không hoạt động vào ngày này."
    else:
        _check_notice(inspection, day, "held_on", errors)
    _check_repeat(inspection, day, errors, held=True)
    if inspection.outcome == Outcome.FINDINGS and not findings:
        errors["outcome"] = "Có tồn tại thì ghi ít nhất một tồn tại, kèm hạn khắc phục."
    elif inspection.outcome == Outcome.PASSED and findings:
        errors["outcome"] = "Đã ghi tồn tại thì kết quả là Có tồn tại, vi phạm."
    _write(inspection, errors)
    for finding in findings:
        finding.inspection = inspection
        finding.full_clean(exclude=["inspection"])
    InspectionFinding.objects.bulk_create(findings)
    return inspection


def remedy_until(held_on):
    """Return until when what was found on `held_on` is to be mended, unless the minutes say."""
    days = BusinessRule.objects.number(Key.REMEDY_DAYS, held_on)
    return held_on + dt.timedelta(days=days)


@transaction.atomic
def call_off(*, inspection, on):
    """Call an inspection off (`cancelled_on`, `cancel_reason` set); return it.

    Raises ValidationError for one that was held or called off, a day after `on` or before its
    notice, or without a reason.
    """
    _lock(inspection)
    errors = {}
    if inspection.cancelled_on > on:
        errors["cancelled_on"] = "Ngày huỷ không thể sau hôm nay."
    elif inspection.noticed_on and inspection.cancelled_on < inspection.noticed_on:
        errors["cancelled_on"] = "Ngày huỷ không thể trước ngày thông báo."
    return _write(inspection, errors)


@transaction.atomic
def mend(*, finding, on):
    """Note that a finding was mended (`mended_on`, `mended_note` set); return it.

    Raises ValidationError where another desk has noted it already, or for a day after `on` or
    before the inspection.
    """
    stands = InspectionFinding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    if stands.mended_on:
        day = text.format_date(stands.mended_on)
        raise ValidationError({"mended_on": f"Đã ghi khắc phục xong ngày {day} rồi."})
    if finding.mended_on > on:
        raise ValidationError({"mended_on": "Ngày khắc phục không thể sau hôm nay."})
    finding.full_clean(exclude=["inspection"])
    finding.save()
    return finding
