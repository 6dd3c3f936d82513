"""The browser of the tests in this folder: Debian's chromium, driven by playwright.

Everything here carries the marker `browser` by itself, so `-m "not browser"` leaves it out. The
browser reaches localhost and nothing else: a page that fetches from elsewhere fails its test.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.browser.server import CHROMIUM_FLAGS, Portal, Watch, type_sign_in

# Playwright's event loop runs in the tests' own thread, and Django takes any loop there for a sign
# that its database is called from a coroutine. It is not.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

HERE = Path(__file__).parent
APT_LINE = "sudo apt-get install --no-install-recommends chromium"


def missing_browser():
    message = f"no {os.environ.get('CHROMIUM') or 'chromium'} on PATH: {APT_LINE}"
    if os.environ.get("CI") in {"true", "1"}:
        pytest.fail(message)  # in CI a part that is not tested is not passed
    pytest.skip(message)


# First, so that the marks are there when pytest chooses by them.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the machine's own chromium: nothing is downloaded. $CHROMIUM names another program."""
    name = os.environ.get("CHROMIUM") or "chromium"
    path = shutil.which(name) or missing_browser()
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """Serve the real stack with the demo ward, once for all tests (see server.py)."""
    if shutil.which(os.environ.get("CHROMIUM") or "chromium") is None:
        missing_browser()  # before the demo ward is loaded for nothing
    prepared = os.environ.get("PORTAL_FOLDER")  # by hand: a folder that is filled already
    portal = Portal(Path(prepared) if prepared else tmp_path_factory.mktemp("portal"))
    if not prepared:
        portal.fill()
    with portal.serving():
        yield portal


@pytest.fixture(scope="session")
def base_url(portal):
    """Let every browser test stand on a running portal: `page.goto("/households/")`."""
    return portal.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Look at pages as the station does: Vietnamese, in its time zone, at 1366 x 768."""
    return {
        **browser_context_args,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": {"width": 1366, "height": 768},
    }


@pytest.fixture
def watch(portal):
    """Fail the test on any error of a page: every page of these tests is watched."""
    watch = Watch(portal.url)
    yield watch
    assert not watch.found, "\n".join(watch.found)


@pytest.fixture
def new_context(new_context, watch):
    def make(**options):
        context = new_context(**options)
        context.set_default_timeout(8000)
        watch.attach(context)
        return context

    return make


@pytest.fixture(scope="session")
def kept_sessions():
    """The session cookies of those who signed in once: hashing a password takes half a second."""
    return {}


@pytest.fixture
def sign_in(kept_sessions, portal):
    """Return `sign_in(page, who)`: the page then belongs to that person of the demo ward."""

    def sign_in(page, who):
        if who not in kept_sessions:
            page.context.clear_cookies()  # of whom the page belonged to before
            type_sign_in(page, who)
            page.wait_for_url("**/")
            kept_sessions[who] = page.context.cookies()
        page.context.clear_cookies()
        page.context.add_cookies(kept_sessions[who])
        return page

    return sign_in


@pytest.fixture
def as_chief(page, sign_in):
    return sign_in(page, "chihuy")


@pytest.fixture
def as_officer(page, sign_in):
    return sign_in(page, "cskv1")
