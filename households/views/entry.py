"""Quick entry: a household with its people at once, checks while typing, identity cards scanned.

What is typed or scanned of a person travels in the body of a POST, never in an address. A scan is
read, answered and forgotten: it is not stored, logged, put into a session or into a message.
"""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from households.cards import LABELS, MAX_PAYLOAD, read_card
from households.forms.entry import (
    BLANK_ROWS,
    MORE,
    HouseholdEntryForm,
    PersonCheckForm,
    asked_for_more,
    person_of,
)
from households.identity import check_citizen_id, described_by
from households.models import Household, Resident, StayNotice
from households.services.duplicates import look_alikes
from households.services.people import told_of_number
from households.views.rights import ENTER_PEOPLE
from kylien.core import text
from kylien.core.readings import looked_up
from kylien.core.records import ScopedMixin, new_mark, only_once

PERSON = ("full_name", "birth", "sex", "citizen_id", "old_id")
# (address, label, icon, what is needed, {field there: field of the card})
USES = (
    (
        "staynotice-create",
        "Ghi lưu trú",
        "bed",
        ("households.add_staynotice",),
        {"guest_name": "full_name", "birth": "birth", "id_number": "citizen_id"},
    ),
    (
        "temporary-resident-create",
        "Đăng ký tạm trú",
        "user-plus",
        ENTER_PEOPLE,
        {name: name for name in PERSON},
    ),
)


class CreateHousehold(ScopedMixin, View):
    """Found a household together with the people who live in it."""

    model = Household
    verb = "add"
    rights = ENTER_PEOPLE

    def get(self, request):
        self.ask_rights()
        return self.page(self.form(initial=self.initial()))

    def post(self, request):
        self.ask_rights()
        if request.POST.get(MORE) == str(BLANK_ROWS):
            return self.page(self.unchecked(asked_for_more(request.POST)))
        form = self.form(request.POST)
        return only_once(request, lambda: reverse("household-list"), lambda: self.write(form))

    def ask_rights(self):
        if not self.request.user.has_perms(self.rights):
            raise PermissionDenied

    def initial(self):
        return {name: value for name, value in self.request.GET.items() if "\0" not in value}

    def form(self, data=None, **options):
        return HouseholdEntryForm(data, user=self.request.user, on=self.request.today, **options)

    def unchecked(self, data):
        """Return the form with what was typed standing in it, not judged yet."""
        form = self.form(data)
        for one in (form, *form.rows):
            one.initial = {name: one[name].data for name in one.fields}
            one.is_bound = False
        return form

    def write(self, form):
        household = form.save_or_refuse()
        if household is None:
            return self.page(form, status=422)
        messages.success(self.request, f"Đã lưu {household}: {len(form.people)} người.")
        if doubted := form.doubted():
            sentence = "Xem lại số định danh (không khớp giới tính hoặc năm sinh): "
            messages.warning(self.request, f"{sentence}{', '.join(doubted)}.")
        return HttpResponseRedirect(household.get_absolute_url())

    def page(self, form, status=200):
        context = {
            "form": form,
            "mistakes": form.mistakes() if form.is_bound else [],
            "title": "Lập hộ",
            "once": new_mark(),
            "more": MORE,
            "more_count": BLANK_ROWS,
            "list_url": reverse("household-list"),
            "list_title": "Hộ",
        }
        return render(self.request, "households/household_create.html", context, status=status)


class CheckPerson(ScopedMixin, View):
    """Answer, while a person is typed, what looks wrong and who may be in the register already."""

    model = Resident
    verb = "add"

    def post(self, request):
        known = PersonCheckForm(request.POST).read()
        birth = known.pop("birth") or None
        answer = {
            "warnings": warnings_of(known, birth and birth[0].year),
            "alikes": alikes_of(known, birth, request.user, request.today),
        }
        return JsonResponse(answer)


