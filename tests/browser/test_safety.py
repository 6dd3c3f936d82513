"""A second factor from setting it up to signing in with it, and what is shown in full once."""

import re

import pytest

from tests.accounts.desk import code_of
from tests.browser.server import PASSWORD, Portal, Watch, type_sign_in
from tests.browser.test_accessibility import SIZES, violations

NUMBER = re.compile(r"\b[0-9]{12}\b")
MASKED = re.compile(r"[0-9]{3}\*+[0-9]{3}")


@pytest.fixture
def show_in_full(as_officer):
    """Return `show(address)`: it leads the page to the record in full, the password typed again."""

    def show(address):
        page = as_officer
        page.goto(address)
        if page.get_by_role("link", name="Hiện đầy đủ").count():
            page.get_by_role("link", name="Hiện đầy đủ").click()
            page.get_by_label("Mật khẩu").fill(PASSWORD)
            page.get_by_role("button", name="Xác nhận").click()
        page.locator("details.reveal summary").click()
        page.get_by_label("Lý do", exact=True).select_option(label="Đối chiếu giấy tờ")
        page.get_by_role("button", name="Hiện", exact=True).click()
        page.get_by_text("Đang hiện đầy đủ").wait_for()
        return page

    return show


def first_person(page):
    page.goto("/residents/")
    return page.locator("table.records td.ph-title a").first.get_attribute("href")


def numbers(page):
    return NUMBER.findall(page.locator("main").inner_text())


def test_a_person_shown_in_full_is_masked_after_a_reload_and_after_the_way_back(
    as_officer, show_in_full
):
    person = first_person(as_officer)
    page = show_in_full(person)
    assert page.url.endswith(person)  # nothing of it stands in the address
    assert numbers(page)
    page.reload()
    assert not numbers(page)
    assert MASKED.search(page.locator("main").inner_text())
    page = show_in_full(person)
    page.goto("/residents/")
    page.go_back()
    page.get_by_role("button", name="Hiện đầy đủ").or_(page.locator("details.reveal")).wait_for()
    assert not numbers(page)
    page.go_forward()
    assert not numbers(page)


def test_after_the_sign_out_the_way_back_shows_nobody(new_context):
    page = new_context().new_page()
    type_sign_in(page, "cskv2")
    page.wait_for_url("**/")
    page.goto(first_person(page))
    name = page.locator("h1").inner_text().split("\n")[0]
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/accounts/login/**")
    page.go_back()
    page.get_by_label("Tên đăng nhập").wait_for()
    assert name not in page.locator("body").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_the_panel_has_no_violation_and_stays_within_the_page(as_officer, show_in_full, size):
    width, height = SIZES[size]
    as_officer.set_viewport_size({"width": width, "height": height})
    page = show_in_full(first_person(as_officer))
    assert not violations(page)
    page.reload()
    page.locator("details.reveal summary").click()
    assert not violations(page)
    box = page.locator(".reveal-panel").bounding_box()
    inside = page.locator("main").bounding_box()
    assert box["x"] >= inside["x"]
    assert box["x"] + box["width"] <= width


class StrictPortal(Portal):
    """The same ward behind a second server, which asks for the second factor as at a station."""

    @property
    def environment(self):
        return super().environment | {"SECOND_FACTOR": "true"}


@pytest.fixture
def strict(portal):
    with StrictPortal(portal.folder).serving() as strict:
        yield strict


@pytest.fixture
def strict_page(browser, browser_context_args, strict):
    watch = Watch(strict.url)
    watch.expect(422)  # wrong codes
    context = browser.new_context(**{**browser_context_args, "base_url": strict.url})
    context.set_default_timeout(8000)
    watch.attach(context)
    yield context.new_page()
    context.close()
    assert not watch.found, "\n".join(watch.found)


def test_a_clerk_sets_the_second_factor_up_and_signs_in_with_it(strict_page):
    page = strict_page
    type_sign_in(page, "nhaplieu")
    page.wait_for_url("**/accounts/2fa/set-up/")
    assert not violations(page)
    page.goto("/residents/")  # nothing else opens before
    assert page.url.endswith("/accounts/2fa/set-up/")
    secret = page.locator(".secret-text code").inner_text().replace(" ", "")
    page.get_by_label("Mã 6 số trên ứng dụng").fill("12345")
    page.get_by_role("button", name="Xác nhận").click()
    page.locator(".field-error").wait_for()
    assert not violations(page)
    page.get_by_label("Mã 6 số trên ứng dụng").fill(code_of(secret))
    page.get_by_role("button", name="Xác nhận").click()
    page.locator("ul.codes").wait_for()
    assert not violations(page)
    codes = page.locator("ul.codes code").all_inner_texts()
    assert len(set(codes)) == 10
    page.get_by_role("link", name="Đã cất xong").click()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    for typed, works in ((codes[0], True), (codes[0], False), (codes[1], True)):
        type_sign_in(page, "nhaplieu")
        field = page.get_by_label("Mã xác thực hoặc mã khôi phục")
        field.wait_for()
        assert not violations(page)
        field.fill(typed)
        page.get_by_role("button", name="Vào cổng").click()
        if works:
            page.locator("details.menu summary").click()
            page.get_by_role("button", name="Đăng xuất").click()
            page.wait_for_url("**/accounts/login/**")
        else:
            page.locator(".field-error").wait_for()
            assert not violations(page)
            page.get_by_role("button", name="Đăng nhập bằng tài khoản khác").click()
            page.wait_for_url("**/accounts/login/**")
