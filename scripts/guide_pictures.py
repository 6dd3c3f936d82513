"""Take the pictures of the guide: python -m scripts.guide_pictures

They show the demo ward as the area officer `cskv1` sees it (some as the chief or the duty desk), at
1280 px, and go to docs/img/. The chapters of the guide name each; a picture that they do not name
is not taken.
"""

import re
import sys
import tempfile
from itertools import chain
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import CHROMIUM_FLAGS, PASSWORD, ROOT, Portal, type_sign_in

CHAPTERS = [
    ROOT / "docs" / f"huong-dan-{name}.md"
    for name in ("cu-tru", "co-so", "vu-viec", "dan-van", "bao-cao", "an-toan")
]
VIEW = {"width": 1280, "height": 760}
PHONE = {"width": 360, "height": 640}
CARD = "099090000901||Nguyễn Văn Khách|05091990|Nam|Tổ 3, phường Bến Thuỷ, Nghệ An|14082021"
DAMAGED = "099090000901||Nguyeenx Vawn Khach|05091990|Nam|Toor 3, Beesn Thuyr|14082021"


def first(page, path, within="table.records tbody"):
    """Return the address of the first row of a list."""
    page.goto(path)
    return page.locator(f"{within} a").first.get_attribute("href")


def family(page):
    """Return the address of a household of four, none of them a tenant."""
    page.goto("/households/")
    for row in page.locator("table.records tbody tr").all():
        cells = row.locator("td").all_inner_texts()
        if cells[4].strip() == "4":
            return row.locator("a").first.get_attribute("href")
    raise SystemExit("no household of four on the first page")


def scenes(page):
    """Yield the name of each picture with the page as it is to be taken."""
    home = family(page)
    page.goto(home)
    yield "cu-tru-ho"
    for name, act in (("tach", "split"), ("chuyen", "transfer"), ("di", "leave")):
        page.goto(f"{home}{act}/")
        page.get_by_role("checkbox").nth(3).check()
        yield f"cu-tru-{name}"
    page.goto(f"{home}head/")
    page.locator(".choices a").first.click()
    page.wait_for_load_state()
    yield "cu-tru-chu-ho"
    page.goto(f"{home}print/")
    yield "cu-tru-phieu"
    page.goto("/households/create/")
    yield "cu-tru-lap-ho"
    page.goto("/residents/scan/")
    page.locator("main textarea, main input[type=text]").first.fill(DAMAGED)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    yield "cu-tru-quet"
    page.goto("/temporary-residents/?term=due")
    yield "cu-tru-tam-tru"
    page.goto("/temporary-residents/bulk/?term=due15")
    yield "cu-tru-nhieu-nguoi"
    page.goto("/stay-notices/create/")
    yield "cu-tru-luu-tru"
    page.goto("/stay-notices/paste/")
    yield "cu-tru-dan"
    page.goto("/absences/")
    yield "cu-tru-tam-vang"
    page.goto("/duplicates/")
    link = page.locator("table.records tbody a")
    if link.count():
        page.goto(link.first.get_attribute("href"))
    yield "cu-tru-trung"
    page.goto(f"{home}birth/")
    page.get_by_label("Họ và tên").fill("Trần Thị Bé")
    page.get_by_label("Ngày sinh").fill("20/11/2026")
    page.get_by_label("Giới tính").select_option("F")
    page.locator("form.record-form button[type=submit]").click()
    page.wait_for_url(re.compile(rf"{home}"))
    page.goto("/residence-acts/")
    act = page.locator("table.records tbody a", has_text="BD-").first.get_attribute("href")
    page.goto(f"{act}undo/")
    yield "cu-tru-hoan-tac"


def trade_scenes(page):
    """Yield the pictures of the chapter on businesses; the officer's beat has some of each."""
    page.goto("/businesses/?papers=lacking")
    if not page.locator("table.records tbody a").count():
        page.goto("/businesses/?conditional=yes")
    page.goto(page.locator("table.records tbody a").first.get_attribute("href"))
    yield "co-so-ho-so"
    page.goto("/sectors/")
    yield "co-so-nganh"
    page.goto("/sectors/karaoke/")
    yield "co-so-mot-nganh"
    page.goto("/inspections/plan/")
    yield "co-so-ke-hoach"
    page.goto(first(page, "/inspections/?state=findings"))
    yield "co-so-kiem-tra"
    page.goto("/quarterly-returns/")
    yield "co-so-bao-cao"


def down_to(page, section):
    """Bring a section of a page to the top of the picture, below the bar that stays."""
    page.locator(section).evaluate("one => window.scrollTo(0, one.offsetTop - 70)")


