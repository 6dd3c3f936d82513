"""The one search box: words may stand in the address, numbers never."""

import pytest
from playwright.sync_api import expect

from kylien.core import text


@pytest.fixture
def somebody(as_officer):
    """The name of the first resident that the officer sees, and where his page is."""
    as_officer.goto("/residents/")
    link = as_officer.locator("table.records tbody td.ph-title a").first
    return link.inner_text(), link.get_attribute("href")


def test_slash_puts_the_cursor_into_the_search_box(as_officer):
    as_officer.goto("/")
    as_officer.keyboard.press("/")
    expect(as_officer.locator("#global-q")).to_be_focused()
    as_officer.keyboard.type("a/b")
    expect(as_officer.locator("#global-q")).to_have_value("a/b")


def test_words_without_accents_find_and_stand_in_the_address(as_officer, somebody):
    name, _ = somebody
    as_officer.keyboard.press("/")
    as_officer.keyboard.type(text.fold(name))
    as_officer.keyboard.press("Enter")
    as_officer.wait_for_url("**/search/?q=*")
    assert "csrf" not in as_officer.url
    expect(as_officer.locator(".hits strong", has_text=name).first).to_be_visible()
    as_officer.go_back()
    as_officer.wait_for_url("**/residents/")


def test_number_goes_by_post_and_never_into_address_or_history(as_officer, watch):
    asked = []
    as_officer.on("request", lambda request: asked.append((request.method, request.url)))
    as_officer.goto("/")
    as_officer.keyboard.press("/")
    as_officer.keyboard.type("099 080 000 001")
    as_officer.keyboard.press("Enter")
    as_officer.wait_for_url("**/search/")
    expect(as_officer.get_by_role("heading", level=1)).to_be_visible()
    assert ("POST", f"{watch.url}/search/") in asked
    assert not [url for _, url in asked if "080" in url or "q=" in url]
    as_officer.go_back()
    as_officer.wait_for_url("**/")


def test_nothing_found_says_what_to_try(as_officer):
    as_officer.goto("/search/?q=zzqqxx")
    expect(as_officer.get_by_text("Không tìm thấy gì.")).to_be_visible()
