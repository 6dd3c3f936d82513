"""The monthly figures: identities over random histories, and each figure against its list."""

import datetime as dt
import json
from collections import Counter

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from households.models import Residence, Resident
from households.services import (
    end_residence,
    extend_residence,
    start_residence,
    transfer_members,
)
from kylien.accounts.models import Role, Scope
from kylien.core.periods import Month
from reports.content import Content
from reports.figures import FIGURES, OUTREACH, PAIRS, PEOPLE, TRADE, Reading, figures, read
from tests import factories

WARD = Scope(whole_ward=True)
DAY = dt.timedelta(days=1)


def month(text):
    return Month.parse(text, start_day=settings.REPORT_START_DAY)


def numbers(text, scope=WARD):
    wanted = month(text)
    return read(figures(), scope, [wanted])[wanted]


def check_identities(scope, months):
    counted = read([figure for figure in FIGURES if figure.section == PEOPLE], scope, months)
    for one in months:
        for kind in ("population", "temporary"):
            now = counted[one]
            assert (
                now[f"{kind}_opening"] + now[f"{kind}_in"] - now[f"{kind}_out"]
                == now[f"{kind}_closing"]
            ), (one, kind)
            after = counted.get(one.next())
            if after:
                assert now[f"{kind}_closing"] == after[f"{kind}_opening"], (one, kind)


def check_copies(person):
    """Compare what the resident's own row repeats with the ledger."""
    person = Resident.objects.get(pk=person.pk)
    rows = person.residences.order_by("started_on", "pk")
    now = rows.filter(ended_on=None).order_by("kind").first()  # permanent before temporary
    last = now or rows.last()  # who has left keeps the last place
    assert person.present == (now is not None)
    assert person.residence_kind == (now.kind if now else "")
    assert person.neighbourhood == (last.neighbourhood if last else None)


ACT = st.tuples(
    st.sampled_from(["register", "tenant", "leave", "move", "extend"]),
    st.integers(0, 400),  # the day it happens, before today
    st.integers(0, 5),  # whom it happens to
)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACT, max_size=14))
def test_opening_plus_in_minus_out_is_closing_in_any_history(area_a, area_b, on, acts):
    for table in (Residence,):
        table.objects.all().delete()
    homes = [factories.HouseholdFactory(neighbourhood=area) for area in (area_a, area_b)]
    people = [factories.ResidentFactory() for _ in range(6)]
    for act, ago, who in sorted(acts, key=lambda item: -item[1]):
        day = on - dt.timedelta(days=ago)
        person = people[who]
        now = person.residences.current().first()
        try:
            if act in ("register", "tenant"):
                temporary = act == "tenant"
                start_residence(
                    resident=person,
                    kind="T" if temporary else "P",
                    household=homes[who % 2],
                    relation="TENANT" if temporary else "CHILD",
                    started_on=day,
                    start_reason="REGISTRATION",
                    expires_on=day + dt.timedelta(days=90) if temporary else None,
                    on=on,
                )
            elif now is None:
                continue
            elif act == "leave":
                end_residence(residence=now, ended_on=day, end_reason="DEPARTURE", on=on)
            elif act == "move":
                other = homes[1] if now.household_id == homes[0].pk else homes[0]
                transfer_members(
                    household=now.household,
                    members=[now],
                    to=other,
                    relations={now.pk: (factories.relation_in(other), "")},
                    on_day=day,
                    on=on,
                )
            elif now.kind == "T":
                extend_residence(
                    residence=now, expires_on=now.expires_on + dt.timedelta(days=90), on=on
                )
        except ValidationError:
            continue  # this act is refused at this point of the history
    for person in people:
        check_copies(person)
    months = Month.containing(on, settings.REPORT_START_DAY).last(15)
    check_identities(WARD, months)
    for area in (area_a, area_b):
        check_identities(Scope(neighbourhood_ids=(area.pk,)), months)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "counted_in"),
    [
        (dt.date(2026, 9, 14), "2026-09"),
        (dt.date(2026, 9, 15), "2026-10"),
        (dt.date(2026, 10, 14), "2026-10"),
        (dt.date(2026, 10, 15), "2026-11"),
        (dt.date(2024, 2, 29), "2024-03"),
        (dt.date(2025, 12, 31), "2026-01"),
    ],
)
def test_a_month_runs_from_the_15th_to_the_14th(area_a, day, counted_in):
    home = factories.HouseholdFactory(neighbourhood=area_a, opened_on=dt.date(2015, 1, 1))
    row = factories.ResidenceFactory(household=home, started_on=day)
    wanted = month(counted_in)
    for one in (wanted.previous(), wanted, wanted.next()):
        counted = read(FIGURES, WARD, [one])[one]
        assert counted["population_in"] == (1 if one == wanted else 0), one
        assert counted["population_closing"] == (0 if one < wanted else 1), one
    end_residence(residence=row, ended_on=day, end_reason="DEPARTURE", on=factories.day())
    counted = read(FIGURES, WARD, [wanted])[wanted]
    assert counted["population_out"] == 1
    assert counted["population_closing"] == 0


