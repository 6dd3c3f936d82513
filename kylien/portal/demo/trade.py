"""The ward's businesses, the papers they hold and the states they have been in."""

import datetime as dt
from dataclasses import dataclass

from businesses.models import Business, Certificate, FireGroup, Sector, StateChange
from kylien.portal.demo import names, phrases
from kylien.portal.demo.scene import day_between, years_after

COUNTS = {  # the article's, and some lodgings
    "karaoke": 9,
    "eating": 89,
    "pawnshop": 5,
    "lpg": 2,
    "company": 104,
    "project": 17,
    "lodging": 6,
}
GUEST_HOUSES = 8  # companies that lodge workers and guests
CLOSED = {"eating": 4, "karaoke": 1}  # beyond the counts
SUSPENDED = 4
REOPENED = 6  # of the eating places: were suspended for a while
WARD_ISSUES_FROM = dt.date(2026, 3, 15)  # NĐ 58/2026: the ward police itself
WARD_MAX_ROOMS = 29
REQUIRED = {
    "karaoke": ("security", "fire", "trade"),
    "pawnshop": ("security",),
    "lodging": ("security", "fire"),
    "lpg": ("security", "fire", "trade"),
}
YOUNGEST = {"company": 2400, "project": 2400, "lpg": 2400, "eating": 70}  # days; others 900
ROOMS = {"karaoke": (4, 18), "lodging": (8, 28)}
AREA = {
    "karaoke": (120, 450),
    "eating": (30, 300),
    "pawnshop": (20, 60),
    "lodging": (180, 900),
    "lpg": (300, 1200),
    "company": (80, 5000),
    "project": (2000, 60000),
}
STAFF = {
    "karaoke": (4, 15),
    "eating": (2, 14),
    "pawnshop": (1, 4),
    "lodging": (3, 14),
    "lpg": (4, 12),
    "company": (8, 320),
    "project": (20, 900),
}


@dataclass(frozen=True)
class Story:
    """What is particular about a business. Days are counted back from today."""

    opened: int = 0
    rooms: int = 0
    ends: int | None = None  # the security paper's last day, so many days from today
    reissued: int = 0  # the security paper anew, by the ward
    withdrawn: bool = False  # and the one before it was revoked that day
    revoked: int = 0  # the security paper, none since
    trade_ended: int = 0
    without: tuple[str, ...] = ()
    unchecked: bool = False  # nobody has looked at it since the ward's paper


STORIES = {  # (sector, its which business)
    ("karaoke", 0): Story(ends=12),
    ("karaoke", 1): Story(ends=-6),
    ("karaoke", 2): Story(without=("fire",)),
    ("karaoke", 3): Story(reissued=120),
    ("karaoke", 4): Story(opened=50, unchecked=True),
    ("pawnshop", 0): Story(ends=25),
    ("pawnshop", 1): Story(reissued=100, withdrawn=True),
    ("pawnshop", 2): Story(revoked=20),
    ("pawnshop", 3): Story(reissued=90),
    ("lpg", 1): Story(trade_ended=40),
    ("lodging", 0): Story(rooms=34),
    ("lodging", 2): Story(opened=15, unchecked=True),
    ("lodging", 3): Story(opened=25, without=("security",)),
    ("lodging", 4): Story(opened=145),
    ("lodging", 5): Story(reissued=200),
}
FIRE_GROUPS = {"lpg": "Nhóm 1", "karaoke": "Nhóm 2", "lodging": "Nhóm 2"}
NO_FIRE_GROUP = "Không thuộc danh mục"
TALES = {  # how the papers are numbered, and who issues them
    "security": ("GCN-ANTT", "PC06, Công an tỉnh Hà Tĩnh"),
    "fire": ("NT-PCCC", "PC07, Công an tỉnh Hà Tĩnh"),
    "trade": ("GP-KD", "UBND tỉnh Hà Tĩnh"),
}
Reason, State = Certificate.IssueReason, Business.State


def days(count):
    return dt.timedelta(days=count)


