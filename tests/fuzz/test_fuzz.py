"""Every form and every query string with what nobody would type: no failure, nothing slow.

`make test` sends 500 requests, the same each time. `make fuzz` sends 10,000 from a new seed, which
a failure names: FUZZ_SEED=that make fuzz sends them again. A request leaves nothing behind.
"""

import os
import random
import re
import sys
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import cycle, islice
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kylien.accounts.models import User
from tests.factories import day
from tests.fuzz.pages import Field, forms_of
from tests.routes import Route, every_route
from tests.test_crawl import NUMBERS_A, address_of, fill

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "500"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SECONDS = 2  # of the processor: a busy machine makes no page slow
PEOPLE = ["chief", "officer_a", "duty", "clerk", "leader"]
FORM = "application/x-www-form-urlencoded"

# --- what nobody would type ---------------------------------------------------------------------

KEEP = None  # leave what the page offers, so that the fields beside it are looked at too
BEYOND = [2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400]
ODD = [
    *["", " ", "\0", "a\0b", "%00", "%", "%s%n", "\r\nSet-Cookie: a=b", "\x1b[31m", "\x7f"],
    *["\ufeff", "\u202e\u200f", "\u2028", "e\u0301" * 40, "\U0010ffff", "\ufffe", "😀" * 90, "ﷺ"],
    *["-1", "0", "1e400", "NaN", "-Infinity", "0x1F", "1_000", "٣", "²", "1,5", "1.5", "--1"],
    *["01/01/0000", "0000-01-01", "31/12/9999", "9999-12-31", "30/02/2024", "99/99/99999"],
    *["01/01/0001", "9999-12", "0000-00", "2024-13", "24:61", "9999-12-31T23:59:59", "12/0001"],
    *["' OR 1=1 --", "'; DROP TABLE households_household; --", '" OR ""="', "\\", "*", "(", "[a"],
    *["<script>alert(1)</script>", "{{ 7|add:7 }}", "{% load x %}", "${7*7}", "=cmd|' /C calc'!A0"],
    *["../../etc/passwd", "//example.com", "javascript:alert(1)", "null", "[]", "{}", "on", "true"],
    *["__all__", "-pk", "?", "pk__in", "a" * 10_000, "1" * 5_000, "  " * 3_000, "ệ " * 2_000],
    *[b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"a\x80"],
    *map(str, BEYOND),
]
values = st.one_of(
    st.just(KEEP),
    st.sampled_from(ODD),
    st.sampled_from(ODD),
    st.text(max_size=40),
    st.integers(-(2**70), 2**70).map(str),
    st.dates().map("{:%d/%m/%Y}".format),
    st.lists(st.sampled_from(ODD), min_size=2, max_size=4),
)
contents = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-1.7", b"\xff\xd8\xff"]),
    st.sampled_from(
        [b"\0" * 100_000, b'"' * 9_999, "Họ tên;Ngày sinh\n\0;=1+1\n".encode(), b",\n" * 999]
    ),
)
names = st.sampled_from(
    ["a.png", "a.xlsx", "a.csv", "a.pdf", "a.docx", "../a.png", "a", "ệ" * 300 + ".jpg", "a\0.png"]
)
files = st.builds(lambda name, content: (name, content), names, contents)


@dataclass(frozen=True)
class Draw:
    """What one request is filled with: the fields take the values in turn."""

    values: list
    files: list
    strangers: list  # names of fields that no form has


draws = st.builds(
    Draw,
    st.lists(values, min_size=3, max_size=14),
    st.lists(files, min_size=1, max_size=2),
    st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=9)), max_size=3),
)


# --- which requests -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    route: Route
    method: str
    far: bool = False  # the row is named by a number beyond 64 bits

    def __str__(self):
        return f"{self.method} {self.route}{' far' if self.far else ''}"


def may(user, route):
    """Tell whether a person gets further than the refusal of his role."""
    if route.is_record or route.is_scoped:
        return user.has_perm(route.permission)
    return user.is_staff or not route.pattern.startswith("admin/")


def plan(people):
    """Share the requests out: `{person: visits}`, each page by those who may open it, in turn."""
    chance = random.Random(SEED)
    visits = [Visit(route, method) for route in every_route() for method in ("GET", "POST")]
    visits += [
        Visit(one.route, one.method, far=True) for one in visits if "pk" in one.route.parameters
    ]
    chance.shuffle(visits)
    shares, turns = defaultdict(list), {}
    for visit in islice(cycle(visits), REQUESTS):
        if visit not in turns:
            allowed = [name for name, user in people.items() if may(user, visit.route)]
            start = chance.randrange(len(allowed)) if allowed else 0
            turns[visit] = islice(cycle(allowed or ["chief"]), start, None)
        shares[next(turns[visit])].append(visit)
    return shares


# --- one request --------------------------------------------------------------------------------