@pytest.mark.django_db
def test_a_transfer_moves_its_neighbourhoods_and_not_the_ward(area_a, area_b, on):
    here = factories.HouseholdFactory(neighbourhood=area_a)
    there = factories.HouseholdFactory(neighbourhood=area_b)
    row = factories.ResidenceFactory(household=here)
    transfer_members(
        household=here,
        members=[row],
        to=there,
        relations={row.pk: ("HEAD", "")},
        on_day=on,
        on=on,
    )
    now = Month.containing(on, settings.REPORT_START_DAY)
    ward, part_a, part_b = (
        read(FIGURES, scope, [now])[now]
        for scope in (
            WARD,
            Scope(neighbourhood_ids=(area_a.pk,)),
            Scope(neighbourhood_ids=(area_b.pk,)),
        )
    )
    assert (ward["population_in"], ward["population_out"]) == (0, 0)
    assert (part_a["population_in"], part_a["population_out"]) == (0, 1)
    assert (part_b["population_in"], part_b["population_out"]) == (1, 0)


@pytest.fixture
def busy_ward(area_a, area_b, on):
    """Rows of every kind in two neighbourhoods and over three months."""
    for area in (area_a, area_b):
        homes = [
            factories.HouseholdFactory(neighbourhood=area, opened_on=dt.date(2020, 1, 1))
            for _ in range(3)
        ]
        for home in homes[:2]:
            factories.ResidenceFactory(household=home, started_on=on - 900 * DAY)
        for ago in (5, 20, 40, 70, 400):
            day = on - dt.timedelta(days=ago)
            row = factories.ResidenceFactory(household=homes[0], started_on=day)
            factories.ResidenceFactory(
                household=homes[1], started_on=day, start_reason="BIRTH", relation="CHILD"
            )
            factories.ResidenceFactory(household=homes[2], temporary=True, started_on=day)
            if ago in (40, 400):
                end_residence(residence=row, ended_on=day + 3 * DAY, end_reason="DEATH", on=on)
            factories.IncidentFactory(
                neighbourhood=area,
                occurred_at=month("2026-10").period.start_at.replace(
                    year=day.year, month=day.month, day=day.day, hour=9
                ),
            )
        factories.IncidentFactory(neighbourhood=area, state="resolved")
        factories.IncidentFactory(neighbourhood=area, state="closed")
        group = factories.GroupFactory(neighbourhood=area)
        factories.MembershipFactory(group=group, household=homes[0])
        factories.MeetingFactory(group=group, held_on=on - 20 * DAY)
        factories.MeetingFactory(group=group, held_on=on - 21 * DAY)
        factories.StayNoticeFactory(household=homes[0])
        some_business(area, on)
        some_outreach(area, group, on)


def some_outreach(area, group, on):
    """Make what the people of a neighbourhood were told, asked and did, over two months; and what
    concerns the whole ward."""
    partner = factories.PartnerFactory()
    promise = factories.CommitmentFactory(partner=partner, due_on=on - 10 * DAY)
    for ago in (20, 50):
        day = on - ago * DAY
        for where in (area, None):
            session = factories.ActivityFactory(neighbourhood=where, held_on=day)
            factories.ActivityFactory(neighbourhood=where, held_on=day)
            factories.ActivityFactory(neighbourhood=where, held_on=None, planned_on=day)
            factories.QuestionFactory(activity=session)
            factories.QuestionFactory(activity=session, done_on=day + DAY, result="Đã trả lời")
        for leader in (partner, None):
            done = day + (DAY if leader else 2 * DAY)
            factories.FulfilmentFactory(
                commitment=promise, due_on=done, done_on=done, evidence="Biên bản", led_by=leader
            )
        factories.FulfilmentFactory(commitment=promise, due_on=day)
        factories.GroupContactFactory(group=group, met_on=day)
        factories.GroupRequestFactory(group=group, raised_on=day)
        factories.GroupRequestFactory(
            group=group, raised_on=day, done_on=day + DAY, result="Đã sửa"
        )
        factories.MutualHelpFactory(group=group, helped_on=day)
        decided = {"proposed_on": day - DAY, "deed_on": day - 2 * DAY, "decision": "5/QĐ"}
        factories.AwardFactory(group=group, decided_on=day, **decided)
        factories.AwardFactory(
            group=None, recipient="Tổ xe ôm", neighbourhood=None, decided_on=day, **decided
        )
        factories.AwardFactory(group=group, proposed_on=day, deed_on=day)


