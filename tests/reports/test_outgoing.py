"""Outgoing documents: numbers without a gap and never twice, whoever presses when; the register."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kylien.accounts.models import Role, User
from kylien.audit.models import AuditEntry
from kylien.core.models import CodeCounter
from kylien.core.periods import Month
from reports.models import FrozenReport, MonthlyReport, OutgoingDocument
from reports.services import monthly, numbers
from tests import factories
from tests.factories import day

D = dt.date
ON = D(2026, 11, 24)


def typed(when):
    return when.strftime("%d/%m/%Y")


def take(signer, kind="TB", dated=ON, **changes):
    fields = {"subject": "Về việc tuần tra", "signed_as": "head", "on": max(dated, ON)}
    return numbers.register(kind=kind, dated=dated, signer=signer, **{**fields, **changes})


def form(signer, /, **changes):
    return {
        "kind": "TB",
        "dated": typed(day()),
        "subject": "Về việc tăng cường tuần tra dịp cuối năm",
        "signer": signer.pk,
        "signed_as": "head",
        "recipients": "UBND phường\nLưu: VT, CAP",
        "used_before": "",
    } | changes


def errors(response, name=None):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name or "__all__"]))


def together(*acts):
    """Run acts at once, each on its own connection; return what they gave or raised."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def desk(n, act):
        barrier.wait()
        try:
            outcomes[n] = act()
        except Exception as error:
            outcomes[n] = error
        finally:
            connection.close()

    desks = [threading.Thread(target=desk, args=one) for one in enumerate(acts)]
    for thread in desks:
        thread.start()
    for thread in desks:
        thread.join()
    return outcomes


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestNumbers:
    def test_each_sort_and_year_runs_from_one(self, chief):
        given = [
            take(chief).symbol,
            take(chief).symbol,
            take(chief, kind="BC").symbol,
            take(chief, dated=D(2027, 1, 4)).symbol,
        ]
        assert given == ["01/TB-CAP", "02/TB-CAP", "01/BC-CAP", "01/TB-CAP"]

    def test_it_goes_on_after_the_paper_register_once(self, chief):
        assert take(chief, used_before=37).number == 38
        with pytest.raises(ValidationError) as caught:
            take(chief, used_before=50)
        assert "đã cấp số" in caught.value.message_dict["used_before"][0]
        assert take(chief).number == 39

    @pytest.mark.parametrize("last", [99_999, 10**20])
    def test_a_last_number_beyond_the_register_is_told(self, chief, last):
        with pytest.raises(ValidationError) as caught:
            take(chief, used_before=last)
        assert "99.999" in caught.value.message_dict["used_before"][0]

    def test_days_follow_the_numbers(self, chief):
        take(chief, dated=ON)
        for dated, words in ((ON - dt.timedelta(1), "lùi ngày"), (ON + dt.timedelta(1), "sau hôm")):
            with pytest.raises(ValidationError) as caught:
                take(chief, dated=dated, on=ON)
            assert words in caught.value.message_dict["dated"][0]
        assert take(chief).number == 2

    def test_a_transaction_that_fails_gives_its_number_back(self, chief):
        take(chief)

        def fails():
            with transaction.atomic():
                raise RuntimeError(take(chief).number)

        with pytest.raises(RuntimeError, match="2"):
            fails()
        assert take(chief).number == 2
        with pytest.raises(ValidationError):
            take(chief, subject="x" * 301)  # refused after the number was taken
        assert take(chief).number == 3

    def test_what_is_cancelled_keeps_its_number(self, chief):
        gone = take(chief)
        numbers.cancel(document=gone, reason="Không ban hành", on=ON)
        assert take(chief).number == 2
        with pytest.raises(ValidationError, match="đã huỷ"):
            numbers.cancel(document=gone, reason="Lần nữa", on=ON)

    def test_the_number_of_an_approved_report_is_not_cancelled(self, chief):
        report = factories.report_in("approved", user=chief)
        with pytest.raises(ValidationError, match="báo cáo đã duyệt"):
            numbers.cancel(document=report.document, reason="Nhầm", on=day())


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestTwoConnections:
    def test_two_officers_at_once_get_one_number_each(self):
        users = [factories.UserFactory(role=role) for role in (Role.CHIEF, Role.CLERK)]
        made = together(
            *[lambda user=user: [take(user).number for _ in range(4)] for user in users]
        )
        assert sorted(made[0] + made[1]) == list(range(1, 9)), made
        assert CodeCounter.objects.get(prefix="VBD-TB-2026").last == 8

    def test_who_waits_for_one_that_fails_gets_its_number(self):
        user = factories.UserFactory(role=Role.CHIEF)
        taken = threading.Event()

        def fails():
            with transaction.atomic():
                number = take(user).number
                taken.set()
                raise RuntimeError(number)

        def waits():
            taken.wait()
            return take(user).number

        failed, number = together(fails, waits)
        assert (failed.args, number) == ((1,), 1)
        assert OutgoingDocument.objects.count() == 1

    def test_only_one_begins_after_the_paper_register(self):
        user = factories.UserFactory(role=Role.CHIEF)
        made = together(*[lambda: take(user, used_before=20).number] * 2)
        [refused] = [one for one in made if isinstance(one, ValidationError)]
        assert [one for one in made if one != refused] == [21]
        assert "used_before" in refused.message_dict

    def test_two_reports_approved_at_once(self):
        chief, on = factories.UserFactory(role=Role.CHIEF), day()
        month = Month.containing(on).previous()
        rows = [
            factories.report_in("submitted", month=one, user=chief)
            for one in (month, month.previous())
        ]
        given = {"user": chief, "signer": chief, "signed_as": "head", "dated": on, "on": on}
        acts = [
            lambda row=row: monthly.approve(report=row, at=timezone.now(), **given).document.number
            for row in rows
        ]
        assert sorted(together(*acts)) == [1, 2]
        assert FrozenReport.objects.count() == 2

    def test_one_report_approved_twice_at_once_takes_one_number(self):
        chief, on = factories.UserFactory(role=Role.CHIEF), day()
        row = factories.report_in("submitted", user=chief)
        given = {"user": chief, "signer": chief, "signed_as": "head", "dated": on, "on": on}
        made = together(
            *[lambda: monthly.approve(report=row, at=timezone.now(), **given).document.number] * 2
        )
        assert sorted(map(type, made), key=str) == sorted([int, ValidationError], key=str), made
        assert OutgoingDocument.objects.get().number == 1


