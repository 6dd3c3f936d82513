"""People entered quickly: a household by keyboard alone, checks while typing, scanned cards.

The keys are counted against Django's admin as it comes (stock_admin.py), for the same family.
"""

import re
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.server import ROOT, free_port
from tests.browser.test_accessibility import violations

CREATE = "/households/create/"
CARD = "{}|{}|{}|05091990|Nam|TDP 1, Kỳ Liên, TX. Kỳ Anh, Hà Tĩnh|14082021"


@dataclass(frozen=True)
class Typed:
    """A person of the family, as papers write him.

    Common surnames, but nobody else's name: a select, which hears no accents, must find him.
    """

    name: str
    number: str  # without its last digit, which tells the two families apart
    born: str
    sex: str
    relation: str


FAMILY = (
    Typed("Nguyễn Văn Bằng", "04207031110", "5/9/1970", "Nam", "Chủ hộ"),
    Typed("Trần Thị Kim Ngân", "04217231120", "12/3/1972", "Nữ", "Vợ, chồng"),
    Typed("Nguyễn Văn Khuê", "04209831130", "7/11/1998", "Nam", "Con đẻ"),
    Typed("Nguyễn Thị Bảo Hân", "04230531140", "20/6/2005", "Nữ", "Con đẻ"),
    Typed("Lê Thị Ngọc Lựu", "04114631150", "1946", "Nữ", "Cha, mẹ"),
)
ADDRESS, AREA, SINCE = "Số 12 ngõ 5 Lê Lợi", "Hoành Nam", (1, 3, 2020)


class Hands:
    """The only way to the keyboard in the race: every press is counted, Ctrl+Enter as two."""

    def __init__(self, page):
        self.page, self.presses = page, 0
        self.raw = page.context.new_cdp_session(page)

    def press(self, key):
        self.presses += key.count("+") + 1
        self.page.keyboard.press(key)

    def type(self, text):
        for letter in text:
            self._letter(letter)

    def _letter(self, letter):
        self.presses += 1
        if letter.isascii():
            self.page.keyboard.type(letter)
            return
        # As from a keyboard with that letter: selects find it too.
        self.raw.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": letter, "text": letter})
        self.raw.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": letter})

    def choose(self, control, label):
        """Type ahead in a select until the option stands there: the fewest letters that do."""
        chosen = "select => select.selectedOptions[0].label.trim()"
        for letter in label:
            if control.evaluate(chosen).startswith(label):
                return
            self._letter(letter)
        assert control.evaluate(chosen).startswith(label), f"{label} cannot be typed to"

    def tab_to(self, control, most=40):
        for _ in range(most):
            if control.evaluate("node => node === document.activeElement"):
                return
            self.press("Tab")
        pytest.fail(f"no Tab leads to {control}")


