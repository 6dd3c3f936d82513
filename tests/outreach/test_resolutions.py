"""Joint resolutions: on which days commitments fall due, who met them, and who may write what."""

import datetime as dt
import io
import re
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kylien.audit.models import AuditEntry
from outreach.models import Commitment, Fulfilment, JointResolution
from outreach.recurrence import AHEAD_MONTHS, STEPS, due_days, earliest
from outreach.services import resolutions as services
from tests import factories
from tests.factories import (
    ActivityFactory,
    CommitmentFactory,
    PartnerFactory,
    ResolutionFactory,
    ResolutionPartyFactory,
    day,
)

D = dt.date


def typed(when):
    return when.strftime("%d/%m/%Y")


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


# --- the days, by hand ----------------------------------------------------------------------------


class TestDays:
    def test_once_is_one_day_however_far(self):
        assert due_days(D(2031, 5, 2), "once", D(2026, 1, 1)) == [D(2031, 5, 2)]

    def test_the_31st_comes_back_after_shorter_months(self):
        found = due_days(D(2026, 1, 31), "monthly", D(2026, 1, 1), ends=D(2026, 7, 1))
        assert [(d.month, d.day) for d in found] == [
            (1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30),
        ]  # fmt: skip

    def test_the_31st_in_a_leap_year(self):
        assert due_days(D(2028, 1, 31), "monthly", D(2028, 1, 1))[1] == D(2028, 2, 29)

    def test_the_29th_of_february_each_year(self):
        found = due_days(D(2024, 2, 29), "yearly", D(2027, 6, 1))
        assert found == [
            D(2024, 2, 29), D(2025, 2, 28), D(2026, 2, 28), D(2027, 2, 28), D(2028, 2, 29),
        ]  # fmt: skip

    def test_a_quarter_from_the_30th_of_november(self):
        found = due_days(D(2026, 11, 30), "quarterly", D(2026, 11, 1), ends=D(2027, 9, 1))
        assert found == [D(2026, 11, 30), D(2027, 2, 28), D(2027, 5, 30), D(2027, 8, 30)]

    def test_it_reaches_twelve_months_ahead_with_the_last_day(self):
        found = due_days(D(2026, 3, 10), "monthly", D(2026, 3, 10))
        assert (len(found), found[-1]) == (13, D(2027, 3, 10))
        assert due_days(D(2026, 3, 10), "monthly", D(2026, 3, 9))[-1] == D(2027, 2, 10)

    def test_the_first_day_is_known_however_far(self):
        assert due_days(D(2030, 1, 1), "monthly", D(2026, 1, 1)) == [D(2030, 1, 1)]

    def test_none_lies_on_the_day_it_ends(self):
        found = due_days(D(2026, 1, 5), "monthly", D(2026, 1, 1), ends=D(2026, 3, 5))
        assert found == [D(2026, 1, 5), D(2026, 2, 5)]
        assert due_days(D(2026, 1, 5), "once", D(2026, 1, 1), ends=D(2026, 1, 5)) == []

    def test_an_unknown_recurrence_is_no_quiet_once(self):
        with pytest.raises(ValueError, match="weekly"):
            due_days(D(2026, 1, 1), "weekly", D(2026, 1, 1))

    def test_every_recurrence_of_the_model_has_a_step(self):
        assert set(STEPS) == set(Commitment.Recurrence.values)

    def test_earliest(self):
        assert earliest(None, D(2026, 2, 1), D(2026, 1, 1)) == D(2026, 1, 1)
        assert earliest(None, None) is None

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        first=st.dates(D(2000, 1, 1), D(2060, 12, 31)),
        on=st.dates(D(2000, 1, 1), D(2060, 12, 31)),
        kind=st.sampled_from(["monthly", "quarterly", "yearly"]),
    )
    def test_any_first_day(self, first, on, kind):
        found = due_days(first, kind, on)
        assert found[0] == first
        assert found == sorted(set(found))
        months = [one.year * 12 + one.month for one in found]
        assert {b - a for a, b in pairwise(months)} <= {STEPS[kind]}
        for one in found:  # the same day, or the last one of a shorter month
            last = (one + dt.timedelta(days=1)).day == 1
            assert one.day == first.day or (last and one.day < first.day)
        assert all((one - on).days <= 366 for one in found[1:])
        # Later on, days are added and none is moved.
        later = due_days(first, kind, on + dt.timedelta(days=200))
        assert later[: len(found)] == found

    def test_so_many_months_ahead(self):
        assert AHEAD_MONTHS == 12