# --- the pages ------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestTaking:
    def test_a_clerk_takes_a_number(self, client_for, clerk, chief):
        client = client_for(clerk)
        page = client.get("/outgoing/create/")
        assert page.context["form"]["signer"].value() == chief.pk  # the only one who signs
        assert page.context["form"]["dated"].value() == day()
        assert 'data-is="new"' in page.content.decode()
        done = client.post("/outgoing/create/", form(chief), follow=True)
        row = OutgoingDocument.objects.get()
        assert done.redirect_chain == [(f"/outgoing/{row.pk}/", 302)]
        assert (row.symbol, row.year, row.signer) == ("01/TB-CAP", day().year, chief)
        content = done.content.decode()
        assert "01/TB-CAP" in content
        assert "UBND phường<br>Lưu: VT, CAP" in content
        assert "01/TB-CAP" in client.get("/outgoing/").content.decode()

    def test_a_double_click_takes_one_number(self, client_for, chief):
        client = client_for(chief)
        mark = client.get("/outgoing/create/").context["once"]
        for _ in range(2):
            done = client.post("/outgoing/create/", form(chief, _once=mark))
            assert done.url == OutgoingDocument.objects.get().get_absolute_url()

    def test_the_paper_register_is_asked_for_while_a_sort_has_no_number(self, client_for, chief):
        client = client_for(chief)
        client.post("/outgoing/create/", form(chief, used_before="14"))
        assert OutgoingDocument.objects.get().number == 15
        page = client.get("/outgoing/create/")
        assert 'value="TB" data-is="begun"' in page.content.decode()
        assert 'value="BC" data-is="new"' in page.content.decode()
        again = client.post("/outgoing/create/", form(chief, used_before="20"))
        assert "đã cấp số" in errors(again, "used_before")
        for kind in set(OutgoingDocument.Kind.values) - {"TB"}:
            take(chief, kind=kind, dated=day())
        assert "used_before" not in client.get("/outgoing/create/").context["form"].fields

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"kind": "XX"}, "kind", "Hãy chọn"),
            ({"kind": ""}, "kind", "bắt buộc"),
            ({"subject": ""}, "subject", "bắt buộc"),
            ({"subject": "x" * 301}, "subject", "300"),
            ({"subject": "a\0b"}, "subject", "không hợp lệ"),
            ({"signer": ""}, "signer", "bắt buộc"),
            ({"signer": "99999999"}, "signer", "Hãy chọn"),
            ({"signed_as": "king"}, "signed_as", "Hãy chọn"),
            ({"dated": ""}, "dated", "bắt buộc"),
            ({"dated": "31/11/2026"}, "dated", "không có trong lịch"),
            ({"dated": typed(day(-1))}, "dated", "không thể sau hôm nay"),
            ({"dated": "31/12/2019"}, "dated", "phải trong năm"),
            ({"used_before": "mười"}, "used_before", "bằng chữ số"),
            ({"used_before": "0"}, "used_before", "1 đến 99.999"),
            ({"used_before": "-3"}, "used_before", "1 đến 99.999"),
            ({"used_before": "99999"}, "used_before", "99.999"),
            ({"used_before": "9" * 30}, "used_before", "99.999"),
        ],
    )
    def test_a_bad_value_is_told_and_takes_no_number(
        self, client_for, chief, changes, field, sentence
    ):
        answer = client_for(chief).post("/outgoing/create/", form(chief, **changes))
        assert sentence in errors(answer, field)
        assert answer.context["form"]["recipients"].value() == "UBND phường\nLưu: VT, CAP"
        assert not OutgoingDocument.objects.exists()
        assert not CodeCounter.objects.filter(prefix__startswith="VBD", last__gt=0).exists()

    def test_only_a_chief_signs(self, client_for, chief, clerk, leader, officer_a):
        for one in (clerk, leader, officer_a):
            answer = client_for(chief).post("/outgoing/create/", form(one))
            assert "Hãy chọn" in errors(answer, "signer")

    def test_a_day_before_the_last_document_is_told(self, client_for, chief):
        take(chief, dated=day(), on=day())
        yesterday = day(1)
        if yesterday.year != day().year:
            pytest.skip("New Year's Day has no earlier day of its year")
        answer = client_for(chief).post("/outgoing/create/", form(chief, dated=typed(yesterday)))
        assert "không lùi ngày được" in errors(answer, "dated")


