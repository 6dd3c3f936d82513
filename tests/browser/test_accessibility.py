"""axe finds nothing, on a PC's screen and on a phone's."""

import pytest
from axe_playwright_python.sync_playwright import Axe

WCAG = {
    "resultTypes": ["violations"],
    "preload": False,  # its own way to read style sheets breaks the pages' policy
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# The stock admin's templates leave the head of a deletion column empty and label their search box
# with a picture alone: against axe's "best practice", not against WCAG, which admin pages meet.
WCAG_ALONE = {**WCAG, "runOnly": [tag for tag in WCAG["runOnly"] if tag.startswith("wcag")]}
SIZES = {"1366": (1366, 768), "360": (360, 780)}
PAGES = {
    "home": "/",
    "list": "/residents/",
    "short list": "/incidents/",
    "detail": "table.records td.ph-title a in /households/",
    "business": "table.records td.ph-title a in /businesses/",
    "sectors": "/sectors/",
    "sector": "/sectors/karaoke/",
    "inspection": "table.records td.ph-title a in /inspections/?state=findings",
    "plan": "/inspections/plan/",
    "returns": "/quarterly-returns/",
    "company": "table.records td.ph-title a in /sectors/company/",
    "inspection form": "/inspections/create/",
    "group": "table.records td.ph-title a in /groups/",
    "form": "/residents/create/",
    "search": "/search/?q=nguyen",
    "months": "/reports/",
    "month": ".month-row a in /reports/",
    "audit": "/audit/",
}
ADMIN = {
    "admin": "/admin/",
    "admin list": "/admin/households/resident/",
    "admin form": "/admin/households/household/add/",
}


def violations(page, options=WCAG):
    found = Axe().run(page, options=options).response["violations"]
    return "\n".join(
        f"{one['impact']} {one['id']}: {one['help']}\n    "
        + "\n    ".join(node["html"][:160] for node in one["nodes"][:4])
        for one in found
    )


def open_page(page, address):
    """Open an address, or the first link that a selector finds on one: `selector in /address/`."""
    selector, _, where = address.rpartition(" in ")
    page.goto(where)
    if selector:
        page.goto(page.locator(selector).first.get_attribute("href"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_violation(as_chief, name, size):
    width, height = SIZES[size]
    as_chief.set_viewport_size({"width": width, "height": height})
    open_page(as_chief, PAGES[name])
    assert not violations(as_chief)


@pytest.mark.parametrize("size", SIZES)
def test_sign_in_has_no_violation(page, size):
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/accounts/login/")
    assert not violations(page)


def test_refused_form_has_no_violation(as_chief, watch):
    watch.expect(422)
    as_chief.goto("/residents/create/")
    as_chief.get_by_role("button", name="Lưu").click()
    as_chief.get_by_role("alert").wait_for()
    assert not violations(as_chief)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ADMIN)
def test_admin_has_no_violation(as_chief, name, size):
    width, height = SIZES[size]
    as_chief.set_viewport_size({"width": width, "height": height})
    as_chief.goto(ADMIN[name])
    assert not violations(as_chief, WCAG_ALONE)