# --- planning -------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestPlanning:
    ON = D(2026, 3, 10)

    def made(self, **values):
        values = {"recurrence": "quarterly", "due_on": D(2026, 3, 31)} | values
        resolution = ResolutionFactory(signed_on=D(2026, 1, 1))
        return CommitmentFactory(resolution=resolution, **values)

    def days(self, commitment):
        return list(commitment.fulfilments.order_by("due_on").values_list("due_on", flat=True))

    def test_the_rows_of_a_year(self):
        row = self.made()
        assert services.plan(commitment=row, on=self.ON) == 4
        assert self.days(row) == [D(2026, 3, 31), D(2026, 6, 30), D(2026, 9, 30), D(2026, 12, 31)]

    def test_again_changes_nothing(self):
        row = self.made()
        services.plan(commitment=row, on=self.ON)
        before = list(row.fulfilments.order_by("pk").values_list("pk", "version"))
        entries = AuditEntry.objects.count()
        assert services.plan(commitment=row, on=self.ON) == 0
        assert list(row.fulfilments.order_by("pk").values_list("pk", "version")) == before
        assert AuditEntry.objects.count() == entries

    def test_a_clock_set_back_drops_nothing(self):
        row = self.made()
        services.plan(commitment=row, on=D(2027, 1, 1))
        found = self.days(row)
        services.plan(commitment=row, on=self.ON)
        assert self.days(row) == found

    def test_ending_drops_what_is_open_and_keeps_what_was_met(self):
        row = self.made()
        services.plan(commitment=row, on=self.ON)
        met = row.fulfilments.get(due_on=D(2026, 12, 31))
        met.done_on, met.evidence = D(2026, 3, 9), "Biên bản"
        met.save()
        row.ended_on = D(2026, 6, 30)
        services.save_commitment(commitment=row, on=self.ON)
        assert self.days(row) == [D(2026, 3, 31), D(2026, 12, 31)]

    def test_the_end_of_the_resolution_ends_it_too(self):
        row = self.made()
        services.plan(commitment=row, on=self.ON)
        row.resolution.ended_on = D(2026, 7, 1)
        services.save_resolution(resolution=row.resolution, partners=[], on=self.ON)
        assert self.days(row) == [D(2026, 3, 31), D(2026, 6, 30)]
        row.resolution.ended_on = None
        services.save_resolution(resolution=row.resolution, partners=[], on=self.ON)
        assert len(self.days(row)) == 4

    def test_the_daily_job_extends_what_is_in_force(self):
        row, over, once = (
            self.made(),
            self.made(ended_on=D(2026, 6, 1)),
            self.made(recurrence="once"),
        )
        lapsed = self.made()
        JointResolution.objects.filter(pk=lapsed.resolution_id).update(ended_on=D(2026, 5, 1))
        for one in (row, over, once, lapsed):
            one.refresh_from_db()
            services.plan(commitment=one, on=self.ON)
        counts = [one.fulfilments.count() for one in (row, over, once, lapsed)]
        assert counts == [4, 1, 1, 1]
        assert services.plan_all(on=D(2026, 7, 1)) == 2  # to 30/6/2027
        assert services.plan_all(on=D(2026, 7, 1)) == 0
        assert [one.fulfilments.count() for one in (row, over, once, lapsed)] == [6, 1, 1, 1]

    def test_the_command_says_how_many(self):
        commitment = CommitmentFactory(recurrence="monthly", due_on=day(-1))
        out = io.StringIO()
        call_command("plan_commitments", stdout=out)
        made = commitment.fulfilments.count()
        assert made >= 12
        assert out.getvalue() == f"Đã lập {made} lần thực hiện cam kết.\n"
        call_command("plan_commitments", stdout=out)
        assert out.getvalue().endswith("Đã lập 0 lần thực hiện cam kết.\n")

    def test_changing_the_first_day_moves_what_is_open(self):
        row = self.made()
        services.plan(commitment=row, on=self.ON)
        row.due_on = D(2026, 4, 15)
        services.save_commitment(commitment=row, on=self.ON)
        assert self.days(row) == [D(2026, 4, 15), D(2026, 7, 15), D(2026, 10, 15), D(2027, 1, 15)]

    @pytest.mark.parametrize(
        ("name", "value"),
        [("due_on", D(2026, 4, 15)), ("recurrence", "monthly"), ("partner", None)],
    )
    def test_once_met_owner_day_and_recurrence_stay(self, name, value):
        partner = PartnerFactory()
        row = self.made(partner=partner)
        services.plan(commitment=row, on=self.ON)
        row.fulfilments.filter(due_on=D(2026, 3, 31)).update(done_on=self.ON, evidence="Biên bản")
        setattr(row, name, value)
        with pytest.raises(ValidationError) as refused:
            services.save_commitment(commitment=row, on=self.ON)
        assert list(refused.value.message_dict) == [name]


