"""A list: filters as one types, keeps its place in the history, sorts, pages and exports."""

import csv
import re

import pytest
from playwright.sync_api import expect

from kylien.core import text

NAMES = "table.records tbody td.ph-title a"


@pytest.fixture
def residents(as_chief):
    as_chief.goto("/residents/")
    return as_chief


def count(page):
    """Return how many rows the list says it holds."""
    found = re.search(r"trong ([\d.]+)", page.locator("#records").get_attribute("data-status"))
    return int(found[1].replace(".", "")) if found else 0


def box(page):
    return page.get_by_label("Tìm", exact=True)


def filter_by(page, words):
    with page.expect_response(lambda response: "/residents/" in response.url):
        box(page).press_sequentially(words)
    expect(page.locator(".htmx-request")).to_have_count(0)


def test_typing_swaps_the_table_alone_and_pushes_the_address(residents):
    residents.evaluate("window.here = true")
    whole = count(residents)
    filter_by(residents, "nguyen")
    expect(residents.locator("#records")).to_have_attribute(
        "data-status", re.compile("trong|Không")
    )
    residents.wait_for_url("**/residents/?q=nguyen")
    assert 0 < count(residents) < whole
    assert residents.evaluate("window.here"), "the page was loaded anew"
    expect(box(residents)).to_be_focused()
    for name in residents.locator(NAMES).all_inner_texts():
        assert "nguyen" in text.fold(name)


def test_back_shows_the_list_as_it_was(residents):
    whole = count(residents)
    filter_by(residents, "nguyen")
    residents.wait_for_url("**/residents/?q=nguyen")
    residents.go_back()
    residents.wait_for_url("**/residents/")
    expect(residents.locator("#records")).to_have_attribute(
        "data-status", re.compile(f"trong {whole:,}".replace(",", "."))
    )
    residents.go_forward()
    residents.wait_for_url("**/residents/?q=nguyen")
    expect(box(residents)).to_have_value("nguyen")
    assert count(residents) < whole


def test_select_filters_at_once_and_on_a_phone_its_chip_takes_it_away(residents):
    whole = count(residents)
    residents.get_by_label("Giới tính").select_option(label="Nữ")
    residents.wait_for_url("**/residents/?sex=F")
    assert 0 < count(residents) < whole
    residents.set_viewport_size({"width": 360, "height": 780})
    residents.get_by_role("link", name="Giới tính: Nữ").click()
    residents.wait_for_url("**/residents/")
    expect(residents.locator("#records")).to_have_attribute(
        "data-status", re.compile(f"trong {whole:,}".replace(",", "."))
    )


def test_heading_sorts_and_sorts_the_other_way(residents):
    first = residents.locator(NAMES).first.inner_text()
    head = residents.get_by_role("columnheader", name="Họ và tên")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    residents.wait_for_url("**sort=-full_name")
    assert residents.locator(NAMES).first.inner_text() != first


def test_last_page_is_reached_and_a_bad_page_is_the_nearest(residents):
    last = residents.locator(".pages li a").last
    number = last.inner_text()
    last.click()
    residents.wait_for_url(f"**page={number}")
    expect(residents.locator(".pages [aria-current=page]")).to_have_text(number)
    assert 0 < residents.locator(NAMES).count() <= 50
    residents.goto("/residents/?page=99999")
    expect(residents.locator(".pages [aria-current=page]")).to_have_text(number)


def test_export_holds_exactly_the_filtered_rows_masked(residents, watch):
    watch.expect(422)  # more than 50 people: the reason is asked for
    filter_by(residents, "nguyen")
    residents.wait_for_url("**/residents/?q=nguyen")
    wanted = count(residents)
    residents.get_by_role("button", name="Xuất CSV").click()
    residents.get_by_label("Lý do xuất").fill("Rà soát tháng, gửi chỉ huy")
    with residents.expect_download() as download:
        residents.get_by_role("button", name="Xuất CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) - 1 == wanted
    assert all("nguyen" in text.fold(" ".join(row)) for row in rows[1:])
    assert not re.search(r"\d{12}", " ".join(cell for row in rows for cell in row))
    expect(residents.get_by_role("button", name="Xuất CSV")).to_be_enabled(timeout=6000)


def test_six_digits_in_the_box_go_by_post(residents):
    asked = []
    residents.on("request", lambda request: asked.append((request.method, request.url)))
    filter_by(residents, "099080")
    assert [method for method, url in asked if url.endswith("/residents/")][-1:] == ["POST"]
    assert not [url for _, url in asked if "099080" in url]
    assert "099080" not in residents.url
    heading = residents.get_by_role("columnheader", name="Họ và tên").get_by_role("link")
    if heading.count():
        with residents.expect_response(lambda answer: "/residents/" in answer.url) as answer:
            heading.click()
        assert answer.value.request.method == "POST"
        assert "099080" not in residents.url


def test_empty_list_says_what_to_do(residents):
    filter_by(residents, "zzqqxx")
    expect(residents.locator("#records").get_by_text("Không có dòng nào.")).to_be_visible()
