"""The duty desk's shifts: what a note lists, who hands over, who takes over, what is printed."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from incidents import services
from incidents.models import ShiftHandover
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.core.changes import acting
from kylien.core.forms import STALE
from tests.factories import ShiftHandoverFactory, UserFactory
from tests.incidents.ways import NOON, kind, receive, take

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
START, END = NOON - DAY, NOON  # the shift that most tests look at


@pytest.fixture
def next_duty(db):
    return UserFactory(username="trucban2", full_name="Lê Thị Nhận Ca", role=Role.DUTY_OFFICER)


@pytest.fixture
def shift(duty):
    return ShiftHandoverFactory(started_at=START, ended_at=END, created_by=duty)


def page_of(shift, *parts):
    return "/".join(["/handovers", str(shift.pk), *parts, ""])


def typed(**values):
    return {
        "started_at": f"{START:%d/%m/%Y %H:%M}",
        "ended_at": f"{END:%d/%m/%Y %H:%M}",
        "note": "Xe tuần tra hỏng đèn",
    } | values


# --- what a shift holds -------------------------------------------------------------------------


def test_a_shift_holds_what_came_in_and_what_was_done_in_it(
    client_for, shift, chief, duty, officer_a, area_a, area_b
):
    quarrel = kind("xich-mich")
    moments = {"before": START - SECOND, "first": START, "last": END - SECOND, "after": END}
    came = {name: receive(area_a, type=quarrel, at=at) for name, at in moments.items()}
    elsewhere = receive(area_b, type=quarrel, at=START + HOUR)
    take(came["before"], "classify", officer_a, START)
    take(came["first"], "classify", duty, END - SECOND)
    take(came["last"], "classify", chief, END)
    with acting(user=officer_a):
        services.note(came["before"], words="Chỉ là ghi chú", at=START + HOUR)
    take(came["before"], "pause", officer_a, START + HOUR)  # a term, no step
    found = services.shift_of(shift, duty, END + DAY)
    assert found.received == [came["first"], elsewhere, came["last"]]
    done = [(entry.incident, entry.title, entry.author) for entry in found.handled]
    assert done == [
        (came["before"], "Phân loại", officer_a),
        (came["first"], "Phân loại", duty),
    ]
    page = client_for(duty).get(page_of(shift))
    assert page.context["shift"].received == found.received
    for incident in (came["before"], came["first"], came["last"], elsewhere):
        assert f'href="/incidents/{incident.pk}/">{incident.code}' in page.text
    assert "Chỉ là ghi chú" not in page.text
    assert officer_a.full_name_label in page.text


def test_it_tells_the_terms_that_run_out_within_a_day_after_it(
    client_for, shift, duty, chief, area_a
):
    """As they stood when the shift ended, whenever it is looked at."""
    quarrel = kind("xich-mich")

    def came(at, urgency="today"):
        """Take down what has to be answered within a day, or within an hour."""
        return receive(area_a, type=quarrel, at=at, urgency=urgency)

    late = came(END - 3 * DAY, "at_once")
    inside = came(END - SECOND)
    came(END, "at_once")  # the next shift's own
    before = came(END - HOUR)
    take(before, "classify", duty, END - SECOND)
    after = came(END - 2 * HOUR)
    take(after, "classify", duty, END)  # by the next shift: it had to be told
    resolved = [receive(area_a, type=kind("tieng-on"), at=END - 20 * DAY) for _ in range(4)]
    for incident in resolved:  # due on the evening of the 5th
        take(incident, "classify", duty, END - 19 * DAY)
    soon, stood, stands_since, stands_still = resolved
    for incident, at in ((stands_still, END - SECOND), (stands_since, END), (stood, END - HOUR)):
        take(incident, "pause", chief, at)
    take(stood, "resume", chief, END - SECOND)

    def told(until=END + DAY):
        return [(c.incident, c.clock) for c in services.shift_of(shift, duty, until).due]

    expected = [
        (late, "response"),
        (soon, "resolve"),
        (stood, "resolve"),
        (stands_since, "resolve"),
        (after, "response"),
        (inside, "response"),
    ]
    assert told() == expected
    assert (inside, "response") not in told(END + DAY - SECOND)
    take(stands_still, "resume", chief, END + HOUR)
    take(soon, "resolve", chief, END + HOUR)
    assert told() == expected
    with time_machine.travel(NOON + 10 * DAY, tick=False):
        rows = client_for(duty).get(page_of(shift)).context["due"]
    assert [(tone, words) for _, tone, words, _ in rows] == [
        ("late", "Quá hạn 2 ngày"),
        *[("due", "Còn 11 giờ")] * 3,
        ("due", "Còn 22 giờ"),
        ("due", "Còn 23 giờ"),
    ]
    assert [at for *_, at in rows][:2] == ["13:00 02/03/2026", "23:59 05/03/2026"]


def test_what_came_in_is_told_in_the_state_it_had(client_for, shift, duty, chief, area_a):
    incident = receive(area_a, type=kind("xich-mich"), at=START + HOUR)
    take(incident, "classify", duty, START + 2 * HOUR)
    take(incident, "verify", chief, END)
    (row,) = client_for(duty).get(page_of(shift)).context["shift"].received
    assert row.then == "Đã phân loại"
    for suffix in ((), ("print",)):
        text = client_for(duty).get(page_of(shift, *suffix)).text.lower()
        assert "đã phân loại" in text
        assert "đang xác minh" not in text


def test_an_empty_shift_says_so(client_for, duty):
    shift = ShiftHandoverFactory(note="", created_by=duty)
    page = client_for(duty).get(page_of(shift)).text
    assert "Không nhận tin nào." in page
    assert "Không có bước xử lý nào." in page
    assert "Không có thời hạn nào trong 24 giờ sau ca." in page
    printed = client_for(duty).get(page_of(shift, "print")).text
    assert "1. Tin nhận trong ca: không có." in printed
    assert "4. Việc bàn giao thêm: không có." in printed


# --- handing over -------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_the_form_goes_on_where_the_last_shift_ended(client_for, duty, chief):
    client = client_for(duty)
    page = client.get("/handovers/create/").text
    assert 'name="started_at" value="04/03/2026 12:00"' in page
    assert 'name="ended_at" value="05/03/2026 12:00"' in page
    assert client.post("/handovers/create/", typed()).status_code == 302
    made = ShiftHandover.objects.get()
    assert (made.started_at, made.ended_at, made.created_by) == (START, END, duty)
    assert made.note == "Xe tuần tra hỏng đèn"
    assert made.code == "GC-2026-0001"
    assert (made.taken_by, made.taken_at) == (None, None)
    with time_machine.travel(NOON + 12 * HOUR, tick=False):
        page = client_for(chief).get("/handovers/create/").text
        assert 'name="started_at" value="05/03/2026 12:00"' in page
        assert 'name="ended_at" value="06/03/2026 00:00"' in page


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"ended_at": "04/03/2026 12:00"}, "ended_at", "Ca phải kết thúc sau khi bắt đầu."),
        ({"ended_at": "04/03/2026 11:00"}, "ended_at", "Ca phải kết thúc sau khi bắt đầu."),
        ({"ended_at": "05/03/2026 13:01"}, "ended_at", "Ca này chưa kết thúc."),
        ({"started_at": ""}, "started_at", "Trường này là bắt buộc."),
    ],
)
def test_a_shift_that_cannot_be_is_refused(client_for, duty, wrong, field, sentence):
    response = client_for(duty).post("/handovers/create/", typed(**wrong))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence]}
    assert "Xe tuần tra hỏng đèn" in response.text
    assert not ShiftHandover.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_shifts_follow_one_another_and_do_not_overlap(client_for, duty, shift):
    client = client_for(duty)

    def sent(start, end):
        values = {"started_at": f"{start:%d/%m/%Y %H:%M}", "ended_at": f"{end:%d/%m/%Y %H:%M}"}
        return client.post("/handovers/create/", typed(**values))

    minute = dt.timedelta(minutes=1)
    for start, end in (
        (START, END),
        (START - DAY, START + minute),
        (END - minute, END + minute),
        (START + HOUR, END - HOUR),
        (START - HOUR, END + HOUR),
    ):
        response = sent(start, end)
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"started_at"}
        assert shift.code in response.text
    assert ShiftHandover.objects.count() == 1
    assert sent(END, END + HOUR).status_code == 302
    assert sent(START - DAY, START).status_code == 302


@time_machine.travel(NOON, tick=False)
def test_the_taking_is_not_typed_in(client_for, duty, chief):
    more = {"taken_by": chief.pk, "taken_at": "05/03/2026 12:00", "created_by": chief.pk}
    client_for(duty).post("/handovers/create/", typed(**more))
    made = ShiftHandover.objects.get()
    assert (made.taken_by, made.taken_at, made.created_by) == (None, None, duty)


def edit(client, shift, **values):
    version = ShiftHandover.objects.values_list("version", flat=True).get(pk=shift.pk)
    return client.post(page_of(shift, "edit"), typed(version=version, **values))


def test_it_is_mended_until_it_is_taken(client_for, chief, duty, next_duty):
    with time_machine.travel(NOON, tick=False):
        client_for(duty).post("/handovers/create/", typed())
        shift = ShiftHandover.objects.get()
        assert edit(client_for(duty), shift, note="Thêm một việc").status_code == 302
        assert edit(client_for(next_duty), shift, note="Không phải ca mình").status_code == 403
    with time_machine.travel(NOON + dt.timedelta(minutes=16), tick=False):
        assert edit(client_for(duty), shift, note="Quá lúc").status_code == 403  # as all of theirs
        assert edit(client_for(chief), shift, note="Chỉ huy sửa").status_code == 302
        shift.refresh_from_db()
        assert shift.note == "Chỉ huy sửa"
        old = client_for(chief).post(page_of(shift, "edit"), typed(version=1, note="Bản cũ"))
        assert STALE in old.context["form"].non_field_errors()
        client_for(next_duty).post(page_of(shift, "take"))
    with time_machine.travel(NOON + dt.timedelta(minutes=17), tick=False):
        for user in (chief, duty, next_duty):
            client = client_for(user)
            assert edit(client, shift, note="Sau khi nhận").status_code == 403
            assert client.get(page_of(shift, "edit")).status_code == 403
            assert page_of(shift, "edit") not in client.get(page_of(shift)).text
    shift.refresh_from_db()
    assert shift.note == "Chỉ huy sửa"


def test_once_taken_it_is_not_mended_even_within_the_quarter_of_an_hour(
    client_for, duty, next_duty
):
    with time_machine.travel(NOON, tick=False):
        client_for(duty).post("/handovers/create/", typed())
        shift = ShiftHandover.objects.get()
        assert page_of(shift, "edit") in client_for(duty).get(page_of(shift)).text
        client_for(next_duty).post(page_of(shift, "take"))
        assert edit(client_for(duty), shift, note="Sửa vội").status_code == 403


# --- taking over --------------------------------------------------------------------------------


def test_the_next_officer_takes_over_once(client_for, shift, duty, next_duty, chief):
    url, client = page_of(shift, "take"), client_for(next_duty)
    assert url in client.get(page_of(shift)).text
    response = client.post(url, follow=True)
    assert response.redirect_chain == [(page_of(shift), 302)]
    assert "Đã nhận ca 12:00 04/03 đến 12:00 05/03/2026." in response.text
    shift.refresh_from_db()
    assert shift.taken_by == next_duty
    assert abs(timezone.now() - shift.taken_at) < dt.timedelta(minutes=1)
    trace = AuditEntry.objects.filter(table="incidents.shifthandover", action="change").get()
    assert (trace.user, trace.code) == (next_duty, shift.code)
    taken, traces = shift.taken_at, AuditEntry.objects.count()
    for user in (next_duty, chief, duty):
        again = client_for(user)
        assert url not in again.get(page_of(shift)).text
        assert "Ca này đã có người nhận." in again.post(url, follow=True).text
    shift.refresh_from_db()
    assert (shift.taken_by, shift.taken_at) == (next_duty, taken)
    assert AuditEntry.objects.count() == traces


def test_who_hands_over_does_not_take_over(client_for, shift, duty, chief):
    client, traces = client_for(duty), AuditEntry.objects.count()
    assert page_of(shift, "take") not in client.get(page_of(shift)).text
    response = client.post(page_of(shift, "take"), follow=True)
    assert "Người giao ca không tự nhận ca của mình." in response.text
    assert client.get(page_of(shift, "take")).status_code == 405
    shift.refresh_from_db()
    assert (shift.taken_by, shift.taken_at, shift.version) == (None, None, 1)
    assert AuditEntry.objects.count() == traces
    client_for(chief).post(page_of(shift, "take"))
    shift.refresh_from_db()
    assert shift.taken_by == chief


def test_who_took_over_and_when_go_together(shift, next_duty):
    for values in ({"taken_by": next_duty}, {"taken_at": NOON}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ShiftHandover.objects.filter(pk=shift.pk).update(**values)


# --- printing -----------------------------------------------------------------------------------


def test_the_print_heads_signs_and_is_kept_in_the_trail(
    client_for, shift, ward, duty, next_duty, area_a
):
    incident = receive(area_a, type=kind("xich-mich"), at=START + HOUR, place="Bến cá Hải Khẩu")
    client_for(next_duty).post(page_of(shift, "take"))
    with time_machine.travel(NOON + 40 * DAY, tick=False):
        page = client_for(duty).get(page_of(shift, "print"))
    assert page.status_code == 200
    text = strip_tags(page.text)
    for words in (
        "BIÊN BẢN GIAO CA TRỰC",
        "Ca 12:00 04/03 đến 12:00 05/03/2026",
        "ngày 05 tháng 3 năm 2026",
        "1. Tin nhận trong ca: 1.",
        f"{incident.code}, 13:00 04/03: Xích mích, mâu thuẫn, Bến cá Hải Khẩu, {area_a}",
        shift.note,
        duty.full_name_label,
        "Thiếu tá Lê Thị Nhận Ca",
    ):
        assert words in text
    assert ward.name.upper() in text.upper()
    trace = AuditEntry.objects.filter(action="print", table="incidents.shifthandover").get()
    assert trace.user == duty
    assert trace.code == shift.code


# --- who may ------------------------------------------------------------------------------------


def test_the_desk_and_the_chief_alone(
    client_for, shift, duty, chief, officer_a, clerk, leader, superuser
):
    pages = ["/handovers/", "/handovers/create/", page_of(shift), page_of(shift, "print")]
    for user in (duty, chief):
        client = client_for(user)
        assert [client.get(page).status_code for page in pages] == [200] * 4
        assert 'href="/handovers/"' in client.get("/").text
        assert ShiftHandover.objects.visible_to(user).get() == shift
    for user in (officer_a, clerk, leader, superuser):
        client = client_for(user)
        assert [client.get(page).status_code for page in pages] == [403] * 4
        assert client.get(page_of(shift, "edit")).status_code == 403
        assert client.post(page_of(shift, "edit"), typed(version=1)).status_code == 403
        assert client.post(page_of(shift, "take")).status_code == 403
        assert client.post("/handovers/create/", typed()).status_code == 403
        assert 'href="/handovers/"' not in client.get("/").text
    for user in (officer_a, leader, superuser):
        assert not ShiftHandover.objects.visible_to(user).exists()
    shift.refresh_from_db()
    assert (ShiftHandover.objects.count(), shift.version) == (1, 1)


def test_shifts_are_neither_exported_nor_deleted(client_for, shift, chief):
    assert client_for(chief).post("/handovers/", {"_export": "csv"}).status_code == 403
    names = {p.split("_")[0] for p in chief.granted if p.endswith("_shifthandover")}
    assert names == {"incidents.view", "incidents.add", "incidents.change"}


def test_the_list_shows_the_latest_first_and_finds_words(client_for, shift, duty, next_duty):
    later = ShiftHandoverFactory(started_at=END, ended_at=END + DAY, note="Chìa khoá kho")
    client = client_for(duty)

    def found(query=""):
        rows = client.get(f"/handovers/{query}").context["table"]["rows"]
        return [strip_tags(row[0][2]) for row in rows]

    assert found() == [str(later), str(shift)]
    assert found("?q=chia khoa") == [str(later)]


def test_pages_cost_as_many_queries_for_much_as_for_little(client_for, shift, duty, area_a):
    client = client_for(duty)
    client.get("/")
    counts = []
    for new in (1, 4):
        for _ in range(new):
            incident = receive(area_a, at=END - 2 * HOUR)
            take(incident, "classify", duty, END - HOUR)
            ShiftHandoverFactory()
        row = []
        for url in ("/handovers/", page_of(shift), page_of(shift, "print")):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            row.append(len(queries))
        counts.append(row)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12
