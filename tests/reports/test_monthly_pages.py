"""The report's page and the acts on it: who does what in which state, and what is refused."""

import datetime as dt
import re
from itertools import product

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.models import Incident, IncidentType
from kylien.audit import triggers
from kylien.core.forms import STALE
from kylien.core.models import CodeCounter
from kylien.core.periods import TZ, Month
from reports.content import Content, live
from reports.forms.monthly import FIGURES_CHANGED, HOLDS_NUMBER
from reports.models import FrozenReport, MonthlyReport, OutgoingDocument
from reports.outline import PARTS
from reports.services import monthly as services
from reports.services.monthly import FROZEN, WAITS
from reports.views.monthly import proposed
from tests import factories

pytestmark = pytest.mark.django_db

MONTH = Month(2026, 10)  # 15/9 to 14/10
NOW = dt.datetime(2026, 10, 20, 9, tzinfo=TZ)
IN_MONTH = dt.datetime(2026, 10, 1, 8, tzinfo=TZ)
State = MonthlyReport.State
ROLES = ("chief", "officer", "clerk", "duty", "leader", "superuser")
WRITERS = ("chief", "officer", "clerk")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def users(chief, officer_a, clerk, duty, leader, superuser):
    return dict(zip(ROLES, (chief, officer_a, clerk, duty, leader, superuser), strict=True))


@pytest.fixture
def report_in(ward, chief):
    def make(state, month=MONTH, **fields):
        return factories.report_in(state, month=month, user=chief, **fields)

    return make


def incidents(area, count, at=IN_MONTH, **fields):
    return factories.IncidentFactory.create_batch(
        count, occurred_at=at, neighbourhood=area, **fields
    )


def url(name, report, *args):
    return reverse(name, args=[report.pk, *args])


def page(client, report, query=""):
    response = client.get(report.get_absolute_url() + query)
    assert response.status_code == 200
    return response


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def standing(report):
    """Return everything of a report that an act might change."""
    row = MonthlyReport.objects.filter(pk=report.pk).values().get()
    texts = list(report.texts.order_by("pk").values("part", "text", "taken", "version"))
    return row, texts, OutgoingDocument.objects.count(), FrozenReport.objects.count()


def part_of(response, key):
    parts = [part for chapter in response.context["chapters"] for part in chapter["parts"]]
    return next(part for part in parts if part["key"] == key)


def sentence(report, key, part="order"):
    return proposed(Content(live(report)))[part][key]


# --- every act from every state by every role -----------------------------------------------------


def write(client, report):
    text = report.texts.get(part="plan")
    data = {"text": "Viết lại phương hướng.", "version": text.version}
    return client.post(url("reporttext-edit", report, "plan"), data)


def address(client, report):
    version = MonthlyReport.objects.get(pk=report.pk).version
    data = {"recipients": "Lưu: VT.", "version": version}
    return client.post(url("monthlyreport-recipients", report), data)


def decline(client, report):
    data = {"key": "incidents", "do": "decline"}
    return client.post(url("reporttext-sentence", report, "order"), data)


def submit(client, report):
    return client.post(url("monthlyreport-submit", report))


def send_back(client, report, **fields):
    version = MonthlyReport.objects.get(pk=report.pk).version
    data = {"back-comment": "Nêu rõ nguyên nhân.", "back-version": version}
    return client.post(url("monthlyreport-return", report), data | fields)


def approve(client, report, user=None, **fields):
    version = MonthlyReport.objects.get(pk=report.pk).version
    data = {
        "approve-signer": user.pk if user else "",
        "approve-signed_as": "head",
        "approve-dated": "20/10/2026",
        "approve-version": version,
    }
    return client.post(url("monthlyreport-approve", report), data | fields)


def publish(client, report):
    return client.post(url("monthlyreport-publish", report))


ACTS = {
    "write": (write, WRITERS, MonthlyReport.OPEN),
    "address": (address, WRITERS, MonthlyReport.OPEN),
    "decline": (decline, WRITERS, MonthlyReport.OPEN),
    "submit": (submit, WRITERS, MonthlyReport.OPEN),
    "send_back": (send_back, ("chief",), (State.SUBMITTED,)),
    "approve": (approve, ("chief",), (State.SUBMITTED,)),
    "publish": (publish, ("chief",), (State.APPROVED,)),
}
CHIEF_MENDS = ("write", "address", "decline")  # what is submitted, while he reads it


