"""Acts on the ledger of group membership. What writes a `GroupMembership` is here, but for
the act that closes a household and so ends its place (households.services.ledger).

Each act is one transaction that locks the household first, so two desks cannot both find it free.
Raises ValidationError, its sentences keyed by field.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from households.models import Household
from kylien.core import text
from selfgov_groups.models import GroupMembership


@transaction.atomic
def join_group(*, group, household, joined_on, on):
    """Take a household into a group on `joined_on` and return the membership; `on` is today.

    Raises ValidationError where the day is after `on`, group or household did not exist yet or is
    gone, they lie in different neighbourhoods, or the household belonged to a group since then.
    """
    Household.objects.select_for_update().get(pk=household.pk)
    row = GroupMembership(group=group, household=household, joined_on=joined_on)
    check_join(row, on)
    row.full_clean(exclude=["group", "household"])
    row.save()
    return row


@transaction.atomic
def join_many(*, group, households, joined_on, on):
    """Take several households into a group on one day, all or none, and return the memberships.

    Raises ValidationError where one may not join (see `join_group`), each sentence with the code
    and the address of its household.
    """
    if joined_on < group.founded_on:  # told once, not once a household
        day = text.format_date(group.founded_on)
        said = f"Tổ thành lập ngày {day}: hộ không thể vào trước đó."
        raise ValidationError({"joined_on": said})
    refused, rows = [], []
    for household in sorted(households, key=lambda one: one.pk):  # one order of locks for all
        try:
            rows.append(join_group(group=group, household=household, joined_on=joined_on, on=on))
        except ValidationError as error:
            refused += [f"{household.code}, {household.address}: {m}" for m in error.messages]
    if refused:
        raise ValidationError(refused)
    return rows


def check_join(row, on):
    """Check what a new membership must meet beyond its own row; `on` is today.

    Its group may be one that is being entered in the same submit. Raises ValidationError, keyed
    by field.
    """
    group, household = row.group, row.household
    errors = {}
    if row.joined_on > on:
        errors["joined_on"] = "Ngày vào tổ không thể sau hôm nay."
    elif group.founded_on and row.joined_on < group.founded_on:
        day = text.format_date(group.founded_on)
        errors["joined_on"] = f"Tổ thành lập ngày {day}: hộ không thể vào trước đó."
    elif row.joined_on < household.opened_on:
        day = text.format_date(household.opened_on)
        errors["joined_on"] = f"Hộ này lập ngày {day}: không thể vào tổ trước đó."
    if group.dissolved_on:
        errors["group"] = "Tổ này đã giải thể."
    if household.dissolved_on:
        errors["household"] = "Hộ này đã xoá."
    elif group.neighbourhood_id and household.neighbourhood_id != group.neighbourhood_id:
        errors["household"] = (
            f"Hộ này ở {household.neighbourhood}, tổ liên gia ở {group.neighbourhood}."
        )
    else:
        past = household.group_memberships.overlapping(row.joined_on)
        clash = past.select_related("group").order_by("joined_on").first()
        if clash:
            end = f" đến {text.format_date(clash.left_on)}" if clash.left_on else ""
            errors["household"] = (
                f"Hộ này đã ở tổ {clash.group.name} từ {text.format_date(clash.joined_on)}{end}."
            )
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def leave_group(*, membership, left_on, on):
    """End a membership on `left_on`, the first day the household no longer belongs; return it.

    Raises ValidationError where it has ended already, or the day is before its start or after `on`.
    """
    Household.objects.select_for_update().get(pk=membership.household_id)
    membership.refresh_from_db()
    if membership.left_on:
        day = text.format_date(membership.left_on)
        raise ValidationError({"left_on": f"Hộ này đã ra khỏi tổ ngày {day} rồi."})
    if left_on > on:
        raise ValidationError({"left_on": "Ngày ra khỏi tổ không thể sau hôm nay."})
    membership.left_on = left_on
    membership.full_clean(exclude=["group", "household"])
    membership.save()
    return membership
