"""The door: signing in, being refused, and coming back after a session ended while typing."""

from playwright.sync_api import expect

from tests.browser.server import type_sign_in


def test_sign_in_leads_home(page):
    type_sign_in(page, "chihuy")
    page.wait_for_url("**/")
    expect(page.get_by_role("navigation", name="Danh mục chính")).to_be_visible()


def test_page_behind_the_door_asks_to_sign_in_and_comes_back(page):
    page.goto("/households/")
    page.get_by_label("Tên đăng nhập").fill("cskv2")
    page.get_by_label("Mật khẩu").fill("mat-khau-trinh-dien-7")
    page.keyboard.press("Enter")
    page.wait_for_url("**/households/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hộ")


def test_wrong_password_is_told_in_a_sentence_and_keeps_the_name(page):
    type_sign_in(page, "nhaplieu", "sai-mat-khau")
    expect(page.get_by_role("alert")).to_contain_text("Tên đăng nhập hoặc mật khẩu chưa đúng.")
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("nhaplieu")
    expect(page.get_by_label("Mật khẩu")).to_have_value("")


def test_admin_has_no_door_of_its_own(page):
    page.goto("/admin/login/")
    page.wait_for_url("**/accounts/login/**")


def test_text_typed_while_the_session_ended_is_saved_after_the_next_sign_in(page, portal):
    type_sign_in(page, "cskv1")
    page.wait_for_url("**/")
    page.goto("/households/create/")
    page.get_by_label("Địa chỉ").fill("Số 77 đường Phiên Hết Hạn")
    page.get_by_label("Tổ dân phố").select_option(index=1)
    page.locator("[name=p0-full_name]").fill("Lê Văn Chủ")
    page.locator("[name=p0-birth]").fill("5/9/1980")
    page.locator("[name=p0-sex]").select_option("M")
    portal.let_session_idle(page.context)
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url("**/accounts/login/**")
    assert "Phi%C3%AAn" not in page.url
    page.get_by_label("Tên đăng nhập").fill("cskv1")
    page.get_by_label("Mật khẩu").fill("mat-khau-trinh-dien-7")
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Ghi lại nội dung").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã lưu")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Số 77 đường Phiên Hết Hạn")


def test_list_filtered_after_the_session_ended_leads_to_the_sign_in(page, portal):
    type_sign_in(page, "nhaplieu")
    page.wait_for_url("**/")
    page.goto("/residents/")
    portal.let_session_idle(page.context)
    page.get_by_label("Tìm", exact=True).fill("an")
    page.wait_for_url("**/accounts/login/**")
