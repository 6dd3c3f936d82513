"""Records entered and changed: by keyboard, with mistakes, twice at once, on a phone; on paper."""

import re

import pytest
from playwright.sync_api import expect

MEMBER = "form.inline-form"


def type_head(page):
    """Type the head of a new household: no household is without."""
    page.locator("[name=p0-full_name]").fill("Lê Văn Chủ")
    page.locator("[name=p0-birth]").fill("5/9/1980")
    page.locator("[name=p0-sex]").select_option("M")


def make_household(page, address):
    """Make a household through its form and return the path of its page."""
    page.goto("/households/create/")
    page.get_by_label("Địa chỉ").fill(address)
    page.get_by_label("Tổ dân phố").select_option(index=1)
    type_head(page)
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/households/\d+/$"))
    return re.search(r"/households/\d+/", page.url)[0]


def tab_to(page, target, steps=60):
    """Press Tab until `target` has the focus: what no Tab reaches, no keyboard reaches."""
    for _ in range(steps):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {target}")


def count_households(page, words):
    page.goto(f"/households/?q={words}")
    return page.locator("table.records tbody tr").count()


def test_a_member_is_entered_by_keyboard_alone(as_officer):
    """A household with its people: see test_entry.py."""
    page = as_officer
    make_household(page, "Số 5 đường Bàn Phím")
    row = page.locator(MEMBER)
    tab_to(page, row.get_by_label("Họ và tên"))
    page.keyboard.type("Nguyễn Thị Bàn Phím")
    tab_to(page, row.get_by_label("Ngày sinh"))
    page.keyboard.type("5.9.1990")
    tab_to(page, row.get_by_label("Giới tính"))
    page.keyboard.press("ArrowDown")
    tab_to(page, row.get_by_label("Quan hệ với chủ hộ"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row.get_by_label("Quan hệ với chủ hộ")).to_have_value("SPOUSE")
    tab_to(page, row.get_by_role("button"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Nguyễn Thị Bàn Phím")
    expect(row.get_by_label("Họ và tên")).to_be_focused()  # ready for the next person
    members = page.locator("table.records", has_text="Nguyễn Thị Bàn Phím")
    expect(members).to_contain_text("1990")  # masked but for the year
    expect(members).to_contain_text("Vợ, chồng")


def test_wrong_number_and_date_get_a_sentence_beside_the_field_and_nothing_is_lost(
    as_officer, watch
):
    watch.expect(422)
    page = as_officer
    page.goto("/residents/create/")
    page.get_by_label("Họ và tên").fill("Trần Văn Gõ Sai")
    page.get_by_label("Ngày sinh").fill("31/02/1990")
    page.get_by_label("Số định danh").fill("123")
    page.get_by_label("Điện thoại").fill("99")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("alert")).to_be_focused()
    for label, typed in (
        ("Ngày sinh", "31/02/1990"),
        ("Số định danh", "123"),
        ("Điện thoại", "99"),
    ):
        control = page.get_by_label(label)
        expect(control).to_have_value(typed)
        expect(control).to_have_attribute("aria-invalid", "true")
        field = page.locator(".field", has=control)
        expect(field.locator(".field-error")).to_be_visible()
        described = control.get_attribute("aria-describedby")
        assert field.locator(".field-error").get_attribute("id") in described.split()
    expect(page.get_by_label("Số định danh")).not_to_have_attribute("aria-invalid", "false")
    expect(page.locator(".field-error", has_text="12 chữ số")).to_be_visible()
    expect(page.get_by_label("Họ và tên")).to_have_value("Trần Văn Gõ Sai")


def test_save_after_somebody_else_saved_shows_both_versions(as_officer, watch):
    watch.expect(422)
    page = as_officer
    path = make_household(page, "Số 1 đường Hai Thẻ")
    other = page.context.new_page()
    for one in (page, other):
        one.goto(f"{path}edit/")
    other.get_by_label("Địa chỉ").fill("Số 2 đường Hai Thẻ")
    other.get_by_role("button", name="Lưu").click()
    other.wait_for_url(f"**{path}")
    page.get_by_label("Địa chỉ").fill("Số 3 đường Hai Thẻ")
    page.get_by_role("button", name="Lưu").click()
    both = page.locator(".stale")
    expect(both).to_contain_text("Số 2 đường Hai Thẻ")
    expect(both).to_contain_text("Số 3 đường Hai Thẻ")
    expect(page.get_by_label("Địa chỉ")).to_have_value("Số 3 đường Hai Thẻ")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(f"**{path}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Số 3 đường Hai Thẻ")


def test_double_click_makes_one_record(as_officer):
    page = as_officer
    before = count_households(page, "nhap dup")
    page.goto("/households/create/")
    page.get_by_label("Địa chỉ").fill("Số 9 đường Nhấp Đúp")
    page.get_by_label("Tổ dân phố").select_option(index=1)
    type_head(page)
    page.get_by_role("button", name="Lưu").dblclick()
    page.wait_for_url(re.compile(r"/households/\d+/$"))
    assert count_households(page, "nhap dup") == before + 1


def test_leaving_a_typed_form_asks_first(as_officer):
    page = as_officer
    page.goto("/households/create/")
    page.get_by_label("Địa chỉ").press_sequentially("Số 4")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/households/")
    assert asked == ["beforeunload"]


@pytest.mark.browser_context_args(
    viewport={"width": 360, "height": 780}, is_mobile=True, has_touch=True
)
def test_incident_is_recorded_on_a_phone(page, sign_in):
    sign_in(page, "trucban")
    page.goto("/")
    page.get_by_role("link", name="Ghi vụ việc").tap()
    page.wait_for_url("**/incidents/create/")
    page.get_by_label("Loại vụ việc").select_option(index=1)
    page.get_by_label("Tổ dân phố").select_option(index=1)
    page.get_by_label("Nơi xảy ra").fill("Ngã ba chợ Điện Thoại")
    page.get_by_label("Đã làm gì").fill("Cử tổ tuần tra đến")
    save = page.get_by_role("button", name="Lưu")
    assert save.bounding_box()["height"] >= 40
    save.tap()
    page.wait_for_url(re.compile(r"/incidents/\d+/$"))
    expect(page.locator("main")).to_contain_text("Ngã ba chợ Điện Thoại")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_temporary_residence_is_registered_with_the_picker_by_keyboard(as_officer):
    page = as_officer
    make_household(page, "Số 8 đường Hộp Chọn")
    page.goto("/temporary-residents/create/")
    page.get_by_label("Họ và tên").fill("Lê Văn Hộp Chọn")
    page.get_by_label("Ngày sinh").fill("1999")
    page.get_by_label("Giới tính").select_option(label="Nam")
    host = page.get_by_role("combobox", name=re.compile("^Hộ|Chủ nhà"))
    host.focus()
    page.keyboard.type("hop chon")
    expect(host).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(host).to_have_attribute("aria-expanded", "false")
    expect(host).to_have_value(re.compile(r"^H-\d+$"))
    expect(page.locator(".picker", has=host).locator(".picker-text")).to_contain_text("Hộp Chọn")
    page.get_by_label("Thời hạn đến").fill(in_days(page, 90))
    page.get_by_role("button", name=re.compile("Lưu|Đăng ký")).click()
    page.wait_for_url(re.compile(r"/(residents|residences|temporary-residents)/\d+/$"))
    expect(page.locator("main")).to_contain_text("Lê Văn Hộp Chọn")
    expect(page.locator("main")).to_contain_text("Tạm trú")


def in_days(page, days):
    """Return the browser's day after so many days, as people type it."""
    return page.evaluate(
        "days => new Date(Date.now() + days * 864e5).toLocaleDateString('en-GB')", days
    )


def test_residence_is_ended(as_officer):
    page = as_officer
    page.goto("/temporary-residents/")
    page.locator("table.records tbody td.ph-title a").first.click()
    page.get_by_role("link", name=re.compile("^Xoá đăng ký")).first.click()
    page.wait_for_url("**/end/")
    page.get_by_label("Lý do").select_option(index=1)
    page.get_by_role("button", name="Xoá đăng ký").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã xoá đăng ký")


def test_month_prints_black_on_white_without_rails(as_chief):
    page = as_chief
    page.goto("/reports/")
    page.locator(".month-row a").nth(1).click()
    page.wait_for_url(re.compile(r"/reports/\d{4}-\d{2}/$"))
    page.emulate_media(media="print")
    for hidden in (".rail", ".top", ".actions", ".back"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 2
