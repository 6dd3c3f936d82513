"""The morning digest: figures alone, by mail or on its page."""

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.utils import timezone

from incidents.models import Incident
from kylien.accounts.models import Role
from kylien.core.periods import Month
from kylien.portal.digest import make_digest
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
NAME, PLACE = "Nguyễn Thị Bí Mật", "Số 77 đường Kín"


class DownBackend(EmailBackend):
    """A mail server that is away, or refuses."""

    error = ConnectionRefusedError(111, "Connection refused")

    def send_messages(self, messages):
        raise self.error


class RefusingBackend(DownBackend):
    error = smtplib.SMTPAuthenticationError(535, b"no such user: kylien@station")


@pytest.fixture
def morning(ward, area_a, area_b):
    """Terms past and due today in both neighbourhoods; a guest; two news of incidents."""
    for area, lefts in ((area_a, (-9, -1, 0, 3)), (area_b, (0, 9))):
        home = factories.HouseholdFactory(neighbourhood=area, address=PLACE)
        for left in lefts:
            factories.ResidenceFactory(
                household=home,
                temporary=True,
                expires_on=day(-left),
                resident__full_name=NAME,
            )
        factories.StayNoticeFactory(household=home, guest_name=NAME)
    for area in (area_a, area_b):
        factories.IncidentFactory(neighbourhood=area, place=PLACE, summary="Chuyện kín")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = midnight - dt.timedelta(days=1)
    for made_at in (yesterday, yesterday - dt.timedelta(seconds=1)):
        row = factories.IncidentFactory(neighbourhood=area_a)
        Incident._base_manager.filter(pk=row.pk).update(created_at=made_at)


def lines(found):
    """Return the figures without the month's report, which some days of a month bring."""
    return {
        line.label: (line.late, line.today, line.ahead) for line in found if line.kind != "report"
    }


def test_its_figures(morning, chief, on):
    digest = make_digest(chief, on)
    assert lines(digest.kinds) == {
        "Tạm trú hết hạn": (2, 2, 1),
        "Lưu trú chưa xác nhận": (0, 2, 0),
    }
    assert lines(digest.areas) == {"Tổ dân phố A": (2, 2, 1), "Tổ dân phố B": (0, 2, 0)}
    assert [line.of_what for line in digest.areas] == [
        "tạm trú hết hạn 3, lưu trú chưa xác nhận 1",
        "lưu trú chưa xác nhận 1, tạm trú hết hạn 1",
    ]
    assert digest.received == 3  # with that of yesterday's first second, without the one before


def test_an_officer_reads_his_own(morning, officer_a, client_for, on):
    response = client_for(officer_a).get("/worklist/digest/")
    digest = response.context["digest"]
    assert lines(digest.areas) == {"Tổ dân phố A": (2, 2, 1)}
    assert digest.received == 2
    page = response.content.decode()
    assert "Tổ dân phố B" not in page
    assert NAME not in page
    assert PLACE not in page


def test_each_figure_of_the_page_leads_to_its_rows(morning, chief, client_for):
    client = client_for(chief)
    digest = client.get("/worklist/digest/").context["digest"]
    asked = [({"kind": line.kind}, line) for line in digest.kinds]
    asked += [({"neighbourhood": line.area}, line) for line in digest.areas]
    for params, line in asked:
        count = client.get("/worklist/", params).context["page"]["count"]
        assert count == str(line.late + line.today + line.ahead)


def test_it_is_sent_to_the_addresses_set(morning, chief, settings, capsys):
    settings.DIGEST_TO = ["chihuy@example.vn", "trucban@example.vn"]
    call_command("digest")
    [letter] = mail.outbox
    assert letter.to == ["chihuy@example.vn", "trucban@example.vn"]
    assert letter.subject.startswith("Việc sáng ")
    assert "Phường Thử Nghiệm" in letter.subject
    for words in (
        "- Tạm trú hết hạn: quá hạn 2, hôm nay 2, 7 ngày tới 1",
        "- Tổ dân phố A: quá hạn 2, hôm nay 2, 7 ngày tới 1",
        "(quá hạn và hôm nay: tạm trú hết hạn 3, lưu trú chưa xác nhận 1)",
        "Vụ việc ghi từ hôm qua đến nay: 3.",
    ):
        assert words in letter.body
    assert "2 địa chỉ" in capsys.readouterr().out


def test_nothing_personal_leaves_the_station(morning, chief, settings):
    settings.DIGEST_TO = ["chihuy@example.vn"]
    business = factories.BusinessFactory(name="Karaoke Tên Kín")
    factories.CertificateFactory(business=business, expires_on=day(1), number="7/KÍN")
    factories.GroupFactory(name="Tổ Tên Kín", founded_on=day(200))
    call_command("digest")
    [letter] = mail.outbox
    sent = letter.message().as_bytes(linesep="\n").decode() + letter.body + letter.subject
    assert "Giấy hết hạn" in sent
    for secret in (NAME, PLACE, "Kín", "KÍN", "kín", "NK-", "VV-"):
        assert secret not in sent


def test_without_addresses_it_says_where_to_read_it(morning, chief, settings, capsys):
    settings.DIGEST_TO = []
    call_command("digest")
    assert mail.outbox == []
    told = capsys.readouterr().out.strip()
    assert told.count("\n") == 0
    assert "/worklist/digest/" in told
    assert "không gửi thư" in told


@pytest.mark.parametrize("backend", ["DownBackend", "RefusingBackend"])
def test_a_server_out_of_reach_is_one_sentence_and_a_failure(morning, chief, settings, backend):
    settings.DIGEST_TO = ["chihuy@example.vn"]
    settings.EMAIL_BACKEND = f"{__name__}.{backend}"
    settings.EMAIL_HOST = "mail.example.vn"
    with pytest.raises(CommandError) as refused:
        call_command("digest")
    told = str(refused.value)
    assert refused.value.returncode == 1
    assert "\n" not in told
    assert "Không gửi được thư qua máy chủ mail.example.vn" in told
    assert "kylien@station" not in told  # the server's words may name accounts


def test_before_there_is_a_chief_it_says_so(ward, settings):
    settings.DIGEST_TO = ["chihuy@example.vn"]
    factories.UserFactory(role=Role.CHIEF, is_active=False)
    with pytest.raises(CommandError, match="Chưa có tài khoản chỉ huy"):
        call_command("digest")
    assert mail.outbox == []


def test_a_quiet_morning(ward, chief, settings, on):
    settings.DIGEST_TO = ["chihuy@example.vn"]
    reported = Month.containing(on, settings.REPORT_START_DAY).previous()
    factories.report_in(month=reported, user=chief)
    digest = make_digest(chief, on)
    assert lines(digest.kinds) == {}
    assert (digest.areas, digest.received) == ([], 0)
    call_command("digest")
    assert "quá hạn 0, hôm nay 0" in mail.outbox[0].body
