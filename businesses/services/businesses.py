"""States, certificates and returns of a business.

Keyword-only; `on` is today. Raises ValidationError, its sentences keyed by field, where a rule or
another row stands in the way.
"""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from businesses.models import Business, Certificate, QuarterlyReturn, StateChange
from kylien.areas.models import Ward
from kylien.core import text


def lock(business):
    """Lock a business until the transaction ends and return it as it stands."""
    return Business.objects.select_for_update(of=("self",)).get(pk=business.pk)


@transaction.atomic
def change_state(*, business, state, changed_on, reason, on):
    """Suspend, close or open a business again from `changed_on`; return the change.

    Raises ValidationError where the state is the present one, the day lies after `on`, before the
    opening or not after the last change, or a business stops without a reason.
    """
    business = lock(business)
    last = business.state_changes.order_by("-changed_on", "-pk").first()
    errors = {}
    if state == business.state:
        label = Business.State(state).label.lower()
        errors["state"] = f"Cơ sở {label} rồi."
    if state != Business.State.OPEN and not reason:
        errors["reason"] = "Ghi lý do tạm ngừng hoặc đóng cửa."
    if changed_on > on:
        errors["changed_on"] = "Ngày này không thể sau hôm nay."
    elif business.opened_on and changed_on < business.opened_on:
        day = text.format_date(business.opened_on)
        errors["changed_on"] = f"Cơ sở hoạt động từ ngày {day}: không thể đổi trước đó."
    elif last and changed_on <= last.changed_on:
        day = text.format_date(last.changed_on)
        errors["changed_on"] = f"Lần đổi trước là ngày {day}: ghi ngày sau đó."
    if errors:
        raise ValidationError(errors)
    change = StateChange.objects.create(
        business=business, state=state, changed_on=changed_on, reason=reason
    )
    business.state = state
    business.save(update_fields=["state"])
    return change


@transaction.atomic
def take_back_state(*, change):
    """Delete the last change of a business's state, which then is what it was before.

    Raises ValidationError where a later change rests on it.
    """
    business = lock(change.business)
    changes = list(business.state_changes.order_by("-changed_on", "-pk")[:2])
    if not changes or changes[0].pk != change.pk:
        raise ValidationError("Chỉ bỏ được lần đổi tình trạng cuối cùng.")
    business.state = changes[1].state if len(changes) > 1 else Business.State.OPEN
    business.save(update_fields=["state"])
    change.delete()
    return business


def issuing_rule(business, kind_code, day):
    """Return the `PaperRule` by which the ward police issues such a paper to `business` on `day`.

    Raises ValidationError that says why it does not.
    """
    rule = next(
        (
            rule
            for rule in business.sector.paper_rules.all()
            if rule.kind_id == kind_code and rule.holds_on(day)
        ),
        None,
    )
    when = text.format_date(day)
    if rule is None:
        raise ValidationError(f"Ngày {when}, ngành {business.sector} không phải có giấy này.")
    if not rule.ward_issues:
        raise ValidationError(f"Ngày {when}, giấy này của ngành {business.sector} do nơi khác cấp.")
    if not rule.issued_by_ward(business.rooms):
        if business.rooms is None:
            raise ValidationError(
                "Chưa ghi số phòng của cơ sở: công an phường chỉ cấp cho cơ sở tối đa "
                f"{rule.ward_max_rooms} phòng."
            )
        raise ValidationError(
            f"Cơ sở có {business.rooms} phòng, công an phường chỉ cấp cho cơ sở tối đa "
            f"{rule.ward_max_rooms} phòng."
        )
    return rule


def next_number(day):
    """Propose the number of the next certificate the ward issues in the year of `day`."""
    issued = Certificate.objects.filter(by_ward=True, issued_on__year=day.year)
    leading = (re.match(r"\d{1,9}", number) for number in issued.values_list("number", flat=True))
    last = max((int(match[0]) for match in leading if match), default=0)
    return f"{last + 1:02d}/{day.year}/GCN-ANTT"


@transaction.atomic
def issue_certificate(*, certificate, on):
    """Issue a paper (not saved yet) by the ward police itself; return it.

    Raises ValidationError where the day lies after `on`, the business is closed, or the ward does
    not issue such a paper to such a business on that day.
    """
    business = lock(certificate.business)
    certificate.business = business
    ward = Ward.objects.of(certificate.issued_on)
    if certificate.issued_on > on:
        raise ValidationError({"issued_on": "Ngày cấp không thể sau hôm nay."})
    if business.state == Business.State.CLOSED:
        raise ValidationError("Cơ sở đã đóng cửa: không cấp giấy.")
    if ward is None:
        raise ValidationError({"issued_on": "Phường chưa có vào ngày này."})
    try:
        issuing_rule(business, certificate.kind_id, certificate.issued_on)
    except ValidationError as error:
        raise ValidationError({"kind": error.messages}) from error
    _check_reason(certificate)
    certificate.issuer, certificate.by_ward = ward.police, True
    certificate.full_clean(exclude=["business"])
    certificate.save()
    return certificate


def _check_reason(certificate):
    """A first paper is new; a further one replaces one that there is."""
    papers = certificate.business.certificates.filter(kind=certificate.kind_id)
    new = certificate.issue_reason == Certificate.IssueReason.NEW
    if new and papers.valid_on(certificate.issued_on).exists():
        sentence = "Cơ sở đang có giấy này còn giá trị: chọn Cấp đổi hoặc Cấp lại."
        raise ValidationError({"issue_reason": sentence})
    if not new and not papers.exists():
        raise ValidationError({"issue_reason": "Cơ sở chưa có giấy này: chọn Cấp mới."})


@transaction.atomic
def revoke_certificate(*, certificate, revoked_on, reason, on):
    """Revoke a paper from `revoked_on`; return it.

    Raises ValidationError where it is revoked already, no reason is given, or the day lies before
    its issue or after `on`.
    """
    certificate = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    if certificate.revoked_on:
        day = text.format_date(certificate.revoked_on)
        raise ValidationError({"revoked_on": f"Giấy này đã thu hồi ngày {day}."})
    if revoked_on > on:
        raise ValidationError({"revoked_on": "Ngày thu hồi không thể sau hôm nay."})
    certificate.revoked_on, certificate.revoked_reason = revoked_on, reason
    certificate.full_clean(exclude=["business", "kind"])
    certificate.save()
    return certificate


@transaction.atomic
def receive_returns(*, businesses, quarter, received_on, on, note=""):
    """Note that the returns of businesses for a `Quarter` came on a day; return the new rows.

    A return that is there already stays as it is. Raises ValidationError where the day lies after
    `on` or before the quarter.
    """
    if received_on > on:
        raise ValidationError({"received_on": "Ngày nhận không thể sau hôm nay."})
    if received_on < quarter.period.start:
        raise ValidationError({"received_on": f"{quarter.label} chưa bắt đầu vào ngày này."})
    keys = [business.pk for business in businesses]
    locked = Business.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    there = set(
        QuarterlyReturn.objects.filter(
            business__in=keys, year=quarter.year, quarter=quarter.number
        ).values_list("business", flat=True)
    )
    return QuarterlyReturn.objects.bulk_create(
        QuarterlyReturn(
            business=business,
            year=quarter.year,
            quarter=quarter.number,
            received_on=received_on,
            note=note,
        )
        for business in locked
        if business.pk not in there
    )


@transaction.atomic
def take_back_return(*, received):
    """Delete a return that was noted by mistake; return its business."""
    business = lock(received.business)
    received.delete()
    return business
