"""What leaders say of a published report, who it goes to, and the answer."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.accounts.models import Role
from reports.models import ReportRemark
from reports.services.remarks import ANSWERED
from reports.views.remarks import remarks_context
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


def new(**changes):
    fields = {"kind": "comment", "due_on": "", "content": "Nêu rõ nguyên nhân vụ cháy"} | changes
    return {f"remark-{name}": value for name, value in fields.items()}


def errors(response, name=None):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name or "__all__"]))


@pytest.fixture
def report(chief):
    return factories.report_in("published", user=chief)


@pytest.fixture
def address(report):
    return f"/monthly-reports/{report.pk}/remarks/"


@pytest.fixture
def made(report, leader, chief):
    """Return a function that makes a remark on the report, the chief's unless told otherwise."""

    def make(**fields):
        return factories.ReportRemarkFactory(
            **{"report": report, "author": leader, "owner": chief} | fields
        )

    return make


def context_for(rf, user, report):
    request = rf.get("/")
    request.user, request.today = type(user).objects.get(pk=user.pk), day()
    return remarks_context(request, report)


class TestMaking:
    def test_a_comment_goes_to_the_chief_who_approved(
        self, client_for, leader, chief, report, address
    ):
        done = client_for(leader).post(address, new())
        assert done.url == f"{report.get_absolute_url()}#remarks"
        row = ReportRemark.objects.get()
        assert (row.kind, row.content) == ("comment", "Nêu rõ nguyên nhân vụ cháy")
        assert (row.author, row.owner, row.report, row.due_on) == (leader, chief, report, None)

    def test_a_task_has_a_day(self, client_for, leader, address):
        client = client_for(leader)
        refused = client.post(address, new(kind="task"))
        assert "phải có hạn" in errors(refused, "due_on")
        assert refused.context["form"]["content"].value() == "Nêu rõ nguyên nhân vụ cháy"
        assert not ReportRemark.objects.exists()
        assert client.post(address, new(kind="task", due_on=typed(day()))).status_code == 302
        assert ReportRemark.objects.get().due_on == day()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"content": ""}, "content", "bắt buộc"),
            ({"content": "  \n "}, "content", "bắt buộc"),
            ({"content": "x" * 1001}, "content", "1000"),
            ({"content": "a\0b"}, "content", "không hợp lệ"),
            ({"content": "Hỏi số 099012345678 xem"}, "content", "số định danh"),
            ({"content": "Gọi 0100 555 123 ngay"}, "content", "số điện thoại"),
            ({"kind": "order"}, "kind", "Hãy chọn"),
            ({"kind": "task", "due_on": typed(day(1))}, "due_on", "trước hôm nay"),
            ({"kind": "task", "due_on": "31/6/2026"}, "due_on", "không có trong lịch"),
            ({"due_on": typed(day(1))}, "due_on", "trước hôm nay"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, leader, address, changes, field, sentence):
        answer = client_for(leader).post(address, new(**changes))
        assert sentence in errors(answer, field)
        typed_in = changes.get("content", "Nêu rõ nguyên nhân vụ cháy")
        assert answer.context["form"]["content"].value() == typed_in
        assert not ReportRemark.objects.exists()

    def test_money_and_days_are_no_numbers_of_persons(self, client_for, leader, address):
        words = "Kinh phí 500.000.000 đồng, từ 15/10/2026 đến 14/11/2026, công văn 1234/UBND"
        assert client_for(leader).post(address, new(content=words)).status_code == 302

    def test_a_double_click_makes_one(self, client_for, leader, report, address):
        for _ in range(2):
            done = client_for(leader).post(address, new() | {"_once": "a" * 32})
            assert done.url == f"{report.get_absolute_url()}#remarks"
        assert ReportRemark.objects.count() == 1

    @pytest.mark.parametrize("state", ["draft", "submitted", "returned", "approved"])
    def test_only_on_a_published_report(self, client_for, leader, chief, state):
        row = factories.report_in(state, user=chief)
        address = f"/monthly-reports/{row.pk}/remarks/"
        client = client_for(leader)
        assert (client.get(address).status_code, client.post(address, new()).status_code) == (
            404,
            404,
        )
        both = factories.UserFactory(role=Role.CHIEF)
        both.groups.add(*leader.groups.all())
        assert "chưa phát hành" in errors(client_for(both).post(address, new()))
        assert not ReportRemark.objects.exists()