@pytest.fixture(scope="module")
def stock(portal):
    """Serve the same rows with Django's own admin beside the portal; return its address."""
    port = free_port()
    start = (
        "from django.conf import settings; settings.ROOT_URLCONF = 'tests.browser.stock_admin'; "
        "from kylien.serve import main; main([])"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "kylien.settings", "PORT": str(port)}
    with (portal.folder / "stock.log").open("w") as log:
        server = subprocess.Popen(  # noqa: S603 our own server
            [sys.executable, "-c", start],
            cwd=ROOT,
            env={**portal.environment, **settings, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(150):
                try:
                    urllib.request.urlopen(f"{url}/healthz", timeout=2).close()  # noqa: S310
                    break
                except OSError:
                    assert server.poll() is None, "the stock admin did not start"
                    time.sleep(0.2)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=10)


@pytest.fixture
def as_clerk(page, sign_in):
    return sign_in(page, "nhaplieu")


@pytest.fixture
def entry(as_clerk):
    """The page that founds a household, opened by the clerk."""
    as_clerk.goto(CREATE)
    return as_clerk


def row(page, number):
    return page.locator("[data-rows] [data-row]").nth(number - 1)


def cell(page, number, name):
    return row(page, number).locator(f":is(input, select)[name$='-{name}']")


def note(page, number):
    return row(page, number).locator("[data-person-note]")


def fill_head(page, address):
    page.get_by_label("Địa chỉ").fill(address)
    page.get_by_label("Tổ dân phố").select_option(label=AREA)


def unique(start):
    """Return a number of 12 digits that no other test types."""
    return f"{start}{time.time_ns() // 1000 % 10 ** (12 - len(start)):0{12 - len(start)}d}"


def opened(page):
    page.wait_for_url(re.compile(r"/households/\d+/(#.*)?$"))


def whole_page_passes(page):
    """Let axe look at the page on a screen so high that nothing lies under the two bars."""
    size = page.viewport_size
    page.set_viewport_size({**size, "height": 5000})
    page.evaluate("scrollTo(0, 0)")
    assert not violations(page)
    page.set_viewport_size(size)


# --- the race -----------------------------------------------------------------------------------


def short(born):
    """Return a birth in the fewest keys that our field takes: 5/9/1970 as 5/9/70."""
    return re.sub(r"/(?:19|20)(\d\d)$", r"/\1", born)


def iso(born):
    """Return a day in the fewest keys that Django's field reads rightly in Vietnamese: 1970-9-5."""
    return "-".join(reversed(born.split("/"))) if "/" in born else f"{born}-1-1"


def enter_here(hands):
    """Enter the family on our page, by keyboard alone."""
    page = hands.page
    page.goto(CREATE)
    expect(page.get_by_label("Địa chỉ")).to_be_focused()
    hands.type(ADDRESS)
    hands.press("Enter")
    hands.choose(page.get_by_label("Tổ dân phố"), AREA)
    hands.press("Enter")
    hands.type("/".join(map(str, SINCE)))
    hands.press("Enter")
    hands.press("Enter")  # the reason stands there
    for number, person in enumerate(FAMILY, 1):
        expect(cell(page, number, "full_name")).to_be_focused()
        hands.type(person.name)
        hands.press("Enter")
        hands.type(f"{person.number}2")
        hands.press("Enter")
        hands.type(short(person.born))
        hands.press("Enter")
        expect(cell(page, number, "sex")).to_be_focused()
        hands.choose(cell(page, number, "sex"), person.sex)  # the number has filled it in
        hands.press("Enter")
        hands.choose(cell(page, number, "relation"), person.relation)
        if person is not FAMILY[-1]:
            hands.press("Enter")
    hands.press("Control+Enter")
    opened(page)


def enter_in_stock(hands, url):
    """Enter the family in Django's admin, by keyboard alone and without a needless key.

    Getting from one kind of record to the next costs nothing here; the next record of a kind comes
    by the admin's own "save and add another", the last one by Enter in a text field, which saves.
    """
    page = hands.page

    def add(name, *records):
        page.goto(f"{url}/stock/households/{name}/add/")
        for record in records:
            for field, value in record.items():
                control = page.locator(f"#id_{field}")
                hands.tab_to(control)
                if control.evaluate("node => node.tagName") == "SELECT":
                    hands.choose(control, value)
                else:
                    hands.type(value)
            last = record is records[-1]
            if not last:
                hands.tab_to(page.locator("[name=_addanother]"))
            with page.expect_navigation(url=f"**/{name}/" if last else f"**/{name}/add/"):
                hands.press("Enter")
            expect(page.locator(".messagelist .success")).to_be_visible()

    since = f"{SINCE[2]}-{SINCE[1]}-{SINCE[0]}"
    add("household", {"address": ADDRESS, "neighbourhood": AREA, "opened_on": since})
    newest = page.locator("#result_list tbody th a").first
    household = re.search(r"/household/(\d+)/", newest.get_attribute("href"))[1]
    code = newest.inner_text().partition(" ")[0]
    add(
        "resident",
        *(
            {
                "full_name": person.name,
                "birth_date": iso(person.born),
                "sex": person.sex,
                "citizen_id": f"{person.number}1",
            }
            for person in FAMILY
        ),
    )
    add(
        "residence",
        *(
            {
                "resident": person.name,
                "household": code,
                "relation": person.relation,
                "started_on": since,
            }
            for person in FAMILY
        ),
    )
    return f"/households/{household}/"


def family_on(page):
    """Return what a household's page says of its members: name, relation, birth."""
    rows = page.locator("table.records").first.locator("tbody tr")
    return [rows.nth(n).inner_text() for n in range(rows.count())]


def test_a_family_takes_half_the_keys_of_the_stock_admin(as_clerk, browser, stock, portal, capsys):
    apart = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    apart.add_cookies(as_clerk.context.cookies())
    theirs = Hands(apart.new_page())
    path = enter_in_stock(theirs, stock)
    apart.close()
    as_clerk.goto(path)
    entered = family_on(as_clerk)
    assert len(entered) == len(FAMILY)

    ours = Hands(as_clerk)
    enter_here(ours)
    for line, person in zip(family_on(as_clerk), FAMILY, strict=True):
        assert person.name in line
        assert person.relation in line
        assert person.born.rpartition("/")[2] in line
    share = ours.presses / theirs.presses
    with capsys.disabled():
        sys.stdout.write(
            f"\nkeys for a family of five: {ours.presses}, stock {theirs.presses} ({share:.0%})\n"
        )
    assert ours.presses <= theirs.presses / 2


# --- the keys -----------------------------------------------------------------------------------


def test_enter_walks_through_the_cells_and_shift_enter_back(entry):
    page = entry
    for label in ("Địa chỉ", "Tổ dân phố", "Từ ngày", "Lý do"):
        expect(page.get_by_label(label)).to_be_focused()
        page.keyboard.press("Enter")
    names = ("full_name", "citizen_id", "birth", "sex", "relation")
    page.keyboard.type("An")
    for name in names:
        expect(cell(page, 1, name)).to_be_focused()
        page.keyboard.press("Enter")
    expect(cell(page, 2, "full_name")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cell(page, 1, "relation")).to_be_focused()
    for name in reversed(names[:-1]):
        page.keyboard.press("Shift+Enter")
        expect(cell(page, 1, name)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_label("Lý do")).to_be_focused()
    assert page.url.endswith(CREATE)


def test_enter_after_the_last_row_gives_a_new_one_and_on_an_empty_row_leads_to_save(entry):
    page = entry
    assert page.locator("[data-rows] [data-row]").count() == 4
    for number in range(1, 5):
        cell(page, number, "full_name").fill("An")
    cell(page, 4, "relation").focus()
    page.keyboard.press("Enter")
    expect(cell(page, 5, "full_name")).to_be_focused()
    expect(cell(page, 5, "full_name")).to_have_attribute("name", "p4-full_name")
    expect(page.get_by_label("Họ và tên, người 5")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Lưu")).to_be_focused()


def test_enter_on_an_empty_row_before_a_typed_one_goes_on(entry):
    cell(entry, 2, "full_name").fill("An")
    cell(entry, 1, "full_name").focus()
    entry.keyboard.press("Enter")
    expect(cell(entry, 1, "citizen_id")).to_be_focused()


def test_arrows_keep_the_column_and_leave_selects_alone(entry):
    page = entry
    cell(page, 1, "birth").focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, 2, "birth")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cell(page, 1, "birth")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cell(page, 1, "birth")).to_be_focused()
    cell(page, 1, "sex").focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, 1, "sex")).to_be_focused()
    expect(cell(page, 1, "sex")).to_have_value("M")
    page.keyboard.press("Control+ArrowDown")
    expect(cell(page, 2, "sex")).to_be_focused()


