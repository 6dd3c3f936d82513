"""Who a number belongs to, told to the officer who typed it."""

from django.utils.html import format_html

from households.models import Resident
from households.services.ledger import link
from kylien.areas.models import BeatAssignment
from kylien.core.readings import looked_up


def told_of_number(citizen_id, user, on):
    """Return who has an identity number, in a sentence for `user`; "" where nobody has.

    Of somebody outside his rows he learns only which officer to ask. That he asked is recorded.
    """
    known = Resident.objects.filter(citizen_id=citizen_id).first() if citizen_id else None
    if known is None:
        return ""
    known = known.same_as or known
    looked_up(Resident, citizen_id, rows=1, row=known.pk, code=known.code)
    if Resident.objects.visible_to(user).filter(pk=known.pk).exists():
        act = "chuyển hoặc kết thúc cư trú" if known.present else "bấm Ghi cư trú mới"
        return format_html(
            "Số định danh này đã có trong sổ. Mở trang của {} ({}), {}.",
            link(known),
            known.code,
            act,
        )
    return f"Số định danh này thuộc địa bàn khác: hỏi {officers_of(known.neighbourhood, on)}."


def officers_of(neighbourhood, on):
    """Return who is in charge of a neighbourhood on `on`, in words."""
    beats = BeatAssignment.objects.open_on(on).filter(neighbourhood=neighbourhood)
    names = [beat.officer.full_name_label for beat in beats.select_related("officer")]
    return f"{', '.join(names)} ({neighbourhood})" if names else f"chỉ huy ({neighbourhood})"