class TestGiving:
    def test_the_chief_gives_it_to_an_officer(
        self, client_for, chief, clerk, officer_a, made, report
    ):
        row, client = made(), client_for(chief)
        address = f"/report-remarks/{row.pk}/assign/"
        page = client.get(address)
        assert row.content in page.content.decode()
        fields = {"owner": officer_a.pk, "version": row.version}
        assert client.post(address, fields).url == f"{report.get_absolute_url()}#remarks"
        row.refresh_from_db()
        assert row.owner == officer_a
        stale = client.post(address, fields | {"owner": clerk.pk})
        assert "vừa được sửa" in errors(stale)

    def test_who_may_be_given_it(self, client_for, chief, duty, leader, superuser, clerk, made):
        row = made()
        clerk.is_active = False
        clerk.save()
        for one in (duty, leader, superuser, clerk):  # none of them could answer
            fields = {"owner": one.pk, "version": row.version}
            answer = client_for(chief).post(f"/report-remarks/{row.pk}/assign/", fields)
            assert "Hãy chọn" in errors(answer, "owner")

    def test_an_answered_one_stays(self, client_for, chief, clerk, made):
        row = made(answer="Đã làm", done_on=day())
        fields = {"owner": clerk.pk, "version": row.version}
        answer = client_for(chief).post(f"/report-remarks/{row.pk}/assign/", fields)
        assert "đã trả lời" in errors(answer)


class TestAnswering:
    @pytest.mark.parametrize("name", ["officer_a", "chief"])
    def test_by_its_owner_or_the_chief(self, request, client_for, officer_a, made, report, name):
        row, client = made(owner=officer_a), client_for(request.getfixturevalue(name))
        address = f"/report-remarks/{row.pk}/answer/"
        assert row.content in client.get(address).content.decode()
        fields = {"answer": "Đã tuần tra\ntừ 22 giờ", "version": row.version}
        assert client.post(address, fields).url == f"{report.get_absolute_url()}#remarks"
        row.refresh_from_db()
        assert (row.answer, row.done_on) == ("Đã tuần tra\ntừ 22 giờ", day())
        opened = client.get(address)
        assert opened.url == f"{report.get_absolute_url()}#remarks"
        assert [str(one) for one in get_messages(opened.wsgi_request)][-1] == ANSWERED
        again = client.post(address, fields | {"version": row.version})
        assert "đã trả lời" in errors(again)
        assert again.context["form"]["answer"].value() == "Đã tuần tra\ntừ 22 giờ"

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            ("", "bắt buộc"),
            (" \n", "bắt buộc"),
            ("x" * 1001, "1000"),
            ("Số 099012345678", "số định danh"),
            ("a\0b", "không hợp lệ"),
        ],
    )
    def test_a_bad_answer_is_told(self, client_for, chief, made, answer, sentence):
        row = made(kind="task", due_on=day(3))
        fields = {"answer": answer, "version": row.version}
        refused = client_for(chief).post(f"/report-remarks/{row.pk}/answer/", fields)
        assert sentence in errors(refused, "answer")
        row.refresh_from_db()
        assert row.done_on is None

    def test_not_by_another(self, client_for, clerk, officer_b, made, officer_a):
        row = made(owner=officer_a)
        address = f"/report-remarks/{row.pk}/answer/"
        for user, status in ((clerk, 403), (officer_b, 404)):  # a clerk reads all of them
            client = client_for(user)
            assert client.get(address).status_code == status
            assert client.post(address, {"answer": "Xong"}).status_code == status
        row.refresh_from_db()
        assert row.answer == ""


