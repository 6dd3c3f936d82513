"""The edges of the portal: headers, cookies, methods, refusals, errors, secrets, parts."""

import http.client
import io
import json
import logging
import os
import re
import runpy
import socket
import sqlite3
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.test import Client
from django.urls import reverse
from waitress import wasyncore

from kylien import serve
from kylien.audit.models import AuditEntry
from kylien.core import errors
from kylien.core.middleware import METHODS
from kylien.core.refusals import A_MINUTE as REFUSALS_A_MINUTE
from scripts import licences
from tests import factories
from tests.factories import PASSWORD
from tests.routes import every_route

ROUTES = every_route()
PEOPLE = ["stranger", "chief", "officer_a", "duty", "clerk", "leader", "superuser"]
each_person = pytest.mark.parametrize("who", PEOPLE)
LOGIN = "/accounts/login/"
NUMBER = "099777111222"  # of a citizen: stands in what goes wrong, and must stand nowhere else
STATION = {
    "SECRET_KEY": "x7" * 40 + "Kỳ-Liên!",
    "ALLOWED_HOSTS": "kylien.local",
    "CSRF_TRUSTED_ORIGINS": "https://kylien.local",
}
FILLED = {
    "month": "2026-06",
    "part": "shortcomings",
    "code": "karaoke",
    "key": "silent-groups",
    "record_type": "incident",
    "app_label": "households",
    "url": "khong-co",
    "rest": "1/1",
}


def address_of(route, pk=1):
    """Return an address of a route; what it names need not exist."""
    values = {name: FILLED.get(name, pk) for name in route.parameters}
    if not route.name:
        return "/admin/khong-co"
    return reverse(route.name, kwargs=values)


@pytest.fixture
def person(request, client_for):
    """Return `person(who)`: a client of that person, or a stranger's."""

    def make(who, **options):
        if who == "stranger":
            return Client(**options)
        return client_for(request.getfixturevalue(who), **options)

    return make


@pytest.fixture
def station(monkeypatch, tmp_path, settings):
    """The settings as at the station, behind TLS: those of this file that the edges rest on."""
    values = read_settings(monkeypatch, tmp_path, **STATION)
    for name, value in values.items():
        if name.startswith(("SECURE_", "CSRF_", "SESSION_COOKIE", "CONTENT_SECURITY", "X_FRAME")):
            setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CSRF_TRUSTED_ORIGINS = []
    return settings


def read_settings(monkeypatch, folder, **environment):
    """Run the settings file in an environment of its own; return its names."""
    for name in list(os.environ):
        if name not in ("PATH", "HOME", "LANG"):
            monkeypatch.delenv(name)
    for name, value in {"VAR_DIR": str(folder), **environment}.items():
        monkeypatch.setenv(name, value)
    found = runpy.run_path(str(project.BASE_DIR / "kylien" / "settings.py"))
    return {name: value for name, value in found.items() if name.isupper()}


class Lines:
    """What the log holds: each line read as JSON."""

    def __init__(self):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(errors.JsonFormatter())

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def all(self):
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines():
    """The log's lines from now on, of strangers' doings too."""
    found = Lines()
    loggers = [
        logging.getLogger(name) for name in ("", "django.security", "kylien.core.middleware")
    ]
    for logger in loggers:
        logger.addHandler(found.handler)
    yield found
    for logger in loggers:
        logger.removeHandler(found.handler)


# --- headers --------------------------------------------------------------------------------------