def make_businesses(scene):
    """Create the businesses with papers and states; return them by sector code, closed ones apart.

    The key `guest_house` gives the companies that lodge people, also listed as companies; `closed`
    those that are no more. Each business has its `story`.
    """
    sectors = {sector.code: sector for sector in Sector.objects.prefetch_related("rules")}
    scene.fire_groups = {group.name: group for group in FireGroup.objects.all()}
    made = {code: [] for code in (*COUNTS, "guest_house")}
    for code, count in COUNTS.items():
        for n in range(count):
            guests = code == "company" and n < GUEST_HOUSES
            business = _business(scene, sectors[code], STORIES.get((code, n)), guests=guests)
            made[code].append(business)
            if guests:
                made["guest_house"].append(business)
    made["closed"] = [
        _business(scene, sectors[code]) for code, count in CLOSED.items() for _ in range(count)
    ]
    changes = [*_states(scene, made)]
    every = [business for code in COUNTS for business in made[code]] + made["closed"]
    scene.rng.shuffle(every)
    Business.objects.bulk_create(every)
    StateChange.objects.bulk_create(sorted(changes, key=lambda change: change.changed_on))
    papers = [paper for business in every for paper in _papers(scene, business)]
    papers.sort(key=lambda paper: paper.issued_on)
    for paper in papers:
        _number(scene, paper)
    Certificate.objects.bulk_create(papers)
    return made


def _business(scene, sector, story=None, *, guests=False):
    rng, area, code = scene.rng, scene.any_area(), sector.code
    story = story or Story()
    opened = story.opened or rng.randint(YOUNGEST.get(code, 900), 4200)
    sex, born = scene.adult(28, 65)
    group = FIRE_GROUPS.get(code, NO_FIRE_GROUP) if code != "company" else None
    business = Business(
        name=_name(scene, code, area, guests=guests),
        sector=sector,
        neighbourhood=area.row,
        address=area.address(rng)
        if rng.random() < 0.7
        else f"Km {rng.randint(560, 575)} Quốc lộ 1A",
        responsible_name=scene.person_name(sex, born),
        phone=scene.numbers.phone(rng),
        opened_on=scene.days_ago(opened),
        rooms=story.rooms or _drawn(rng, ROOMS.get("lodging" if guests else code)),
        area_m2=_drawn(rng, AREA[code]),
        staff_count=_drawn(rng, STAFF[code]),
        fire_group=scene.fire_groups.get(group),
    )
    if code in ("company", "project") and rng.random() < 0.4:
        business.security_unit = rng.choice(phrases.SECURITY_UNITS)
    business.story = story
    return business


def _drawn(rng, span):
    return rng.randint(*span) if span else None


def _name(scene, code, area, *, guests):
    """Draw a name that no other business has; a house number tells the rest apart."""
    rng = scene.rng
    for attempt in range(100):
        name = _draw_name(rng, code, area, guests)
        if attempt > 50:
            name = f"{name} {rng.randint(2, 99)}"
        if name not in scene.taken_names:
            break
    scene.taken_names.add(name)
    return name


def _draw_name(rng, code, area, guests):
    core = " ".join(rng.choice(part) for part in names.SYLLABLES)
    match code:
        case "karaoke":
            return f"Karaoke {rng.choice(names.KARAOKE)}"
        case "eating":
            return f"{rng.choice(names.EATING_KINDS)} {rng.choice(names.EATING_OWNERS)}"
        case "pawnshop":
            return f"Cầm đồ {rng.choice(names.PAWNSHOPS)}"
        case "lodging":
            return f"Nhà nghỉ {rng.choice(names.LODGINGS)}"
        case "lpg":
            return f"Cơ sở chiết nạp gas {rng.choice(names.LPG)}"
        case "project":
            return f"Dự án {rng.choice(names.PROJECTS)} {area.row.name}"
    trade = rng.choice(names.GUEST_HOUSE_TRADES if guests else names.COMPANY_TRADES)
    return f"{rng.choice(names.COMPANY_KINDS)} {trade} {core}"


# --- states ---------------------------------------------------------------------------------------


