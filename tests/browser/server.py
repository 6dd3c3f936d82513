"""The portal as a station runs it: migrated, filled, served by waitress. For tests and pictures.

Not Django's `live_server`: that one empties the tables after each test, which the append-only ones
refuse, and it serves neither through waitress nor from collected static files. Everything lives in
one folder, which is the whole clean-up. One database serves the whole session, so a test that needs
a row of its own makes one.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

from django.core import signing

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "mat-khau-trinh-dien-7"
PEOPLE = ("chihuy", "cskv1", "cskv2", "trucban", "nhaplieu", "lanhdao", "quantri")
START_SECONDS = 30

# What the caller may have set for a portal of his own, by how the names begin.
THEIRS = ("SESSION_", "SECRET_KEY", "OLD_SECRET_KEY", "SECOND_FACTOR", "DATABASE_URL", "EMAIL_URL")
THEIRS = (*THEIRS, "DIGEST_", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "ATTACHMENTS_DIR")
THEIRS = (*THEIRS, "REPORT_START_DAY", "TRUSTED_PROXY", "PYTEST_", "COV_")

CHROMIUM_FLAGS = [
    "--no-sandbox",  # root in a container has no sandbox; the pages are our own
    "--disable-dev-shm-usage",  # a container's /dev/shm is too small
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


class Portal:
    """A portal with the demo ward in `folder`: its commands, its address, its server."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def environment(self):
        ours = {
            "DEMO": "true",
            "DEMO_PASSWORD": PASSWORD,
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'portal.sqlite3'}",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
        }
        # TESTING would serve the static files from their sources: here they come as at a station.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name != "TESTING" and not name.startswith(THEIRS)
        }
        return {**inherited, **ours}

    def manage(self, *arguments) -> str:
        """Run a management command on this portal's data and return what it printed."""
        done = subprocess.run(  # noqa: S603 our own commands
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def fill(self) -> None:
        """Make the tables, the demo ward and the collected static files."""
        self.manage("migrate", "--noinput", "--verbosity", "0")
        collecting = subprocess.Popen(  # beside the demo ward
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env=self.environment,
        )
        self.manage("demo")
        if collecting.wait():
            raise RuntimeError("manage.py collectstatic failed")

    @contextmanager
    def serving(self):
        """Serve until the block ends; the server is stopped by its own process id."""
        log = self.folder / "server.log"
        with log.open("w") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "kylien.serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                self._wait_for(server, log)
                yield self
            finally:
                server.terminate()
                try:
                    server.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()

    def _wait_for(self, server, log):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if server.poll() is not None:
                raise RuntimeError(f"the server ended at once:\n{log.read_text()}")
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise RuntimeError(f"no answer after {START_SECONDS} s:\n{log.read_text()}")

    def let_session_idle(self, context) -> None:
        """Make a browser context's session look as if nobody had touched it for a day."""
        key = next(one["value"] for one in context.cookies() if one["name"] == "sessionid")
        sealed = {
            "key": (self.folder / "demo-secret-key").read_text(),
            "salt": "django.contrib.sessions.SessionStore",
        }
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=20)) as database:
            row = database.execute(
                "SELECT session_data FROM django_session WHERE session_key = ?", [key]
            ).fetchone()
            data = signing.loads(row[0], **sealed)
            data["seen_at"] -= 86400
            database.execute(
                "UPDATE django_session SET session_data = ? WHERE session_key = ?",
                [signing.dumps(data, compress=True, **sealed), key],
            )
            database.commit()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def type_sign_in(page, who, password=PASSWORD):
    """Sign in as a person does, on the sign-in page."""
    page.goto("/accounts/login/")
    page.get_by_label("Tên đăng nhập").fill(who)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


class Watch:
    """What went wrong on the pages of a browser context: errors, broken policies, foreign requests.

    `expect(status)` says that a test wants an answer that is an error: 422 for a refused form.
    """

    def __init__(self, url):
        self.url = url
        self.found = []
        self.expected = set()

    def expect(self, *statuses):
        self.expected.update(statuses)

    def attach(self, context):
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error("
            "`policy broken: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))"
        )
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"script error: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message):
        # Chromium repeats every answer from 400 on as an error; _response() judges those.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.found.append(f"console {message.type}: {message.text} ({message.page.url})")

    def _request(self, request):
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.found.append(f"request to another place: {request.url}")

    def _failed(self, request):
        # Aborted: the browser itself dropped it (a download, a page left, a newer filter).
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"request failed: {request.url} {request.failure}")

    def _response(self, response):
        # What a page asks for by itself (a script, an icon) is never allowed to be missing.
        if response.status >= 400 and response.status not in self.expected:
            self.found.append(f"{response.status}: {response.request.method} {response.url}")

    def take(self):
        """Return what was found so far and forget it."""
        found, self.found = self.found, []
        return found
