"""The ward's businesses and the papers they hold."""

import datetime as dt

from businesses.models import Business, Certificate, Sector
from kylien.portal.demo import names
from kylien.portal.demo.scene import day_between, years_after

COUNTS = {"karaoke": 9, "eating": 89, "pawnshop": 5, "lpg": 2, "company": 104, "project": 17}
GUEST_HOUSES = 8  # companies that lodge workers and guests
CLOSED = {"eating": 4, "karaoke": 1}  # beyond the counts
SUSPENDED = 4
# Papers with a last day: (sector, its which business, days from today). Two due, one overdue.
TERMS = {("karaoke", 0): 12, ("pawnshop", 0): 25, ("karaoke", 1): -6}
POLICE_ISSUES_FROM = dt.date(2026, 3, 15)  # NĐ 58/2026: the ward police itself


def make_businesses(scene):
    """Create the businesses with their papers; return them by sector code, closed ones left out.

    The key `guest_house` gives the companies that lodge people, also listed as companies.
    """
    sectors = {sector.code: sector for sector in Sector.objects.all()}
    made = {code: [] for code in (*COUNTS, "guest_house")}
    for code, count in COUNTS.items():
        for n in range(count):
            guests = code == "company" and n < GUEST_HOUSES
            business = _business(scene, sectors[code], guests=guests)
            made[code].append(business)
            if guests:
                made["guest_house"].append(business)
    for business in scene.rng.sample(made["eating"], SUSPENDED):
        business.state = Business.State.SUSPENDED
    closed = [
        _business(scene, sectors[code]) for code, count in CLOSED.items() for _ in range(count)
    ]
    for business in closed:
        business.state = Business.State.CLOSED
    every = [business for code in COUNTS for business in made[code]] + closed
    scene.rng.shuffle(every)
    Business.objects.bulk_create(every)
    Certificate.objects.bulk_create(
        paper for code in ("karaoke", "pawnshop", "lpg") for paper in _papers(scene, made, code)
    )
    return made


def _business(scene, sector, *, guests=False):
    rng, area = scene.rng, scene.any_area()
    # Companies, which employ and lodge people, are older than any residence in the ledger.
    youngest = 2400 if sector.code in ("company", "project") else 70
    sex, born = scene.adult(28, 65)
    return Business(
        name=_name(scene, sector.code, area, guests=guests),
        sector=sector,
        neighbourhood=area.row,
        address=area.address(rng)
        if rng.random() < 0.7
        else f"Km {rng.randint(560, 575)} Quốc lộ 1A",
        responsible_name=scene.person_name(sex, born),
        phone=scene.numbers.phone(rng),
        opened_on=scene.days_ago(rng.randint(youngest, 4200)),
    )


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
        case "lpg":
            return f"Cơ sở chiết nạp gas {rng.choice(names.LPG)}"
        case "project":
            return f"Dự án {rng.choice(names.PROJECTS)} {area.row.name}"
    trade = rng.choice(names.GUEST_HOUSE_TRADES if guests else names.COMPANY_TRADES)
    return f"{rng.choice(names.COMPANY_KINDS)} {trade} {core}"


def _papers(scene, made, code):
    """Yield the papers of one sector: security and fire papers, licences, one withdrawn."""
    kind = Certificate.Kind
    for n, business in enumerate(made[code]):
        opened = business.opened_on
        term = TERMS.get((code, n))
        if code != "lpg":
            issued = day_between(scene.rng, opened, min(scene.on, opened + dt.timedelta(days=60)))
            last_day = None
            if term is not None:
                last_day = scene.on + dt.timedelta(days=term)
                issued = min(issued, years_after(last_day, -2))
            if (code, n) == ("pawnshop", 1):
                yield _withdrawn(scene, business, issued)
            yield _paper(scene, business, kind.SECURITY, issued, last_day)
        if code != "pawnshop":
            yield _paper(scene, business, kind.FIRE, opened - dt.timedelta(days=20))
            issued = max(opened, scene.days_ago(scene.rng.randint(200, 2000)))
            yield _paper(scene, business, kind.TRADE, issued, years_after(issued, 10))


def _withdrawn(scene, business, reissued_on):
    paper = _paper(scene, business, Certificate.Kind.SECURITY, years_after(reissued_on, -1))
    paper.revoked_on, paper.revoked_reason = reissued_on, "Đổi người chịu trách nhiệm, cấp lại"
    return paper


def _paper(scene, business, kind, issued_on, expires_on=None):
    tail, issuer = {
        Certificate.Kind.SECURITY: ("GCN-ANTT", "PC06, Công an tỉnh Hà Tĩnh"),
        Certificate.Kind.FIRE: ("NT-PCCC", "PC07, Công an tỉnh Hà Tĩnh"),
        Certificate.Kind.TRADE: ("GP-KD", "UBND tỉnh Hà Tĩnh"),
    }[kind]
    if kind == Certificate.Kind.SECURITY and issued_on >= POLICE_ISSUES_FROM:
        issuer = "Công an phường Kỳ Liên"
    return Certificate(
        business=business,
        kind=kind,
        number=f"{next(scene.serials)}/{issued_on.year}/{tail}",
        issuer=issuer,
        issued_on=issued_on,
        expires_on=expires_on,
    )
