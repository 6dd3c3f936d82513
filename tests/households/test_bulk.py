"""Extending and ending many temporary residences in one go; the workers of a business."""

import random
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from businesses.models import Business
from households import services
from households.forms.bulk import EndManyForm, ExtendManyForm
from households.models import EndGround, Household, Residence, ResidenceAct, ResidenceRule
from households.views import bulk
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

LIST, BULK = "/temporary-residents/", "/temporary-residents/bulk/"
TODAY = day()


def typed(when):
    return when.strftime("%d/%m/%Y")


@pytest.fixture
def company(area_a):
    return factories.BusinessFactory(
        neighbourhood=area_a, name="Công ty Một", sector__code="company"
    )


@pytest.fixture
def ground():
    return EndGround.objects.get(code="temporary-lease")


def tenant(area, left=5, **fields):
    """Return the stay of somebody whose term ends in `left` days."""
    if not {"household", "lodging"} & set(fields):
        fields["household"] = factories.HouseholdFactory(neighbourhood=area)
    fields.setdefault("household", None)
    return factories.ResidenceFactory(temporary=True, expires_on=day(-left), **fields)


def extend(rows, when=None, **more):
    when = typed(when or day(-200))
    return {"do": "extend", "pick": [r.pk for r in rows], "extend-expires_on": when, **more}


def end(rows, ground, when=None, **more):
    when = typed(when or TODAY)
    fields = {"end-ended_on": when, "end-end_ground": ground.pk}
    return {"do": "end", "pick": [r.pk for r in rows], **fields, **more}


def send(client, data):
    return client.post(BULK, data)


def hidden(response):
    """Return what the form of a page's last step carries, as a browser sends it."""
    form = response.text.rpartition('<form class="form-actions')[2]
    found = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        found.setdefault(name, []).append(value)
    return found


def confirm(client, preview, **changes):
    assert preview.status_code == 200
    return send(client, {**hidden(preview), "do": "confirm", **changes})


def names(response):
    """Return the people on a page of a list."""
    rows = response.context["table"]["rows"]
    cells = ([strip_tags(cell[2]).strip() for cell in row] for row in rows)
    return [next(one for one in row if one and not one.startswith("NK-")) for row in cells]


class TestList:
    def test_each_filter_narrows_and_an_unknown_code_finds_nobody(
        self, client_for, officer_a, area_a, company
    ):
        hostel = factories.BusinessFactory(neighbourhood=area_a)
        rows = {
            "household": tenant(area_a, left=40),
            "lodging": tenant(area_a, left=20, lodging=hostel),
            "employer": tenant(area_a, left=-1, employer=company),
        }
        wanted = {
            "household": rows["household"].household.code,
            "lodging": hostel.code.lower(),
            "employer": company.code,
        }
        client = client_for(officer_a)
        for address in (LIST, BULK):
            for name, code in wanted.items():
                [found] = names(client.get(address, {name: code}))
                assert found == rows[name].resident.full_name, name
                assert names(client.get(address, {name: "XX-404"})) == []
            terms = {"due15": 1, "due": 2, "overdue": 1, "": 3}
            for term, count in terms.items():
                assert len(names(client.get(address, {"term": term}))) == count, term
            assert len(names(client.get(address, {"neighbourhood": area_a.pk}))) == 3

    def test_the_list_leads_to_the_bulk_page_those_who_may(self, client_for, officer_a, duty):
        assert f'formaction="{BULK}"' in client_for(officer_a).get(LIST).text
        assert BULK not in client_for(duty).get(LIST).text
        assert client_for(duty).get(BULK).status_code == 403
        assert client_for(duty).post(BULK, {"do": "extend"}).status_code == 403

    def test_the_button_of_the_list_opens_the_page_with_the_filters_and_no_number(
        self, client_for, officer_a, company
    ):
        client = client_for(officer_a)
        came = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{LIST}?term=due"}
        filters = {"term": "due", "employer": company.code, "q": "le van"}
        sent = client.get(BULK, filters, headers=came)
        assert sent["HX-Redirect"] == f"{BULK}?q=le+van&term=due&employer={company.code}"
        sent = client.post(BULK, {**filters, "q": "099000000001", "_filter": "1"}, headers=came)
        assert sent["HX-Redirect"] == f"{BULK}?term=due&employer={company.code}"


