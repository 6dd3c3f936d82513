import datetime as dt
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from households import filters, tables
from households.forms.people import BirthForm, HouseholdForm, MemberForm
from households.models import Absence, Household, Residence, ResidenceAct, TransferRequest
from households.timeline import timeline
from households.views.rights import CHANGE_RESIDENCE, ENTER_PEOPLE
from kylien.core.changes import trail
from kylien.core.forms import DayField
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark
from kylien.core.reveal import Reveals

PRINT = {"label": "In phiếu hộ", "icon": "printer"}
SHOWN = ("citizen_id", "birth_date")  # of what is masked of a member
DENSE = 16  # from so many people on the sheet is set smaller, to stay one page


class HouseholdView(RecordView):
    model = Household
    table_class = tables.HouseholdTable
    filterset_class = filters.HouseholdFilterSet
    form_class = HouseholdForm
    detail_fields = ("address", "neighbourhood", "opened_on", "dissolved_on", "note")
    url_prefix = "households"
    create_label = "Lập hộ"
    keeps_looks = True
    empty_hint = "Bấm Lập hộ để ghi hộ đầu tiên, rồi thêm từng người trên trang của hộ."

    def option_rows(self, rows):
        return rows.active()

    def base_rows(self, rows):
        """Tell with a household's row whether there is more to ask for; most have neither."""
        if self.role is not Role.DETAIL:
            return rows
        asked = TransferRequest.objects.open().filter(household=OuterRef("pk"))
        away = Absence.objects.filter(resident__residences__household=OuterRef("pk"))
        return rows.annotate(has_waiting=Exists(asked), has_absences=Exists(away))

    def actions(self, obj):
        found = super().actions(obj)
        url = reverse("household-print", args=[obj.pk])
        on = self.request.GET.get("on", "")
        found.append({"url": f"{url}?{urlencode({'on': on})}" if on else url, **PRINT})
        return found

    def detail_context(self, obj):
        today, user = self.request.today, self.request.user
        asked = AsOfForm(self.request.GET, today=today)
        on = asked.day()
        residences = list(obj.residences.for_list().order_by("started_on", "pk"))
        members = members_on(residences, on, today)
        absences = absences_on(obj, on) if obj.has_absences else ()
        away = {row.resident_id: row for row in absences}
        for row in members:
            row.absence = away.get(row.resident_id)
        self.uncover(*(row.resident for row in members), fields=SHOWN)
        has_head = any(row.relation == Residence.Relation.HEAD for row in members)
        changeable = user.has_perm(CHANGE_RESIDENCE) and not obj.dissolved_on and on == today
        return {
            "title": obj.address,
            "as_of": asked,
            "on": on,
            "last_day": obj.dissolved_on and obj.dissolved_on - dt.timedelta(days=1),
            "is_today": on == today,
            "members": members,
            "permanent_count": sum(row.kind == Residence.Kind.PERMANENT for row in members),
            "timeline": timeline(obj, residences, acts_of(obj, residences), user.scope),
            "memberships": obj.group_memberships.select_related("group"),
            "waiting": obj.transfer_requests.open() if changeable and obj.has_waiting else (),
            "acts": household_acts(obj, user) if changeable else (),
            "may_add": user.has_perms(ENTER_PEOPLE) and not obj.dissolved_on and on == today,
            "may_end": changeable,
            "once": new_mark(),
            "member_form": MemberForm(
                household=obj,
                kind=Residence.Kind.PERMANENT,
                short=True,
                user=user,
                on=today,
                prefix=AddMember.prefix,
                initial={} if has_head else {"relation": Residence.Relation.HEAD},
            ),
        }


class AsOfForm(forms.Form):
    """The day a household's page is asked for; today where none is typed."""

    on = DayField(label="Xem ngày", required=False)

    def __init__(self, data, *, today):
        self.today = today
        super().__init__(data if "on" in data else {})

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and day > self.today:
            raise forms.ValidationError("Ngày này chưa tới.")
        return day

    def day(self):
        return (self.is_valid() and self.cleaned_data["on"]) or self.today


def members_on(residences, day, today):
    """Return the rows open on `day`, the head first, each with its `state` and what it was."""
    rows = [r for r in residences if r.started_on <= day and (not r.ended_on or r.ended_on > day)]
    for row in rows:
        row.state = row.badge(today) if day == today else row.badge_on(day)
        row.age = row.resident.age_on(day)
    return sorted(rows, key=lambda r: (r.relation != Residence.Relation.HEAD, r.kind, r.pk))