def wrong_headers(answer, *, tls=False):
    """Return what is wrong with the headers of an answer."""
    policy = answer.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    wanted = {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if tls:
        wanted["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains; preload"
    wrong = [name for name, value in wanted.items() if answer.get(name) != value]
    if directives.get("default-src") not in ("'self'", "'none'"):
        wrong.append("default-src")
    if directives.get("frame-ancestors") != "'none'":
        wrong.append("frame-ancestors")
    wrong += [loose for loose in ("unsafe-", "http:", "https:", "*") if loose in policy]
    if not re.search(r"\bcamera=\(\).*\bgeolocation=\(\).*", answer.get("Permissions-Policy", "")):
        wrong.append("Permissions-Policy")
    if not re.fullmatch("[0-9a-f]{16}", answer.get("X-Request-ID", "")):
        wrong.append("X-Request-ID")
    if "Server" in answer or "X-Powered-By" in answer:
        wrong.append("a banner")
    if answer.get("Cache-Control") is None:
        wrong.append("Cache-Control")
    return wrong


@pytest.mark.django_db
@each_person
def test_every_address_sends_the_strict_headers_to_every_role(person, who):
    """Pages, parts, the admin, downloads, redirects, refusals and errors."""
    client = person(who)
    client.raise_request_exception = False
    home = factories.ResidenceFactory().household
    wrong, statuses = [], set()
    for route in ROUTES:
        answer = client.get(address_of(route, home.pk))
        statuses.add(answer.status_code)
        if found := wrong_headers(answer):
            wrong.append(f"{route}: {answer.status_code} {found}")
    assert not wrong, "\n".join(wrong)
    assert {302, 404} <= statuses
    assert statuses <= {200, 302, 400, 403, 404, 405}


@pytest.mark.django_db
def test_behind_tls_every_kind_of_answer_keeps_browsers_on_it(station, person):
    client = person("chief")
    client.raise_request_exception = False
    for address in ("/", LOGIN, "/admin/", "/khong-co/", "/healthz", "/households/"):
        assert wrong_headers(client.get(address, secure=True), tls=True) == []
    assert wrong_headers(client.generic("TRACE", "/", secure=True), tls=True) == []


@pytest.mark.django_db
def test_plain_http_is_sent_to_tls_but_for_the_watchdog(station, client):
    answer = client.get("/households/")
    assert answer.status_code == 301
    assert answer["Location"] == "https://testserver/households/"
    assert client.get("/healthz").status_code == 200


def test_the_policy_holds_what_it_has_to():
    directives = project.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["object-src"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]
    for name in ("default-src", "script-src", "style-src"):
        assert directives[name] == ["'self'"]


@pytest.mark.django_db
def test_a_static_file_has_the_headers_too(client):
    answer = client.get("/static/img/favicon.svg")
    assert answer.status_code == 200
    assert wrong_headers(answer) == []
    assert "no-store" not in answer["Cache-Control"]
    answer.close()


@pytest.mark.django_db
def test_each_feature_of_a_browser_is_denied_and_named_once(client):
    policy = client.get("/healthz")["Permissions-Policy"].split(", ")
    assert all(part.endswith("=()") for part in policy)
    assert len(policy) == len(set(policy)) > 30


@pytest.mark.django_db
def test_a_request_has_a_number_of_our_own(client):
    first = client.get("/healthz", headers={"X-Request-ID": "của-tôi"})["X-Request-ID"]
    second = client.get("/healthz", headers={"X-Request-ID": "của-tôi"})["X-Request-ID"]
    assert first != second
    assert "của" not in first


# --- cookies --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_behind_tls_cookies_belong_to_this_host_alone(station, duty):
    client = Client()
    client.get(LOGIN, secure=True)
    answer = client.post(LOGIN, {"login": duty.username, "password": PASSWORD}, secure=True)
    assert answer.status_code == 302
    assert set(client.cookies) >= {"__Host-sessionid", "__Host-csrftoken"}
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert cookie["samesite"] == "Lax"
    assert client.get("/", secure=True).status_code == 200


@pytest.mark.django_db
def test_a_demonstration_over_http_has_plain_names(client, duty):
    client.post(LOGIN, {"login": duty.username, "password": PASSWORD})
    assert {"sessionid", "csrftoken"} <= set(client.cookies)


@pytest.mark.django_db
def test_no_cookie_of_anothers_choosing_becomes_a_session(client, duty):
    client.cookies["sessionid"] = "a" * 32
    client.post(LOGIN, {"login": duty.username, "password": PASSWORD})
    assert client.cookies["sessionid"].value != "a" * 32
    assert not Session.objects.filter(session_key="a" * 32).exists()


# --- where it leads -------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "https:///evil.example",
]


def leads_away(answer):
    target = urlsplit(answer.get("Location", "").replace("\\", "/"))
    return target.netloc not in ("", "testserver") or target.scheme not in ("", "http", "https")


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["stranger", "chief"])
def test_no_address_leads_away_whatever_next_says(person, who):
    wrong, client = [], person(who)
    for route in ROUTES:
        answer = client.get(address_of(route), {"next": ELSEWHERE[0], "back": ELSEWHERE[1]})
        if leads_away(answer):
            wrong.append(f"{route}: {answer['Location']}")
    assert not wrong


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize(
    "name", ["account_login", "account_logout", "account_reauthenticate", "account_change_password"]
)
def test_no_form_of_the_account_leads_away(person, name, target, duty):
    data = {"login": duty.username, "password": PASSWORD, "next": target}
    for who in ("stranger", "duty"):
        for address in (reverse(name), f"{reverse(name)}?next={target}"):
            answer = person(who).post(address, data)
            assert not leads_away(answer), answer["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["//evil.example/households", "//evil.example", "/%5Cevil.example/x", "/households//"]
)
def test_no_path_leads_away(person, path):
    for who in ("stranger", "chief"):
        assert not leads_away(person(who).get(path))


