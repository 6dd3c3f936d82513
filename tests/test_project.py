"""What holds for the whole project: imports, migrations, settings, headers, files served."""

import ast
import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import DatabaseError, connection

from tests import factories

# Left never imports right; those of one line stand side by side (docs/decisions.md).
LAYERS = [
    {"kylien.core"},
    {"kylien.accounts"},
    {"kylien.areas"},
    {"kylien.audit"},
    {"businesses"},
    {"households"},
    {"selfgov_groups"},
    {"outreach"},
    {"incidents"},
    {"imports", "reports"},
    {"retention"},
    {"kylien.portal"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# Inside an app: a file imports only files further left, or of its own kind.
RANK = {
    "terms": 0,
    "models": 0,
    "rules": 1,
    "recurrence": 1,
    "standing": 1,
    "reading": 0,
    "kinds": 1,
    "requirements": 1,
    "workflow": 1,
    "trends": 1,
    "casefile": 2,
    "sheet": 2,
    "measures": 2,
    "services": 2,
    "forms": 3,
    "filters": 3,
    "joint_filters": 3,
    "fulfilment_list": 3,
    "evaluation_lists": 3,
    "life_lists": 3,
    "roster_lists": 3,
    "tables": 3,
    "joint_tables": 3,
    "lists": 3,
    "work": 4,
    "joint_work": 4,
    "evaluation_work": 4,
    "views": 4,
    "urls": 5,
}

BOOTSTRAP_CSS = "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede"


def app_of(module):
    """Return the app that a dotted name belongs to, None for other people's code."""
    parts = module.split(".")
    name = ".".join(parts[:2]) if parts[0] == "kylien" else parts[0]
    return name if name in LEVEL else None


def sources():
    for name in LEVEL:
        folder = settings.BASE_DIR / name.replace(".", "/")
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts:
                yield name, path


def layer_of(app, path):
    """Return the layer a file belongs to: `views` for `households/views/acts.py` too."""
    inside = path.relative_to(settings.BASE_DIR / app.replace(".", "/"))
    return inside.with_suffix("").parts[0]


def imported(path):
    """Yield the dotted names that a file imports, those inside functions too."""
    package = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


# --- layers -------------------------------------------------------------------------------------


def test_every_app_of_ours_has_its_place_among_the_layers():
    ours = {
        config.name
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(settings.BASE_DIR) and ".venv" not in config.path
    }
    assert ours <= set(LEVEL)


def test_no_app_imports_one_to_its_right():
    wrong = [
        f"{path.relative_to(settings.BASE_DIR)} imports {name}"
        for app, path in sources()
        for name in imported(path)
        if (other := app_of(name)) and other != app and LEVEL[other] >= LEVEL[app]
    ]
    assert not wrong


def test_no_model_points_to_a_model_to_its_right():
    wrong = []
    for model in apps.get_models():
        app = apps.get_app_config(model._meta.app_label).name
        for field in model._meta.get_fields():
            if app in LEVEL and field.is_relation and not field.auto_created:
                other = apps.get_app_config(field.related_model._meta.app_label).name
                if other in LEVEL and LEVEL[other] > LEVEL[app]:
                    wrong.append(f"{field} points to {field.related_model}")
    assert not wrong


def test_no_migration_depends_on_an_app_to_its_right():
    from django.db.migrations.loader import MigrationLoader

    names = {config.label: config.name for config in apps.get_app_configs()}
    wrong = []
    for (label, _), migration in MigrationLoader(None).disk_migrations.items():
        for other, _ in migration.dependencies:
            here, there = LEVEL.get(names.get(label)), LEVEL.get(names.get(other))
            if here is not None and there is not None and there > here:
                wrong.append(f"{migration} depends on {other}")
    assert not wrong


def test_inside_an_app_views_import_forms_and_never_the_other_way():
    wrong = []
    for app, path in sources():
        rank = RANK.get(layer_of(app, path))
        for name in imported(path):
            if rank is None or app_of(name) != app:
                continue
            parts = name.removeprefix(f"{app}.").split(".")
            if RANK.get(parts[0], 0) > rank:
                wrong.append(f"{path.relative_to(settings.BASE_DIR)} imports {name}")
    assert not wrong


# Who asks the clock, and why: everybody else takes the day as `on`, the moment as `at`.
CLOCK = {
    # The act: one day and one moment for all that a request or a command does.
    "kylien/core/middleware.py: ActMiddleware.__call__": "today enters here, once a request",
    "kylien/core/changes.py: today": "where no request or command has set the day",
    "kylien/portal/demo/build.py: load": "the demo ward is built up to this moment",
    # Stamps: when a row was written, not which day is meant.
    "kylien/core/models.py: Tracked": "created_at and changed_at of a new row",
    "kylien/core/models.py: Tracked.save": "changed_at",
    "kylien/core/models.py: TrackedQuerySet.update": "changed_at",
    "kylien/audit/trail.py: AuditTrail._entry": "when the entry was made",
    "kylien/audit/chain.py: _link": "when a link was made",
    "kylien/audit/management/commands/verify_audit.py: Command.handle": "how young an entry is",
    "kylien/core/management/commands/backup.py: Command.handle": "when a backup was made",
    "households/models/stays.py: StayNotice": "notified_at of a notice taken down now",
    "households/views/stays.py: ConfirmStayNotice.post": "confirmed_at",
    "households/services/undo.py: undo_act": "undone_at",
    "households/views/entry.py: ScanCard.post": "when a guest's card was scanned",
    "households/services/duplicates.py: _decide": "decided_at",
    "selfgov_groups/services/rosters.py: _decide": "decided_at",
    "households/services/transfers.py: _decide": "decided_at",
    "imports/services/batches.py: _keep_preview": "read_at",
    "imports/services/writing.py: _write": "written_at",
    "imports/services/undoing.py: undo": "undone_at",
    "imports/kinds/stays.py: _Sheet.__init__": "a guest has arrived already",
    "kylien/core/records.py: RecordView.workbook": "when a list was written to a workbook",
    "incidents/models/incidents.py: Incident": "received_at of news taken down now",
    "incidents/models/incidents.py: Assignment": "assigned_at",
    # The moment of an act, which its service takes as `at`: clocks, log and rows share it.
    "incidents/admin.py: IncidentAdmin.save_model": "clocks and log of an incident",
    "incidents/views/incidents.py: IncidentView.write": "clocks and log of an incident",
    "incidents/forms/steps.py: StepForm.save": "when a step was taken",
    "incidents/forms/handling.py: AssignForm.save": "when an officer was given it",
    "incidents/forms/handling.py: NoteForm.save": "when a line was written",
    "incidents/forms/handling.py: AttachForm.save": "when a file was added",
    "incidents/forms/handling.py: PutAwayForm.save": "when a file was taken out",
    "incidents/forms/handling.py: PartyForm.save": "when it was written down",
    "incidents/views/handovers.py: TakeOver.post": "taken_at",
    "reports/views/monthly.py: SubmitReport.act": "submitted_at",
    "reports/views/monthly.py: PublishReport.act": "published_at",
    "reports/forms/monthly.py: ApproveForm.save": "approved_at",
    "retention/views/disposals.py: ConfirmDisposal.post": "when files and names were taken out",
    "retention/management/commands/sweep_files.py: Command.handle": "how old a file is",
    # Moments: the desk's 15 minutes to mend its own records.
    "kylien/core/records.py: ScopedMixin.changeable_row": "may this row still be changed",
    "kylien/core/records.py: RecordView.actions": "is changing it offered",
    "households/views/stays.py: StayNoticeView.actions": "is confirming it offered",
    "incidents/views/incidents.py: IncidentView.list_context": "how many are late",
    "incidents/views/incidents.py: IncidentView.detail_context": "how much of a term is left",
    "incidents/filters.py: IncidentFilterSet.by_state": "which are late",
    "incidents/models/incidents.py: Incident.due_badge": "is it late",
    "kylien/portal/views.py: home": "is a due hour of today past",
    "kylien/portal/views.py: _worklist_rows": "is a due hour of today past",
    # Forms: what a field starts with, and moments that have not come yet.
    "households/forms/fields.py: BirthField.clean": "is 19 or 20 meant by two digits of a year",
    "households/forms/stays.py: StayNoticeForm.__init__": "first value of the arrival",
    "households/forms/stays.py: StayNoticeForm.clean": "a guest has arrived already",
    "outreach/forms/directives.py: HelpForm.__init__": "first value of when help came",
    "outreach/forms/directives.py: HelpForm.clean": "help has come already",
    "incidents/forms/incidents.py: IncidentForm.__init__": "first value of the time",
    "incidents/forms/incidents.py: IncidentForm.clean": "news is received now, if not said else",
    "incidents/forms/incidents.py: IncidentRules.clean": "an incident has happened already",
    "incidents/forms/handovers.py: HandoverForm.__init__": "first value of the shift's end",
    "incidents/forms/handovers.py: HandoverForm.clean": "a shift has ended already",
}


def clock_readings(tree):
    """Yield the function or class around each reading of the clock: `Tracked.save`.

    `localdate(moment)` and `localtime(moment)` turn a moment into a day; without one they ask.
    """

    def walk(node, inside):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inside = [*inside, node.name]
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils.timezone":
            if "now" in (alias.name for alias in node.names):
                yield "import"  # as a bare name it would not be seen below
        elif isinstance(node, ast.Attribute):
            base = ast.unparse(node.value).rpartition(".")[2]
            asks = {"now", "utcnow", "today"}
            if node.attr in asks and base in ("timezone", "date", "datetime"):
                yield ".".join(inside)
        elif isinstance(node, ast.Call) and not (node.args or node.keywords):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("localdate", "localtime"):
                yield ".".join(inside)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inside)

    return walk(tree, [])


def test_the_clock_is_asked_at_the_named_places_alone():
    found = {
        f"{path.relative_to(settings.BASE_DIR).as_posix()}: {where}"
        for _, path in sources()
        for where in clock_readings(ast.parse(path.read_text()))
    }
    assert found == set(CLOCK)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("def f(): return timezone.localdate()", ["f"]),
        ("class A:\n    at = Field(default=timezone.now)", ["A"]),
        ("class A:\n    def f(self): return dt.date.today()", ["A.f"]),
        ("from django.utils.timezone import now", ["import"]),
        ("def f(): return localtime()", ["f"]),
        ("timezone.localdate(self.arrived_at)", []),
        ("request.today", []),
    ],
)
def test_a_reading_of_the_clock_is_seen(code, seen):
    assert list(clock_readings(ast.parse(code))) == seen