@pytest.mark.parametrize("state", State.values)
def test_an_act_is_done_by_its_roles_in_its_states_and_else_changes_nothing(
    state, users, report_in, client_for
):
    report = report_in(state)
    before = standing(report)
    for role, name in product(ROLES, ACTS):
        act, roles, states = ACTS[name]
        options = {"user": users["chief"]} if name == "approve" else {}
        with transaction.atomic():
            response = act(client_for(users[role]), report, **options)
            after = standing(report)
            transaction.set_rollback(True)
        mends = role == "chief" and state == State.SUBMITTED and name in CHIEF_MENDS
        if role not in roles:
            assert response.status_code == 403, (role, name)
            assert after == before, (role, name)
        elif state in states or mends:
            assert response.status_code == 302, (role, name)
            assert after != before, (role, name)
        else:
            assert after == before, (role, name)
            assert reasons(response), (role, name)


def reasons(response):
    """Return the sentences that tell why an act was refused: above the form, or as messages."""
    if response.status_code == 422:
        return response.context["form"].non_field_errors()
    assert response.status_code == 302
    return told(response)


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("write", State.APPROVED, FROZEN),
        ("write", State.PUBLISHED, FROZEN),
        ("address", State.APPROVED, FROZEN),
        ("decline", State.PUBLISHED, FROZEN),
        ("submit", State.SUBMITTED, WAITS),
        ("submit", State.APPROVED, FROZEN),
        ("send_back", State.DRAFT, "Báo cáo chưa trình duyệt."),
        ("send_back", State.APPROVED, FROZEN),
        ("approve", State.RETURNED, "Báo cáo chưa trình duyệt."),
        ("approve", State.PUBLISHED, FROZEN),
        ("publish", State.DRAFT, "Báo cáo chưa duyệt."),
        ("publish", State.PUBLISHED, "Báo cáo đã phát hành."),
    ],
)
def test_a_refused_act_says_why(name, state, reason, chief, report_in, client_for):
    report = report_in(state)
    options = {"user": chief} if name == "approve" else {}
    assert reasons(ACTS[name][0](client_for(chief), report, **options)) == [reason]


def test_an_officer_may_not_write_what_waits_for_the_chief(officer_a, report_in, client_for):
    report = report_in(State.SUBMITTED)
    response = write(client_for(officer_a), report)
    assert response.status_code == 422
    assert reasons(response) == [WAITS]
    assert "Viết lại phương hướng." in response.content.decode()  # what was typed stays


def test_forms_of_an_approved_report_do_not_open(chief, report_in, client_for):
    report = report_in(State.APPROVED)
    addresses = [
        url("reporttext-edit", report, "plan"),
        *(url(f"monthlyreport-{name}", report) for name in ("recipients", "return", "approve")),
    ]
    for one in addresses:
        response = client_for(chief).get(one)
        assert response.status_code == 302
        assert response.url == report.get_absolute_url()
        assert told(response) == [FROZEN]


def test_forms_open_where_the_act_is_possible(chief, clerk, report_in, client_for):
    draft = report_in(State.DRAFT)
    for name, args in (("reporttext-edit", ["order"]), ("monthlyreport-recipients", [])):
        assert client_for(clerk).get(url(name, draft, *args)).status_code == 200
    waiting = report_in(State.SUBMITTED, month=MONTH.previous())
    for name in ("return", "approve"):
        one = url(f"monthlyreport-{name}", waiting)
        assert client_for(chief).get(one).status_code == 200
        assert client_for(clerk).get(one).status_code == 403


def test_a_form_opened_before_the_approval_is_refused_with_the_reason(chief, report_in, client_for):
    report = report_in(State.SUBMITTED)
    text = report.texts.get(part="plan")
    approve(client_for(chief), report, chief)
    before = standing(report)
    data = {"text": "Gõ từ trước.", "version": text.version}
    response = client_for(chief).post(url("reporttext-edit", report, "plan"), data)
    assert response.status_code == 422
    assert reasons(response) == [FROZEN]
    assert "Gõ từ trước." in response.content.decode()
    assert standing(report) == before