class TestChoosing:
    def test_nobody_is_ticked_until_all_are(self, client_for, officer_a, area_a):
        rows = [tenant(area_a) for _ in range(3)]
        client = client_for(officer_a)
        assert " checked" not in client.get(BULK).text
        ticked = send(client, {"do": "all", "extend-expires_on": "1/2/2030", "term": "due"})
        assert ticked.text.count(" checked>") == len(rows)
        assert 'value="1/2/2030"' in ticked.text
        assert '<input type="hidden" name="term" value="due">' in ticked.text
        none = send(client, {"do": "none", "pick": [rows[0].pk]})
        assert " checked" not in none.text

    def test_a_number_is_searched_by_post_alone(self, client_for, officer_a, area_a):
        row, _ = tenant(area_a), tenant(area_a)
        number, client = row.resident.citizen_id, client_for(officer_a)
        refused = client.get(BULK, {"q": number})
        assert names(refused) == []
        assert "không đặt trên thanh địa chỉ" in refused.text
        found = send(client, {"q": number, "_filter": "1"})
        assert names(found) == [row.resident.full_name]
        for head in found.context["table"]["head"]:
            assert number not in head.get("sort_url", "")
        written = confirm(client, send(client, extend([row], q=number)))
        assert written.url == LIST

    def test_what_does_not_fit_is_told(self, client_for, officer_a, area_a, monkeypatch):
        for left in (9, 8, 7):
            tenant(area_a, left=left)
        monkeypatch.setattr(bulk, "MOST", 2)
        page = client_for(officer_a).get(BULK)
        assert len(names(page)) == 2
        assert "Hiện 2 người, còn 1 người chưa hiện" in page.context["subtitle"]
        rows = Residence.objects.values_list("pk", flat=True)
        refused = send(client_for(officer_a), extend([], pick=list(rows)))
        assert bulk.TOO_MANY in refused.context["form"].non_field_errors()

    def test_htmx_gets_the_rows_and_the_filters_the_form_carries(self, client_for, officer_a):
        came = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{BULK}"}
        part = client_for(officer_a).get(BULK, {"term": "due"}, headers=came).text
        assert "<html" not in part
        assert 'id="bulk-filters" hx-swap-oob="true"' in part
        assert '<input type="hidden" name="term" value="due">' in part

    @pytest.mark.parametrize(
        ("changes", "field", "sentence", "kept"),
        [
            ({"extend-expires_on": "31/2/2027"}, "expires_on", "không có trong lịch", "31/2/2027"),
            ({"extend-expires_on": ""}, "expires_on", "", "BB-77"),
            ({"pick": []}, "__all__", bulk.NOBODY, "1/2/2030"),
            ({"pick": ["\0", "x", "9" * 30]}, "__all__", bulk.NOBODY, "1/2/2030"),
            ({"file_number": "B" * 41}, "file_number", "40", "B" * 41),
            ({"do": "end"}, "end_ground", "", "1/2/2030"),
            (
                {"do": "end", "end-ended_on": typed(day(-1)), "end-end_ground": ""},
                "ended_on",
                "Ngày này không thể sau hôm nay.",
                typed(day(-1)),
            ),
            ({"do": "end", "end-end_ground": "7777777"}, "end_ground", "", "1/2/2030"),
            ({"do": "end", "end-end_ground": "9" * 30}, "end_ground", "", "1/2/2030"),
            ({"do": "end", "end-ended_on": "\0"}, "ended_on", "", "1/2/2030"),
        ],
    )
    def test_bad_input_is_told_and_nothing_typed_is_lost(
        self, client_for, officer_a, area_a, changes, field, sentence, kept
    ):
        row = tenant(area_a)
        data = {**extend([row]), "extend-expires_on": "1/2/2030", "file_number": "BB-77"}
        refused = send(client_for(officer_a), {**data, "end-ended_on": typed(TODAY), **changes})
        assert refused.status_code == 422
        assert sentence in refused.context["form"].errors[field][0]
        assert kept in refused.text
        assert refused.text.count(" checked>") == (1 if "pick" not in changes else 0)
        assert not ResidenceAct.objects.filter(kind="EXTENSION").exists()

    def test_a_ground_of_permanent_residence_or_past_its_day_is_refused(
        self, client_for, officer_a, area_a, ground
    ):
        client, row = client_for(officer_a), tenant(area_a)
        permanent = EndGround.objects.filter(kind="P").first()
        assert "end_ground" in send(client, end([row], permanent)).context["form"].errors
        ground.valid_to = TODAY
        ground.save()
        assert "end_ground" in send(client, end([row], ground)).context["form"].errors

    def test_the_enter_key_presses_the_act_whose_box_is_filled(
        self, client_for, officer_a, area_a, ground
    ):
        client, row = client_for(officer_a), tenant(area_a)
        for data, act in ((extend([row]), "extend"), (end([row], ground), "end")):
            page = send(client, {**data, "do": "preview"})
            assert page.context["form"].act == act
        first = re.search(r'<button[^>]+name="do"[^>]*>', client.get(BULK).text)[0]
        assert 'value="preview"' in first

    @pytest.mark.parametrize("junk", ["\0", "x" * 5000, "-7", "9" * 30, "é"])
    def test_junk_is_no_error(self, client_for, officer_a, area_a, junk):
        client, row = client_for(officer_a), tenant(area_a)
        for name in (*bulk.FILTERS, "pick", "do", "act", "_once"):
            assert client.get(BULK, {name: junk}).status_code == 200
            for do in ("extend", "confirm", "all", "back"):
                data = {**extend([row]), "act": "extend", "do": do, name: junk}
                assert send(client, data).status_code in (200, 422), (name, do)