class Fuzzer:
    """A person who is signed in and sends one odd request after another."""

    def __init__(self, user, rows):
        self.rows, self.cookies = rows, Client()
        self.cookies.force_login(user)
        self.pages, self.posted = {}, defaultdict(dict)
        self.wrong, self.causes = [], []
        self.slowest, self.answers = (0, ""), Counter()

    def client(self):
        one = Client(raise_request_exception=False)
        one.cookies.load(self.cookies.cookies.output(header="", sep=";"))
        return one

    def address(self, visit):
        address, _ = address_of(visit.route, self.rows)
        return re.sub(r"/\d+/", f"/{10**25}/", address, count=1) if visit.far else address

    def look(self, address):
        """Read a page as it is, once, for the fields of its forms."""
        if address not in self.pages:
            with transaction.atomic():
                answer = self.client().get(address)
                text = content_of(answer)
                transaction.set_rollback(True)
            self.pages[address] = forms_of(address, text)
            for form in self.pages[address]:
                if form.method == "post":
                    self.posted[form.path] |= form.fields
        return self.pages[address]

    def fields(self, visit, address):
        """Return the fields of the page: of its forms, of its filters, and those any page has."""
        forms = self.look(address)
        view = visit.route.view_class
        filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
        declared = getattr(getattr(view, "form_class", None), "base_fields", {})
        if visit.method == "GET":
            found = {
                name: one
                for form in forms
                if form.method == "get"
                for name, one in form.fields.items()
            }
            common = (*filters, "q", "page", "sort", "next", "p", "o", "all", "e", "term", "month")
        else:
            found = self.posted[address]
            common = (
                *filters,
                *declared,
                "version",
                "reason",
                "next",
                "q",
                "page",
                "sort",
                "_export",
            )
        return {name: Field("text") for name in common} | found

    def send(self, visit, draw):
        address = self.address(visit)
        fields = self.fields(visit, address)
        pairs, uploads = filled(fields, draw)
        query = urlencode(pairs, errors="surrogatepass")
        self.causes.clear()
        cache.clear()
        client = self.client()
        with transaction.atomic():
            start = time.process_time()
            if visit.method == "GET":
                answer = client.get(address, QUERY_STRING=query)
            elif uploads:
                data = defaultdict(list)
                for name, value in pairs:
                    data[name].append(value)
                body = encode_multipart(BOUNDARY, data | uploads)
                answer = client.generic("POST", address, body, MULTIPART_CONTENT)
            else:
                answer = client.generic("POST", address, query, FORM)
            text = content_of(answer)
            spent = time.process_time() - start
            transaction.set_rollback(True)
        self.answers[f"{visit.method} {answer.status_code}"] += 1
        told = (
            f"{visit} {address} { ({n: [v for k, v in pairs if k == n] for n, _ in pairs})!a:.3000}"
        )
        if uploads:
            told += f" files { ({name: (f.name, f.size) for name, f in uploads.items()})!a:.500}"
        self.slowest = max(self.slowest, (spent, told[:300]))
        if answer.status_code >= 500 or "Traceback (most recent call last)" in text:
            self.wrong.append(f"{answer.status_code} {'; '.join(self.causes)}: {told}")
        elif spent > SECONDS:
            self.wrong.append(f"{spent:.1f} s: {told}")

    def failed(self, **kwargs):
        """Keep what broke, and where, of the exception that is being handled."""
        _, error, trace = sys.exc_info()
        where = traceback.extract_tb(trace)[-4:]
        path = " > ".join(f"{frame.filename[-40:]}:{frame.lineno}" for frame in where)
        self.causes.append(f"{error!r:.300} at {path}")


def filled(fields, draw):
    """Return the pairs of names and values to send, and the files by name."""
    pairs, uploads = [], {}
    turn, file_turn = cycle(draw.values), cycle(draw.files)
    for name, one in fields.items():
        if name == "csrfmiddlewaretoken":
            continue
        if one.kind == "file":
            file_name, content = next(file_turn)
            upload = SimpleUploadedFile("a", content)
            upload._name = file_name  # as the browser says, which the class would clean
            uploads[name] = upload
            continue
        value = next(turn)
        if value is KEEP:
            value = one.value
        pairs += [(name, part) for part in (value if isinstance(value, list) else [value])]
    pairs += [(name, "1") for name in draw.strangers]
    return pairs, uploads


def content_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


# --- the test -----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.django_db
def test_no_odd_request_breaks_a_page_or_takes_long(request, person, area_a):
    people = {name: request.getfixturevalue(name) for name in PEOPLE}
    people = {name: User.objects.get(pk=user.pk) for name, user in people.items()}
    rows = fill(area_a, "Anpha", NUMBERS_A, day(9))
    visits = plan(people)[person]
    fuzzer, turn = Fuzzer(people[person], rows), cycle(visits)
    got_request_exception.connect(fuzzer.failed)

    # What fails is collected, not raised: the requests go on, each of a page whose turn it is.
    @seed(SEED)
    @settings(
        max_examples=len(visits),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(draws)
    def send(draw):
        fuzzer.send(next(turn), draw)

    send()
    sent, wrong = fuzzer.answers.total(), "\n".join(fuzzer.wrong)
    print(person, sent, sorted(fuzzer.answers.items()), fuzzer.slowest)  # noqa: T201 (if it fails)
    assert not wrong, f"FUZZ_SEED={SEED}, {len(fuzzer.wrong)} of {sent}:\n{wrong}"
    assert sent == len(visits)