def test_another_relation_opens_its_note_and_enter_goes_there(entry):
    page = entry
    expect(cell(page, 1, "relation_note")).to_be_hidden()
    cell(page, 1, "full_name").fill("An")
    cell(page, 1, "relation").select_option("OTHER")
    cell(page, 1, "relation").focus()
    page.keyboard.press("Enter")
    expect(cell(page, 1, "relation_note")).to_be_focused()


def test_the_second_half_of_a_row_unfolds_by_keyboard(entry):
    page = entry
    expect(cell(page, 1, "phone")).to_be_hidden()
    cell(page, 1, "relation").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(cell(page, 1, "phone")).to_be_visible()
    page.keyboard.press("Tab")
    expect(cell(page, 1, "old_id")).to_be_focused()


def test_a_row_is_taken_away_and_given_back(entry):
    page = entry
    cell(page, 1, "full_name").fill("Nguyễn Văn Một")
    cell(page, 2, "full_name").fill("Nguyễn Văn Hai")
    page.get_by_role("button", name="Bỏ người 1").click()
    expect(cell(page, 1, "full_name")).to_have_value("Nguyễn Văn Hai")
    expect(cell(page, 1, "full_name")).to_be_focused()
    page.get_by_role("button", name="Lấy lại").click()
    expect(cell(page, 1, "full_name")).to_have_value("Nguyễn Văn Một")
    expect(page.get_by_label("Họ và tên, người 2")).to_have_value("Nguyễn Văn Hai")