def absences_on(household, day):
    """Return the absences of its people that lasted on `day`."""
    people = household.residences.open_on(day).values("resident")
    return Absence.objects.open_on(day).filter(resident__in=people)


def acts_of(household, residences):
    """Return the acts of a household: its own, and those on many people that touched its rows."""
    touched = {row.started_by_id for row in residences} | {row.ended_by_id for row in residences}
    own = Q(household=household) | Q(other_household=household)
    rows = ResidenceAct.objects.filter(own | Q(pk__in=touched - {None}))
    return rows.select_related("done_by").order_by("-happened_on", "-pk")


def household_acts(household, user):
    """List the acts that may be begun on a household's page: `(url, label)`."""
    found = []
    if user.has_perms(ENTER_PEOPLE):
        found.append((reverse("household-birth", args=[household.pk]), "Nhập sinh"))
        url = reverse("temporary-resident-create")
        found.append((f"{url}?household={household.code}", "Đăng ký tạm trú"))
    found += [
        (reverse(f"household-{name}", args=[household.pk]), label)
        for name, label in (
            ("head", "Đổi chủ hộ"),
            ("transfer", "Chuyển trong phường"),
            ("leave", "Chuyển khỏi phường"),
            ("split", "Tách hộ"),
            ("merge", "Nhập hộ"),
        )
    ]
    return found


class PrintHousehold(Reveals, ScopedMixin, View):
    """The household sheet (phiếu hộ): one A4 page, as of a day."""

    model = Household

    def get(self, request, pk):
        return self.sheet()

    def post(self, request, pk):
        """Show the sheet once in full, for the reason given."""
        return self.answer_reveal(self.sheet)

    def sheet(self):
        request = self.request
        household = self.row(self.rows.select_related("neighbourhood"))
        on = AsOfForm(request.GET, today=request.today).day()
        residences = household.residences.open_on(on).for_list().order_by("started_on", "pk")
        members = members_on(list(residences), on, request.today)
        group = household.group_memberships.open_on(on).select_related("group").first()
        self.uncover(*(row.resident for row in members), fields=SHOWN)
        trail().reading(Household, "print", row=household.pk, code=household.code)
        context = {
            "household": household,
            "on": on,
            "members": members,
            "group": group.group if group else None,
            "title": f"Phiếu hộ {household.code}",
            "dense": len(members) > DENSE,
            "reveal": self.reveal_context(household),
        }
        return render(request, "households/print.html", context)


class AddMember(PartView):
    """Enter a new member from the row on a household's page; errors come back to that row."""

    model = Household
    rights = ENTER_PEOPLE
    prefix = "m"
    anchor = "#members"
    submit_label = "Thêm vào hộ"
    locks, once = False, True

    def form(self, part, data=None):
        return MemberForm(
            data,
            household=part,
            kind=Residence.Kind.PERMANENT,
            user=self.request.user,
            on=self.request.today,
            prefix=self.prefix,
            short=True,
        )

    def title(self, part):
        return f"Thêm người vào hộ {part.code}"

    def done(self, saved):
        return f"Đã thêm {saved.full_name} vào hộ."


class RegisterBirth(PartView):
    """Enter a newborn of a household."""

    model = Household
    rights = ENTER_PEOPLE
    anchor = "#members"
    submit_label = "Nhập sinh"
    relations = ("neighbourhood",)
    locks, once = False, True

    def base_rows(self, rows):
        return rows.active()

    def form(self, part, data=None):
        return BirthForm(data, household=part, user=self.request.user, on=self.request.today)

    def title(self, part):
        return f"Nhập sinh vào hộ {part.code}"

    def done(self, saved):
        return f"Đã nhập sinh {saved.full_name}."


urlpatterns = [
    # A household is founded with its people, on the page of entry.py.
    *(route for route in HouseholdView.get_urls() if route.name != "household-create"),
    path("households/<int:pk>/members/", AddMember.as_view(), name="household-add-member"),
    path("households/<int:pk>/birth/", RegisterBirth.as_view(), name="household-birth"),
    path("households/<int:pk>/print/", PrintHousehold.as_view(), name="household-print"),
]
