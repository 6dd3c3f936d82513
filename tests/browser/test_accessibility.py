"""axe finds nothing, on a PC's screen and on a phone's."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import factories

WCAG = {
    "resultTypes": ["violations"],
    "preload": False,  # its own way to read style sheets breaks the pages' policy
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# The stock admin's templates leave the head of a deletion column empty and label their search box
# with a picture alone: against axe's "best practice", not against WCAG, which admin pages meet.
WCAG_ALONE = {**WCAG, "runOnly": [tag for tag in WCAG["runOnly"] if tag.startswith("wcag")]}
SIZES = {"1366": (1366, 768), "360": (360, 780)}
INCIDENT = "table.records td.ph-title a in /incidents/?state=verifying"
SHIFT = "table.records td.ph-title a in /handovers/"
GROUP = "table.records td.ph-title a in /groups/"
CORRECTION = "table.records td.ph-title a in /corrections/"
WRITTEN = ".month-name a[href^='/monthly-reports/'] in /reports/"  # the newest
PAGES = {
    "home": "/",
    "worklist": "/worklist/",
    "week sheet": "/worklist/print/",
    "digest": "/worklist/digest/",
    "list": "/residents/",
    "short list": "/incidents/",
    "incident": INCIDENT,
    "incident form": "/incidents/create/",
    "mended incident": f"a[href$='/edit/'] in {INCIDENT}",
    "step": f"a[href$='/resolve/'] in {INCIDENT}",
    "officers": f"a[href$='/assign/'] in {INCIDENT}",
    "trends": "/incidents/trends/",
    "shifts": "/handovers/",
    "shift": SHIFT,
    "shift on paper": f"a[href$='/print/'] in {SHIFT}",
    "shift form": "/handovers/create/",
    "detail": "table.records td.ph-title a in /households/",
    "business": "table.records td.ph-title a in /businesses/",
    "sectors": "/sectors/",
    "sector": "/sectors/karaoke/",
    "inspection": "table.records td.ph-title a in /inspections/?state=findings",
    "plan": "/inspections/plan/",
    "returns": "/quarterly-returns/",
    "company": "table.records td.ph-title a in /sectors/company/",
    "inspection form": "/inspections/create/",
    "groups": "/groups/",
    "group": GROUP,
    "roster on paper": f"a[href$='/roster/print/'] in {GROUP}",
    "roster form": f"a[href$='/roster/create/'] in {GROUP}",
    "roster": "table.records td.ph-title a in /roster-checks/",
    "scores": "/group-scores/",
    "score": "table.records td.ph-title a in /group-scores/",
    "outreach": "/outreach/",
    "plan of the year": "/outreach-plans/year/",
    "coverage": "/outreach/coverage/",
    "session": "table.records td.ph-title a in /activities/?state=held",
    "session form": (
        "a[href$='/hold/'] in table.records td.ph-title a in /activities/?state=planned"
    ),
    "material": "table.records td.ph-title a in /materials/",
    "resolution": "table.records td.ph-title a in /resolutions/",
    "model": "table.records td.ph-title a in /campaigns/",
    "award": "table.records td.ph-title a in /awards/",
    "disaster": "table.records td.ph-title a in /disasters/",
    "shortcomings": "/shortcomings/",
    "form": "/residents/create/",
    "search": "/search/?q=nguyen",
    "months": "/reports/",
    "month": ".month-row a in /reports/",
    "report being written": WRITTEN,
    "text of a report": f"a[href*='/texts/'] in {WRITTEN}",
    "published report": ".month-name a.badge-ok in /reports/",
    "trends of reports": "/reports/trends/",
    "neighbourhoods reported": "/reports/areas/",
    "two months": "/reports/compare/",
    "outgoing documents": "/outgoing/",
    "outgoing document": "table.records td.ph-title a in /outgoing/",
    "number form": "/outgoing/create/",
    "audit": "/audit/",
    "day's digest": "/audit/head/",
    "own account": "/accounts/profile/",
    "password again": "/accounts/reauthenticate/",
    "what is kept": "/retention/",
    "rows past their period": "/retention/stay_notice/",
    "disposal": "table.records td.ph-title a in /disposals/",
    "correction": CORRECTION,
    "correction form": "/corrections/create/",
    "correction on paper": f"a[href$='/print/'] in {CORRECTION}",
    "workbooks": "/imports/",
    "workbook form": "/imports/create/",
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
    *selectors, where = address.split(" in ")
    page.goto(where)
    for selector in reversed(selectors):
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


def incident_with_everything(page):
    """Take an incident down and lead it on, so that its page holds all it can; return its path."""
    page.goto("/incidents/create/")
    page.get_by_label("Loại vụ việc").select_option(label="Trộm cắp tài sản")
    page.get_by_label("Tổ dân phố").select_option(index=1)
    page.get_by_label("Nơi xảy ra").fill("Ngã ba Đủ Cả")
    page.get_by_label("Đã làm gì").fill("Cử tổ tuần tra đến")
    page.locator("summary", has_text="Người báo tin").click()
    page.get_by_label("Họ tên người báo tin").fill("Lê Thị Báo")
    page.get_by_label("Điện thoại người báo tin").fill("0100999888")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/incidents/\d+/$"))
    path = page.url
    page.get_by_label("Ghi vào nhật ký").fill("Đã xem camera")
    page.locator("#log").get_by_role("button", name="Ghi").click()
    for name in ("Hiện trường.png", "Nhầm.png"):
        file = {"name": name, "mimeType": "image/png", "buffer": factories.picture()}
        page.get_by_label("Tệp", exact=True).set_input_files(file)
        page.get_by_role("button", name="Tải lên").click()
        page.get_by_role("link", name=name, exact=True).wait_for()
    page.get_by_role("link", name="Bỏ tệp Nhầm.png").click()
    page.get_by_label("Lý do bỏ tệp").fill("Tải nhầm")
    page.get_by_role("button", name="Bỏ tệp").click()
    page.get_by_role("link", name="Giao việc").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Giao việc").click()
    page.get_by_role("link", name="Phân loại").click()
    page.get_by_role("button", name="Phân loại").click()
    page.get_by_role("button", name="Xác minh").click()
    page.get_by_role("link", name="Tạm dừng thời hạn").click()
    page.get_by_label("Lý do").fill("Chờ kết luận giám định")
    page.get_by_role("button", name="Tạm dừng thời hạn").click()
    page.get_by_role("button", name="Tính tiếp thời hạn").wait_for()
    return path


def test_incident_with_everything_on_it_has_no_violation(as_chief):
    page = as_chief
    path = incident_with_everything(page)
    forms = ("", "parties/", "parties/create/", "mediate/", "hand-over/", "assign/")
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        for more in forms:
            page.goto(f"{path}{more}")
            assert not violations(page), (more, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (more, width)
    page.goto(path)
    assert not page.get_by_text("Nhầm.png").count()  # a removed file's name goes with it
    for told in ("Tệp đã bỏ", "Tải nhầm", "Đã xem camera", "Tạm dừng", "Chờ kết luận giám định"):
        assert page.get_by_text(told).count(), told


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ADMIN)
def test_admin_has_no_violation(as_chief, name, size):
    width, height = SIZES[size]
    as_chief.set_viewport_size({"width": width, "height": height})
    as_chief.goto(ADMIN[name])
    assert not violations(as_chief, WCAG_ALONE)