# --- requests that are refused --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["stranger", "chief"])
def test_every_address_refuses_a_post_without_its_token(person, who):
    client = person(who, enforce_csrf_checks=True)
    open_ones = []
    for route in ROUTES:
        answer = client.post(address_of(route), {"login": "x", "password": "y"})
        if answer.status_code != 403:
            open_ones.append(f"{route}: {answer.status_code}")
    assert not open_ones


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_post_from_another_site_is_refused_even_with_a_token(person, origin):
    client = person("chief", enforce_csrf_checks=True)
    page = client.get("/households/create/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    answer = client.post(
        "/households/create/", {"csrfmiddlewaretoken": token}, headers={"origin": origin}
    )
    assert answer.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "XYZ"])
def test_no_address_takes_a_method_that_no_page_has(person, method):
    client = person("chief")
    for route in ROUTES:
        answer = client.generic(method, address_of(route))
        assert answer.status_code == 405, route
        assert answer["Allow"] == ", ".join(METHODS)
        assert answer.content == b""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "evil x"]
)
@pytest.mark.parametrize("address", ["/", LOGIN, "/healthz", "/admin/", "/khong-co/"])
def test_another_hosts_name_is_refused(client, lines, address, host):
    answer = client.get(address, headers={"host": host, "x-forwarded-host": "testserver"})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()
    assert "evil" not in lines.text
    assert [line["event"] for line in lines.all] == ["DisallowedHost"]
    assert wrong_headers(answer) == []


@pytest.mark.django_db
def test_a_forwarded_host_is_not_believed(client):
    answer = client.get("/households", headers={"x-forwarded-host": "evil.example"})
    assert not leads_away(answer)
    assert not project.USE_X_FORWARDED_HOST


@pytest.mark.django_db
def test_the_health_page_tells_one_word(client):
    answer = client.get("/healthz")
    assert answer.json() == {"status": "ok", "database": "up"}
    assert "Set-Cookie" not in answer


def test_the_server_names_itself_nowhere():
    """Neither in an answer of the portal nor in one that the server gives by itself."""

    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    bound = socket.create_server(("127.0.0.1", 0))
    server = serve.make_server(application, [bound])
    stop = threading.Event()

    def run():
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, map=server._map, count=1)
        wasyncore.close_all(server._map)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        asked = http.client.HTTPConnection("127.0.0.1", bound.getsockname()[1], timeout=20)
        asked.request("GET", "/")
        good = asked.getresponse()
        good.read()
        asked.close()
        with socket.create_connection(bound.getsockname(), timeout=20) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nbad header\r\n\r\n")
            bad = raw.makefile("rb").read().decode().lower()
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        server.trigger.close()
    assert good.getheader("Server") is None
    assert bad.startswith("http/1.0 400")
    assert "\r\nserver:" not in bad
    assert "waitress" not in bad
    for name in ("content-security-policy", "x-content-type-options", "cache-control: no-store"):
        assert name in bad


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/static/", "/static/css/", "/static/../", "/.git/config"])
def test_no_folder_is_listed(client, address):
    assert client.get(address).status_code == 404


def test_scripts_neither_run_words_nor_keep_data():
    """Our own; htmx's evaluation and history are switched off on the page."""
    words = (
        *("eval(", "new Function", "document.write", "insertAdjacentHTML", "outerHTML"),
        *("localStorage", "sessionStorage", "indexedDB", "postMessage", "document.cookie"),
        *("__proto__", "Object.assign(", 'addEventListener("message"'),
    )
    scripts = list((project.BASE_DIR / "static" / "js").glob("*.js"))
    assert len(scripts) > 2
    for path in scripts:
        text = path.read_text()
        assert [word for word in words if word in text] == [], path.name
        filled = re.findall(r"innerHTML\s*=\s*(\S+)", text)
        assert set(filled) <= {'$("template[data-row-pattern]",'}, path.name
    page = (project.BASE_DIR / "templates" / "base.html").read_text()
    for option in ("allowEval", "allowScriptTags"):
        assert f'"{option}":false' in page
    assert '"historyCacheSize":0' in page


def test_nothing_that_can_run_is_read_back():
    """What was stored or sent is read as JSON, never by a reader that can build any object."""
    assert project.SESSION_SERIALIZER.endswith(".JSONSerializer")
    for folder in ("kylien", "households", "businesses", "incidents", "reports", "retention"):
        for path in (project.BASE_DIR / folder).rglob("*.py"):
            text = path.read_text()
            found = re.findall(r"(?m)^\s*(?:import|from) (pickle|marshal|shelve|yaml)\b", text)
            assert not found, path


