"""Take the pictures of the guide: python -m scripts.guide_pictures

They show the demo ward as the area officer `cskv1` sees it, at 1280 px, and go to docs/img/. The
chapters of the guide name each; a picture that they do not name is not taken.
"""

import re
import sys
import tempfile
from itertools import chain
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import CHROMIUM_FLAGS, ROOT, Portal, type_sign_in

CHAPTERS = [ROOT / "docs" / f"huong-dan-{name}.md" for name in ("cu-tru", "co-so")]
VIEW = {"width": 1280, "height": 760}
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


def main():
    told = "\n".join(chapter.read_text() for chapter in CHAPTERS)
    wanted = set(re.findall(r"img/([\w-]+)\.png", told))
    with tempfile.TemporaryDirectory() as folder:
        portal = Portal(Path(folder))
        portal.fill()
        with portal.serving(), sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
            context = browser.new_context(
                viewport=VIEW,
                locale="vi-VN",
                timezone_id="Asia/Ho_Chi_Minh",
                base_url=portal.url,
            )
            page = context.new_page()
            page.goto("/accounts/login/")
            type_sign_in(page, "cskv1")
            page.wait_for_url("**/")
            for name in chain(trade_scenes(page), scenes(page)):
                if name in wanted:
                    page.screenshot(path=ROOT / "docs" / "img" / f"{name}.png")
                    wanted.discard(name)
                    sys.stdout.write(f"{name}\n")
            browser.close()
    if wanted:
        raise SystemExit(f"no such scene: {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    main()
