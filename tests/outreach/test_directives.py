"""Directives and the plans that carry them out: owners, days, results, the tree."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Directive
from outreach.services import directives as services
from tests.factories import DirectiveFactory, day

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def new(**changes):
    return {
        "kind": "directive",
        "number": "05/CT-UBND",
        "issuer": "Uỷ ban nhân dân tỉnh",
        "issued_on": typed(day(9)),
        "title": "Tăng cường phòng, chống ma tuý",
        "follows": "",
        "content": "Lập kế hoạch",
        "owner": "",
        "owner_body": "Các tổ dân phố",
        "due_on": typed(day(-9)),
    } | changes


class TestWriting:
    def test_it_is_written_with_one_owner(self, client_for, clerk, officer_a):
        client = client_for(clerk)
        fields = new(owner=officer_a.pk, owner_body="")
        done = client.post("/directives/create/", fields)
        row = Directive.objects.get()
        assert done.url == f"/directives/{row.pk}/"
        assert row.owner == officer_a
        assert officer_a.full_name in client.get(done.url).content.decode()
        assert row.code in client.get("/directives/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"owner_body": ""}, "owner", "Chọn một cán bộ"),
            ({"owner": "99999999"}, "owner", "Hãy chọn"),
            ({"kind": "note"}, "kind", "Hãy chọn"),
            ({"number": ""}, "number", "bắt buộc"),
            ({"content": ""}, "content", "bắt buộc"),
            ({"issued_on": typed(day(-1))}, "issued_on", "không thể sau hôm nay"),
            ({"due_on": typed(day(10))}, "due_on", "trước ngày ban hành"),
            ({"due_on": "31/6/2026"}, "due_on", "không có trong lịch"),
            ({"follows": "VB-9999"}, "follows", "Không thấy mã"),
            ({"title": "x" * 301}, "title", "300"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, chief, changes, field, sentence):
        answer = client_for(chief).post("/directives/create/", new(**changes))
        assert sentence in errors(answer, field)
        assert answer.context["form"]["issuer"].value() == "Uỷ ban nhân dân tỉnh"
        assert not Directive.objects.exists()

    def test_two_owners_are_none(self, client_for, chief, officer_a):
        answer = client_for(chief).post("/directives/create/", new(owner=officer_a.pk))
        assert "một cơ quan phụ trách" in errors(answer, "owner")

    def test_who_may_own(self, client_for, chief, officer_a, leader, superuser):
        officer_a.is_active = False
        officer_a.save()
        client = client_for(chief)
        for one in (officer_a, leader, superuser):
            answer = client.post("/directives/create/", new(owner=one.pk, owner_body=""))
            assert "Hãy chọn" in errors(answer, "owner")
        row = DirectiveFactory(owner=officer_a, owner_body="")
        page = client.get(f"/directives/{row.pk}/edit/").content.decode()
        assert officer_a.full_name in page  # who is recorded stays

    def test_roles(self, client_for, chief, clerk, officer_a, duty, leader, superuser):
        row = DirectiveFactory()
        for user, seen, changed in (
            (chief, 200, 200),
            (clerk, 200, 200),
            (officer_a, 200, 403),
            (duty, 200, 403),
            (leader, 403, 403),
            (superuser, 403, 403),
        ):
            client = client_for(user)
            assert client.get(row.get_absolute_url()).status_code == seen
            assert client.get("/directives/").status_code == seen
            assert client.get(f"/directives/{row.pk}/edit/").status_code == changed
            assert client.get(f"/directives/{row.pk}/finish/").status_code == changed
            if changed == 403:
                assert client.post(f"/directives/{row.pk}/reopen/").status_code == 403


class TestResults:
    def test_it_is_finished_and_opened_again(self, client_for, chief):
        row = DirectiveFactory(due_on=day(5))
        client = client_for(chief)
        fields = {"done_on": typed(day(2)), "result": "Đã ban hành", "version": 1}
        assert client.post(f"/directives/{row.pk}/finish/", fields).status_code == 302
        row.refresh_from_db()
        assert row.badge(day()) == ("mute", "Xong, trễ 3 ngày")
        assert "Đã ban hành" in client.get(row.get_absolute_url()).content.decode()
        client.post(f"/directives/{row.pk}/reopen/", {"version": 1})  # an old page
        row.refresh_from_db()
        assert row.done_on
        client.post(f"/directives/{row.pk}/reopen/", {"version": row.version})
        row.refresh_from_db()
        assert (row.done_on, row.result) == (None, "")
        with pytest.raises(ValidationError, match="chưa ghi kết quả"):
            services.reopen(directive=row, version=row.version)

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"result": ""}, "result", "bắt buộc"),
            ({"done_on": ""}, "done_on", "bắt buộc"),
            ({"done_on": typed(day(-1))}, "done_on", "không thể sau hôm nay"),
            ({"done_on": typed(day(61))}, "done_on", "trước ngày ban hành"),
        ],
    )
    def test_a_bad_result(self, client_for, chief, changes, field, sentence):
        row = DirectiveFactory()  # issued sixty days ago
        fields = {"done_on": typed(day(1)), "result": "Xong", "version": 1} | changes
        answer = client_for(chief).post(f"/directives/{row.pk}/finish/", fields)
        assert sentence in errors(answer, field)


class TestTree:
    @pytest.fixture
    def family(self):
        top = DirectiveFactory(kind="directive", number="1/CT")
        plan = DirectiveFactory(number="2/KH", follows=top, due_on=day(-10))
        sub = DirectiveFactory(number="3/KH", follows=plan)
        other = DirectiveFactory(number="4/KH", follows=top, due_on=day(-20))
        DirectiveFactory(number="5/KH")
        return top, plan, sub, other

    def test_the_whole_tree_stands_on_each_page(self, client_for, duty, family):
        top, plan, sub, other = family
        for one in family:
            branches = client_for(duty).get(one.get_absolute_url()).context["branches"]
            found = [(row, depth) for row, depth, _ in branches]
            assert found == [(top, 0), (plan, 1), (sub, 2), (other, 1)]

    def test_a_plan_is_begun_from_what_it_follows(self, client_for, chief, family):
        client = client_for(chief)
        url = client.get(family[0].get_absolute_url()).context["plan_url"]
        form = client.get(url).context["form"]
        assert form["follows"].value() == family[0].code
        assert form["kind"].value() == "plan"

    def test_nothing_follows_itself(self, client_for, chief, family):
        top, plan, sub, _ = family
        for row, follows in ((top, sub), (plan, plan), (top, plan)):
            fields = new(follows=follows.code, issued_on=typed(row.issued_on), version=1)
            answer = client_for(chief).post(f"/directives/{row.pk}/edit/", fields)
            assert "chính nó" in errors(answer, "follows")
        fields = new(follows=top.code, issued_on=typed(sub.issued_on), version=1)
        assert client_for(chief).post(f"/directives/{sub.pk}/edit/", fields).status_code == 302

    @pytest.mark.parametrize(
        ("pk", "follows", "expected"),
        [(1, 2, True), (1, 3, True), (1, 1, True), (4, 3, False), (1, 4, False), (2, 5, False)],
    )
    def test_by_hand(self, pk, follows, expected):
        links = {1: None, 2: 1, 3: 2, 4: None, 5: 6, 6: 5}  # 5 and 6 are a ring of old
        assert services.follows_itself(pk, follows, links) == expected

    def test_a_ring_of_old_does_not_hang(self):
        assert {pk for pk, _ in services.tree_of(5, {5: 6, 6: 5})} == {5, 6}


class TestList:
    def test_late_ones_lead_the_list(self, client_for, officer_a):
        late = DirectiveFactory(due_on=day(1))
        today = DirectiveFactory(due_on=day())
        done = DirectiveFactory(due_on=day(4), done_on=day(2), result="Xong")
        client = client_for(officer_a)
        page = client.get("/directives/")
        assert [(number, word) for number, word, *_ in page.context["waiting"]] == [
            ("1", "quá hạn")
        ]
        for state, listed in (
            ("late", {late}),
            ("open", {late, today}),
            ("done", {done}),
            ("", {late, today, done}),
        ):
            shown = client.get(f"/directives/?state={state}").content.decode()
            assert {row for row in (late, today, done) if row.code in shown} == listed

    def test_by_owner_and_year(self, client_for, officer_a, officer_b):
        row = DirectiveFactory(owner=officer_b, owner_body="")
        year = row.issued_on.year
        client = client_for(officer_a)
        for query, listed in (
            (f"owner={officer_b.pk}", True),
            (f"owner={officer_a.pk}", False),  # he has none
            (f"year={year}", True),
            (f"year={year - 1}", False),
            ("kind=plan", True),
            ("kind=order", False),
            ("owner=x", False),
        ):
            shown = client.get(f"/directives/?{query}").content.decode()
            assert (row.code in shown) == listed, query

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_queries_do_not_grow(self, client_for, officer_a, rows):
        top = DirectiveFactory()
        for _ in range(rows):
            DirectiveFactory(owner=officer_a, owner_body="", follows=top)
        client = client_for(officer_a)
        client.get("/directives/")  # the first request of a session notes its time
        for url, most in (("/directives/", 12), (top.get_absolute_url(), 14)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            assert len(queries) <= most