# --- the pages ------------------------------------------------------------------------------------


@pytest.fixture
def women(db):
    return PartnerFactory(name="Hội Phụ nữ", kind="women")


@pytest.fixture
def resolution(women):
    row = ResolutionFactory(title="Giữ bình yên phố xá")
    ResolutionPartyFactory(resolution=row, partner=women)
    return row


@pytest.fixture
def commitment(resolution, women):
    """A commitment of the women, each quarter, late since ten days."""
    row = CommitmentFactory(
        resolution=resolution, partner=women, recurrence="quarterly", due_on=day(10)
    )
    services.plan(commitment=row, on=day())
    return row


@pytest.fixture
def time(commitment):
    return commitment.fulfilments.order_by("due_on").first()


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


@pytest.mark.django_db
class TestResolutionPages:
    def new(self, *partners, **changes):
        fields = {
            "title": "Phối hợp bảo vệ trẻ em",
            "number": "3/NQLT",
            "signed_on": typed(day(5)),
            "ended_on": "",
            "parties": [one.pk for one in partners],
        }
        return fields | changes

    def test_it_is_written_with_its_parties(self, client_for, clerk, women):
        veterans = PartnerFactory(kind="veterans")
        client = client_for(clerk)
        done = client.post("/resolutions/create/", self.new(women, veterans))
        row = JointResolution.objects.get()
        assert done.url == f"/resolutions/{row.pk}/"
        assert {party.partner for party in row.parties.all()} == {women, veterans}
        page = client.get(done.url).content.decode()
        assert "Hội Phụ nữ" in page
        assert "Chưa nhận cam kết nào" in page

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"parties": []}, "parties", "ít nhất một bên"),
            ({"parties": ["9" * 30]}, "parties", "Hãy chọn"),
            ({"parties": ["a\0"]}, "parties", ""),
            ({"signed_on": typed(day(-1))}, "signed_on", "không thể sau hôm nay"),
            ({"signed_on": "31/2/2026"}, "signed_on", "không có trong lịch"),
            ({"ended_on": typed(day(5))}, "ended_on", "phải sau ngày ký"),
            ({"title": ""}, "title", "bắt buộc"),
            ({"title": "x" * 201}, "title", "200"),
        ],
    )
    def test_a_bad_value_is_told_beside_its_field(
        self, client_for, chief, women, changes, field, sentence
    ):
        answer = client_for(chief).post("/resolutions/create/", self.new(women, **changes))
        assert sentence in errors(answer, field)
        assert answer.context["form"]["number"].value() == "3/NQLT"
        assert not JointResolution.objects.exists()

    def test_a_party_with_a_commitment_stays(self, client_for, chief, commitment, resolution):
        other = PartnerFactory()
        fields = self.new(other, signed_on=typed(resolution.signed_on), version=1)
        answer = client_for(chief).post(f"/resolutions/{resolution.pk}/edit/", fields)
        assert "Hội Phụ nữ đang có cam kết" in errors(answer, "parties")
        assert resolution.parties.get().partner == commitment.partner

    def test_a_party_without_one_leaves(self, client_for, chief, resolution):
        other = PartnerFactory()
        fields = self.new(other, signed_on=typed(resolution.signed_on), version=1)
        client_for(chief).post(f"/resolutions/{resolution.pk}/edit/", fields)
        assert resolution.parties.get().partner == other

    def test_a_stopped_partner_stays_a_party(self, client_for, chief, resolution, women):
        women.ended_on = day(1)
        women.save()
        client = client_for(chief)
        page = client.get(f"/resolutions/{resolution.pk}/edit/").content.decode()
        assert "Hội Phụ nữ" in page
        assert "Hội Phụ nữ" not in client.get("/resolutions/create/").content.decode()

    def test_signed_after_what_falls_due(self, client_for, chief, commitment, resolution, women):
        fields = self.new(women, signed_on=typed(day(9)), version=1)
        answer = client_for(chief).post(f"/resolutions/{resolution.pk}/edit/", fields)
        assert f"hạn {typed(day(10))}" in errors(answer, "signed_on")

    def test_the_list_tells_what_is_late_and_silent(self, client_for, officer_a, commitment):
        client = client_for(officer_a)
        page = client.get("/resolutions/")
        assert [(n, label) for n, label, *_ in page.context["waiting"]] == [
            ("1/1", "im ắng 90 ngày"),
            ("1/1", "có cam kết quá hạn"),
        ]
        assert "Quá hạn 10 ngày" in page.content.decode()
        code = commitment.resolution.code
        other = PartnerFactory()
        for query, listed in (
            ("state=late", True),
            ("state=silent", True),
            ("state=active", False),
            ("state=ended", False),
            ("state=all", True),
            (f"partner={commitment.partner_id}", True),
            (f"partner={other.pk}", False),
            ("partner=x", False),
        ):
            found = client.get(f"/resolutions/?{query}").content.decode()
            assert (code in found) == listed, query

    def test_an_ended_one_is_listed_when_asked_for(self, client_for, chief, commitment):
        JointResolution.objects.update(ended_on=day(1))
        client = client_for(chief)
        code = commitment.resolution.code
        assert code not in client.get("/resolutions/").content.decode()
        assert code not in client.get("/resolutions/?state=late").content.decode()
        assert "Hết hiệu lực" in client.get("/resolutions/?state=ended").content.decode()
        page = client.get(commitment.resolution.get_absolute_url())
        assert page.context["form"] is None
        assert "bỏ lỡ" in page.content.decode()

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_queries_do_not_grow(self, client_for, officer_a, rows, area_a):
        for _ in range(rows):
            partner = PartnerFactory()
            one = CommitmentFactory(
                resolution=ResolutionFactory(), partner=partner, recurrence="monthly"
            )
            for _ in range(rows):
                more = CommitmentFactory(
                    resolution=one.resolution, partner=PartnerFactory(), recurrence="monthly"
                )
                services.plan(commitment=more, on=day())
                first = more.fulfilments.order_by("due_on").first()
                services.note(fulfilment=_done(first, led_by=partner, done_on=day()), on=day())
                ActivityFactory(neighbourhood=area_a, commitment=more, held_on=day(1), attendance=9)
        client = client_for(officer_a)
        client.get("/resolutions/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/resolutions/").status_code == 200
        assert len(queries) <= 12
        with CaptureQueriesContext(connection) as queries:
            page = client.get(one.resolution.get_absolute_url())
        assert len(page.context["offers"]) == rows
        assert len(queries) <= 14