def some_business(area, on):
    """Make a karaoke bar that lacks a paper, a pawnshop with a history, and one that closed."""
    bar = factories.BusinessFactory(neighbourhood=area)
    for kind in ("fire", "trade"):
        factories.CertificateFactory(business=bar, kind_code=kind, issued_on=on - 800 * DAY)
    shop = factories.BusinessFactory(neighbourhood=area, sector=factories.sector("pawnshop"))
    for ago in (20, 50):
        factories.CertificateFactory(
            business=shop, by_ward=True, issued_on=on - ago * DAY, expires_on=None
        )
        factories.SanctionFactory(business=shop, decided_on=on - ago * DAY)
        days = {"noticed_on": on - 90 * DAY, "held_on": on - ago * DAY}
        factories.InspectionFactory(business=bar, held=True, **days)
        factories.InspectionFactory(business=shop, held=True, outcome="findings", **days)
    factories.CertificateFactory(
        business=shop, revoked_on=on - 20 * DAY, revoked_reason="Cấp lại", expires_on=None
    )
    gone = factories.BusinessFactory(neighbourhood=area, state="closed")
    factories.StateChangeFactory(business=gone, state="open", changed_on=on - 40 * DAY)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.CHIEF, Role.CLERK, Role.DUTY_OFFICER, "officer_a"])
def test_every_figure_counts_exactly_the_rows_of_its_list(
    busy_ward, client_for, officer_a, on, role
):
    user = officer_a if role == "officer_a" else factories.UserFactory(role=role)
    client = client_for(user)
    seen = Counter()
    current = Month.containing(on, settings.REPORT_START_DAY)
    for one in current.last(3):
        reading = Reading(user.scope, one)
        counted = read(figures(), user.scope, [one])[one]
        for figure in figures():
            response = client.get(figure.link(reading))
            assert response.status_code == 200, (figure.key, figure.link(reading))
            listed = response.context["page"]["count"]
            assert listed == str(counted[figure.key]), (figure.key, figure.link(reading))
            seen[figure.key] += counted[figure.key]
    assert seen.total() > 50  # the comparison was not of zeros
    for section in (TRADE, OUTREACH):
        assert all(seen[figure.key] for figure in FIGURES if figure.section == section)


@pytest.mark.django_db
def test_figures_of_outreach_are_what_was_written_down(area_a, on):
    """By hand: in the month of a day 20 days ago, and of one 50 days ago, there is as much."""
    some_outreach(area_a, factories.GroupFactory(neighbourhood=area_a), on)
    day = on - 20 * DAY
    months = {  # figure: the days it counts by, each time
        "sessions": [day] * 4,
        "sessions_questions": [day] * 2,
        "questions": [day] * 4,
        "questions_answered": [day + DAY] * 2,
        "fulfilments": [day + DAY, day + 2 * DAY],
        "fulfilments_partners": [day + DAY],
        "group_contacts": [day],
        "group_requests": [day] * 2,
        "group_requests_solved": [day + DAY],
        "mutual_helps": [day],
        "awards": [day] * 2,
    }
    start = settings.REPORT_START_DAY
    last = Month.containing(on, start)
    counted = read(FIGURES, WARD, last.last(4))
    for key, days in months.items():
        both = days + [one - 30 * DAY for one in days]
        wanted = Counter(Month.containing(one, start) for one in both)
        assert {m: n[key] for m, n in counted.items() if n[key]} == wanted, key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "conditional"), [(dt.date(2026, 3, 14), 1), (dt.date(2026, 3, 15), 0)]
)
def test_whether_a_sector_counts_as_conditional_depends_on_the_day(area_a, day, conditional):
    gas = factories.BusinessFactory(
        neighbourhood=area_a, sector=factories.sector("lpg"), opened_on=dt.date(2020, 1, 1)
    )
    one = Month.containing(day, day.day + 1)  # ends with the very day
    assert one.period.end == day + DAY
    assert read(FIGURES, WARD, [one])[one]["businesses_conditional"] == conditional
    factories.StateChangeFactory(business=gas, state="closed", changed_on=day)
    assert read(FIGURES, WARD, [one])[one]["businesses_conditional"] == 0


