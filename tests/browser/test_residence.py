"""Every act on residence in a real browser: done by the officer of the beat, refused to another."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

TODAY = dt.date.today().strftime("%d/%m/%Y")  # noqa: DTZ011 (the station's day, as people type it)
used = set()


@pytest.fixture
def family(as_officer):
    """Return the page of a household of the officer's with head, spouse and children, each time
    another one."""
    page = as_officer
    page.goto("/households/")
    for number in range(1, 12):
        page.goto(f"/households/?page={number}")
        rows = page.locator("table.records tbody tr")
        found = rows.evaluate_all(
            "all => all.map(tr => [tr.querySelector('a').getAttribute('href'),"
            " tr.querySelectorAll('td')[4].textContent.trim()])"
        )
        for path, people in found:
            if path in used or people != "4":
                continue
            used.add(path)
            page.goto(path)
            members = page.locator("section:has(#members) table")
            if "Vợ, chồng" in members.inner_text() and "tạm trú" not in members.inner_text():
                return path
    pytest.fail("the demo ward has no more such families")


def act(page, label):
    page.get_by_role("navigation", name="Việc ở hộ này").get_by_role("link", name=label).click()
    page.wait_for_load_state()
    return page.url


def names(page):
    return page.locator("section:has(#members) tbody .ph-title").all_inner_texts()


def submit(page, name):
    page.locator("form.record-form").get_by_role("button", name=name).click()


def done(page, words):
    expect(page.get_by_role("status").first).to_contain_text(words)


def refused_to_another(page, sign_in, watch, url):
    """The same address as the officer of another beat: as if it did not exist."""
    watch.expect(404)
    sign_in(page, "cskv2")
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Không có trang này")
    sign_in(page, "cskv1")


def undo(page, path, words):
    """Undo the newest act from the household's page."""
    page.goto(path)
    page.locator("ol.timeline li").first.get_by_role("link", name=re.compile("^BD-")).click()
    page.get_by_role("link", name="Hoàn tác").click()
    page.get_by_label("Lý do hoàn tác").fill("Ghi nhầm hộ")
    submit(page, "Hoàn tác")
    done(page, "Đã hoàn tác")
    page.goto(path)
    expect(page.locator("ol.timeline li.undone").first).to_contain_text(words)


def test_birth(as_officer, family, sign_in, watch):
    page = as_officer
    url = act(page, "Nhập sinh")
    page.get_by_label("Họ và tên").fill("Trần Thị Bé Mới")
    page.get_by_label("Ngày sinh").fill(TODAY)
    page.get_by_label("Giới tính").select_option("F")
    submit(page, "Nhập sinh")
    done(page, "Đã nhập sinh Trần Thị Bé Mới")
    assert "Trần Thị Bé Mới" in names(page)
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "mới sinh")
    assert "Trần Thị Bé Mới" not in names(page)


def test_leaving_the_ward(as_officer, family, sign_in, watch):
    page = as_officer
    before = names(page)
    url = act(page, "Chuyển khỏi phường")
    page.get_by_role("checkbox").nth(3).check()
    page.get_by_label("Nơi đến").fill("Thành phố Vinh")
    submit(page, "Chuyển đi")
    done(page, "Đã ghi chuyển đi")
    assert names(page) == before[:3]
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "đến Thành phố Vinh")
    assert sorted(names(page)) == sorted(before)


def test_a_head_who_leaves_alone_is_shown_the_way_out(as_officer, family, watch):
    watch.expect(422)
    page = as_officer
    act(page, "Chuyển khỏi phường")
    page.get_by_role("checkbox").first.check()
    submit(page, "Chuyển đi")
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="đổi chủ hộ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đổi chủ hộ")


