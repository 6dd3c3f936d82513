"""Writing awards: decision, notice, or no award; and taking the last of these back."""

from django.core.exceptions import ValidationError
from django.db import transaction

from outreach.models import Award

MOVED = "Hồ sơ khen thưởng này vừa được sửa ở nơi khác. Xem lại rồi bấm lần nữa."


def _locked(award):
    return Award.objects.select_for_update(of=("self",)).get(pk=award.pk)


@transaction.atomic
def decide(*, award):
    """Write the decision (`decided_on`, `decision`) of the row given, or mend it. Raises
    ValidationError where the award was declined meanwhile."""
    if _locked(award).declined_on:
        raise ValidationError("Đã ghi không khen. Bỏ bước đó trước.")
    return _write(award)


@transaction.atomic
def announce(*, award):
    """Write when the award was made known (`noticed_on`). Raises ValidationError before a
    decision."""
    if not _locked(award).decided_on:
        raise ValidationError("Chưa có quyết định khen thưởng.")
    return _write(award)


@transaction.atomic
def decline(*, award):
    """Write that there will be no award (`declined_on`, `decline_reason`). Raises ValidationError
    after a decision, and for a day before the proposal."""
    if _locked(award).decided_on:
        raise ValidationError("Đã có quyết định khen thưởng. Bỏ bước đó trước.")
    if award.declined_on and award.declined_on < award.proposed_on:
        raise ValidationError({"declined_on": "Ngày này trước ngày đề nghị."})
    return _write(award)


def _write(award):
    award.full_clean()
    award.save()
    return award


@transaction.atomic
def take_back(*, award, version):
    """Take the last step back: notice, decision, or that there will be none. Raises ValidationError
    where there is nothing to take back, or the row is not the `version` seen."""
    row = _locked(award)
    if str(row.version) != str(version):
        raise ValidationError(MOVED)
    if row.declined_on:
        row.declined_on, row.decline_reason = None, ""
    elif row.noticed_on:
        row.noticed_on = None
    elif row.decided_on:
        row.decided_on, row.decision = None, ""
    else:
        raise ValidationError("Mới đề nghị, chưa có bước nào để bỏ.")
    row.save()
    return row