def test_a_text_that_somebody_wrote_meanwhile_is_not_overwritten(
    chief, clerk, report_in, client_for
):
    report = report_in(State.DRAFT)
    text = report.texts.get(part="plan")
    services.write_text(text=text, words="Của người kia.", user=clerk)
    data = {"text": "Của tôi.", "version": text.version}
    response = client_for(chief).post(url("reporttext-edit", report, "plan"), data)
    assert response.status_code == 422
    assert reasons(response) == [STALE]
    assert "Của người kia." in response.content.decode()
    assert report.texts.get(part="plan").text == "Của người kia."


def test_a_report_submitted_anew_is_read_anew(chief, clerk, report_in, client_for):
    """T1: the chief's page is of the first submission."""
    report = report_in(State.SUBMITTED)
    seen = report.version
    services.send_back(report=report, comment="Sửa.")
    services.submit(report=report, user=clerk, at=NOW, on=NOW.date())
    response = approve(client_for(chief), report, chief, **{"approve-version": seen})
    assert response.status_code == 422
    assert reasons(response) == [STALE]
    assert not OutgoingDocument.objects.exists()


# --- beginning ------------------------------------------------------------------------------------


def begin(client, month):
    return client.post(reverse("report-begin", args=[str(month)]))


@pytest.mark.parametrize("role", ROLES)
def test_writers_begin_a_report(role, ward, users, client_for):
    response = begin(client_for(users[role]), MONTH)
    if role not in WRITERS:
        assert response.status_code == 403
        assert not MonthlyReport.objects.exists()
        return
    report = MonthlyReport.objects.get()
    assert response.url == report.get_absolute_url()
    assert report.created_by == users[role]
    assert report.texts.count() == len(PARTS)
    assert page(client_for(users[role]), report).context["badge"] == ("mute", "Đang soạn")


def test_a_month_has_one_report(chief, report_in, client_for):
    report = report_in(State.DRAFT)
    response = begin(client_for(chief), MONTH)
    assert response.url == report.get_absolute_url()
    assert told(response) == ["Tháng 10/2026 đã có báo cáo."]
    assert MonthlyReport.objects.count() == 1


def test_a_month_that_has_not_begun_has_none(ward, chief, client_for):
    response = begin(client_for(chief), Month(2026, 12))
    assert told(response) == ["Tháng 12/2026 chưa bắt đầu."]
    assert not MonthlyReport.objects.exists()


@pytest.mark.parametrize("month", ["2026-13", "1999-12", "2201-01", "nay", "٢٠٢٦-10"])
def test_odd_months_are_none(month, ward, chief, client_for):
    assert begin(client_for(chief), month).status_code == 404


def test_the_month_leads_to_its_report(chief, duty, ward, client_for):
    address = reverse("report-month", args=[str(MONTH)])
    beginning = reverse("report-begin", args=[str(MONTH)])
    assert beginning in client_for(chief).get(address).content.decode()
    assert beginning not in client_for(duty).get(address).content.decode()
    begin(client_for(chief), MONTH)
    shown = client_for(duty).get(address).content.decode()
    assert MonthlyReport.objects.get().get_absolute_url() in shown
    assert beginning not in shown


def test_the_months_figures_tell_the_change_in_percent(area_a, chief, client_for):
    incidents(area_a, 6)
    incidents(area_a, 4, at=IN_MONTH - dt.timedelta(days=30))
    response = client_for(chief).get(reverse("report-month", args=[str(MONTH)]))
    rows = [row for section in response.context["sections"] for row in section["rows"]]
    row = next(row for row in rows if row["label"] == "Vụ việc xảy ra trong kỳ")
    assert (row["diff_previous"], row["percent_previous"]) == ("+2", "+50,0 %")
    assert (row["diff_last_year"], row["percent_last_year"]) == ("+6", "")


# --- submitting and approving ---------------------------------------------------------------------


def empty(report, user, *parts):
    for text in report.texts.filter(part__in=parts):
        services.write_text(text=text, words="", user=user)


def test_empty_parts_are_named_and_not_submitted(chief, report_in, client_for):
    report = report_in(State.DRAFT)
    empty(report, chief, "security", "plan", "strengths")  # the last may stay empty
    shown = page(client_for(chief), report)
    assert shown.context["missing"] == [("security", "An ninh"), ("plan", "Phương hướng tháng sau")]
    assert '<a href="#plan">' in shown.content.decode()
    assert url("monthlyreport-submit", report) not in shown.content.decode()
    before = standing(report)
    assert told(submit(client_for(chief), report)) == [
        "Mục bắt buộc còn trống: I.1 An ninh; IV Phương hướng tháng sau."
    ]
    assert standing(report) == before