def test_change_of_head(as_officer, family, sign_in, watch):
    page = as_officer
    head, wife, *_ = names(page)
    url = act(page, "Đổi chủ hộ")
    page.get_by_role("main").get_by_role("link", name=wife).click()
    relation = page.get_by_label(f"{wife}: quan hệ với chủ hộ")
    expect(relation).to_have_value("HEAD")
    expect(page.get_by_label(f"{head}: quan hệ với chủ hộ")).to_have_value("SPOUSE")
    submit(page, "Đổi chủ hộ")
    done(page, "Đã đổi chủ hộ")
    assert names(page)[0] == wife
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "làm chủ hộ")
    assert names(page)[0] == head


def test_split(as_officer, family, sign_in, watch):
    page = as_officer
    before = names(page)
    url = act(page, "Tách hộ")
    page.get_by_role("checkbox").nth(3).check()
    page.get_by_label(f"{before[3]}: quan hệ với chủ hộ").select_option("HEAD")
    page.get_by_label("Địa chỉ hộ mới").fill("Số 3 ngõ mới")
    submit(page, "Tách hộ")
    done(page, "Đã lập hộ mới")
    assert names(page) == [before[3]]
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "tách khỏi hộ")
    assert sorted(names(page)) == sorted(before)


def test_transfer_and_merge(as_officer, family, sign_in, watch):
    page = as_officer
    before = names(page)
    code = page.locator("h1 .code-chip").inner_text()
    act(page, "Tách hộ")  # a household to merge with
    page.get_by_role("checkbox").nth(3).check()
    page.get_by_label(f"{before[3]}: quan hệ với chủ hộ").select_option("HEAD")
    submit(page, "Tách hộ")
    done(page, "Đã lập hộ mới")
    new_path = page.url.split("#")[0]
    new_code = page.locator("h1 .code-chip").inner_text()

    page.goto(family)
    url = act(page, "Chuyển trong phường")
    page.get_by_role("checkbox").nth(2).check()
    page.get_by_label(f"{before[2]}: quan hệ với chủ hộ").select_option("SIBLING")
    page.get_by_label("Hộ đến").fill(new_code)
    page.keyboard.press("Escape")
    submit(page, "Chuyển")
    done(page, "Đã chuyển")
    assert before[2] not in names(page)
    refused_to_another(page, sign_in, watch, url)

    page.goto(new_path)
    url = act(page, "Nhập hộ")
    for person in before[2:]:
        page.get_by_label(f"{person}: quan hệ với chủ hộ").select_option("CHILD")
    page.get_by_label("Vào hộ").fill(code)
    page.keyboard.press("Escape")
    submit(page, "Nhập hộ")
    done(page, "Đã nhập vào hộ")
    assert sorted(names(page)) == sorted(before)
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "nhập vào hộ")


def test_transfer_into_another_beat_is_confirmed_there(as_officer, family, sign_in, watch):
    page = as_officer
    person = names(page)[3]
    act(page, "Chuyển trong phường")
    page.get_by_role("checkbox").nth(3).check()
    areas = page.get_by_label("Hoặc địa bàn khác")
    options = areas.locator("option").all_inner_texts()
    sign_in(page, "cskv2")
    page.goto("/")
    theirs = page.locator(".who small").inner_text()
    sign_in(page, "cskv1")
    act_url = f"{family}transfer/"
    page.goto(act_url)
    page.get_by_role("checkbox").nth(3).check()
    area = next(option for option in options if option in theirs)
    page.get_by_label("Hoặc địa bàn khác").select_option(label=area)
    page.get_by_label("Địa chỉ nơi đến").fill("Số 7 đường mới")
    submit(page, "Chuyển")
    expect(page.get_by_role("link", name="Chờ nơi đến nhận")).to_be_visible()
    assert person in names(page)
    sign_in(page, "cskv2")
    page.goto("/transfers/?state=open")
    page.locator("table.records tbody tr").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Nhận", exact=True).click()
    page.get_by_label(f"{person}: quan hệ với chủ hộ").select_option("HEAD")
    submit(page, "Nhận")
    done(page, "Đã nhận")
    sign_in(page, "cskv1")
    page.goto(family)
    assert person not in names(page)