@pytest.mark.django_db
class TestCancelling:
    def test_it_is_cancelled_with_the_reason(self, client_for, clerk, chief):
        row, client = take(chief), client_for(clerk)
        address = f"/outgoing/{row.pk}/cancel/"
        assert address in client.get(row.get_absolute_url()).content.decode()
        assert "bắt buộc" in errors(client.post(address, {"cancel_reason": " "}), "cancel_reason")
        page = client.get(address)
        fields = {
            "cancel_reason": "Trùng nội dung",
            "version": page.context["form"]["version"].value(),
        }
        assert client.post(address, fields).url == row.get_absolute_url()
        row.refresh_from_db()
        assert (row.cancelled_on, row.cancel_reason) == (day(), "Trùng nội dung")
        content = client.get(row.get_absolute_url()).content.decode()
        assert "Đã huỷ" in content
        assert address not in content
        version = client.get(address).context["form"]["version"].value()
        again = client.post(address, {"cancel_reason": "Nữa", "version": version})
        assert "đã huỷ" in errors(again)

    def test_a_reports_number_leads_to_the_report_and_stays(self, client_for, chief):
        report = factories.report_in("approved", user=chief)
        client, address = client_for(chief), f"/outgoing/{report.document.pk}/cancel/"
        content = client.get(report.document.get_absolute_url()).content.decode()
        assert report.get_absolute_url() in content
        assert address not in content
        fields = {"cancel_reason": "Nhầm", "version": report.document.version}
        assert "báo cáo đã duyệt" in errors(client.post(address, fields))

    def test_nothing_else_of_it_is_edited(self, client_for, chief):
        row = take(chief)
        assert client_for(chief).get(f"/outgoing/{row.pk}/edit/").status_code == 404


