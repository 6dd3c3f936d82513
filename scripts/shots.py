"""Take pictures of every kind of page as every role: python -m scripts.shots [--only ROLE]

They go to shots/<width>/<role>-<page>.png (git ignores the folder): the whole page at 1366 x 768 as
on the station's PCs and at 360 x 780 as on a phone, and at 360 once more as the phone's screen
shows it (`...-screen.png`). The pages are found by following the portal's own links, so that a new
register is pictured without being listed here. `--folder DIR` takes a portal filled already.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.browser.server import CHROMIUM_FLAGS, PASSWORD, PEOPLE, ROOT, Portal, Watch, type_sign_in

SIZES = {
    1366: {"viewport": {"width": 1366, "height": 768}},
    360: {
        "viewport": {"width": 360, "height": 780},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
# What sticks out of the page, or out of its card: the page then scrolls sideways or looks torn.
TOO_WIDE = """[...document.querySelectorAll("html, main .table-wrap, main .card")]
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.className || one.tagName.toLowerCase())"""
COMMON = {"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"}
NEVER = re.compile(r"/logout/|/delete/|/jsi18n/|/history/|^/static/|^/admin/r/|^/admin/[a-z_]+/$")
ALSO = ("/search/?q=nguyen", "/search/", "/accounts/password/change/", "/khong-co/")


def kind_of(address):
    """Return the kind of page an address is, as a file name: digits and filters are left out."""
    parts = urlsplit(address)
    path = re.sub(r"/\d+(-\d+)?/", "/1/", parts.path)
    name = path.strip("/").replace("/", "-") or "home"
    return f"{name}-found" if parts.path == "/search/" and parts.query else name


def addresses_of(page, url):
    """List one address of each kind of page that this person's links lead to."""
    found, queue = {}, ["/", *ALSO]
    while queue:
        address = queue.pop(0)
        kind = kind_of(address)
        if kind in found or NEVER.search(address):
            continue
        page.goto(address)
        found[kind] = address  # an error page is pictured too: it is a page somebody got
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href.split('#')[0])")
        queue += [link.removeprefix(url) for link in links if link.startswith(f"{url}/")]
    return found


def take(page, width, name, folder):
    target = folder / str(width)
    target.mkdir(parents=True, exist_ok=True)
    if width > 500:
        page.screenshot(path=target / f"{name}.png", full_page=True)
        return
    page.screenshot(path=target / f"{name}-screen.png")
    # A phone's bar hangs at the bottom of its screen: in the whole picture it belongs at the end.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, 780)})
    page.screenshot(path=target / f"{name}.png")
    page.set_viewport_size(SIZES[width]["viewport"])


def shoot(browser, portal, who, folder, word):
    """Picture every kind of page that `who` reaches, in both sizes.

    Return how many, and what broke.
    """
    broken, count = [], 0
    addresses = None
    for width, size in SIZES.items():
        context = browser.new_context(base_url=portal.url, **COMMON, **size)
        watch = Watch(portal.url)
        watch.expect(403, 404)  # what this role may not see, and a page that is not there
        watch.attach(context)
        page = context.new_page()
        type_sign_in(page, who)
        page.wait_for_url("**/")
        addresses = addresses or addresses_of(page, portal.url)
        for kind, address in addresses.items():
            if word and word not in kind:
                continue
            page.goto(address)
            take(page, width, f"{who}-{kind}", folder)
            count += 1
            bursts = page.evaluate(TOO_WIDE)
            broken += [f"{address} at {width}: {one} is wider than its room" for one in bursts]
        broken += [f"{who}: {line}" for line in watch.take()]
        context.close()
    return count, broken


def shoot_sign_in(browser, portal, folder):
    """Picture the sign-in page, also after a wrong password."""
    for width, size in SIZES.items():
        context = browser.new_context(base_url=portal.url, **COMMON, **size)
        page = context.new_page()
        page.goto("/accounts/login/")
        take(page, width, "nobody-sign-in", folder)
        type_sign_in(page, "khong-co-ai", PASSWORD)
        take(page, width, "nobody-sign-in-wrong", folder)
        context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PEOPLE, action="append", help="this role only")
    parser.add_argument("--page", default="", help="pages whose name holds this word")
    parser.add_argument("--folder", type=Path, help="a portal's folder that is filled already")
    options = parser.parse_args()
    shots = ROOT / "shots"
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        portal = Portal(folder)
        if not options.folder:
            portal.fill()
        stack.enter_context(portal.serving())
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=shutil.which(os.environ.get("CHROMIUM") or "chromium"),
            args=CHROMIUM_FLAGS,
        )
        shoot_sign_in(browser, portal, shots)
        for who in options.only or PEOPLE:
            count, broken = shoot(browser, portal, who, shots, options.page)
            sys.stdout.write(f"{who}: {count} pictures\n")
            sys.stdout.writelines(f"  {line}\n" for line in broken)
            sys.stdout.flush()
        browser.close()


if __name__ == "__main__":
    main()
