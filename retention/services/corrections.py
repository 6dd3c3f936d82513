"""Requests to correct data: which record, until when, and the answer.

Keyword-only. Raises ValidationError keyed by field.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from businesses.models import Business
from households.models import Absence, Household, ResidenceAct, Resident, StayNotice
from retention.models import AnswerRule, CorrectionRequest
from selfgov_groups.models import SelfManagedGroup

# Records with data of people that they may ask to have corrected. Never incidents: a request would
# tie one to a person.
MODELS = (Resident, Household, StayNotice, Absence, ResidenceAct, Business, SelfManagedGroup)


def record_of(code: str, user):
    """Return the record with a code among those the user may see, or None."""
    for model in MODELS:
        if code.startswith(f"{model.code_prefix}-"):
            return model.objects.visible_to(user).filter(code=code).first()
    return None


@transaction.atomic
def take_down(*, correction: CorrectionRequest, user) -> CorrectionRequest:
    """Write a request, new or mended: the record it is about gives its neighbourhood, the day it
    came its deadline.

    Raises ValidationError for a code that is no record of the user's, for no code at all, and for
    an owner to whom the neighbourhood is not open.
    """
    row = correction
    if not row.record_code and row.resident_id:
        row.record_code = row.resident.code
    row.record_code = row.record_code.upper()
    if not row.record_code:
        raise ValidationError({"record_code": "Ghi mã bản ghi cần đính chính, ví dụ H-00217."})
    # Beats change hands: what is recorded already is neither looked up nor judged again.
    stored = CorrectionRequest.objects.filter(pk=row.pk).first()
    if stored is None or stored.record_code != row.record_code:
        record = record_of(row.record_code, user)
        if record is None:
            raise ValidationError(
                {
                    "record_code": f"Không thấy {row.record_code} trong phạm vi của đồng chí. Nhận "
                    "mã hộ, nhân khẩu, lưu trú, tạm vắng, biến động, cơ sở, tổ liên gia."
                }
            )
        row.neighbourhood_id = record.neighbourhood_id
    new_owner = stored is None or stored.owner_id != row.owner_id
    if new_owner and row.owner and not row.owner.scope.holds(row.neighbourhood_id):
        raise ValidationError({"owner": "Cán bộ này không phụ trách tổ dân phố của bản ghi."})
    rule = AnswerRule.Key.CORRECTION_DAYS
    days = AnswerRule.objects.number(rule, row.received_on)
    row.due_on = row.received_on + dt.timedelta(days=days)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def answer(*, correction: CorrectionRequest, decision: str, result: str, done_on: dt.date):
    """Write the answer, once. Return the request."""
    row = CorrectionRequest.objects.select_for_update(of=("self",)).get(pk=correction.pk)
    if row.done_on:
        raise ValidationError(f"Yêu cầu {row.code} đã trả lời.")
    row.decision, row.result, row.done_on = decision, result, done_on
    row.full_clean()
    row.save()
    return row