# --- what is understood and what is told --------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("5/9/90", "05/09/1990"),
        ("05091990", "05/09/1990"),
        ("5-9-1990", "05/09/1990"),
        ("9/1990", "09/1990"),
        ("1948", "1948"),
        ("31/2/90", "31/2/90"),
        ("hôm qua", "hôm qua"),
    ],
)
def test_a_birth_is_made_plain_when_the_cell_is_left(entry, typed, shown):
    cell(entry, 1, "birth").focus()
    entry.keyboard.type(typed)
    entry.keyboard.press("Enter")
    expect(cell(entry, 1, "birth")).to_have_value(shown)


def test_the_number_fills_the_sex_in_and_never_over_a_choice(entry):
    page = entry
    cell(page, 1, "citizen_id").fill("042190000001")
    expect(cell(page, 1, "sex")).to_have_value("F")
    cell(page, 1, "citizen_id").fill("042090000001")  # mended: the guess follows
    expect(cell(page, 1, "sex")).to_have_value("M")
    cell(page, 2, "sex").select_option("M")
    cell(page, 2, "citizen_id").fill("042190000001")
    expect(cell(page, 2, "sex")).to_have_value("M")
    cell(page, 1, "sex").select_option("F")
    cell(page, 1, "citizen_id").fill("042090000002")
    expect(cell(page, 1, "sex")).to_have_value("F")


def test_a_number_of_another_sex_warns_and_does_not_block(entry):
    page = entry
    fill_head(page, "Số 1 đường Giới Tính")
    cell(page, 1, "full_name").fill("Phùng Văn Giới")
    cell(page, 1, "birth").fill("5/9/90")
    cell(page, 1, "sex").select_option("M")
    cell(page, 1, "citizen_id").fill(unique("042190"))
    cell(page, 1, "relation").focus()
    expect(note(page, 1)).to_contain_text("chỉ giới tính nữ")
    page.keyboard.press("Control+Enter")
    opened(page)
    expect(page.locator("main")).to_contain_text("Phùng Văn Giới")
    expect(page.locator(".notice-warning")).to_contain_text("Phùng Văn Giới")


def found_one(page, name, number):
    """Enter a household of one person."""
    page.goto(CREATE)
    fill_head(page, "Số 2 đường Nghi Trùng")
    for field, value in (("full_name", name), ("birth", "5/9/90"), ("citizen_id", number)):
        cell(page, 1, field).fill(value)
    page.get_by_role("button", name="Lưu").click()
    opened(page)