def test_a_report_with_an_empty_part_is_not_approved(chief, report_in, client_for):
    report = report_in(State.SUBMITTED)
    empty(report, chief, "shortcomings")
    before = standing(report)
    response = approve(client_for(chief), report, chief)
    assert response.status_code == 422
    assert reasons(response) == ["Mục bắt buộc còn trống: III.2 Tồn tại, nguyên nhân."]
    assert standing(report) == before
    assert not CodeCounter.objects.filter(prefix__startswith="VBD", last__gt=0).exists()


def test_a_month_that_is_not_over_is_not_submitted(chief, report_in, client_for):
    report = report_in(State.DRAFT, month=MONTH.next())
    assert page(client_for(chief), report).context["unfinished"]
    reason = "Tháng 11/2026 chưa kết thúc: kỳ báo cáo đến hết ngày 14/11/2026."
    assert told(submit(client_for(chief), report)) == [reason]
    assert standing(report)[0]["state"] == State.DRAFT


def test_approval_gives_the_number_and_freezes(chief, report_in, client_for):
    report = report_in(State.SUBMITTED)
    fields = {"approve-used_before": "14", "approve-signed_as": "deputy"}
    response = approve(client_for(chief), report, chief, **fields)
    assert told(response) == ["Đã duyệt, số 15/BC-CAP."]
    shown = page(client_for(chief), report)
    row = shown.context["object"]
    assert (row.state, row.document.signed_as) == (State.APPROVED, "deputy")
    content = shown.content.decode()
    assert "15/BC-CAP" in content
    assert "20/10/2026" in content
    assert row.frozen.digest[:12] in content
    assert shown.context["rules"]
    assert not shown.context["broken"]
    assert url("reporttext-edit", report, "order") not in content


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"dated": "14/10/2026"}, "dated", "Ngày văn bản phải sau ngày cuối kỳ báo cáo."),
        ({"dated": "21/10/2026"}, "dated", "Ngày văn bản không thể sau hôm nay."),
        ({"dated": "31/02/2026"}, "dated", "Ngày 31/02/2026 không có trong lịch."),
        ({"used_before": "0"}, "used_before", "Số văn bản từ 1 đến 99.999."),
        ({"used_before": "99999"}, "used_before", "Số văn bản từ 1 đến 99.999."),
        ({"used_before": "9" * 40}, "used_before", "Số văn bản từ 1 đến 99.999."),
        ({"used_before": "mười"}, "used_before", "Ghi số bằng chữ số, ví dụ 14."),
        ({"signed_as": "king"}, "signed_as", None),
        ({"signer": "0"}, "signer", None),
        ({"signer": ""}, "signer", None),
    ],
)
def test_odd_approvals_are_refused_beside_the_field(
    fields, field, sentence, chief, report_in, client_for
):
    report = report_in(State.SUBMITTED)
    before = standing(report)
    fields = {f"approve-{name}": value for name, value in fields.items()}
    response = approve(client_for(chief), report, chief, **fields)
    assert response.status_code == 422
    errors = response.context["form"].errors[field]
    assert errors == [sentence] if sentence else errors
    assert standing(report) == before


def test_only_a_chief_signs(chief, clerk, report_in, client_for):
    report = report_in(State.SUBMITTED)
    response = approve(client_for(chief), report, clerk)
    assert "signer" in response.context["form"].errors


def test_the_paper_registers_last_number_is_asked_for_once(chief, report_in, client_for):
    first = report_in(State.SUBMITTED, month=MONTH.previous())
    form = page(client_for(chief), first).context["approve_form"]
    assert "used_before" in form.fields
    assert (form["signer"].value(), form["dated"].value()) == (chief.pk, NOW.date())
    approve(client_for(chief), first, chief)
    second = report_in(State.SUBMITTED)
    assert "used_before" not in page(client_for(chief), second).context["approve_form"].fields