def test_an_incident_has_no_key_to_a_person_or_a_home():
    """It must never become a file on a family (design, section 5); nor what belongs to it."""
    ours = set(apps.get_app_config("incidents").get_models())
    for name in ("Resident", "Household", "Residence"):
        model = apps.get_model("households", name)
        for own in ours:
            assert model not in {f.related_model for f in own._meta.get_fields()}
        assert not [f for f in model._meta.get_fields() if f.related_model in ours]


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# --- settings -----------------------------------------------------------------------------------

STATION = {
    "SECRET_KEY": "x7" * 40 + "Kỳ-Liên!",
    "ALLOWED_HOSTS": "kylien.local",
    "CSRF_TRUSTED_ORIGINS": "https://kylien.local",
}
MAIL = {
    "DIGEST_TO": "chihuy@example.vn",
    "EMAIL_URL": "smtp+tls://kylien:mat-khau@mail.example.vn:587",
}


def manage(*arguments, **environment):
    """Run `manage.py` in an environment of its own, by default the station's, not a demo's."""
    inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "VAR_DIR")}
    return subprocess.run(  # noqa: S603 (our own manage.py)
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("DEMO", "ture", "true or false"),
        ("TESTING", "perhaps", "true or false"),
        ("SECRET_KEY", None, "at least 50 random characters"),
        ("SECRET_KEY", "short", "at least 50 random characters"),
        ("ALLOWED_HOSTS", "*", "host names, separated by commas"),
        ("DATABASE_URL", "mysql://root@localhost/x", "postgres://USER:PASSWORD@HOST/NAME"),
        ("DATABASE_URL", "nonsense", "sqlite:///FILE"),
        ("SESSION_IDLE_MINUTES", "0", "a whole number from 1 to 600"),
        ("SESSION_IDLE_MINUTES", "a quarter", "a whole number from 1 to 600"),
        ("SESSION_TOTAL_HOURS", "25", "a whole number from 1 to 24"),
        ("REPORT_START_DAY", "29", "a whole number from 1 to 28"),
        ("REPORT_START_DAY", "15.5", "a whole number from 1 to 28"),
        ("DIGEST_TO", "chihuy@example.vn,trucban", "mail addresses, separated by commas"),
        ("DIGEST_FROM", "kylien", "a mail address"),
        ("EMAIL_URL", None, "smtp+tls://"),
        ("EMAIL_URL", "https://mail.example.vn/secret", "smtp+tls://"),
        ("EMAIL_URL", "smtp://:25", "smtp+tls://"),
    ],
)
def test_a_bad_setting_stops_the_start_with_its_name_and_what_is_accepted(name, value, accepted):
    environment = STATION | (MAIL if name in (*MAIL, "DIGEST_FROM") else {})
    environment.pop(name, None)
    if value is not None:
        environment[name] = value
    done = manage("check", **environment)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert name in last
    assert accepted in last
    if value and len(value) > 6:
        assert value not in last  # a secret typed in the wrong place is not printed