class TestPreview:
    def test_whom_an_extension_cannot_take_and_why(self, client_for, officer_a, area_a):
        good = tenant(area_a, left=5)
        why = {
            "15 ngày trước đó": tenant(area_a, left=16),
            "phải ghi ngày sau đó": tenant(area_a, left=15),
            "muộn nhất": tenant(area_a, left=-740, started_on=day(800)),
            "đã kết thúc ngày": tenant(area_a),
            "đã xoá": tenant(area_a),
        }
        ended, home = why["đã kết thúc ngày"], why["đã xoá"].household
        services.end_residence(residence=ended, ended_on=TODAY, end_reason="DELETION", on=TODAY)
        Household.objects.filter(pk=home.pk).update(dissolved_on=TODAY)
        page = send(client_for(officer_a), extend([good, *why.values()], day(-15)))
        assert page.context["good"] == [good]
        refused = dict(page.context["refused"])
        for words, row in why.items():
            assert words in refused.pop(row)
        assert not refused
        assert "Đã chọn 6 người: ghi được 1, không ghi được 5." in page.text
        assert typed(day(-5)) in page.text
        assert typed(day(-15)) in page.text

    def test_whom_an_ending_cannot_take_and_why(self, client_for, officer_a, area_a, ground):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        head = tenant(area_a, household=home, relation="HEAD")
        late = tenant(area_a, household=home, started_on=day(3))
        other = tenant(area_a, household=home, started_on=day(100))
        page = send(client_for(officer_a), end([head, late, other], ground, day(10)))
        assert page.context["good"] == [other]
        refused = dict(page.context["refused"])
        assert set(refused) == {head, late}
        assert "hộ còn 1 người" in refused[head]
        assert "không thể kết thúc trước đó" in refused[late]
        page = send(client_for(officer_a), end([head, late, other], ground))
        assert set(page.context["good"]) == {head, late, other}
        assert page.context["refused"] == []

    def test_the_preview_says_what_the_services_say(self, area_a, officer_a, ground):
        """Days at random: a row is good exactly where the service alone would write it."""
        rng = random.Random(7)
        hostel = factories.BusinessFactory(neighbourhood=area_a)
        rule = ResidenceRule.objects.get(key="term_years")
        ResidenceRule.objects.create(
            key="term_years", value=1, valid_from=day(20), legal_basis="Luật mới"
        )
        assert rule.value == 2
        homes = [factories.HouseholdFactory(neighbourhood=area_a) for _ in range(4)]
        rows = []
        for number in range(16):
            left = rng.choice([-400, -40, -1, 0, 14, 15, 16, 30])
            fields = {"started_on": day(rng.choice([0, 2, 60]) + max(0, -left))}
            if number % 2:
                relation = "HEAD" if number < 8 else "TENANT"
                fields |= {"household": homes[number // 2 % 4], "relation": relation}
            else:
                fields["lodging"] = hostel
            if day(-left) > fields["started_on"]:
                rows.append(tenant(area_a, left=left, **fields))
        for ahead in (-20, 3, 40, 360, 370, 700, 740):
            until = day(-ahead)
            form = ExtendManyForm(
                {"extend-expires_on": typed(until)}, prefix="extend", user=officer_a, on=TODAY
            )
            self.compare(
                form,
                rows,
                lambda row, until=until: services.extend_residence(
                    residence=row, expires_on=until, on=TODAY
                ),
            )
        for ago in (0, 1, 30):
            data = {"end-ended_on": typed(day(ago)), "end-end_ground": ground.pk}
            form = EndManyForm(data, prefix="end", user=officer_a, on=TODAY)
            for row in rows:  # each alone: a head may go together with the others
                self.compare(
                    form,
                    [row],
                    lambda row, ago=ago: services.end_residence(
                        residence=row,
                        ended_on=day(ago),
                        end_reason=ground.end_reason,
                        ground=ground,
                        on=TODAY,
                    ),
                )

    @staticmethod
    def compare(form, rows, write):
        from django.core.exceptions import ValidationError
        from django.db import transaction

        assert form.is_valid()
        keys = [row.pk for row in rows]
        rows = list(Residence.objects.filter(pk__in=keys).for_list())
        found = form.sort_out(rows)
        assert len(found.good) + len(found.refused) == len(rows)
        for row in rows:
            written = False
            try:
                with transaction.atomic():
                    write(Residence.objects.for_list().get(pk=row.pk))
                    written = True
                    transaction.set_rollback(True)
            except ValidationError:
                pass
            assert (row in found.good) is written, (row, row.expires_on, dict(found.refused))


class TestWriting:
    def test_all_good_ones_are_extended_in_one_act_and_undone_as_one(
        self, client_for, officer_a, area_a, company
    ):
        rows = [tenant(area_a, employer=company) for _ in range(3)]
        early = tenant(area_a, left=100)
        until = day(-300)
        client = client_for(officer_a)
        page = send(client, extend([*rows, early], until, file_number="HS-1", term="due"))
        done = confirm(client, page)
        assert done.url == f"{LIST}?term=due"
        act = ResidenceAct.objects.get(kind="EXTENSION")
        assert (act.people, act.file_number, act.done_by) == (3, "HS-1", officer_a)
        assert {row.expires_on for row in act.started.all()} == {until}
        assert set(act.ended.values_list("pk", flat=True)) == {row.pk for row in rows}
        early.refresh_from_db()
        assert early.ended_on is None
        told = client.get(done.url).text
        assert act.get_absolute_url() in told
        assert "Đã gia hạn tạm trú 3 người" in told
        services.undo_act(act=act, reason="Ghi nhầm", on=TODAY)
        for row in rows:
            row.refresh_from_db()
            assert (row.ended_on, row.expires_on) == (None, day(-5))
        assert Residence.objects.current().count() == 4

    def test_all_good_ones_are_ended_in_one_act_and_undone_as_one(
        self, client_for, officer_a, area_a, ground
    ):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        rows = [
            tenant(area_a, household=home, relation="HEAD"),
            tenant(area_a, household=home),
            tenant(area_a),
        ]
        client = client_for(officer_a)
        done = confirm(client, send(client, end(rows, ground, day(2))))
        assert done.url == LIST
        act = ResidenceAct.objects.get(kind="ENDING")
        assert act.people == 3
        for row in rows:
            row.refresh_from_db()
            assert (row.ended_on, row.end_ground, row.ended_by) == (day(2), ground, act)
            assert row.end_reason == ground.end_reason
        home.refresh_from_db()
        assert home.dissolved_on == day(2)
        services.undo_act(act=act, reason="Ghi nhầm", on=TODAY)
        home.refresh_from_db()
        assert home.dissolved_on is None
        assert Residence.objects.current().count() == 3

    def test_a_double_send_writes_once(self, client_for, officer_a, area_a):
        client, rows = client_for(officer_a), [tenant(area_a), tenant(area_a)]
        page = send(client, extend(rows))
        first, second = confirm(client, page), confirm(client, page)
        assert first.status_code == second.status_code == 302
        assert first.url == second.url
        assert ResidenceAct.objects.filter(kind="EXTENSION").count() == 1

    def test_what_changed_since_the_preview_is_shown_before_it_is_written(
        self, client_for, officer_a, area_a
    ):
        client, (one, gone) = client_for(officer_a), [tenant(area_a), tenant(area_a)]
        page = send(client, extend([one, gone]))
        services.end_residence(residence=gone, ended_on=TODAY, end_reason="DELETION", on=TODAY)
        again = confirm(client, page)
        assert again.status_code == 422
        assert again.context["refusals"] == [bulk.CHANGED]
        assert again.context["good"] == [one]
        assert [row for row, _ in again.context["refused"]] == [gone]
        assert not ResidenceAct.objects.filter(kind="EXTENSION").exists()
        done = send(client, {**hidden(again), "do": "confirm"})
        assert done.status_code == 302
        assert ResidenceAct.objects.get(kind="EXTENSION").people == 1

    def test_a_refusal_of_the_service_is_told_on_the_preview(
        self, client_for, officer_a, area_a, monkeypatch
    ):
        from django.core.exceptions import ValidationError

        from households.forms import bulk as forms

        def refuse(**kwargs):
            raise ValidationError({"expires_on": "Vì một lẽ khác."})

        client, row = client_for(officer_a), tenant(area_a)
        page = send(client, extend([row]))
        monkeypatch.setattr(forms, "extend_residences", refuse)
        again = confirm(client, page)
        assert again.status_code == 422
        assert again.context["refusals"] == ["Vì một lẽ khác."]
        assert again.context["good"] == [row]

    def test_going_back_keeps_the_boxes_and_what_was_typed(
        self, client_for, officer_a, area_a, ground
    ):
        client, rows = client_for(officer_a), [tenant(area_a), tenant(area_a)]
        page = send(client, end(rows[:1], ground, day(3), file_number="HS-9", term="due"))
        back = send(client, {**hidden(page), "do": "back"})
        assert back.status_code == 200
        assert back.text.count(" checked>") == 1
        for text in (typed(day(3)), "HS-9", f'value="{ground.pk}" selected'):
            assert text in back.text
        assert back.context["params"] == [("term", "due")]

    def test_without_good_rows_there_is_nothing_to_write(self, client_for, officer_a, area_a):
        client, row = client_for(officer_a), tenant(area_a, left=100)
        page = send(client, extend([row]))
        assert 'value="confirm"' not in page.text
        assert confirm(client, page).status_code == 422
        assert not ResidenceAct.objects.filter(kind="EXTENSION").exists()

    def test_an_act_a_neighbourhood_so_that_each_officer_reads_his_own_people(
        self, client_for, chief, officer_a, area_a, area_b
    ):
        own, other = tenant(area_a), tenant(area_b)
        client = client_for(chief)
        done = confirm(client, send(client, extend([own, other])))
        acts = ResidenceAct.objects.filter(kind="EXTENSION")
        assert {act.neighbourhood: act.people for act in acts} == {area_a: 1, area_b: 1}
        told = client.get(done.url).text
        assert all(act.get_absolute_url() in told for act in acts)
        [seen] = acts.visible_to(officer_a)
        assert other.resident.full_name not in seen.summary


class TestScope:
    def test_rows_of_another_beat_are_neither_shown_nor_written(
        self, client_for, officer_a, area_a, area_b, ground
    ):
        own, foreign = tenant(area_a), tenant(area_b)
        secret = foreign.resident.code
        client = client_for(officer_a)
        for data in (extend([own, foreign]), end([own, foreign], ground)):
            page = send(client, data)
            assert page.context["rows"] == [own]
            assert secret not in page.text
            forged = confirm(client, page, good=f"{own.pk} {foreign.pk}")
            assert forged.status_code == 422  # what is shown anew is the user's own
            assert forged.context["rows"] == [own]
            assert secret not in forged.text
        only = send(client, extend([foreign]))
        assert bulk.NOBODY in only.context["form"].non_field_errors()
        for do in ("all", "back"):
            assert secret not in send(client, {"do": do, "pick": [foreign.pk]}).text
        foreign.refresh_from_db()
        assert foreign.ended_on is None

    def test_permanent_residents_are_not_there(self, client_for, officer_a, area_a):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        row = factories.ResidenceFactory(household=home)
        refused = send(client_for(officer_a), extend([row]))
        assert bulk.NOBODY in refused.context["form"].non_field_errors()


class TestQueries:
    """As many for 60 people as for two, whatever their terms and hosts."""

    @staticmethod
    def counted(client, method, data):
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(client, method)(BULK, data)
        inserts = sum(one["sql"].startswith("INSERT") for one in queries)  # in batches
        return answer, len(queries) - inserts

    @pytest.mark.parametrize("act", ["extend", "end"])
    def test_no_query_a_row(self, client_for, officer_a, area_a, company, ground, act):
        client, counts = client_for(officer_a), []
        client.get(BULK)  # the session is written once
        for number in (2, 60):
            rows = [tenant(area_a, left=-left, employer=company) for left in range(number)]
            group = factories.GroupFactory(neighbourhood=area_a)
            for row in rows:  # their households are closed with them
                factories.MembershipFactory(group=group, household=row.household)
            rows += [tenant(area_a, left=99) for _ in range(number)]
            page, listed = self.counted(client, "get", {})
            assert len(names(page)) >= number
            data = extend(rows) if act == "extend" else end(rows, ground)
            preview, looked = self.counted(client, "post", data)
            assert len(preview.context["rows"]) == 2 * number
            done, wrote = self.counted(client, "post", {**hidden(preview), "do": "confirm"})
            assert done.status_code == 302
            counts.append((listed, looked, wrote))
            client.get(done.url)  # takes the message down
            rest = list(Residence.objects.current().for_list())
            if rest:
                services.end_residences(
                    residences=rest, ended_on=TODAY, end_reason="DELETION", on=TODAY
                )
        assert counts[0] == counts[1]


class TestBusinessPage:
    def test_the_numbers_are_those_of_the_lists(
        self, client_for, chief, officer_a, duty, area_a, area_b, company
    ):
        tenant(area_a, employer=company)
        tenant(area_b, employer=company)
        tenant(area_a, lodging=company)
        gone = tenant(area_a, employer=company)
        services.end_residence(residence=gone, ended_on=TODAY, end_reason="DELETION", on=TODAY)
        home = factories.HouseholdFactory(neighbourhood=area_a)
        factories.ResidenceFactory(household=home, employer=company)  # permanent
        for user, wanted in ((chief, [2, 1]), (officer_a, [1, 1]), (duty, [2, 1])):
            client = client_for(user)
            page = client.get(company.get_absolute_url())
            workers = page.context["workers"]
            assert [count for _, _, count in workers] == wanted
            for _, name, count in workers:
                address = f"{LIST}?{name}={company.code}"
                assert address in page.text
                assert len(names(client.get(address))) == count
            assert (f"{BULK}?employer={company.code}" in page.text) is (user is not duty)

    def test_without_the_right_to_see_residences_there_is_no_card(
        self, client_for, officer_a, company
    ):
        group = officer_a.groups.get()
        group.permissions.remove(*group.permissions.filter(codename="view_residence"))
        page = client_for(officer_a).get(company.get_absolute_url())
        assert page.context["workers"] is None
        assert "Lao động tạm trú" not in page.text


class TestEmployers:
    ADDRESS = "/businesses/employers/options/"

    def test_companies_of_the_whole_ward_are_offered_with_no_more_than_name_and_address(
        self, client_for, officer_a, area_b
    ):
        far = factories.BusinessFactory(
            neighbourhood=area_b, name="Công ty Xa", responsible_name="Đỗ Bí Mật"
        )
        client = client_for(officer_a)
        for query in ("cong ty xa", far.code, "ctx", far.address):
            [found] = client.get(self.ADDRESS, {"q": query}).json()["results"]
            assert found == {"code": far.code, "label": far.name, "detail": far.address}
        for query in ("", "bi mat", "do bi mat cong", far.phone, "\0"):
            assert client.get(self.ADDRESS, {"q": query}).json() == {"results": []}
        Business.objects.filter(pk=far.pk).update(state="closed")
        assert client.get(self.ADDRESS, {"q": "cong ty xa"}).json() == {"results": []}

    def test_at_most_eight_by_name_in_one_query(self, client_for, officer_a, area_b):
        for number in range(12, 0, -1):
            factories.BusinessFactory(neighbourhood=area_b, name=f"Công ty {number}")
        found = client_for(officer_a).get(self.ADDRESS, {"q": "cong ty"}).json()["results"]
        assert [one["label"] for one in found] == [f"Công ty {n}" for n in range(1, 9)]

    def test_who_may(self, client_for, duty, leader, clerk, client):
        assert client_for(clerk).get(self.ADDRESS, {"q": "a"}).status_code == 200
        for user in (duty, leader):
            assert client_for(user).get(self.ADDRESS, {"q": "a"}).status_code == 403
        assert client.get(self.ADDRESS).status_code == 302

    def test_a_tenant_works_in_another_beat_but_does_not_live_there(
        self, client_for, officer_a, area_a, area_b
    ):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        far = factories.BusinessFactory(neighbourhood=area_b, name="Công ty Xa")
        client = client_for(officer_a)
        fields = {
            "full_name": "Lê Thị Mới",
            "birth": "5/9/1990",
            "sex": "F",
            "relation": "TENANT",
            "started_on": typed(TODAY),
            "start_reason": "ARRIVAL",
            "expires_on": typed(day(-200)),
            "employer": far.code,
        }
        refused = client.post(f"{LIST}create/", fields)
        assert "ở địa bàn khác" in refused.context["form"].errors["household"][0]
        unknown = client.post(f"{LIST}create/", {**fields, "employer": "CS-99999"})
        assert "Không thấy mã CS-99999." in unknown.context["form"].errors["employer"][0]
        done = client.post(f"{LIST}create/", {**fields, "household": home.code})
        row = home.residences.get()
        assert (row.employer, row.neighbourhood) == (far, area_a)
        page = client.get(done.url).text
        assert "Công ty Xa" in page
        assert far.get_absolute_url() not in page
        assert names(client.get(LIST, {"employer": far.code})) == ["Lê Thị Mới"]