def test_what_is_returned_tells_what_to_mend(chief, clerk, report_in, client_for):
    report = report_in(State.SUBMITTED)
    assert send_back(client_for(chief), report, **{"back-comment": " "}).status_code == 422
    long = send_back(client_for(chief), report, **{"back-comment": "x" * 2001})
    assert "comment" in long.context["form"].errors
    send_back(client_for(chief), report)
    shown = page(client_for(clerk), report)
    assert shown.context["badge"] == ("late", "Trả lại")
    assert "Nêu rõ nguyên nhân." in shown.content.decode()
    assert [step.state for step in shown.context["steps"]] == ["now", "wait", "wait", "wait"]


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        (State.DRAFT, "now wait wait wait"),
        (State.SUBMITTED, "done now wait wait"),
        (State.APPROVED, "done done now wait"),
        (State.PUBLISHED, "done done done done"),
    ],
)
def test_the_steps_tell_how_far_it_has_come(state, steps, chief, report_in, client_for):
    shown = page(client_for(chief), report_in(state)).context["steps"]
    assert " ".join(step.state for step in shown) == steps
    assert [bool(step.at) for step in shown] == [one != "wait" for one in steps.split()]


def test_the_due_day_is_told_while_it_is_written(chief, report_in, client_for):
    report = report_in(State.DRAFT)
    MonthlyReport.objects.filter(pk=report.pk).update(due_on=dt.date(2026, 10, 18))
    assert page(client_for(chief), report).context["due"] == ("late", "Quá hạn 2 ngày")
    MonthlyReport.objects.filter(pk=report.pk).update(due_on=dt.date(2026, 10, 20))
    assert page(client_for(chief), report).context["due"] == ("due", "Hôm nay")
    done = report_in(State.APPROVED, month=MONTH.previous())
    assert page(client_for(chief), done).context["due"] is None


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Gọi 0912345678 để hỏi.",
        "Gọi 0912 345 678 15 lần.",
        "Gọi +84 912.345.678.",
        "Số 042090000123 vi phạm.",
        "Số 042 090 000 123 vi phạm.",
        "Chứng minh nhân dân 183456789.",
    ],
)
def test_texts_with_a_persons_number_are_refused(words, clerk, report_in, client_for):
    report = report_in(State.DRAFT)
    text = report.texts.get(part="plan")
    data = {"text": words, "version": text.version}
    response = client_for(clerk).post(url("reporttext-edit", report, "plan"), data)
    assert response.status_code == 422
    assert response.context["form"].errors == {"text": [HOLDS_NUMBER]}
    assert words in response.content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "Thiệt hại 500.000.000 đồng, thu 1.250.000.000 đồng.",
        "Từ 15-9-2026 - 14-10-2026, năm 2025-2026.",
        "Nghị định 09/2019/NĐ-CP; 12.345 hộ, 45.678 người, 142 vụ.",
    ],
)
def test_sums_days_and_counts_are_no_persons_numbers(words, clerk, report_in, client_for):
    report = report_in(State.DRAFT)
    text = report.texts.get(part="plan")
    data = {"text": words, "version": text.version}
    response = client_for(clerk).post(url("reporttext-edit", report, "plan"), data)
    assert response.url == f"{report.get_absolute_url()}#plan"
    text = report.texts.get(part="plan")
    assert (text.text, text.written_by) == (words, clerk)


def test_texts_are_shown_as_text(chief, report_in, client_for):
    report = report_in(State.DRAFT, words="Dòng một\nDòng <b>hai</b>")
    content = page(client_for(chief), report).content.decode()
    assert "Dòng một<br>Dòng &lt;b&gt;hai&lt;/b&gt;" in content


def test_a_text_beyond_its_length_is_refused(chief, report_in, client_for):
    report = report_in(State.DRAFT)
    text = report.texts.get(part="plan")
    data = {"text": "x" * 10_001, "version": text.version}
    response = client_for(chief).post(url("reporttext-edit", report, "plan"), data)
    assert response.status_code == 422
    assert "text" in response.context["form"].errors


@pytest.mark.parametrize("part", ["no-part", "orders"])
def test_other_parts_are_none(part, chief, report_in, client_for):
    report = report_in(State.DRAFT)
    assert client_for(chief).get(url("reporttext-edit", report, part)).status_code == 404
    huge = f"/monthly-reports/{'9' * 30}/texts/order/"
    assert client_for(chief).post(huge, {"text": ""}).status_code == 404


def test_a_report_goes_to_somebody(chief, report_in, client_for):
    report = report_in(State.DRAFT)
    data = {"recipients": " ", "version": report.version}
    response = client_for(chief).post(url("monthlyreport-recipients", report), data)
    assert response.status_code == 422
    assert "recipients" in response.context["form"].errors


