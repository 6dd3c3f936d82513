"""Moves into another officer's beat: asked for by one officer, confirmed by the other."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone

from households.models import (
    Household,
    Residence,
    TransferMember,
    TransferRequest,
)
from households.services.acts import (
    move_rows,
    one_head,
    some_of,
)
from households.services.ledger import (
    Act,
    End,
    Relation,
    Start,
    acting_user,
    lock_households,
    lock_people,
    names_of,
    one_act,
    record_act,
    settle,
)

Decision = TransferRequest.Decision


@one_act
def ask_transfer(*, household, members, to_neighbourhood, address, starts_on, on, file_number=""):
    """Ask the officer of another neighbourhood to take people in; return the request.

    `household` is None for lodgers of a business. Nothing in the ledger changes yet.
    """
    some_of(members)
    lock_people([row.resident_id for row in members])
    keys = [row.pk for row in members]
    if Residence.objects.current().filter(pk__in=keys).count() != len(keys):
        sentence = "Có người không còn ở đây: tải lại trang rồi đề nghị lại."
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    if starts_on > on:
        raise ValidationError({"started_on": "Ngày này không thể sau hôm nay."})
    staying = [] if household is None else household.residences.current()
    leaving = {row.pk for row in members}
    left = [row for row in staying if row.pk not in leaving]
    if left and any(row.relation == Relation.HEAD for row in members):
        sentence = "Chủ hộ đi mà hộ còn người: đổi chủ hộ trước, rồi đề nghị chuyển."
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    request = TransferRequest.objects.create(
        household=household,
        neighbourhood=members[0].neighbourhood,
        to_neighbourhood=to_neighbourhood,
        address=address,
        starts_on=starts_on,
        names=names_of(row.resident for row in members)[:500],
        file_number=file_number,
        asked_by=acting_user(),
    )
    TransferMember.objects.bulk_create(
        TransferMember(request=request, residence=row) for row in members
    )
    return request


@one_act
def confirm_transfer(*, request, relations, on, household=None):
    """Take the people of a request into `household`, or into a new one at its address.

    Returns the act. Raises ValidationError where it was decided before or a rule stands in the way.
    """
    request = _undecided(request)
    rows = Residence.objects.filter(transfers_asked__request=request)
    rows = list(rows.select_related("resident", "employer", "household").order_by("pk"))
    lock_people([row.resident_id for row in rows])
    lock_households(request.household, household)
    if set(relations) != {row.pk for row in rows}:
        raise ValidationError({NON_FIELD_ERRORS: "Ghi quan hệ của từng người."})
    day, opened = request.starts_on, None
    if household is None:
        one_head(rows, relations)
        household = opened = Household.objects.create(
            address=request.address, neighbourhood=request.to_neighbourhood, opened_on=day
        )
    origin = f" từ hộ {request.household.code}" if request.household else ""
    act = record_act(
        Act.TRANSFER,
        day,
        household=household,
        other_household=request.household,
        neighbourhood_id=household.neighbourhood_id,
        summary=f"{request.names} chuyển{origin} sang hộ {household.code}.",
        people=len(rows),
        file_number=request.file_number,
        on=on,
    )
    if opened:
        Household.objects.filter(pk=opened.pk).refresh_derived(opened_by=act)
    request.members.all().update(open=False)
    move_rows(rows, household, relations, day, End.TRANSFER, Start.TRANSFER, act=act, on=on)
    if request.household:
        settle(request.household, day, act=act)
    _decide(request, Decision.CONFIRMED, act=act)
    return act


@one_act
def refuse_transfer(*, request, answer):
    """Refuse to take the people in, and say why."""
    request = _undecided(request)
    _decide(request, Decision.REFUSED, answer=answer)
    return request


@one_act
def withdraw_transfer(*, request):
    """Take a request back before it is answered."""
    request = _undecided(request)
    _decide(request, Decision.WITHDRAWN)
    return request


def _undecided(request):
    request = TransferRequest.objects.select_for_update().get(pk=request.pk)
    if request.decided_at:
        word = request.get_decision_display().lower()
        raise ValidationError({NON_FIELD_ERRORS: f"Đề nghị này {word} rồi."})
    return request


def _decide(request, decision, *, answer="", act=None):
    request.decision, request.answer, request.act = decision, answer, act
    request.decided_at, request.decided_by = timezone.now(), acting_user()
    request.save()
    request.members.all().update(open=False)
