"""Every role follows the links it is given: each leads somewhere, and each figure to its rows."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.browser.server import PEOPLE

PAGES = 40  # a role; with at most so many of one kind
OF_A_KIND = 2
# Files, the way out, and the admin's own help pages.
FILE = re.compile(r"/(docx|pdf|file|errors)/$|/imports/templates/")
NEVER = re.compile(r"/logout/|/jsi18n/|/static/|^/admin/r/|^/admin/.*/(delete|history)/$")
TILES = """tiles => tiles.map(tile => ({
    label: tile.querySelector(".tile-label").textContent,
    value: (tile.querySelector("b a") || tile.querySelector("b")).firstChild.textContent,
    address: tile.querySelector("b a")?.getAttribute("href") }))"""


def kind_of(address):
    parts = urlsplit(address)
    names = sorted(re.findall(r"(?:^|&)([^=&]+)=", parts.query))
    return re.sub(r"\d+(-\d+)?", "1", parts.path), ",".join(names)[:40]


def links(page, url):
    """List the page's own links: addresses of this portal, without fragments."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href.split('#')[0])")
    return [one.removeprefix(url) for one in found if one.startswith(f"{url}/")]


@pytest.mark.parametrize("who", PEOPLE)
def test_every_link_that_a_role_is_given_opens(page, sign_in, watch, who):
    sign_in(page, who)
    queue, seen, kinds = ["/"], set(), Counter()
    while queue and len(seen) < PAGES:
        address = queue.pop(0)
        kind = kind_of(address)
        if address in seen or NEVER.search(address) or kinds[kind] >= OF_A_KIND:
            continue
        seen.add(address)
        kinds[kind] += 1
        if FILE.search(address):  # a browser shows no page of it
            answer = page.request.get(address)
            assert answer.status == 200, f"{address}: {answer.status}"
            continue
        answer = page.goto(address, wait_until="domcontentloaded")
        assert answer.status < 400, f"{address}: {answer.status}"
        assert page.locator("h1").count(), f"{address} has no heading"
        # The portal's own pages first: the admin alone would fill the list.
        queue += links(page, watch.url)
        queue.sort(key=lambda one: one.startswith("/admin/"))
    assert not watch.found, "\n".join(watch.found)


@pytest.mark.parametrize("who", ["chihuy", "cskv1", "trucban"])
def test_figure_on_home_equals_the_count_of_the_list_it_opens(page, sign_in, who):
    sign_in(page, who)
    page.goto("/")
    tiles = page.eval_on_selector_all(".tiles .tile", TILES)
    assert len(tiles) == 6
    row = page.locator("table.areas tbody tr, table.records tbody tr").first
    cells = row.locator("td.num a").evaluate_all(
        "all => all.map(a => ({label: a.getAttribute('href'), value: a.textContent,"
        " address: a.getAttribute('href')}))"
    )
    for figure in [tile for tile in tiles if tile["address"]] + cells:
        page.goto(figure["address"], wait_until="domcontentloaded")
        status = page.locator("#records").get_attribute("data-status")
        found = re.search(r"trong ([\d.]+)$", status)
        assert (found[1] if found else "0") == figure["value"], figure


@pytest.mark.parametrize("who", ["chihuy", "cskv2"])
def test_figure_of_a_month_equals_the_count_of_the_list_it_opens(page, sign_in, who):
    sign_in(page, who)
    page.goto("/reports/")
    page.goto(page.locator(".month-row a").nth(1).get_attribute("href"))
    figures = page.eval_on_selector_all(
        "table.figures td.now a",
        "all => all.map(a => [a.textContent, a.getAttribute('href')])",
    )
    assert figures
    for value, address in figures:
        page.goto(address, wait_until="domcontentloaded")
        status = page.locator("#records").get_attribute("data-status")
        found = re.search(r"trong ([\d.]+)$", status)
        assert (found[1] if found else "0") == value, address


def test_leader_sees_figures_without_links_to_rows(page, sign_in):
    sign_in(page, "lanhdao")
    page.goto("/")
    assert page.locator(".tiles .tile").count() == 6
    assert page.locator(".tile a, td.num a, .due").count() == 0