# --- proposed sentences ---------------------------------------------------------------------------


def take(client, report, words, do="accept", key="incidents", part="order"):
    data = {"key": key, "words": words, "do": do}
    return client.post(url("reporttext-sentence", report, part), data)


def test_a_proposed_sentence_is_accepted_after_what_is_written(
    area_a, clerk, report_in, client_for
):
    incidents(area_a, 6)
    report = report_in(State.DRAFT)
    client = client_for(clerk)
    offered = part_of(page(client, report), "order")["proposals"]
    words = sentence(report, "incidents")
    assert words.startswith("Trong kỳ xảy ra 6 vụ việc")
    assert [(one.key, one.words, one.old) for one in offered] == [("incidents", words, "")]
    response = take(client, report, words)
    assert response.url == f"{report.get_absolute_url()}#order"
    text = report.texts.get(part="order")
    assert text.text == f"Đã làm đúng kế hoạch.\n{words}"
    assert text.taken == {"incidents": words}
    assert part_of(page(client, report), "order")["proposals"] == []
    take(client, report, words)  # pressed again, it stands there once
    assert report.texts.get(part="order").text == text.text


def test_a_declined_sentence_is_shown_again_only_where_asked(area_a, clerk, report_in, client_for):
    incidents(area_a, 6)
    report = report_in(State.DRAFT)
    client = client_for(clerk)
    take(client, report, "", do="decline")
    part = part_of(page(client, report), "order")
    assert (part["proposals"], part["aside"]) == ([], True)
    part = part_of(page(client, report, "?again=order"), "order")
    assert [one.key for one in part["proposals"]] == ["incidents"]
    assert report.texts.get(part="order").text == "Đã làm đúng kế hoạch."


def test_a_sentence_is_accepted_only_as_the_figures_give_it(area_a, clerk, report_in, client_for):
    incidents(area_a, 6)
    report = report_in(State.DRAFT)
    client = client_for(clerk)
    words = sentence(report, "incidents")
    incidents(area_a, 1)
    before = standing(report)
    for typed in (words, "Nguyễn Văn A trộm xe.", ""):
        assert told(take(client, report, typed))[-1] == FIGURES_CHANGED
    for key, part in (("incidents", "plan"), ("none", "order")):
        assert take(client, report, words, key=key, part=part).status_code == 404
    assert client.get(url("reporttext-sentence", report, "order")).status_code == 405
    assert standing(report) == before


def test_an_accepted_sentence_whose_figures_changed_is_told_and_replaced(
    area_a, clerk, report_in, client_for
):
    incidents(area_a, 6)
    report = report_in(State.DRAFT)
    client = client_for(clerk)
    old = sentence(report, "incidents")
    take(client, report, old)
    incidents(area_a, 2)
    shown = page(client, report)
    new = sentence(report, "incidents")
    offered = part_of(shown, "order")["proposals"]
    assert [(one.words, one.old) for one in offered] == [(new, old)]
    assert "Số liệu đã đổi" in shown.content.decode()
    take(client, report, new)
    assert report.texts.get(part="order").text == f"Đã làm đúng kế hoạch.\n{new}"


def test_an_accepted_sentence_that_may_no_longer_be_told_is_pointed_out(
    area_a, clerk, report_in, client_for
):
    rows = incidents(area_a, 5)
    report = report_in(State.DRAFT)
    client = client_for(clerk)
    old = sentence(report, "incidents")
    take(client, report, old)
    rows[0].delete()
    offered = part_of(page(client, report), "order")["proposals"]
    assert [(one.words, one.old) for one in offered] == [("", old)]


def test_a_small_number_is_proposed_to_nobody(area_a, chief, report_in, client_for):
    incidents(area_a, 4)
    report = report_in(State.DRAFT)
    assert part_of(page(client_for(chief), report), "order")["proposals"] == []


def test_proposals_are_for_those_who_write(area_a, chief, clerk, duty, report_in, client_for):
    incidents(area_a, 6)
    report = report_in(State.SUBMITTED)
    assert part_of(page(client_for(chief), report), "order")["proposals"]
    for user in (clerk, duty):
        part = part_of(page(client_for(user), report), "order")
        assert (part["proposals"], part["edit_url"]) == ([], "")


