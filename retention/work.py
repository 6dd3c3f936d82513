"""What there is to do about kept data: disposals to confirm, requests to answer."""

from django.db.models import CharField, Q, Value
from django.db.models.functions import Concat

from kylien.core.work import Work, page_of
from retention.models import CorrectionRequest, Disposal

SOON_DAYS = 7  # how many days ahead the home page looks


def to_confirm(user, on, until):
    """Return what others proposed: nobody confirms his own."""
    return Disposal.objects.visible_to(user).waiting().exclude(proposed_by=user.pk)


def open_corrections(user, on, until):
    return CorrectionRequest.objects.visible_to(user).due(on, (until - on).days)


WORK = (
    Work(
        kind="correction",
        label="Trả lời yêu cầu đính chính",
        permission="retention.view_correctionrequest",
        rows=open_corrections,
        day="due_on",
        name="content",
        detail=Concat("code", Value(" · "), "record_code", output_field=CharField()),
        url=page_of(CorrectionRequest),
        assigned=lambda officer: Q(owner=officer),
        soon=SOON_DAYS,
    ),
    Work(
        kind="disposal",
        label="Xác nhận tiêu huỷ",
        permission="retention.confirm_disposal",
        rows=to_confirm,
        since="proposed_on",
        since_word="Đề xuất",
        name="code",
        detail="proposed_by__full_name",
        area="",
        url=page_of(Disposal),
    ),
)