def test_who_may_be_in_the_register_is_shown_while_typing(as_clerk):
    page, name = as_clerk, "Khổng Thị Nghi Trùng"
    found_one(page, name, unique("042190"))
    page.goto(CREATE)
    cell(page, 1, "full_name").focus()
    page.keyboard.type("khong thi nghi trung")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("5/9/90")
    page.keyboard.press("Enter")
    expect(note(page, 1)).to_contain_text("đã có trong sổ:")
    link = note(page, 1).get_by_role("link", name=name).first
    with page.context.expect_page() as other:
        link.click()
    expect(other.value.get_by_role("heading", level=1)).to_contain_text(name)
    cell(page, 1, "full_name").fill("Ai Đó Khác Hẳn")
    cell(page, 1, "birth").fill("1/2/1933")
    page.keyboard.press("Tab")
    expect(note(page, 1)).to_be_empty()


def test_a_stale_answer_is_dropped(entry):
    """The first question is answered after the second: what it says is of yesterday."""
    page, asked = entry, []

    def late(route):
        asked.append(route)
        if len(asked) == 2:
            asked[1].fulfill(json={"warnings": ["mới"], "alikes": []})
            asked[0].fulfill(json={"warnings": ["cũ"], "alikes": []})

    page.route("**/residents/check/", late)
    cell(page, 1, "full_name").fill("An")
    cell(page, 1, "birth").fill("1990")
    with page.expect_request("**/residents/check/"):
        page.keyboard.press("Tab")
    cell(page, 1, "birth").fill("1991")
    page.keyboard.press("Tab")
    expect(note(page, 1)).to_have_text("mới")
    page.wait_for_timeout(200)
    expect(note(page, 1)).to_have_text("mới")


def test_a_refused_household_keeps_what_was_typed_and_says_where(entry, watch):
    watch.expect(422)
    page = entry
    fill_head(page, "Số 3 đường Sai")
    for number in range(1, 7):
        if number > 4:
            page.get_by_role("button", name="Thêm dòng").click()
        cell(page, number, "full_name").fill("Lê Văn Sai")
        cell(page, number, "birth").fill("1990")
        cell(page, number, "sex").select_option("M")
        cell(page, number, "relation").select_option("HEAD" if number == 1 else "CHILD")
    cell(page, 6, "birth").fill("31/2/1990")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(cell(page, 6, "birth")).to_have_value("31/2/1990")
    expect(cell(page, 6, "birth")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, 5, "full_name")).to_have_value("Lê Văn Sai")
    page.get_by_role("alert").get_by_role("link").click()
    expect(cell(page, 6, "birth")).to_be_focused()
    whole_page_passes(page)
    cell(page, 6, "birth").fill("1991")
    page.get_by_role("button", name="Lưu").click()
    opened(page)
    assert len(family_on(page)) == 6


def test_a_double_click_makes_one_household(entry):
    page = entry
    fill_head(page, "Số 4 đường Nhấp Hai Lần")
    cell(page, 1, "full_name").fill("Lê Thị Nhấp")
    cell(page, 1, "birth").fill("1990")
    cell(page, 1, "sex").select_option("F")
    page.get_by_role("button", name="Lưu").dblclick()
    opened(page)
    page.goto("/households/?q=nhap hai lan")
    assert page.locator("table.records tbody tr").count() == 1


def test_without_script_rows_are_asked_for_and_the_household_is_written(
    new_context, as_clerk, kept_sessions
):
    context = new_context(java_script_enabled=False)
    context.add_cookies(as_clerk.context.cookies())
    page = context.new_page()
    page.goto(CREATE)
    fill_head(page, "Số 5 đường Không Mã")
    cell(page, 1, "full_name").fill("Lê Thị Không Mã")
    page.get_by_role("button", name="Thêm dòng").click()
    assert page.locator("[data-rows] [data-row]").count() == 8
    expect(cell(page, 1, "full_name")).to_have_value("Lê Thị Không Mã")
    cell(page, 1, "birth").fill("1990")
    cell(page, 1, "sex").select_option("F")
    page.get_by_role("button", name="Lưu").click()
    opened(page)
    expect(page.locator("main")).to_contain_text("Lê Thị Không Mã")


