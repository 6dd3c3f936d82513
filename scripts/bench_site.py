"""The portal in one process, asked page by page: what scripts/bench.py starts for each scale.

python -m scripts.bench_site           answers commands (`facts`, `round`, `duplicates`, `trail`),
                                       each by a line of JSON
python -m scripts.bench_site SECONDS   reads and writes at random until the time is up
"""

import gzip
import json
import os
import random
import re
import sys
import time
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kylien.settings")
settings.ROOT_URLCONF = "scripts.bench_urls"
django.setup()

from django.db import OperationalError, connection, transaction  # noqa: E402 (models need the set-up above)
from django.db.models import Count, Q  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from businesses.models import Business, Inspection  # noqa: E402
from households.models import Household, Resident  # noqa: E402
from households.services.duplicates import look_alikes  # noqa: E402
from incidents.models import Incident  # noqa: E402
from kylien.accounts.models import User  # noqa: E402
from kylien.audit import chain, verify  # noqa: E402
from kylien.audit.models import AuditEntry  # noqa: E402
from kylien.core.changes import acting  # noqa: E402
from kylien.core.periods import Month  # noqa: E402
from kylien.core.records import PAGE_SIZE  # noqa: E402
from kylien.portal.worklist import Week  # noqa: E402
from reports.models import MonthlyReport  # noqa: E402
from scripts.bench import ADMIN_FORMS, OURS, SECTORS, USERS  # noqa: E402

OUTGOING = "reports.view_outgoingdocument"
ENTRIES = 100_000  # of the trail that is verified


class Site:
    """The portal in this process, called as a WSGI server would call it."""

    def __init__(self):
        self.application = get_wsgi_application()
        self.cookies = {name: self.sign_in(name) for name in USERS}
        self.pages = {(user, page): path for user in USERS for page, path in pages(user).items()}

    @staticmethod
    def sign_in(username):
        client = Client()
        client.force_login(User.objects.get(username=username))
        return "; ".join(f"{m.key}={m.value}" for m in client.cookies.values())

    def get(self, user, path):
        """Return `(status, ms, queries, bytes, gzipped bytes, html)` of one request."""
        headers = {"HTTP_COOKIE": self.cookies[user], "HTTP_ACCEPT_ENCODING": "gzip"}
        environ = RequestFactory(SERVER_NAME="localhost").get(path, **headers).environ
        statuses, queries = [], []

        def count(execute, sql, *arguments):
            queries.append(sql)
            return execute(sql, *arguments)

        with connection.execute_wrapper(count):
            began = time.perf_counter()
            response = self.application(environ, lambda status, _: statuses.append(status))
            body = b"".join(response)
            response.close()
            took = (time.perf_counter() - began) * 1000
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        html = plain.decode(errors="replace")  # a document is none
        return int(statuses[0][:3]), took, len(queries), len(plain), len(body), html

    def round(self):
        """Ask every page once; return the milliseconds in the order of `self.pages`."""
        return [self.get(user, path)[1] for (user, _), path in self.pages.items()]

    def duplicates(self):
        """Look for people as a form asks it while one is typed; return `[[ms], queries]`."""
        taken, queries = [], []
        for number, person in enumerate(people_to_find()):
            user = User.objects.get(username=USERS[number % len(USERS)])
            counted = CaptureQueriesContext(connection)
            with counted:
                began = time.perf_counter()
                look_alikes(**person, user=user)
                taken.append((time.perf_counter() - began) * 1000)
            queries.append(len(counted))
        return [taken, max(queries)]

    def trail(self):
        """Verify the audit trail, made up to 100,000 entries in acts of one to nine and one import;
        return `[seconds, entries, findings]`. What it wrote for that is taken back."""
        with transaction.atomic():
            chain.seal_rest()
            missing = max(0, ENTRIES - AuditEntry.objects.count())
            left, act = missing // 2, 0
            write_entries("import", missing - left)
            while left:
                act += 1
                count = min(left, act % 9 + 1)
                write_entries(f"act {act}", count)
                left -= count
            began = time.perf_counter()
            findings = list(verify.verify(timezone.now()))
            taken = time.perf_counter() - began
            entries = AuditEntry.objects.count()
            transaction.set_rollback(True)
        return [taken, entries, len(findings)]

    def facts(self):
        """Return what does not depend on the clock: queries, bytes, answers that are not 200."""
        found = {"pages": [], "bad": [], "rows": [], "admin": {}}
        self.round()  # the first request of a session writes to it
        for (user, page), path in self.pages.items():
            status, _, queries, size, zipped, html = self.get(user, path)
            found["pages"].append([user, page, queries, size, zipped])
            if status != 200:
                found["bad"].append(f"{user} {path} {status}")
            if (user, page) == (USERS[0], "home"):
                found["first load"] = zipped + static_bytes(html)
        for name, few, many in few_and_many():
            counts = [self.get(USERS[0], path)[2] for path in (few, many)]
            found["rows"].append([name, *counts])
        for name in ADMIN_FORMS:
            status, _, queries, *_ = self.get(USERS[0], f"/admin/{name}/{busiest(name)}/change/")
            found["admin"][name] = queries if status == 200 else 999
        return found


