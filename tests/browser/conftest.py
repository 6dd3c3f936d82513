"""The browser of the tests in this folder: Debian's chromium, driven by playwright.

Everything here carries the marker `browser` by itself, so `-m "not browser"` leaves it out. The
browser reaches localhost and nothing else: a page that fetches from elsewhere fails its test.
"""

import os
import shutil
from pathlib import Path

import pytest

# Playwright's event loop runs in the tests' own thread, and Django takes any loop there for a sign
# that its database is called from a coroutine. It is not.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

HERE = Path(__file__).parent
APT_LINE = "sudo apt-get install --no-install-recommends chromium"

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
    path = shutil.which(name)
    if path is None:
        message = f"no {name} on PATH: {APT_LINE}"
        if os.environ.get("CI") in {"true", "1"}:
            pytest.fail(message)  # in CI a part that is not tested is not passed
        pytest.skip(message)
    return {**browser_type_launch_args, "executable_path": path, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def base_url(live_server):
    """Let every browser test stand on a running portal: `page.goto("/households/")`."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Look at pages as the station does: Vietnamese, in its time zone, at 1366 x 768."""
    return {
        **browser_context_args,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": {"width": 1366, "height": 768},
    }