def _states(scene, made):
    """Yield what became of some: closed, suspended until today, suspended once and open again."""
    rng = scene.rng
    for business in made["closed"]:
        first = max(business.opened_on + days(60), scene.days_ago(600))
        yield _change(business, State.CLOSED, day_between(rng, first, scene.days_ago(3)), rng)
    once_open = rng.sample(made["eating"], SUSPENDED + REOPENED)
    for business in once_open[:SUSPENDED]:
        first = max(business.opened_on + days(10), scene.days_ago(200))
        yield _change(business, State.SUSPENDED, day_between(rng, first, scene.days_ago(5)), rng)
    for business in once_open[SUSPENDED:]:
        first = max(business.opened_on + days(5), scene.days_ago(700))
        stopped = day_between(rng, first, scene.days_ago(50))
        yield _change(business, State.SUSPENDED, stopped, rng)
        back = stopped + days(rng.randint(12, 45))
        yield StateChange(business=business, state=State.OPEN, changed_on=back)
        business.state = State.OPEN
    for business in made["pawnshop"]:
        if business.story.revoked:
            day = scene.days_ago(business.story.revoked)
            yield _change(business, State.SUSPENDED, day, rng, "Bị thu hồi giấy chứng nhận ANTT")


def _change(business, state, day, rng, reason=""):
    business.state = state
    reason = reason or rng.choice(phrases.STOPPED[state])
    return StateChange(business=business, state=state, changed_on=day, reason=reason)


# --- papers ---------------------------------------------------------------------------------------


def _papers(scene, business):
    """Yield the papers of one business: what its sector requires, but for what its story lacks."""
    story = business.story
    for kind in REQUIRED.get(business.sector.code, ()):
        if kind not in story.without:
            yield from {"security": _security, "fire": _fire, "trade": _trade}[kind](
                scene, business
            )


def _security(scene, business):
    story, first = business.story, business.opened_on - days(5)
    if business.sector.code == "lpg" and first >= WARD_ISSUES_FROM:
        return  # free of conditions since
    if story.ends is not None:
        last = scene.days_ago(-story.ends)
        yield _paper(business, "security", min(first, years_after(last, -2)), last)
        return
    paper = _paper(business, "security", first)
    yield paper
    if story.revoked:
        paper.revoked_on = scene.days_ago(story.revoked)
        paper.revoked_reason = "Quá hạn khắc phục tồn tại đã kết luận"
    if story.reissued:
        day = scene.days_ago(story.reissued)
        if story.withdrawn:
            sex, born = scene.adult(40, 65)
            paper.responsible_name = scene.person_name(sex, born)
            paper.revoked_on, paper.revoked_reason = day, "Đổi người chịu trách nhiệm, cấp lại"
        yield _paper(business, "security", day, reason=Reason.CHANGE)


def _fire(scene, business):
    yield _paper(business, "fire", business.opened_on - days(20))


def _trade(scene, business):
    """Yield licences of ten years, one after the other."""
    if business.story.trade_ended:
        last = scene.days_ago(business.story.trade_ended)
        yield _paper(business, "trade", years_after(last, -5), last)
        return
    issued, last = None, business.opened_on
    while last <= scene.on + days(90):
        issued = min(last, scene.days_ago(15)) - days(10)
        last = years_after(issued, 10)
        yield _paper(business, "trade", issued, last)


def _paper(business, kind, issued_on, expires_on=None, reason=Reason.NEW):
    rooms = business.rooms if business.sector.code == "lodging" else 0
    return Certificate(
        business=business,
        kind_id=kind,
        issued_on=issued_on,
        expires_on=expires_on,
        issue_reason=reason,
        by_ward=kind == "security" and issued_on >= WARD_ISSUES_FROM and rooms <= WARD_MAX_ROOMS,
        responsible_name=business.responsible_name,
    )


def _number(scene, paper):
    tail, issuer = TALES[paper.kind_id]
    year = paper.issued_on.year
    if paper.by_ward:
        scene.issued[year] += 1
        paper.number, paper.issuer = f"{scene.issued[year]:02d}/{year}/{tail}", scene.police
    else:
        paper.number, paper.issuer = f"{next(scene.serials)}/{year}/{tail}", issuer