def pages(username):
    """Return `{name: address}` of the pages to measure, with rows that this user sees."""
    user = User.objects.get(username=username)
    household = Household.objects.visible_to(user).active().order_by("code")[7]
    businesses = Business.objects.visible_to(user).trading().annotate(n=Count("certificates"))
    last_full = Resident.objects.visible_to(user).present().count() // PAGE_SIZE
    month = Month.containing(timezone.localdate(), settings.REPORT_START_DAY).previous()
    reports = MonthlyReport.objects.newest()
    published, draft = reports.published().first(), reports.exclude(state="published").first()
    # A register that not every role reads.
    outgoing = {"outgoing": "/outgoing/"} if user.has_perm(OUTGOING) else {}
    return {
        **outgoing,
        "home": "/",
        "worklist": "/worklist/",
        "worklist week": f"/worklist/?week={Week.containing(timezone.localdate())}",
        "households": "/households/",
        "residents": "/residents/",
        "residents last": f"/residents/?page={last_full}",
        "residents q=": "/residents/?q=nguyen",
        "search common": "/search/?q=nguyen",
        "search rare": "/search/?" + urlencode({"q": rare_name(username)}),
        "search absent": "/search/?q=khongco+tenzz",
        "household": household.get_absolute_url(),
        "month": f"/reports/{month}/",
        "report": published.get_absolute_url(),
        "report draft": draft.get_absolute_url(),
        "report trends": "/reports/trends/",
        "report compare": f"/reports/compare/?a={month}&b={month.previous()}",
        "docx": f"{draft.get_absolute_url()}docx/",
        "pdf": f"{draft.get_absolute_url()}pdf/",
        "groups": "/groups/",
        "outreach": "/outreach/",
        "coverage": "/outreach/coverage/",
        "incidents": "/incidents/",
        "businesses": "/businesses/",
        "business": businesses.order_by("-n", "pk").first().get_absolute_url(),
        "inspections": "/inspections/",
        "returns": "/quarterly-returns/",
        "sectors": "/sectors/",
        **{f"sector {code}": f"/sectors/{code}/" for code in SECTORS},
        "floor": "/bench/floor/",
        "stock admin": "/bench/admin/households/resident/",
    }


def rare_name(username):
    """Return a full name that few of this user's residents have, if possible only one."""
    people = Resident.objects.visible_to(User.objects.get(username=username)).present()
    names = people.values("full_name").annotate(n=Count("pk"))
    return names.order_by("n", "-full_name").first()["full_name"]


def people_to_find():
    """Describe people of the register, half of them of its commonest name, with other numbers."""
    everybody = Resident.objects.order_by("pk")
    names = Resident.objects.values_list("folded_name").annotate(n=Count("pk")).order_by("-n")
    namesakes = list(everybody.filter(folded_name=names[0][0])[:15])
    spread = everybody.count() // 15
    others = [everybody[n * spread] for n in range(15)]
    return [
        {
            "full_name": person.full_name,
            "birth_date": person.birth_date,
            "precision": person.birth_precision,
            "sex": person.sex,
            "citizen_id": f"09900000{number:04d}",
            "old_id": f"09900{number:04d}",
            "address": "Số 1 đường Lê Lợi",
        }
        for number, person in enumerate([*namesakes, *others])
    ]