class TestOnTheReport:
    def test_what_each_reader_sees(
        self, rf, report, made, leader, chief, clerk, officer_a, officer_b, duty
    ):
        first, second = made(owner=officer_a), made()
        made(report=factories.ReportFactory())  # of another report
        for user, rows in (
            (chief, [second, first]),
            (clerk, [second, first]),
            (leader, [second, first]),
            (officer_a, [first]),
            (officer_b, []),
        ):
            found = context_for(rf, user, report)
            assert [one["row"] for one in found["remarks"]] == rows
            assert found["remarks_shown"] == bool(rows)
            assert bool(found["remark_form"]) == (user == leader)
        assert context_for(rf, duty, report) == {"remarks_shown": False}

    def test_what_each_reader_may_do(self, rf, report, made, leader, chief, clerk, officer_a):
        made(owner=officer_a)
        made(answer="Đã làm", done_on=day())
        acts = {
            user: [
                (one["may_answer"], one["may_assign"])
                for one in context_for(rf, user, report)["remarks"]
            ]
            for user in (chief, clerk, leader, officer_a)
        }
        assert acts == {
            chief: [(False, False), (True, True)],
            clerk: [(False, False), (False, False)],
            leader: [(False, False), (False, False)],
            officer_a: [(True, False)],
        }

    def test_nothing_before_it_is_published(self, rf, chief, clerk):
        row = factories.report_in("approved", user=chief)
        assert context_for(rf, clerk, row) == {"remarks_shown": False}

    def test_the_page_shows_and_offers_them(self, client_for, leader, chief, report, made):
        late = made(kind="task", due_on=day(2), content="Tuần tra <b>chợ</b>")
        made(content="Tốt", answer="Cảm ơn", done_on=day(1))
        page = client_for(leader).get(report.get_absolute_url()).content.decode()
        assert page.count('id="remarks"') == 1
        assert "Tuần tra &lt;b&gt;chợ&lt;/b&gt;" in page
        assert "Quá hạn 2 ngày" in page
        assert f"Trả lời {typed(day(1))}: Cảm ơn" in page
        assert f'action="/monthly-reports/{report.pk}/remarks/"' in page
        assert f"/report-remarks/{late.pk}/" not in page
        page = client_for(chief).get(report.get_absolute_url()).content.decode()
        assert f"/report-remarks/{late.pk}/assign/" in page
        assert f"/report-remarks/{late.pk}/answer/" in page
        assert f'action="/monthly-reports/{report.pk}/remarks/"' not in page

    def test_its_queries_do_not_grow(self, rf, chief, report, made):
        def asked():
            with CaptureQueriesContext(connection) as found:
                context = context_for(rf, chief, report)
                shown = [
                    (one["row"].author.full_name, one["row"].owner.full_name)
                    for one in context["remarks"]
                ]
            return len(found), len(shown)

        made()
        before, _ = asked()
        for _ in range(5):
            made(author=factories.UserFactory(role=Role.LEADER))
        assert asked() == (before, 6)


class TestRoles:
    @pytest.mark.parametrize("name", ["chief", "officer_a", "clerk", "duty", "superuser"])
    def test_only_leaders_remark(self, request, client_for, address, name):
        client = client_for(request.getfixturevalue(name))
        assert client.get(address).status_code == 403
        assert client.post(address, new()).status_code == 403
        assert not ReportRemark.objects.exists()

    @pytest.mark.parametrize(
        ("name", "answer", "assign"),
        [
            ("chief", 200, 200),
            ("officer_a", 200, 403),  # his own
            ("clerk", 403, 403),
            ("officer_b", 404, 403),
            ("duty", 403, 403),
            ("leader", 403, 403),
            ("superuser", 403, 403),
        ],
    )
    def test_who_answers_and_gives(
        self, request, client_for, made, officer_a, name, answer, assign
    ):
        row = made(owner=officer_a)
        client = client_for(request.getfixturevalue(name))
        assert client.get(f"/report-remarks/{row.pk}/answer/").status_code == answer
        assert client.get(f"/report-remarks/{row.pk}/assign/").status_code == assign
        if assign != 200:
            fields = {"owner": officer_a.pk, "version": row.version}
            posted = client.post(f"/report-remarks/{row.pk}/assign/", fields)
            assert posted.status_code == assign

    def test_an_address_without_a_row_is_404(self, client_for, chief, leader):
        for user, address in (
            (leader, "/monthly-reports/999999/remarks/"),
            (chief, "/report-remarks/999999/answer/"),
            (chief, f"/report-remarks/{2**70}/assign/"),
        ):
            assert client_for(user).get(address).status_code == 404