# --- scanned cards ------------------------------------------------------------------------------


def box(page):
    return page.get_by_label("Quét thẻ căn cước")


def scan(page, payload):
    """Type as a scanner does: all at once, Enter at the end."""
    box(page).focus()
    page.keyboard.insert_text(payload)
    page.keyboard.press("Enter")


def test_scanned_cards_fill_row_after_row_and_enter_does_not_submit(entry):
    page = entry
    numbers = [unique("042090"), unique("042091")]
    for number, name in zip(numbers, ("Mạc Văn Quét", "Mạc Văn Tiếp"), strict=True):
        scan(page, CARD.format(number, "", name))
    expect(cell(page, 2, "full_name")).to_have_value("Mạc Văn Tiếp")
    expect(cell(page, 1, "full_name")).to_have_value("Mạc Văn Quét")
    expect(cell(page, 1, "citizen_id")).to_have_value(numbers[0])
    expect(cell(page, 1, "birth")).to_have_value("05/09/1990")
    expect(cell(page, 1, "sex")).to_have_value("M")
    expect(box(page)).to_have_value("")
    expect(box(page)).to_be_focused()
    expect(page.locator(".scan-status")).to_contain_text("Đã điền người 2: Mạc Văn Tiếp.")
    scan(page, CARD.format(numbers[0], "", "Mạc Văn Quét"))
    expect(page.locator(".scan-status")).to_contain_text("đã ở dòng của người 1")
    assert page.url.endswith(CREATE)
    assert numbers[0] not in page.url


def test_a_pasted_card_is_read_at_once(entry):
    page, number = entry, unique("042092")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", CARD.format(number, "", "Mạc Dán"))
    box(page).focus()
    page.keyboard.press("Control+v")
    expect(cell(page, 1, "full_name")).to_have_value("Mạc Dán")
    page.keyboard.press("Enter")  # nothing stands there any more
    assert page.url.endswith(CREATE)


def test_a_doubtful_card_asks_before_it_is_used(entry):
    page, number = entry, unique("042093")
    scan(page, CARD.format(number, "", "Nguyễnx Văn Quets"))
    found = page.locator(".scan-found")
    expect(found).to_contain_text("Tắt bộ gõ tiếng Việt")
    expect(found.get_by_role("table")).to_contain_text("Nguyễnx Văn Quets")
    expect(cell(page, 1, "full_name")).to_have_value("")
    found.get_by_role("button", name="Dùng").click()
    expect(cell(page, 1, "full_name")).to_have_value("Nguyễnx Văn Quets")
    expect(found).to_have_count(0)


def test_what_is_no_card_is_said_and_fills_nothing(entry):
    scan(entry, "xin chào")
    expect(entry.locator(".scan-status")).to_contain_text("Không đọc được thẻ")
    expect(cell(entry, 1, "full_name")).to_have_value("")