def few_and_many():
    """Return `(name, address with one row, address with many)`: both must cost the same queries."""
    members = Count("residences", filter=Q(residences__ended_on=None))
    by_size = Household.objects.active().annotate(n=members).filter(n__gt=0).order_by("n")
    small, large = by_size.first(), by_size.last()
    one = {model: model.objects.last().code for model in (Household, Incident)}
    papers = Business.objects.annotate(n=Count("certificates")).filter(n__gt=0).order_by("n")
    return [
        ("households", f"/households/?state=all&q={one[Household]}", "/households/"),
        ("residents", f"/residents/?{urlencode({'q': rare_name(USERS[0])})}", "/residents/"),
        ("incidents", f"/incidents/?q={one[Incident]}", "/incidents/"),
        ("worklist", "/worklist/?kind=remedy", "/worklist/"),
        ("household", small.get_absolute_url(), large.get_absolute_url()),
        ("business", papers.first().get_absolute_url(), papers.last().get_absolute_url()),
        *few_and_many_businesses(),
    ]


def few_and_many_businesses():
    """Return the same for the lists of businesses: the few are one, named by its code."""
    code = Business.objects.filter(sector__code="karaoke").trading().first().code
    found = [
        (name, f"{path}?q={code}", path)
        for name, path in (
            ("businesses", "/businesses/"),
            ("returns", "/quarterly-returns/"),
            ("sector karaoke", "/sectors/karaoke/"),
        )
    ]
    if Inspection.objects.exists():
        last = Inspection.objects.last().code
        found.append(("inspections", f"/inspections/?q={last}", "/inspections/"))
    return found


def busiest(name):
    """Return the key of the row whose admin form has most to show."""
    links = {
        "household": "residences",
        "resident": "residences",
        "user": "beat_assignments",
        "business": "certificates",
        "selfmanagedgroup": "memberships",
    }
    model = apps.get_model(*name.split("/"))
    rows = model.objects.annotate(n=Count(links[model._meta.model_name]))
    if model._meta.model_name == "user":
        rows = rows.filter(is_superuser=False)
    return rows.order_by("-n", "pk").first().pk


def write_entries(token, count):
    """Write sealed entries as an act would."""
    entry = AuditEntry(
        at=timezone.now(), action="change", table="households.household", fields=["note"]
    )
    entry.seal({"note": ["", "Đã gặp chủ hộ, hẹn lại tuần sau"]})
    entry.token = token
    AuditEntry.objects.append_like(entry, ({"row": number} for number in range(count)))
    chain.seal(token)


def static_bytes(html):
    """Return what the page's static files weigh on the wire, fonts of the style sheets included."""
    root = Path(settings.STATIC_ROOT)
    names = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html))
    for name in [n for n in names if n.endswith(".css")]:
        for target in re.findall(r"url\([\"']?([^\"')#]+)", (root / name).read_text()):
            if not target.startswith("data:"):
                names.add(os.path.relpath(root / Path(name).parent / target, root))
    zipped = [root / f"{name}.gz" for name in names]
    return sum((z if z.exists() else z.with_suffix("")).stat().st_size for z in zipped)


def serve_commands():
    """Be the worker: read commands, write answers."""
    site = Site()
    for command in sys.stdin:
        print(json.dumps(getattr(site, command.strip())()), flush=True)


def be_in_crowd(seconds):
    """Ask pages, and about every tenth time change or create a household, until time is up."""
    site = Site()

    rng = random.Random()
    chief, today = User.objects.get(username=USERS[0]), timezone.localdate()
    keys = list(Household.objects.active().values_list("pk", flat=True))
    asked = [key for key in site.pages if key[1] in OURS]
    done = {"reads": 0, "writes": 0, "locked": 0}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if rng.random() >= 0.1:
                user, page = rng.choice(asked)
                if site.get(user, site.pages[user, page])[0] == 200:
                    done["reads"] += 1
                continue
            with acting(user=chief, address="127.0.0.1", day=today):
                row = Household.objects.get(pk=rng.choice(keys))
                if rng.random() < 0.3:
                    row = Household(
                        address=row.address, neighbourhood_id=row.neighbourhood_id, opened_on=today
                    )
                row.note = f"{rng.random()}"
                row.save()
            done["writes"] += 1
        except OperationalError as error:
            done["locked"] += "locked" in str(error)
    print(json.dumps(done))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        be_in_crowd(int(sys.argv[1]))
    else:
        serve_commands()
