"""Outgoing numbers: one after the other, none left out and none twice, whoever presses when."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from kylien.core.models import CodeCounter
from kylien.core.text import format_date
from reports.models import OutgoingDocument
from reports.models.outgoing import LAST_NUMBER


def series(kind: str, year: int) -> str:
    """Return the counter of a sort of document in a year."""
    return f"VBD-{kind}-{year}"


def has_begun(kind: str, year: int) -> bool:
    """Tell whether the portal has given a number of this sort and year."""
    return kind in kinds_begun(year)


def kinds_begun(year: int) -> set[str]:
    """Return the sorts of document of which the portal has given numbers in a year."""
    kinds = {series(kind, year): kind for kind in OutgoingDocument.Kind.values}
    given = CodeCounter.objects.filter(prefix__in=kinds, last__gt=0)
    return {kinds[prefix] for prefix in given.values_list("prefix", flat=True)}


@transaction.atomic
def register(
    *,
    kind: str,
    dated: dt.date,
    subject: str,
    signer,
    signed_as: str,
    recipients: str = "",
    used_before: int | None = None,
    on: dt.date,
) -> OutgoingDocument:
    """Give a document the next number of its sort and year, and write it into the register.

    The counter's row is locked until the transaction ends: a second officer waits for the first,
    and a number taken in a transaction that fails is not lost. `used_before` is the last number
    that the year's paper register gave out, where the portal has given none yet.

    Raises ValidationError for a day after today or before the last document of the series, and for
    `used_before` where the series has begun.
    """
    if dated > on:
        raise ValidationError({"dated": "Ngày văn bản không thể sau hôm nay."})
    prefix = series(kind, dated.year)
    counter = CodeCounter.hold(prefix)
    earlier = OutgoingDocument.objects.filter(kind=kind, year=dated.year)
    last = earlier.aggregate(day=Max("dated"))["day"]
    if last and dated < last:
        raise ValidationError(
            {
                "dated": f"Số cấp theo thứ tự ngày: văn bản trước ghi ngày {format_date(last)}, "
                "không lùi ngày được."
            }
        )
    if used_before:
        if counter.last:
            raise ValidationError({"used_before": f"Năm {dated.year} đã cấp số trong phần mềm."})
        if used_before >= LAST_NUMBER:
            raise ValidationError({"used_before": "Số văn bản từ 1 đến 99.999."})
        CodeCounter.take(prefix, used_before)
    number = CodeCounter.take(prefix)
    made = OutgoingDocument(
        kind=kind,
        year=dated.year,
        number=number,
        dated=dated,
        subject=subject,
        signer=signer,
        signed_as=signed_as,
        recipients=recipients,
    )
    made.full_clean()
    made.save()
    return made


@transaction.atomic
def cancel(*, document: OutgoingDocument, reason: str, on: dt.date) -> OutgoingDocument:
    """Cancel a document that is not sent after all; its number is never given again.

    Raises ValidationError for one that is cancelled, or that is an approved report's.
    """
    row = OutgoingDocument.objects.select_for_update().get(pk=document.pk)
    if row.cancelled_on:
        raise ValidationError("Văn bản này đã huỷ.")
    if hasattr(row, "report"):
        raise ValidationError("Số của báo cáo đã duyệt thì không huỷ.")
    row.cancelled_on, row.cancel_reason = on, reason
    row.full_clean()
    row.save()
    return row