@pytest.mark.django_db
def test_keys_are_unique_and_the_named_ones_exist():
    factories.IncidentTypeFactory(code="solved")  # no code can take the place of another figure
    keys = [figure.key for figure in figures()]
    assert len(keys) == len(set(keys))
    assert {"incidents_solved", "incidents_kind_solved", "incidents_kind_chay_no"} <= set(keys)
    for pair in PAIRS:
        assert set(pair) <= set(keys)
    for stem in ("population", "temporary"):
        for part in ("opening", "in", "out", "closing"):
            assert f"{stem}_{part}" in keys


@pytest.mark.django_db
def test_any_number_of_months_is_counted_at_once(area_a, on):
    factories.HouseholdFactory.create_batch(2, neighbourhood=area_a)
    months = Month.containing(on, settings.REPORT_START_DAY).last(40)
    assert len(months) * len(FIGURES) > 1000  # more than a database unites in one query
    counted = read(FIGURES, WARD, months)
    assert [counted[one]["households"] for one in months] == [2] * 40


@pytest.mark.django_db
def test_the_command_prints_the_figures_as_json(busy_ward, capsys, on):
    now = Month.containing(on, settings.REPORT_START_DAY)
    call_command("monthly_report", str(now), "--json")
    assert json.loads(capsys.readouterr().out) == numbers(str(now))
    with pytest.raises(CommandError, match="2026-10"):
        call_command("monthly_report", "10/2026", "--json")


@pytest.mark.django_db
class TestMonthPage:
    def url(self, one):
        return reverse("report-month", args=[str(one)])

    def test_the_months_compared_with_open_their_own_rows(self, busy_ward, chief, client_for, on):
        client = client_for(chief)
        response = client.get(self.url(self.current(on)))
        rows = {row["label"]: row for s in response.context["sections"] for row in s["rows"]}
        row = rows["Vụ việc xảy ra trong kỳ"]
        for value, link in (("previous", "previous_url"), ("last_year", "last_year_url")):
            assert client.get(row[link]).context["page"]["count"] == row[value]

    def current(self, on):
        return Month.containing(on, settings.REPORT_START_DAY)

    def test_costs_the_same_for_an_empty_and_a_busy_ward(
        self, request, chief, client_for, on, django_assert_max_num_queries
    ):
        client = client_for(chief)
        client.get("/reports/")
        with django_assert_max_num_queries(12) as empty:
            client.get(self.url(self.current(on)))
        request.getfixturevalue("busy_ward")
        with django_assert_max_num_queries(12) as busy:
            client.get(self.url(self.current(on)))
        assert len(busy) == len(empty)

    def test_leaders_cannot_take_a_part_from_its_total(self, area_a, leader, client_for, on):
        homes = factories.HouseholdFactory.create_batch(9, neighbourhood=area_a)
        group = factories.GroupFactory(neighbourhood=area_a)
        for home in homes[:7]:
            factories.MembershipFactory(group=group, household=home)
        over = self.current(on).previous()
        for _ in range(6):
            factories.ResidenceFactory(
                household=homes[0], started_on=over.period.start, start_reason="BIRTH"
            )
        client = client_for(leader)
        assert client.get(self.url(over)).status_code == 404  # not published
        report = factories.report_in("published", month=over)
        page = client.get(self.url(over), follow=True)
        assert page.redirect_chain == [(report.get_absolute_url(), 302)]
        shown = Content.of(report, aggregate=True).now
        assert shown["households"] == "9"
        assert shown["households_in_groups"] == "—"  # 9 less 7 would tell of two households
        assert shown["births"] == "—"

    @pytest.mark.parametrize(
        "text", ["2026-13", "2026-00", "x", "20261", "1900-01", "2999-12", "2026-1", "%00"]
    )
    def test_what_is_no_month_is_not_found(self, chief, client_for, text):
        assert client_for(chief).get(f"/reports/{text}/").status_code == 404

    def test_users_without_a_role_and_superusers_are_refused(self, superuser, client_for, on, db):
        for user in (superuser, factories.UserFactory()):
            assert client_for(user).get(self.url(self.current(on))).status_code == 403
            assert client_for(user).get("/reports/").status_code == 403