def _done(row, **values):
    row.evidence = "Biên bản"
    for name, value in values.items():
        setattr(row, name, value)
    return row


@pytest.mark.django_db
class TestCommitmentPages:
    def new(self, party, **changes):
        fields = {
            "content": "Mỗi tháng một buổi ở khu trọ",
            "partner": party.pk if party else "",
            "recurrence": "monthly",
            "due_on": typed(day(-3)),
        }
        return {f"commitment-{name}": value for name, value in (fields | changes).items()}

    def test_it_is_added_with_its_times(self, client_for, chief, resolution, women):
        client = client_for(chief)
        page = client.get(resolution.get_absolute_url())
        fields = self.new(women) | {"_once": mark(page)}
        url = f"/resolutions/{resolution.pk}/commitments/"
        for _ in range(2):  # a double click
            done = client.post(url, fields)
            assert done.url == resolution.get_absolute_url() + "#commitments"
        row = Commitment.objects.get()
        assert row.fulfilments.count() >= 12
        shown = client.get(resolution.get_absolute_url()).content.decode()
        assert "Mỗi tháng một buổi ở khu trọ" in shown
        assert typed(day(-3)) in shown
        assert "Còn 3 ngày" in shown

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"content": ""}, "content", "bắt buộc"),
            ({"recurrence": "weekly"}, "recurrence", "Hãy chọn"),
            ({"due_on": "khi nào"}, "due_on", ""),
            ({"due_on": typed(day(301))}, "due_on", "trước ngày ký"),
            ({"partner": "99999999"}, "partner", "Hãy chọn"),
        ],
    )
    def test_a_bad_value_is_told(
        self, client_for, chief, resolution, women, changes, field, sentence
    ):
        url = f"/resolutions/{resolution.pk}/commitments/"
        answer = client_for(chief).post(url, self.new(women, **changes))
        assert sentence in errors(answer, field)
        assert answer.context["form"]["partner"].value() is not None
        assert not Commitment.objects.exists()

    def test_only_a_party_owns_one(self, client_for, chief, resolution):
        outsider = PartnerFactory()
        url = f"/resolutions/{resolution.pk}/commitments/"
        assert client_for(chief).post(url, self.new(outsider)).status_code == 422
        row = Commitment(
            resolution=resolution, partner=outsider, content="x", due_on=day(), recurrence="once"
        )
        with pytest.raises(ValidationError) as refused:
            services.save_commitment(commitment=row, on=day())
        assert "không ký" in str(refused.value)

    def test_a_slip_in_the_year_makes_no_heap(self, client_for, chief, women):
        old = ResolutionFactory(signed_on=D(1999, 1, 1))
        ResolutionPartyFactory(resolution=old, partner=women)
        url = f"/resolutions/{old.pk}/commitments/"
        answer = client_for(chief).post(url, self.new(women, due_on="1/6/2000"))
        assert "không quá 12 tháng" in errors(answer, "due_on")
        answer = client_for(chief).post(url, self.new(women, due_on="1/6/2000", recurrence="once"))
        assert answer.status_code == 302

    def test_after_the_resolution_ended(self, client_for, chief, resolution, women):
        JointResolution.objects.update(ended_on=day(-3))
        url = f"/resolutions/{resolution.pk}/commitments/"
        answer = client_for(chief).post(url, self.new(women))
        assert "hết hiệu lực" in errors(answer, "due_on")

    def test_what_was_met_is_fixed_on_the_form(self, client_for, chief, commitment, time):
        services.note(fulfilment=_done(time, done_on=day()), on=day())
        client = client_for(chief)
        url = f"/commitments/{commitment.pk}/edit/"
        assert client.get(url).context["form"].fields["due_on"].disabled
        fields = {"content": "Sửa chữ", "ended_on": typed(day(-40)), "version": 1}
        assert client.post(url, fields | {"due_on": typed(day(-9))}).status_code == 302
        commitment.refresh_from_db()
        assert (commitment.content, commitment.due_on) == ("Sửa chữ", day(10))
        assert commitment.fulfilments.count() == 1