@pytest.mark.django_db
class TestRegister:
    @pytest.fixture
    def rows(self, chief):
        made = [
            take(chief, dated=D(2026, 11, 14)),
            take(chief, dated=D(2026, 11, 15), subject="Phòng cháy chợ Kỳ Liên"),
            take(chief, kind="QĐ", dated=D(2026, 11, 20)),
            take(chief, kind="QĐ", dated=D(2025, 12, 31)),
        ]
        numbers.cancel(document=made[2], reason="Ký lại", on=ON)
        return made

    @pytest.mark.parametrize(
        ("asked", "wanted"),
        [
            ({}, [2, 1, 0, 3]),
            ({"kind": "QĐ"}, [2, 3]),
            ({"year": "2025"}, [3]),
            ({"month": "2026-11"}, [0]),
            ({"month": "2026-12"}, [2, 1]),
            ({"state": "cancelled"}, [2]),
            ({"state": "given"}, [1, 0, 3]),
            ({"q": "phong chay"}, [1]),
            ({"q": "02/TB-CAP"}, [1]),
            ({"sort": "dated"}, [3, 0, 1, 2]),
            ({"year": "hai"}, []),
            ({"kind": "XX"}, []),
        ],
    )
    def test_filters(self, client_for, clerk, rows, asked, wanted):
        response = client_for(clerk).get("/outgoing/", asked)
        assert response.status_code == 200
        content = response.content.decode()
        places = [content.find(f'href="{rows[n].get_absolute_url()}"') for n in wanted]
        assert -1 not in places
        assert places == sorted(places)
        assert response.context["page"]["count"] == str(len(wanted))

    def test_its_queries_do_not_grow(self, client_for, chief, rows):
        client = client_for(chief)

        def asked(address):
            with CaptureQueriesContext(connection) as found:
                assert client.get(address).status_code == 200
            return len(found)

        addresses = ["/outgoing/", "/outgoing/print/?year=2026", rows[0].get_absolute_url()]
        before = [asked(address) for address in addresses]
        for _ in range(30):
            take(factories.UserFactory(role=Role.CHIEF), dated=D(2026, 11, 24))
        after = [asked(address) for address in addresses]
        assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)
        assert after[0] <= 12
        assert after[2] <= 14

    def test_on_paper(self, client_for, clerk, rows):
        page = client_for(clerk).get("/outgoing/print/", {"year": "2026"}).content.decode()
        assert "SỔ ĐĂNG KÝ VĂN BẢN ĐI" in page
        assert [page.count(words) for words in ("01/TB-CAP", "02/TB-CAP", "01/QĐ-CAP")] == [1, 1, 1]
        assert "Ký lại" in page
        assert page.index("01/TB-CAP") < page.index("02/TB-CAP")
        assert AuditEntry.objects.filter(action="print").count() == 1
        one = client_for(clerk).get("/outgoing/print/", {"year": "2026", "kind": "QĐ"})
        assert "/TB-CAP" not in one.content.decode()

    @pytest.mark.parametrize(
        "asked", [{"year": "hai"}, {"year": "1"}, {"year": ""}, {"kind": "\0"}, {"kind": "XX"}]
    )
    def test_a_register_that_is_none_is_told(self, client_for, clerk, rows, asked):
        response = client_for(clerk).get("/outgoing/print/", asked)
        assert response.status_code == 422
        assert response.context["form"].errors
        assert "/TB-CAP" not in response.content.decode()

    def test_the_export_holds_the_rows(self, client_for, chief, rows):
        response = client_for(chief).post("/outgoing/", {"_export": "csv", "kind": "QĐ"})
        lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 3
        assert "Đã huỷ" in lines[1]


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestRoles:
    @pytest.mark.parametrize("name", ["duty", "officer_a", "leader", "superuser"])
    def test_the_register_is_not_theirs(self, request, client_for, chief, name):
        row, client = take(chief), client_for(request.getfixturevalue(name))
        for address in ("/outgoing/", "/outgoing/create/", "/outgoing/print/"):
            assert client.get(address).status_code == 403, address
        for address in (row.get_absolute_url(), f"{row.get_absolute_url()}cancel/"):
            assert client.get(address).status_code == 403, address
        assert client.post("/outgoing/create/", form(chief)).status_code == 403
        cancel = client.post(f"{row.get_absolute_url()}cancel/", {"cancel_reason": "x"})
        assert cancel.status_code == 403
        assert OutgoingDocument.objects.filter(cancelled_on=None).count() == 1
        assert "/outgoing/" not in [item["url"] for item in client.get("/").context["nav"]]

    @pytest.mark.parametrize("name", ["chief", "clerk"])
    def test_the_chief_and_the_clerk_keep_it(self, request, client_for, name):
        client = client_for(request.getfixturevalue(name))
        nav = [item["label"] for item in client.get("/outgoing/").context["nav"] if item["active"]]
        assert nav == ["Văn bản đi"]

    def test_an_address_without_a_row_is_404(self, client_for, chief):
        for address in ("/outgoing/999999/", "/outgoing/999999/cancel/", f"/outgoing/{2**70}/"):
            assert client_for(chief).get(address).status_code == 404

    def test_the_menu_marks_the_reports_page(self, client_for, chief):
        report = factories.report_in("draft", user=chief)
        nav = client_for(chief).get(report.get_absolute_url()).context["nav"]
        assert [item["label"] for item in nav if item["active"]] == ["Báo cáo tháng"]
        assert MonthlyReport.objects.count() == 1

    def test_the_admin_shows_the_register_and_takes_no_number(self, client_for, chief, officer_a):
        row, client = take(chief), client_for(chief)
        address = "/admin/reports/outgoingdocument/"
        assert row.symbol in client.get(address).content.decode()
        assert client.get(f"{address}add/").status_code == 403
        assert client.get(f"{address}{row.pk}/change/").status_code == 200
        posted = client.post(f"{address}{row.pk}/change/", {"subject": "Khác"})
        assert posted.status_code == 403
        assert client_for(User.objects.get(pk=officer_a.pk)).get(address).status_code == 403

    def test_the_chief_sets_the_day_until_which_reports_are_sent(self, client_for, chief, clerk):
        client, address = client_for(chief), "/admin/reports/reportrule/"
        fields = {
            "key": "due_days",
            "value": "5",
            "legal_basis": "Công văn 12/CAT",
            "valid_from": "01/01/2027",
            "valid_to": "",
        }
        assert client.post(f"{address}add/", fields).status_code == 302
        again = client.post(f"{address}add/", fields)
        assert "Đã có quy định này" in again.content.decode()
        assert client_for(clerk).get(f"{address}add/").status_code == 403