def work_scenes(page):
    """Yield the pictures of the day's work and of an incident, as the area officer sees them."""
    page.goto("/worklist/")
    yield "vu-viec-can-lam"
    page.goto("/worklist/print/")
    yield "vu-viec-phieu-tuan"
    page.goto("/worklist/digest/")
    yield "vu-viec-ban-tin"
    page.goto("/incidents/")
    yield "vu-viec-so"
    incident = first(page, "/incidents/?state=verifying")
    page.goto(incident)
    yield "vu-viec-trang"
    photo = {"name": "hiện trường.jpg", "mimeType": "image/jpeg"}
    photo["buffer"] = page.screenshot(type="jpeg")
    page.locator("#files input[type=file]").set_input_files(photo)
    page.locator("#files button[type=submit]").click()
    page.wait_for_url(re.compile("#files"))
    page.goto(incident)
    down_to(page, "#files")
    yield "vu-viec-nhat-ky"


def desk_scenes(page):
    """Yield the pictures of the duty desk: taking an incident down, handing a shift over."""
    page.goto("/incidents/create/")
    page.get_by_label("Loại vụ việc").select_option(label="Tụ tập đông người")
    page.get_by_label("Tổ dân phố").select_option(index=1)
    page.get_by_label("Nơi xảy ra").fill("Trước nhà văn hoá")
    page.get_by_label("Quy mô").select_option(label="10–50 người")
    page.get_by_label("Giải thích, vận động").check()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    yield "vu-viec-tu-tap"
    page.goto(first(page, "/handovers/"))
    yield "vu-viec-giao-ca"
    page.set_viewport_size(PHONE)
    page.goto("/incidents/create/")
    page.get_by_label("Loại vụ việc").select_option(label="Trộm cắp tài sản")
    yield "vu-viec-dien-thoai"
    page.set_viewport_size(VIEW)


def chief_scenes(page):
    """Yield the pictures of what the chief does with incidents, and of the ward's weeks."""
    page.goto(first(page, "/incidents/?state=verifying") + "assign/")
    yield "vu-viec-giao"
    page.goto("/incidents/trends/")
    yield "vu-viec-dien-bien"


def group_scenes(page):
    """Yield the pictures of groups and outreach, as the area officer sees them."""
    group = first(page, "/groups/")
    page.goto(group)
    yield "dan-van-to"
    page.goto(f"{group}roster/print/")
    yield "dan-van-phieu-ra-soat"
    page.goto(first(page, "/roster-checks/?state=open"))
    yield "dan-van-ra-soat"
    page.goto(first(page, "/group-scores/?state=draft"))
    yield "dan-van-xep-loai"
    page.goto("/outreach-plans/year/?audience=households")
    yield "dan-van-ke-hoach"
    page.goto("/outreach/coverage/")
    yield "dan-van-do-phu"


def board_scenes(page):
    """Yield the pictures of promises and of the four shortcomings, as the chief sees them."""
    page.goto(first(page, "/resolutions/?state=late"))
    yield "dan-van-nghi-quyet"
    page.goto("/shortcomings/")
    yield "dan-van-bon-ton-tai"


def report_scenes(page):
    """Yield the pictures of the month's report and of outgoing numbers, as the chief sees them."""
    page.goto("/reports/")
    reports = page.locator(".month-row a[href^='/monthly-reports/']")
    found = [link.get_attribute("href") for link in reports.all()]
    page.goto(f"{found[0]}#order")
    yield "bao-cao-soan"
    page.goto(found[1])
    yield "bao-cao-chot"
    page.goto("/outgoing/")
    yield "bao-cao-van-ban"


def safety_scenes(page):
    """Yield one's own account, a person about to be shown in full, and what is past its period."""
    page.goto("/accounts/profile/")
    yield "an-toan-tai-khoan"
    page.goto(first(page, "/residents/"))
    page.get_by_role("link", name="Hiện đầy đủ").click()
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Xác nhận").click()
    page.locator("details.reveal summary").click()
    yield "an-toan-hien-day-du"
    page.goto("/retention/")
    yield "an-toan-luu-giu"


def leader_scenes(page):
    """Yield what the ward's leaders read."""
    page.goto("/reports/trends/")
    yield "bao-cao-xu-huong"


def signed_in(browser, portal, name):
    """Return a page of the portal, signed in."""
    context = browser.new_context(
        viewport=VIEW, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", base_url=portal.url
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    type_sign_in(page, name)
    page.wait_for_url("**/")
    return page


SCENES = {
    "trucban": (desk_scenes,),
    "chihuy": (chief_scenes, board_scenes, report_scenes, safety_scenes),
    "lanhdao": (leader_scenes,),
    "cskv1": (work_scenes, trade_scenes, group_scenes, scenes),  # the last one changes the ward
}


def main():
    told = "\n".join(chapter.read_text() for chapter in CHAPTERS)
    wanted = set(re.findall(r"img/([\w-]+)\.png", told))
    with tempfile.TemporaryDirectory() as folder:
        portal = Portal(Path(folder))
        portal.fill()
        with portal.serving(), sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
            for name, takes in SCENES.items():
                page = signed_in(browser, portal, name)
                for picture in chain.from_iterable(take(page) for take in takes):
                    if picture in wanted:
                        page.screenshot(path=ROOT / "docs" / "img" / f"{picture}.png")
                        wanted.discard(picture)
                        sys.stdout.write(f"{picture}\n")
                page.context.close()
            browser.close()
    if wanted:
        raise SystemExit(f"no such scene: {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    main()