@pytest.mark.django_db
class TestMeeting:
    def how(self, who, **changes):
        return {
            "done_on": typed(day(2)),
            "led": who,
            "evidence": "Biên bản số 4, 60 người dự",
            "version": 1,
        } | changes

    def test_it_is_noted_with_who_led_it(self, client_for, officer_a, time, women):
        client = client_for(officer_a)
        done = client.post(f"/fulfilments/{time.pk}/note/", self.how(women.pk))
        assert done.url == time.commitment.resolution.get_absolute_url() + "#commitments"
        time.refresh_from_db()
        assert (time.done_on, time.led_by) == (day(2), women)
        page = client.get(done.url)
        assert "Xong, trễ 8 ngày" in page.content.decode()
        kept = next(one for one in page.context["parties"] if one.label == "Hội Phụ nữ").lateness
        assert (kept.due, kept.late.count, kept.late.middle) == (1, 1, 8)

    def test_the_police_may_have_done_it(self, client_for, officer_a, time):
        client_for(officer_a).post(f"/fulfilments/{time.pk}/note/", self.how("police"))
        time.refresh_from_db()
        assert (time.done_on, time.led_by) == (day(2), None)

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"led": ""}, "led", "bắt buộc"),
            ({"led": "999999"}, "led", "Hãy chọn"),
            ({"evidence": ""}, "evidence", "bắt buộc"),
            ({"done_on": ""}, "done_on", "bắt buộc"),
            ({"done_on": typed(day(-1))}, "done_on", "không thể sau hôm nay"),
            ({"done_on": typed(day(301))}, "done_on", "Nghị quyết ký ngày"),
        ],
    )
    def test_who_led_is_never_a_default(
        self, client_for, officer_a, time, changes, field, sentence
    ):
        answer = client_for(officer_a).post(
            f"/fulfilments/{time.pk}/note/", self.how("police", **changes)
        )
        assert sentence in errors(answer, field)
        time.refresh_from_db()
        assert time.done_on is None

    def test_a_stale_note_is_refused(self, client_for, officer_a, time):
        Fulfilment.objects.filter(pk=time.pk).update(due_on=day(11))
        answer = client_for(officer_a).post(f"/fulfilments/{time.pk}/note/", self.how("police"))
        assert answer.status_code == 422
        assert answer.context["stale"] is not None

    def test_noting_plans_ahead(self, commitment, time):
        last = commitment.fulfilments.order_by("due_on").last()
        Fulfilment.objects.filter(pk=last.pk).delete()
        services.note(fulfilment=_done(time, done_on=day()), on=day())
        assert commitment.fulfilments.filter(due_on=last.due_on).exists()

    def test_it_is_taken_back(self, client_for, officer_a, time, women):
        services.note(fulfilment=_done(time, done_on=day(2), led_by=women), on=day())
        client = client_for(officer_a)
        page = client.get(f"/fulfilments/{time.pk}/note/").content.decode()
        assert f'action="/fulfilments/{time.pk}/take-back/"' in page
        url = f"/fulfilments/{time.pk}/take-back/"
        client.post(url, {"version": "1"})  # an old page
        time.refresh_from_db()
        assert time.done_on
        client.post(url, {"version": str(time.version)})
        time.refresh_from_db()
        assert (time.done_on, time.evidence, time.led_by) == (None, "", None)
        assert f'action="{url}"' not in client.get(f"/fulfilments/{time.pk}/note/").content.decode()

    def test_roles(self, client_for, chief, clerk, officer_b, duty, leader, superuser, time):
        note = f"/fulfilments/{time.pk}/note/"
        page = time.commitment.resolution.get_absolute_url()
        for user, seen, noted in (
            (chief, 200, 200),
            (clerk, 200, 200),
            (officer_b, 200, 200),
            (duty, 200, 403),
            (leader, 403, 403),
            (superuser, 403, 403),
        ):
            client = client_for(user)
            assert client.get(page).status_code == seen
            assert client.get(note).status_code == noted
            if noted == 403:
                assert client.post(note, self.how("police")).status_code == 403
                taken = client.post(f"/fulfilments/{time.pk}/take-back/", {"version": 1})
                assert taken.status_code == 403
        for user in (officer_b, duty):
            assert client_for(user).get("/resolutions/create/").status_code == 403
            added = client_for(user).post(page + "commitments/", {})
            assert added.status_code == 403