def test_a_sentence_is_accepted_with_the_text_in_the_form(area_a, clerk, report_in, client_for):
    incidents(area_a, 6)
    report = report_in(State.DRAFT)
    client, address = client_for(clerk), url("reporttext-edit", report, "order")
    form = client.get(address)
    words = sentence(report, "incidents")
    assert [one.words for one in form.context["proposals"]] == [words]
    assert "6" in [row["value"] for row in form.context["rows"]]
    data = {"text": "Gõ tay.", "version": 2, "take": "incidents", "words-incidents": "khác"}
    data["version"] = report.texts.get(part="order").version
    response = client.post(address, data)
    assert reasons(response) == [FIGURES_CHANGED]
    response = client.post(address, data | {"words-incidents": words})
    assert response.url == address
    assert report.texts.get(part="order").text == f"Gõ tay.\n{words}"
    for key in ("none", "groups"):
        data |= {"take": key, "version": report.texts.get(part="order").version}
        assert reasons(client.post(address, data)) == [FIGURES_CHANGED]


# --- figures, links and what was frozen -----------------------------------------------------------


def figure(response, key):
    parts = [part for chapter in response.context["chapters"] for part in chapter["parts"]]
    return next(row for part in parts for row in part["rows"] if row["key"] == key)


def test_the_page_holds_the_outline_and_every_figure_once(chief, report_in, client_for):
    response = page(client_for(chief), report_in(State.DRAFT))
    parts = [part for chapter in response.context["chapters"] for part in chapter["parts"]]
    assert [part["key"] for part in parts] == [part.key for part in PARTS]
    keys = [row["key"] for part in parts for row in part["rows"]]
    counted = [row["key"] for row in response.context["content"].figures]
    assert sorted(keys) == sorted(counted)
    content = response.content.decode()
    assert url("monthlyreport-docx", response.context["object"]) in content
    assert url("monthlyreport-pdf", response.context["object"]) in content
    assert len(response.context["charts"]) == 3


@pytest.mark.parametrize("state", [State.DRAFT, State.PUBLISHED])
def test_figures_link_for_those_who_see_the_whole_ward(state, area_a, users, report_in, client_for):
    incidents(area_a, 6)
    report = report_in(state)
    for role in ("chief", "clerk", "duty"):
        row = figure(page(client_for(users[role]), report), "incidents")
        assert row["url"] == "/incidents/?month=2026-10"
        assert row["previous_url"] == "/incidents/?month=2026-09"
        assert row["last_year_url"] == "/incidents/?month=2025-10"
    shown = page(client_for(users["officer"]), report)
    assert figure(shown, "incidents")["value"] == "6"
    assert "url" not in figure(shown, "incidents")


def test_what_was_mended_after_the_approval_stands_beside_it(
    area_a, chief, officer_a, report_in, client_for
):
    incidents(area_a, 6)
    report = report_in(State.APPROVED)
    assert page(client_for(chief), report).context["mended"] == []
    incidents(area_a, 2)
    shown = page(client_for(chief), report)
    assert figure(shown, "incidents")["value"] == "6"
    row = next(one for one in shown.context["mended"] if one["key"] == "incidents")
    assert (row["then"], row["now"], row["link"]) == ("6", "8", "/incidents/?month=2026-10")
    assert "Điều chỉnh sau chốt" in shown.content.decode()
    for_officer = page(client_for(officer_a), report)
    assert not any(one["link"] for one in for_officer.context["mended"])


def test_a_month_reported_otherwise_is_told_beside_the_new_count(
    area_a, chief, report_in, client_for
):
    last_month = IN_MONTH - dt.timedelta(days=30)
    incidents(area_a, 6, at=last_month)
    report_in(State.APPROVED, month=MONTH.previous())
    report = report_in(State.DRAFT)
    assert figure(page(client_for(chief), report), "incidents")["note"] == ""
    incidents(area_a, 2, at=last_month)
    row = figure(page(client_for(chief), report), "incidents")
    assert (row["previous"], row["note"]) == ("8", "kỳ trước đã báo cáo 6")