def test_death_end_and_return(as_officer, family, sign_in, watch):
    page = as_officer
    code = page.locator("h1 .code-chip").inner_text()
    third, fourth = names(page)[2:4]
    page.get_by_role("link", name=fourth).first.click()
    page.get_by_role("link", name="Khai tử").click()
    url = page.url
    page.get_by_label("Chết ngày").fill(TODAY)
    submit(page, "Khai tử")
    done(page, "Đã khai tử")
    refused_to_another(page, sign_in, watch, url)
    page.goto(family)
    assert fourth not in names(page)
    page.get_by_role("link", name=f"Xoá đăng ký của {third}").click()
    url = page.url
    page.get_by_label("Lý do").select_option(label="Ra nước ngoài để định cư")
    submit(page, "Xoá đăng ký")
    done(page, "Đã xoá đăng ký")
    refused_to_another(page, sign_in, watch, url)
    undo(page, family, "xoá đăng ký")
    assert third in names(page)
    # Somebody who left comes back on his own page.
    page.get_by_role("link", name=f"Chuyển đi khỏi phường: {third}").click()
    submit(page, "Chuyển đi")
    done(page, "Đã ghi chuyển đi")
    page.goto("/residents/?residence=gone")
    page.get_by_label("Tìm", exact=True).fill(third)
    page.locator("table.records").get_by_role("link", name=third).first.click()
    page.get_by_role("link", name="Ghi cư trú mới").click()
    url = page.url
    refused_to_another(page, sign_in, watch, url)
    page.goto(url)
    page.get_by_label("Loại cư trú").select_option("P")
    page.locator("input[name=household]").fill(code)
    page.keyboard.press("Escape")
    page.get_by_label("Quan hệ với chủ hộ").select_option("CHILD")
    page.get_by_label("Lý do").select_option("ARRIVAL")
    submit(page, "Ghi cư trú")
    done(page, "Đã ghi cư trú mới")
    page.goto(family)
    assert third in names(page)


def test_temporary_registration_extension_and_end(as_officer, family, sign_in, watch):
    page = as_officer
    act(page, "Đăng ký tạm trú")
    page.get_by_label("Họ và tên").fill("Hồ Văn Ở Thuê")
    page.get_by_label("Ngày sinh").fill("2/3/1995")
    page.get_by_label("Giới tính").select_option("M")
    soon = (dt.date.today() + dt.timedelta(days=10)).strftime("%d/%m/%Y")  # noqa: DTZ011
    later = (dt.date.today() + dt.timedelta(days=300)).strftime("%d/%m/%Y")  # noqa: DTZ011
    page.get_by_label("Thời hạn đến").fill(soon)
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/residents/\d+/$"))
    person = page.url
    page.get_by_role("link", name=re.compile("^Gia hạn")).click()
    url = page.url
    page.get_by_label("Gia hạn đến ngày").fill(later)
    submit(page, "Gia hạn")
    done(page, "Đã gia hạn")
    expect(page.get_by_text(f"hạn {later}")).to_be_visible()
    refused_to_another(page, sign_in, watch, url)
    page.goto(person)
    page.get_by_role("link", name=re.compile("^Xoá đăng ký")).click()
    url = page.url
    page.get_by_label("Lý do").select_option(label="Đã chuyển đi nơi khác")
    submit(page, "Xoá đăng ký")
    done(page, "Đã xoá đăng ký")
    refused_to_another(page, sign_in, watch, url)


def test_the_file_as_of_a_day_and_its_sheet_on_one_page(as_officer, family):
    page = as_officer
    people = names(page)
    page.get_by_label("Xem ngày").fill("1/1/1950")
    page.get_by_role("button", name="Xem").click()
    expect(page.get_by_text("Đang xem hộ như ngày")).to_contain_text("01/01/1950")
    assert names(page) == []
    page.get_by_role("link", name="Về hôm nay").click()
    page.get_by_role("link", name="In phiếu hộ").click()
    sheet = page.get_by_role("article")
    for name in people:
        expect(sheet).to_contain_text(name)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