@pytest.mark.parametrize("more", [{}, MAIL], ids=["without mail", "with mail"])
def test_the_station_starts_and_its_check_is_clean(more):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **STATION, **more)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_demonstration_needs_nothing_set(tmp_path):
    done = manage("check", DEMO="true", VAR_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-secret-key").stat().st_mode & 0o777 == 0o600


# --- health, headers, files ---------------------------------------------------------------------


@pytest.mark.django_db
def test_healthz_answers_without_sign_in(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["status"] == "ok"
    assert client.post("/healthz").status_code == 405


def test_healthz_says_503_when_the_database_is_down(client, monkeypatch):
    def fail():
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "error"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/households/", "/admin/", "/accounts/login/", "/khong-co/", "/healthz"]
)
def test_every_answer_carries_the_strict_headers(client, client_for, chief, address):
    for someone in (client, client_for(chief)):
        answer = someone.get(address)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        for loose in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
            assert loose not in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/households/", "/households/create/", "/accounts/login/", "/admin/"]
)
def test_no_page_needs_what_the_policy_forbids(client, client_for, chief, address):
    factories.ResidenceFactory()
    for someone in (client, client_for(chief)):
        page = someone.get(address).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert "javascript:" not in page
        for tag in page.split("<script")[1:]:
            assert " src=" in tag.partition(">")[0] or "application/json" in tag.partition(">")[0]


def test_the_bootstrap_that_is_served_is_the_official_file(client):
    """The digest is that of dist/css/bootstrap.min.css in the npm package bootstrap 5.3.8."""
    found = Path(finders.find("bootstrap/bootstrap.min.css"))
    content = found.read_bytes()
    assert b"Bootstrap" in content[:200]
    assert b"v5.3.8" in content[:200]
    assert hashlib.sha256(content).hexdigest() == BOOTSTRAP_CSS
    served = client.get("/static/bootstrap/bootstrap.min.css")
    assert b"".join(served) == content


def test_each_named_file_of_a_package_is_there():
    for name in settings.PACKAGE_STATIC_FILES:
        assert Path(finders.find(name)).stat().st_size > 0


def test_django_is_the_long_term_release():
    assert version("django").startswith("5.2.")