def test_a_request_with_two_lengths_is_read_by_one_of_them():
    """Chunks count over a length, and a coding that the server does not know is refused."""
    from waitress.adjustments import Adjustments
    from waitress.parser import HTTPRequestParser

    def parsed(coding):
        parser = HTTPRequestParser(Adjustments())
        sent = (
            f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
            f"Transfer-Encoding: {coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        ).encode()
        while sent and not parser.completed:
            sent = sent[parser.received(sent) :]
        return parser

    good = parsed("chunked")
    assert good.completed
    assert good.error is None
    assert good.get_body_stream().read() == b"ok"
    assert parsed("gzip").error.code == 501


# --- refusals are told ----------------------------------------------------------------------------


def refusals(user):
    return [
        json.loads(entry.values)
        for entry in AuditEntry.objects.filter(user=user, action="refused").order_by("pk")
    ]


@pytest.mark.django_db
def test_a_foreign_record_and_a_missing_verb_join_the_trail(client_for, officer_a, duty, area_b):
    household = factories.HouseholdFactory(neighbourhood=area_b)
    address = household.get_absolute_url()
    assert client_for(officer_a).get(address).status_code == 404
    assert refusals(officer_a) == [{"path": "household-detail", "status": 404}]
    entry = AuditEntry.objects.get(user=officer_a, action="refused")
    assert (entry.table, entry.row, entry.code) == ("accounts.user", None, "")
    assert entry.address == "127.0.0.1"
    assert client_for(duty).get("/households/create/").status_code == 403
    assert refusals(duty) == [{"path": "household-create", "status": 403}]


@pytest.mark.django_db
def test_a_form_without_its_token_joins_the_trail(client_for, chief):
    client = client_for(chief, enforce_csrf_checks=True)
    assert client.post("/households/create/", {"address": NUMBER}).status_code == 403
    assert refusals(chief) == [{"path": "household-create", "status": 403}]


@pytest.mark.django_db
def test_what_was_typed_into_an_address_is_told_nowhere(client_for, chief, lines):
    client = client_for(chief)
    for address in (f"/households/{NUMBER}/", f"/sectors/{NUMBER}/?q={NUMBER}", f"/{NUMBER}"):
        assert client.get(address).status_code in (400, 404)
    assert NUMBER not in json.dumps([refusals(chief), lines.all])
    assert [one["path"] for one in refusals(chief)] == ["household-detail", "sector-list"]
    assert [one["event"] for one in lines.all] == ["refused"]  # of no page: to the log
    assert "route" not in lines.all[0]


@pytest.mark.django_db
def test_a_strangers_refusals_go_to_the_log_alone(client, lines):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(LOGIN, {"login": "quantri", "password": "x"}).status_code == 403
    assert client.get("/khong-co/").status_code == 404
    assert not AuditEntry.objects.filter(action="refused").exists()
    first, second = lines.all
    assert (first["event"], first["status"], first["route"]) == ("refused", 403, "account_login")
    assert (second["status"], second["address"]) == (404, "127.0.0.1")
    assert "quantri" not in lines.text


@pytest.mark.django_db
def test_a_scanner_cannot_fill_the_disk(client_for, leader, lines):
    client = client_for(leader)
    for _ in range(REFUSALS_A_MINUTE + 10):
        assert client.get("/households/").status_code == 403
    assert len(refusals(leader)) == REFUSALS_A_MINUTE
    assert [one["event"] for one in lines.all] == ["refusals left out"]
    assert lines.all[0]["user"] == leader.pk


@pytest.mark.django_db
def test_made_up_names_cannot_fill_the_disk(client, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    for number in range(REFUSALS_A_MINUTE + 10):
        client.post(LOGIN, {"login": f"ma{number}", "password": "x"})
    assert AuditEntry.objects.filter(action="refused").count() == REFUSALS_A_MINUTE


@pytest.mark.django_db
def test_the_address_of_a_button_is_told_in_the_stations_language(client_for, chief):
    answer = client_for(chief).get("/retention/propose/")
    assert answer.status_code == 405
    assert "địa chỉ của một nút bấm" in answer.content.decode()


@pytest.mark.django_db
def test_one_scanner_hides_no_other(client_for, leader, duty):
    for _ in range(REFUSALS_A_MINUTE + 1):
        client_for(leader).get("/households/")
    client_for(duty).get("/households/create/")
    assert len(refusals(duty)) == 1


def test_the_log_of_strangers_is_bounded_and_says_how_much_it_left_out(monkeypatch):
    minute = [60.0]
    monkeypatch.setattr(errors.time, "monotonic", lambda: minute[0])
    bounded = errors.Bounded(lines=3)
    record = logging.LogRecord("x", logging.WARNING, "", 0, "refused", (), None)
    assert [bounded.filter(record) for _ in range(5)] == [True] * 3 + [False] * 2
    minute[0] = 125.0
    assert bounded.filter(record)
    assert record.left_out == 2


def test_what_strangers_cause_passes_the_bound():
    for name in ("django.security", "kylien.core.middleware"):
        logger = project.LOGGING["loggers"][name]
        assert logger["handlers"] == ["strangers"]
        assert logger["propagate"] is False
    assert project.LOGGING["handlers"]["strangers"]["filters"] == ["bounded"]


# --- errors ---------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """Make the home page fail with words that hold a person's number."""

    def fail(*args):
        secret = f"Trần Thị Đào {NUMBER}"
        raise ValueError(secret)

    monkeypatch.setattr("kylien.portal.views.home_context", fail)


def error_id_of(page):
    return re.search(r"<strong[^>]*>([2-9A-HJ-NP-Z]{8})</strong>", page)[1]


@pytest.mark.django_db
def test_a_failure_shows_an_id_and_nothing_else(person, chief, broken, lines):
    client = person("chief")
    client.raise_request_exception = False
    answer = client.get("/", headers={"X-Request-ID": "khác"})
    page = answer.content.decode()
    assert answer.status_code == 500
    assert wrong_headers(answer) == []
    assert "no-store" in answer["Cache-Control"]
    for word in ("Traceback", "ValueError", ".py", NUMBER, "Đào", "Django"):
        assert word not in page
    (line,) = lines.all
    assert line["error"] == error_id_of(page)
    assert line["request"] == answer["X-Request-ID"]
    assert line["user"] == chief.pk
    assert line["route"] == "home"
    assert line["status"] == 500
    assert line["exception"] == "builtins.ValueError"
    assert "home_context" in line["traceback"]
    assert line["time"].endswith("+00:00")


@pytest.mark.django_db
def test_the_log_holds_neither_what_was_sent_nor_what_the_code_knew(person, broken, lines):
    client = person("chief")
    client.raise_request_exception = False
    client.cookies["other"] = "bánh-quy"
    client.get("/", {"q": NUMBER}, headers={"user-agent": "Trình-duyệt"})
    for word in (NUMBER, "Đào", "bánh", "Trình", "Cookie", "sessionid"):
        assert word not in lines.text
        assert json.dumps(word).strip('"') not in lines.text
    assert len(lines.text.splitlines()) == 1
    assert lines.text.isascii()


@pytest.mark.django_db
def test_each_failure_has_an_id_of_its_own(person, broken):
    client = person("chief")
    client.raise_request_exception = False
    found = {error_id_of(client.get("/").content.decode()) for _ in range(5)}
    assert len(found) == 5


@pytest.mark.django_db
def test_a_page_that_cannot_be_drawn_still_answers(person, broken, monkeypatch):
    def fail(*args):
        raise OSError

    monkeypatch.setattr(errors, "render_to_string", fail)
    client = person("chief")
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert re.search("[2-9A-Z]{8}", answer.content.decode())


def test_no_typed_word_begins_a_line_of_its_own():
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "tên %s", ('a\n{"level": "INFO"}\r\u2028',), None
    )
    line = errors.JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["event"].startswith("tên a\n")


def test_the_servers_own_line_names_no_address():
    record = logging.LogRecord(
        "waitress", logging.ERROR, "", 0, f"Exception while serving /x/{NUMBER}/", (), None
    )
    assert json.loads(errors.JsonFormatter().format(record))["event"] == "Exception while serving"


@pytest.mark.parametrize("demo", ["true", "false"])
def test_no_mode_shows_the_inside(monkeypatch, tmp_path, demo):
    values = read_settings(monkeypatch, tmp_path, DEMO=demo, DEBUG="true", **STATION)
    assert values["DEBUG"] is False
    assert "DEBUG_PROPAGATE_EXCEPTIONS" not in values
    handlers = values["LOGGING"]["loggers"]["django"]["handlers"]
    assert handlers == []  # Django would mail what was sent
    assert all(one["formatter"] == "json" for one in values["LOGGING"]["handlers"].values())


# --- the database away ----------------------------------------------------------------------------


def caught(act):
    with pytest.raises(Exception) as found:  # noqa: PT011 (whatever Django makes of it)
        act()
    return found.value


def unreadable_file(tmp_path):
    """Return what Django says where SQLite's file cannot be opened."""
    wrapper = SqliteWrapper({**sqlite_settings(), "NAME": str(tmp_path)}, "x")
    return caught(wrapper.ensure_connection)


def no_database_file(tmp_path):
    """Return what Django says where the file holds something else."""
    (tmp_path / "other").write_bytes(b"no database at all" * 100)
    wrapper = SqliteWrapper({**sqlite_settings(), "NAME": str(tmp_path / "other")}, "x")
    try:
        return caught(lambda: wrapper.cursor().execute("SELECT * FROM sqlite_master"))
    finally:
        wrapper.close()


def locked_file(tmp_path):
    """Return what Django says where another program holds SQLite's file."""
    path = tmp_path / "held"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    options = {"timeout": 0}
    wrapper = SqliteWrapper({**sqlite_settings(), "NAME": str(path), "OPTIONS": options}, "x")
    try:
        return caught(lambda: wrapper.cursor().execute("SELECT * FROM t"))
    finally:
        wrapper.close()
        holder.close()


def sqlite_settings():
    return {**connection.settings_dict, "ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}


def no_server(tmp_path):
    """Return what Django says where no PostgreSQL listens."""
    ways = {"HOST": "127.0.0.1", "PORT": "1", "NAME": "x", "USER": "x", "PASSWORD": "x"}
    wrapper = PostgresWrapper({**connection.settings_dict, **ways, "OPTIONS": {}}, "x")
    return caught(wrapper.ensure_connection)


def server_shut_down(tmp_path):
    return of_postgres(psycopg.errors.AdminShutdown("terminating connection"))


def connection_lost(tmp_path):
    return of_postgres(psycopg.OperationalError("server closed the connection unexpectedly"))


def connection_closed(tmp_path):
    return of_postgres(psycopg.InterfaceError("connection already closed"))


def of_postgres(error):
    """Return an exception of the driver as Django passes it on."""

    def act():
        with PostgresWrapper(connection.settings_dict, "x").wrap_database_errors:
            raise error

    return caught(act)


AWAY = [
    unreadable_file,
    no_database_file,
    locked_file,
    no_server,
    server_shut_down,
    connection_lost,
    connection_closed,
]


@pytest.fixture(params=AWAY, ids=lambda way: way.__name__)
def away(request, tmp_path):
    """What Django says of a database that is away, one way after the other."""
    return request.param(tmp_path)


def is_plain_503(answer):
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Cổng đang tạm nghỉ" in page
    assert answer["Retry-After"] == "60"
    assert wrong_headers(answer) == []
    for word in ("Traceback", "Error", "127.0.0.1", "sqlite"):
        assert word not in page
    return True


@pytest.mark.django_db
def test_while_the_database_is_away_every_page_is_the_plain_one(person, monkeypatch, away):
    clients = [person("stranger"), person("chief")]

    def fail(*args, **kwargs):
        raise away

    monkeypatch.setattr(connection, "cursor", fail)
    for client in clients:
        client.raise_request_exception = False
        for address in (LOGIN, "/healthz") if client is clients[0] else ("/", "/admin/", LOGIN):
            answer = client.get(address)
            assert answer.status_code == 503
            if address != "/healthz" or answer["Content-Type"] != "application/json":
                assert is_plain_503(answer)
            assert "Set-Cookie" not in answer


@pytest.mark.django_db
def test_a_database_that_goes_in_the_middle_of_a_page_is_asked_nothing_more(
    person, lines, monkeypatch
):
    """Each query of a page in turn is the one at which the database goes."""
    client = person("chief")
    client.raise_request_exception = False
    factories.HouseholdFactory()
    assert client.get("/households/").status_code == 200
    asked = []

    def fail_at(number):
        def ask(execute, sql, params, many, context):
            asked.append(sql)
            if len(asked) >= number:
                raise away_error()
            return execute(sql, params, many, context)

        return ask

    number, answer = 1, None
    while True:
        asked.clear()
        with connection.execute_wrapper(fail_at(number)):
            answer = client.get("/households/")
        if len(asked) < number:
            break
        assert is_plain_503(answer)
        assert len(asked) == number, asked
        number += 1
    assert answer.status_code == 200
    assert number > 3
    assert {line["status"] for line in lines.all} == {503}
    assert all(line["error"] for line in lines.all)


def away_error():
    error = OperationalError("disk I/O error")
    error.__cause__ = sqlite3.OperationalError("disk I/O error")
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_IOERR
    return error


@pytest.mark.django_db
def test_a_write_that_meets_a_database_gone_leaves_nothing_half_done(person, area_a):
    from households.models import Household

    client = person("chief")
    client.raise_request_exception = False
    data = {
        "address": "Số 9",
        "neighbourhood": area_a.pk,
        "opened_on": "01/02/2020",
        **factories.head_row(),
    }

    def fail(execute, sql, params, many, context):
        if "audit_auditentry" in sql and sql.startswith("INSERT"):
            raise away_error()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        assert is_plain_503(client.post("/households/create/", data))
    assert not Household.objects.exists()


@pytest.mark.django_db
def test_our_own_mistakes_are_not_taken_for_it():
    def missing_table():
        wrapper = SqliteWrapper({**sqlite_settings(), "NAME": ":memory:"}, "x")
        try:
            wrapper.cursor().execute("SELECT * FROM t")
        finally:
            wrapper.connection.close()

    for error in (
        caught(missing_table),
        of_postgres(psycopg.errors.UndefinedTable("relation does not exist")),
        of_postgres(psycopg.errors.QueryCanceled("statement timeout")),
        ProgrammingError("ours"),
        ValueError("ours"),
    ):
        assert not errors.is_database_down(error), error


@pytest.mark.django_db
def test_what_comes_of_a_database_away_is_known_by_its_cause(away):
    def draw():
        try:
            raise away
        except Exception as error:
            raise RuntimeError("a template") from error

    assert errors.is_database_down(caught(draw))


# --- secrets --------------------------------------------------------------------------------------

WEAK = [
    "short",
    "a" * 60,
    "ab" * 40,
    "django-insecure-" + "q8Z!pT" * 10 + "wErTy7%uIoP0#aSdF",
    "change-me-9fK2mQ7xZ4vB8nL1cR6tY3wE5uH0jG2dS7pA4oI8",
    "0123456789" * 6,
    "kylien-2026-9fK2mQ7xZ4vB8nL1cR6tY3wE5uH0jG2dS7pA4oI",
]
STRONG = "9fK2mQ7xZ4vB8nL1cR6tY3wE5uH0jG2dS7pA4oI8eW1qN6bM3lV5"


@pytest.mark.parametrize("key", WEAK)
@pytest.mark.parametrize("name", ["SECRET_KEY", "OLD_SECRET_KEY"])
def test_a_weak_key_stops_the_start_and_is_not_printed(monkeypatch, tmp_path, name, key):
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings(monkeypatch, tmp_path, **{**STATION, name: key})
    assert str(refused.value).startswith(f"Setting {name} has a bad value.")
    assert key not in str(refused.value)


def test_random_keys_of_any_make_are_strong_enough(monkeypatch, tmp_path):
    import secrets

    for key in (STRONG, secrets.token_urlsafe(48), secrets.token_hex(32), secrets.token_hex(64)):
        values = read_settings(monkeypatch, tmp_path, **{**STATION, "SECRET_KEY": key})
        assert values["SECRET_KEY"] == key


def test_the_key_before_still_opens_while_keys_are_changed(monkeypatch, tmp_path):
    assert read_settings(monkeypatch, tmp_path, **STATION)["SECRET_KEY_FALLBACKS"] == []
    values = read_settings(monkeypatch, tmp_path, **STATION, OLD_SECRET_KEY=STRONG)
    assert values["SECRET_KEY_FALLBACKS"] == [STRONG]


@pytest.fixture
def secret_file(tmp_path):
    """Return `secret_file(text, mode)`: the path of a file with a secret in it."""

    def write(text, mode=0o600):
        path = tmp_path / "secret"
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    return write


def test_secrets_come_from_files(monkeypatch, tmp_path, secret_file):
    rest = {name: value for name, value in STATION.items() if name != "SECRET_KEY"}
    path = secret_file(f"{STRONG}\n")
    values = read_settings(monkeypatch, tmp_path, **rest, SECRET_KEY_FILE=path)
    assert values["SECRET_KEY"] == STRONG
    assert "SECRET_KEY" not in os.environ  # no other program inherits it
    path = secret_file("postgres://kylien:mat-khau@db.local/kylien\n")
    values = read_settings(monkeypatch, tmp_path, **STATION, DATABASE_URL_FILE=path)
    assert values["DATABASES"]["default"]["PASSWORD"] == "mat-khau"
    assert "DATABASE_URL" not in os.environ


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_a_secret_has_one_source(monkeypatch, tmp_path, secret_file, name):
    both = {**STATION, "DATABASE_URL": "sqlite:////x", f"{name}_FILE": secret_file(STRONG)}
    with pytest.raises(ImproperlyConfigured, match=f"{name} and {name}_FILE are both set"):
        read_settings(monkeypatch, tmp_path, **both)


@pytest.mark.parametrize("missing", [True, False])
def test_a_file_that_cannot_be_read_stops_the_start(monkeypatch, tmp_path, missing):
    path = tmp_path / "secret"
    if not missing:
        path.write_bytes(b"\xff\xfe\x00\x81")
    rest = {name: value for name, value in STATION.items() if name != "SECRET_KEY"}
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE cannot be read"):
        read_settings(monkeypatch, tmp_path, **rest, SECRET_KEY_FILE=str(path))


@pytest.mark.skipif(os.name != "posix", reason="modes of files are Unix's")
def test_a_file_open_to_others_is_warned_of(monkeypatch, tmp_path, secret_file):
    rest = {name: value for name, value in STATION.items() if name != "SECRET_KEY"}
    with pytest.warns(RuntimeWarning, match="open to other accounts"):
        read_settings(monkeypatch, tmp_path, **rest, SECRET_KEY_FILE=secret_file(STRONG, 0o644))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_settings(monkeypatch, tmp_path, **rest, SECRET_KEY_FILE=secret_file(STRONG))


@pytest.mark.parametrize("roles", ["", ",", "chief,nobody"])
def test_a_station_asks_somebody_for_a_second_factor(monkeypatch, tmp_path, roles):
    with pytest.raises(ImproperlyConfigured, match="SECOND_FACTOR_ROLES has a bad value"):
        read_settings(monkeypatch, tmp_path, **STATION, SECOND_FACTOR_ROLES=roles)
    if "nobody" not in roles:
        read_settings(monkeypatch, tmp_path, DEMO="true", SECOND_FACTOR_ROLES=roles)


def test_the_station_does_not_do_without_a_second_factor(monkeypatch, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="SECOND_FACTOR"):
        read_settings(monkeypatch, tmp_path, **STATION, SECOND_FACTOR="false")


def test_no_secret_stands_in_the_repository():
    found = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=project.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        pytest.skip("no repository here")
    bad = re.compile(
        r"BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-1[0-9A-Z]{20}|django-insecure-[a-z0-9]{20}"
    )
    for name in found.stdout.splitlines():
        path = project.BASE_DIR / name
        if path.suffix in {".py", ".md", ".txt", ".toml", ".html", ".in", ".js"} and path.is_file():
            assert not bad.search(path.read_text("utf-8")), name
    assert not [name for name in found.stdout.splitlines() if name.startswith(("var/", ".env"))]


# --- parts ----------------------------------------------------------------------------------------


def test_every_install_asks_for_hashes():
    text = (project.BASE_DIR / "Makefile").read_text()
    installs = [line.strip() for line in text.splitlines() if "$(PIP) install" in line]
    locked = [line for line in installs if "-r requirements" in line]
    assert len(locked) == 2
    assert all("--require-hashes" in line for line in locked)
    # What remains are tools for developers: they touch no station.
    assert {line.rpartition(" ")[2] for line in installs if line not in locked} == {"uv", "babel"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_part_is_locked_by_version_and_hash(name):
    text = (project.BASE_DIR / name).read_text().replace("\\\n", " ")
    parts = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(parts) > 20
    for line in parts:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line
        assert "://" not in line


def test_what_is_imported_is_asked_for_by_name():
    asked = (project.BASE_DIR / "requirements.in").read_text().splitlines()
    assert {"cryptography", "qrcode"} <= set(asked)
    locked = licences.locked((project.BASE_DIR / "requirements.txt").read_text())
    parts = [re.split(r"[\[~<>=]", line)[0] for line in asked if line[:1] not in ("", "#")]
    assert set(parts) <= set(locked)


def test_every_locked_part_is_listed_with_an_accepted_licence():
    lock = licences.LOCK.read_text()
    assert licences.PAGE.read_text() == licences.page(lock)
    listed = re.findall(r"^\| ([a-z0-9-]+) \| [0-9]", licences.PAGE.read_text(), re.MULTILINE)
    assert listed == sorted(licences.locked(lock))


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "", "Proprietary"])
def test_a_part_of_another_licence_is_refused(monkeypatch, licence):
    monkeypatch.setattr(licences, "licences", lambda name: [licence] if licence else [])
    with pytest.raises(ValueError, match="asgiref has no accepted licence"):
        licences.page("asgiref==3.13.0 \\\n    --hash=sha256:00\n")


def test_an_installed_part_of_unknown_licence_is_seen():
    assert licences.licences("khong-co-phan-nay") == []
    assert licences.licences("psycopg") == ["LGPL-3.0-only"]


def test_the_page_of_licences_is_checked_by_its_command():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.licences", "--check"], cwd=project.BASE_DIR, check=False
    )
    assert done.returncode == 0


def test_the_tests_own_environment_takes_no_setting_of_the_callers():
    text = (Path(__file__).parent / "environment.py").read_text()
    settings_file = (project.BASE_DIR / "kylien" / "settings.py").read_text()
    read = set(re.findall(r'"([A-Z][A-Z_]{3,})",\s*_env', settings_file))
    read |= set(re.findall(r'(?:flag|number)\("([A-Z_]+)"', settings_file))
    assert {"SECOND_FACTOR", "SECRET_KEY", "SECOND_FACTOR_ROLES", "SESSION_IDLE_MINUTES"} <= read
    assert [name for name in sorted(read) if f'"{name}"' not in text] == []