def test_the_card_of_somebody_known_opens_his_page_and_fills_nothing(as_clerk):
    page, name, number = as_clerk, "Mạc Văn Quen", unique("042090")
    found_one(page, name, number)
    page.goto(CREATE)
    scan(page, CARD.format(number, "", name))
    found = page.locator(".scan-found")
    expect(found).to_contain_text(f"Đã có trong sổ: {name}")
    expect(cell(page, 1, "full_name")).to_have_value("")
    with page.context.expect_page() as other:
        found.get_by_role("link", name="Mở hồ sơ").click()
    expect(other.value.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_card_fills_a_stay_notice_with_the_moment_of_arrival(page, sign_in):
    sign_in(page, "trucban")
    page.goto("/stay-notices/create/")
    arrived = page.locator("[name=arrived_at]")
    arrived.evaluate("input => { input.value = ''; }")
    number = unique("042090")
    scan(page, CARD.format(number, "", "Mạc Văn Khách"))
    expect(page.locator("[name=guest_name]")).to_have_value("Mạc Văn Khách")
    expect(page.locator("[name=birth]")).to_have_value("05/09/1990")
    expect(page.locator("[name=id_number]")).to_have_value(number)
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d", arrived.input_value())
    expect(page.locator("input[data-picker-url]").first).to_be_focused()
    assert page.url.endswith("/stay-notices/create/")
    arrived.evaluate("input => { input.value = '01/02/2026 20:00'; }")  # typed by the desk
    scan(page, CARD.format(unique("042090"), "", "Mạc Văn Sau"))
    expect(page.locator("[name=guest_name]")).to_have_value("Mạc Văn Sau")
    expect(arrived).to_have_value("01/02/2026 20:00")


def test_a_card_fills_the_form_of_one_person_and_the_check_runs(as_clerk):
    page = as_clerk
    page.goto("/residents/create/")
    number = unique("042190")  # of a woman
    scan(page, CARD.format(number, "999000002", "Mạc Văn Đơn"))
    for name, value in (
        ("full_name", "Mạc Văn Đơn"),
        ("citizen_id", number),
        ("birth", "05/09/1990"),
        ("sex", "M"),
    ):
        expect(page.locator(f"form.record-form [name={name}]")).to_have_value(value)
    expect(page.locator("[data-person-note]")).to_contain_text("chỉ giới tính nữ")
    assert page.url.endswith("/residents/create/")


def test_the_row_on_a_household_is_checked_too(as_clerk):
    page = as_clerk
    found_one(page, "Khổng Thị Trong Hộ", unique("042190"))
    member = page.locator("form.member-entry")
    member.get_by_label("Họ và tên").fill("Khổng Thị Trong Hộ")
    member.get_by_label("Ngày sinh").fill("5/9/90")
    page.keyboard.press("Tab")
    expect(member.get_by_label("Ngày sinh")).to_have_value("05/09/1990")
    expect(member.locator("[data-person-note]")).to_contain_text("đã có trong sổ:")


def test_the_page_of_scans_works_without_script(new_context, as_clerk):
    context = new_context(java_script_enabled=False)
    context.add_cookies(as_clerk.context.cookies())
    page = context.new_page()
    page.goto("/residents/scan/")
    page.get_by_label("Mã QR của thẻ").fill(CARD.format(unique("042090"), "", "Mạc Văn Trang"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mạc Văn Trang")).to_be_visible()
    for name in ("Ghi lưu trú", "Đăng ký tạm trú"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    assert page.url.endswith("/residents/scan/")


def test_the_duty_desk_scans_for_its_notices(page, sign_in):
    sign_in(page, "trucban")
    page.goto("/residents/scan/")
    expect(page.get_by_label("Mã QR của thẻ")).to_be_focused()
    page.keyboard.insert_text(CARD.format(unique("042090"), "", "Mạc Văn Trực"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ghi lưu trú")).to_be_visible()
    expect(page.get_by_role("button", name="Đăng ký tạm trú")).to_have_count(0)


# --- screens ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 780)])
@pytest.mark.parametrize("address", [CREATE, "/residents/scan/"])
def test_pages_fit_the_screen_and_axe_finds_nothing(as_clerk, address, width, height):
    page = as_clerk
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    if address == CREATE:
        cell(page, 1, "relation").select_option("OTHER")
        row(page, 2).locator("summary").click()
        scan(page, CARD.format(unique("042090"), "", "Nguyễnx Văn Quets"))
        page.locator(".scan-found").wait_for()
    else:
        page.keyboard.insert_text(CARD.format(unique("042090"), "", "Nguyễnx Văn Quets"))
        page.keyboard.press("Enter")
        page.locator(".scan-result").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    whole_page_passes(page)
    if width < 768 and address == CREATE:
        for control in (cell(page, 1, "full_name"), page.get_by_role("button", name="Lưu")):
            assert control.bounding_box()["height"] >= 40