@pytest.mark.django_db
class TestActivities:
    @pytest.fixture
    def held(self, area_a, commitment, women):
        return ActivityFactory(
            neighbourhood=area_a, commitment=commitment, lead=women, held_on=day(3), attendance=40
        )

    def test_it_is_offered_and_counted_in_one_click(
        self, client_for, officer_a, commitment, time, held, women
    ):
        client = client_for(officer_a)
        page = client.get(commitment.resolution.get_absolute_url())
        assert page.context["offers"] == [(held, time)]
        sent = {"activity": held.pk, "version": time.version}
        client.post(f"/fulfilments/{time.pk}/activity/", sent)
        time.refresh_from_db()
        assert (time.done_on, time.led_by) == (day(3), women)
        assert time.evidence.startswith(f"{held.code}: ")
        page = client.get(commitment.resolution.get_absolute_url())
        assert page.context["offers"] == []

    def test_it_is_counted_once(self, client_for, officer_a, commitment, time, held):
        services.note_activity(fulfilment=time, activity=held, version=1, on=day())
        second = commitment.fulfilments.filter(done_on=None).order_by("due_on").first()
        with pytest.raises(ValidationError, match="đã được ghi cho lần khác"):
            services.note_activity(fulfilment=second, activity=held, version=1, on=day())

    def test_what_is_no_evidence(self, client_for, officer_a, officer_b, time, area_a, held):
        planned = ActivityFactory(
            neighbourhood=area_a, commitment=time.commitment, held_on=None, planned_on=day(-5)
        )
        other = ActivityFactory(neighbourhood=area_a, held_on=day(3), attendance=1)
        url = f"/fulfilments/{time.pk}/activity/"
        client = client_for(officer_a)
        for activity in (planned.pk, other.pk, "9" * 30, "²", ""):
            client.post(url, {"activity": activity, "version": 1})
        client.post(url, {"activity": held.pk, "version": 7})
        client_for(officer_b).post(url, {"activity": held.pk, "version": 1})  # not in his beat
        time.refresh_from_db()
        assert time.done_on is None
        assert (
            client_for(officer_b)
            .get(time.commitment.resolution.get_absolute_url())
            .context["offers"]
            == []
        )

    def test_a_code_that_begins_another(self):
        one = factories.ActivityFactory.build(code="HD-00012")
        assert services.cites("HD-00012: Ma tuý", one)
        assert not services.cites("HD-000123: Ma tuý", one)