def test_a_frozen_report_that_is_not_what_was_approved_is_told(chief, report_in, client_for):
    report = report_in(State.APPROVED)
    content = report.frozen.content.replace("Đã làm đúng kế hoạch", "Đã làm khác kế hoạch", 1)
    connection.check_constraints()
    triggers.drop()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reports_frozenreport SET content = %s", [content])
    connection.check_constraints()
    triggers.install()
    shown = page(client_for(chief), report)
    assert shown.context["broken"]
    assert "Bản chốt không còn nguyên vẹn" in shown.content.decode()


# --- leaders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State.values)
def test_leaders_read_published_reports_alone(state, leader, superuser, report_in, client_for):
    report = report_in(state)
    status = client_for(leader).get(report.get_absolute_url()).status_code
    assert status == (200 if state == State.PUBLISHED else 404)
    assert client_for(superuser).get(report.get_absolute_url()).status_code == 403


def test_leaders_see_no_small_numbers_and_no_links(area_a, leader, report_in, client_for):
    incidents(area_a, 3)
    report = report_in(State.PUBLISHED)
    incidents(area_a, 4)
    shown = page(client_for(leader), report)
    row = figure(shown, "incidents")
    assert row["value"] == "<5"
    assert row["diff_previous"] == row["percent_previous"] == ""
    assert "url" not in row
    mended = next(r for r in shown.context["mended"] if r["label"] == "Vụ việc xảy ra trong kỳ")
    assert (mended["then"], mended["now"], mended["link"]) == ("<5", "—", "")
    for chart in shown.context["charts"]:
        for row in chart["table"]["rows"]:
            for cell in row["cells"]:
                assert not re.fullmatch("[0-4]", cell["value"]), row
    content = shown.content.decode()
    assert "/incidents/" not in content.partition("<main")[2].partition("</main>")[0]
    assert "Số dưới 5 hiện là" in content


def test_a_small_number_cannot_be_reckoned_from_what_was_mended(
    area_a, leader, report_in, client_for
):
    """22 to 20, and the one kind that changed 5 to "<5": it would be 3."""
    kinds = IncidentType.objects.exclude(parent=None).order_by("parent", "pk")
    one, other = (kinds.filter(parent__code=code).first() for code in ("chay-no", "hinh-su"))
    fires = incidents(area_a, 5, type=one)
    incidents(area_a, 17, type=other)
    report = report_in(State.PUBLISHED)
    Incident.objects.filter(pk__in=[fire.pk for fire in fires[:2]]).update(
        occurred_at=IN_MONTH - dt.timedelta(days=400)
    )
    mended = page(client_for(leader), report).context["mended"]
    told = {row["label"]: (row["then"], row["now"]) for row in mended}
    assert told["Vụ việc xảy ra trong kỳ"] == ("22", "—")
    assert told[one.parent.name] == ("5", "—")


def test_a_change_among_small_numbers_is_not_told_to_leaders(area_a, leader, report_in, client_for):
    incidents(area_a, 2)
    report = report_in(State.PUBLISHED)
    incidents(area_a, 1)
    assert page(client_for(leader), report).context["mended"] == []


# --- queries --------------------------------------------------------------------------------------


def count(client, address):
    client.get(address)  # the first page of a session reads a little more
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("state", State.values)
def test_the_page_asks_a_bounded_number_of_queries(state, area_a, users, report_in, client_for):
    report_in(State.PUBLISHED, month=MONTH.previous())
    report = report_in(state)
    incidents(area_a, 1)
    roles = [role for role in ROLES if role != "superuser"]
    if state != State.PUBLISHED:
        roles.remove("leader")
    clients = {role: client_for(users[role]) for role in roles}
    address = report.get_absolute_url()
    few = {role: count(client, address) for role, client in clients.items()}
    for other in (area_a, factories.NeighbourhoodFactory(ward=area_a.ward)):
        incidents(other, 8)
        factories.GroupFactory(neighbourhood=other)
        factories.HouseholdFactory(neighbourhood=other)
    if not report.is_frozen:
        for text in report.texts.all():
            text.taken = {"incidents": "Câu cũ."}
            text.written_by = users["clerk"]
            text.save()
    many = {role: count(client, address) for role, client in clients.items()}
    assert many == few
    assert max(many.values()) <= 25, many


def test_the_form_of_a_text_asks_a_bounded_number_of_queries(area_a, clerk, report_in, client_for):
    report = report_in(State.DRAFT)
    incidents(area_a, 6)
    assert count(client_for(clerk), url("reporttext-edit", report, "order")) <= 20