class ScanCard(ScopedMixin, View):
    """Read the scanned QR code of an identity card: a page, and JSON for the boxes in forms.

    Who takes stay notices may scan; who enters residents takes stay notices too.
    """

    model = StayNotice
    verb = "add"

    def get(self, request):
        return self.page({})

    @method_decorator(sensitive_post_parameters())
    def post(self, request):
        card = read_card(request.POST.get("payload", "")[: MAX_PAYLOAD + 1])
        found = told_of_card(card, request.user, request.today)
        if request.accepts("text/html"):
            return self.page({"found": found, "uses": uses_of(found, request.user)})
        now = timezone.localtime().strftime("%d/%m/%Y %H:%M")  # a guest is here as he is scanned
        return JsonResponse({**found, "now": now})

    def page(self, context):
        title = {"title": "Quét thẻ căn cước", "most": MAX_PAYLOAD * 2}
        return render(self.request, "households/scan.html", {**title, **context})


def warnings_of(person, birth_year):
    return check_citizen_id(person["citizen_id"], sex=person["sex"], birth_year=birth_year)


def alikes_of(person, birth, user, on):
    """List the people of the user's who may be the person typed: enough must be known of him.

    Until the birth is typed the year in the identity number stands for it.
    """
    _, _, year = described_by(person["citizen_id"])
    if birth is None and year:
        birth = (dt.date(year, 1, 1), "Y")
    if birth is None or not person["full_name"]:
        return []
    born, precision = birth
    found = look_alikes(**person, birth_date=born, precision=precision, user=user, on=on)
    return [
        {
            "url": one.resident.get_absolute_url(),
            "name": one.resident.full_name,
            "code": one.resident.code,
            "birth": one.resident.birth(),
            "certain": one.certain,
            "reasons": list(one.reasons),
        }
        for one in found
    ]


def told_of_card(card, user, on):
    """Return all there is to say of a card, as plain values for JSON and for the page."""
    fields = person_of(card)
    birth = (card.birth, "D") if card.birth else None
    person = {name: value for name, value in fields.items() if name != "birth"}
    number = fields["citizen_id"]
    rows = Resident.objects.visible_to(user).filter(citizen_id=number) if number else ()
    known = next(iter(rows[:1]), None) if number else None
    if known:
        looked_up(Resident, number, rows=1, row=known.pk, code=known.code)
    return {
        "readable": card.readable,
        "certain": card.certain,
        "repaired": card.repaired,
        "problems": list(card.problems),
        "surplus": f"Bỏ qua {card.surplus} trường của thẻ mới." if card.surplus else "",
        "fields": fields,
        "pairs": pairs_of(card),
        "warnings": warnings_of(person, card.birth and card.birth.year),
        "known": known
        and {"url": known.get_absolute_url(), "name": known.full_name, "code": known.code},
        "told": "" if known or not number else str(told_of_number(number, user, on)),
        "alikes": [] if known else alikes_of(person, birth, user, on),
    }


def pairs_of(card):
    """List each piece of a readable card: what it is, as scanned, as read, whether they differ."""
    if not card.readable:
        return []
    read = (
        card.number,
        card.old_number,
        card.full_name,
        text.format_date(card.birth) if card.birth else "",
        {"M": "Nam", "F": "Nữ"}.get(card.sex, ""),
        card.address,
        text.format_date(card.issued_on) if card.issued_on else "",
    )
    return [
        {"label": label, "raw": raw[:300], "read": one[:300], "same": _plain(raw) == _plain(one)}
        for label, raw, one in zip(LABELS, card.raw_fields, read, strict=True)
    ]


def _plain(value):
    """Return a piece without what is no difference: the slashes of a date."""
    return value.replace("/", "")


def uses_of(found, user):
    """List what may be done with a card that was read: a form each, its fields hidden in it."""
    if not found["readable"]:
        return []
    return [
        {
            "url": reverse(name),
            "label": label,
            "icon": icon,
            "fields": [(target, found["fields"][source]) for target, source in fields.items()],
        }
        for name, label, icon, rights, fields in USES
        if user.has_perms(rights)
    ]


urlpatterns = [
    path("households/create/", CreateHousehold.as_view(), name="household-create"),
    path("residents/check/", CheckPerson.as_view(), name="resident-check"),
    path("residents/scan/", ScanCard.as_view(), name="card-scan"),
]
