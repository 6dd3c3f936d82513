"""Inspections of two years and this year's plan, under the rules that the services keep."""

import datetime as dt

from businesses.models import BusinessRule, Inspection, InspectionFinding, Sanction
from kylien.areas.models import Holiday
from kylien.core.periods import add_months
from kylien.portal.demo import phrases
from kylien.portal.demo.scene import day_between
from kylien.portal.demo.trade import WARD_ISSUES_FROM

Key, Kind = BusinessRule.Key, Inspection.Kind
Ground, Outcome = Inspection.Ground, Inspection.Outcome
OLD_ENOUGH = 880  # days that a business has been there for two periodic inspections
# This year's periodic inspections that are still to be held: how many working days from today.
OPEN = {
    ("karaoke", 7): 3,
    ("karaoke", 8): 5,  # to be announced today
    ("pawnshop", 4): -6,  # overdue
    ("lodging", 1): 14,
    ("lodging", 5): 21,
}
ANNOUNCED = ("karaoke", 7)
CALLED_OFF = ("pawnshop", 2)  # its paper was revoked meanwhile
# Found at the last periodic inspection: days from today until it is to be mended, None if mended.
FOUND = {
    ("karaoke", 5): None,  # and looked at again
    ("karaoke", 6): 9,
    ("karaoke", 0): None,
    ("lodging", 0): None,
    ("pawnshop", 2): -30,
    ("pawnshop", 0): None,
}


def make_inspections(scene, businesses):
    """Create the inspections, what was found at them, and the sanctions that followed."""
    book = Inspections(scene, businesses)
    rows = [*book.periodic(), *book.post_issue(), *book.others()]
    rows.sort(key=lambda row: (row.planned_on, row.business.name))
    numbers = {}
    for row in rows:
        for field, day, tail in (
            ("notice_number", row.noticed_on, "TB-CAP"),
            ("minutes_number", row.held_on, "BB-KT"),
        ):
            if day:
                numbers[field, day.year] = numbers.get((field, day.year), 0) + 1
                setattr(row, field, f"{numbers[field, day.year]:02d}/{tail}")
    Inspection.objects.bulk_create(rows)
    again = [book.follow_up(row) for row in rows if getattr(row, "again", False)]
    Inspection.objects.bulk_create(again)
    InspectionFinding.objects.bulk_create(book.findings)
    Sanction.objects.bulk_create(book.sanctions())


class Inspections:
    def __init__(self, scene, businesses):
        self.scene, self.rng, self.businesses = scene, scene.rng, businesses
        self.calendar = Holiday.objects.all().calendar()
        self.rules = BusinessRule.objects.all().book()
        self.findings = []
        chief, officer = scene.officers["chihuy"], scene.officers["cskv1"]
        self.team = (
            f"{chief.rank} {chief.full_name}, trưởng đoàn\n{officer.rank} {officer.full_name}"
        )
        self.held = {}  # (sector, which) -> the last one held

    # --- days ---
    def working(self, day):
        """Return the last working day up to `day`."""
        while not self.calendar.is_working(day):
            day -= dt.timedelta(days=1)
        return day

    def notice_for(self, day):
        """Return a day on which an inspection on `day` was announced in time."""
        notice = self.rules.number(Key.NOTICE_DAYS, day) + self.rng.randint(1, 3)
        return self.calendar.add(day, -notice)

    def year_before(self, day):
        """Return a working day that is far enough before `day` for a periodic inspection."""
        months = self.rules.number(Key.PERIODIC_MONTHS, day)
        return self.working(add_months(day, -months) - dt.timedelta(days=self.rng.randint(2, 25)))

    # --- the rows ---
    def make(self, business, kind, planned_on, **fields):
        fields.setdefault("content", phrases.INSPECTED)
        return Inspection(business=business, kind=kind, planned_on=planned_on, **fields)

    def hold(self, row, *, announced=True, found=False):
        """Let an inspection have been held on its day."""
        row.held_on, row.team = row.planned_on, self.team
        row.met_with = row.business.responsible_name
        if announced:
            row.noticed_on = self.notice_for(row.planned_on)
        row.outcome = Outcome.FINDINGS if found else Outcome.PASSED
        row.conclusion = "" if found else self.rng.choice(phrases.PASSED)
        return row

    def find(self, row, due_on=None):
        """Write a shortcoming into the minutes; it was mended in time unless `due_on` is given."""
        finding, remedy = self.rng.choice(phrases.FINDINGS[row.business.sector.code])
        one = InspectionFinding(
            inspection=row,
            finding=finding,
            remedy=remedy,
            due_on=due_on or row.held_on + dt.timedelta(days=self.rng.choice((10, 15, 20, 30))),
        )
        if due_on is None:
            last = min(one.due_on, self.scene.on)
            one.mended_on = day_between(self.rng, row.held_on + dt.timedelta(days=1), last)
            one.mended_note = self.rng.choice(phrases.MENDED)
        self.findings.append(one)

    def periodic(self):
        """Yield the periodic inspections: of each business one lately and one a year before."""
        for code in ("karaoke", "pawnshop", "lodging"):
            for n, business in enumerate(self.businesses[code]):
                if business.opened_on <= self.scene.days_ago(OLD_ENOUGH):
                    yield from self.two_years((code, n), business)

    def two_years(self, which, business):
        scene, rng = self.scene, self.rng
        if which in OPEN:
            planned_on = self.calendar.add(scene.on, OPEN[which])
            row = self.make(business, Kind.PERIODIC, planned_on)
            if which == ANNOUNCED:
                row.noticed_on = min(scene.on, self.notice_for(planned_on))
            yield row
            before = self.hold(
                self.make(business, Kind.PERIODIC, self.year_before(planned_on)),
                found=rng.random() < 0.3,
            )
            yield before
            if before.outcome == Outcome.FINDINGS:
                self.find(before)
            return
        due = FOUND.get(which)
        ago = {9: 18, -30: 75}.get(due) or rng.randint(60, 320)
        last = self.hold(
            self.make(business, Kind.PERIODIC, self.working(scene.days_ago(ago))),
            found=which in FOUND,
        )
        yield last
        self.held[which] = last
        if which in FOUND:
            self.find(last, scene.days_ago(-due) if due is not None else None)
        yield self.hold(self.make(business, Kind.PERIODIC, self.year_before(last.planned_on)))
        if which == ("karaoke", 5):
            last.again = True
        if which == CALLED_OFF:
            row = self.make(business, Kind.SPECIAL, self.working(scene.days_ago(12)))
            row.ground_note = "Chuyên đề phòng, chống tín dụng đen"
            row.cancelled_on = self.working(scene.days_ago(19))
            row.cancel_reason = "Cơ sở bị thu hồi giấy, tạm ngừng"
            yield row

    def post_issue(self):
        """Yield the checks after the papers that the ward issued, but for those left to do."""
        wanted = {"kind": "security", "revoked_on": None, "issued_on__gte": WARD_ISSUES_FROM}
        for code in ("karaoke", "pawnshop", "lodging"):
            for business in self.businesses[code]:
                for paper in business.certificates.filter(**wanted):
                    last = paper.check_due(self.rules) - dt.timedelta(days=4)
                    day = paper.issued_on + dt.timedelta(days=self.rng.randint(15, 45))
                    day = self.working(min(day, last, self.scene.days_ago(1)))
                    if day > paper.issued_on and not business.story.unchecked:
                        row = self.make(business, Kind.POST_ISSUE, day, certificate=paper)
                        yield self.hold(row, announced=False)

    def others(self):
        """Yield unannounced inspections with their ground, and looks at fire safety."""
        scene, eating = self.scene, self.businesses["eating"]
        open_long = [one for one in eating if one.opened_on <= scene.days_ago(400)]
        noisy, dark = self.rng.sample(open_long, 2)
        for business, ago, ground, note in (
            (noisy, 41, Ground.COMPLAINT, "Bà con phản ánh loa kéo sau 22 giờ"),
            (dark, 160, Ground.VIOLATION, "Tổ tuần tra lập biên bản trước đó ba ngày"),
            (self.businesses["karaoke"][3], 230, Ground.SIGNS, "Có dấu hiệu hoạt động quá giờ"),
        ):
            day = scene.days_ago(ago)
            row = self.make(business, Kind.UNANNOUNCED, day, ground=ground, ground_note=note)
            found = business is not dark
            yield self.hold(row, announced=False, found=found)
            if found:
                self.find(row)
            if business is noisy:
                self.held["noisy"] = row
        for business, ago in zip(self.businesses["lpg"], (70, 260), strict=True):
            row = self.make(business, Kind.FIRE, self.working(scene.days_ago(ago)))
            yield self.hold(row)

    def follow_up(self, first):
        """Return the visit that looked at the remedies again."""
        day = self.working(first.held_on + dt.timedelta(days=33))
        row = self.make(first.business, Kind.FOLLOW_UP, day, follows=first)
        row.minutes_number = f"{first.minutes_number.partition('/')[0]}PT/BB-KT"
        return self.hold(row, announced=False)

    # --- what followed ---
    def sanctions(self):
        """Yield decisions: fines after inspections, a warning, and the paper that was revoked."""
        fined, noisy = self.held["karaoke", 5], self.held["noisy"]
        revoked = self.businesses["pawnshop"][2]
        eating = self.businesses["eating"][0]
        fine, warning = Sanction.Kind.FINE, Sanction.Kind.WARNING
        yield self.sanction(fined, fined.held_on, 6, fine, "Không duy trì lối thoát nạn", 4_000_000)
        yield self.sanction(noisy, noisy.held_on, 3, fine, "Gây tiếng động lớn sau 22 giờ", 750_000)
        day = self.scene.days_ago(revoked.story.revoked)
        yield Sanction(
            business=revoked,
            inspection=self.held["pawnshop", 2],
            kind=Sanction.Kind.LICENCE,
            violation="Không khắc phục tồn tại trong thời hạn",
            **self.decided(day),
        )
        yield Sanction(
            business=eating,
            kind=warning,
            violation="Để xe khách lấn lòng đường",
            **self.decided(max(eating.opened_on, self.scene.days_ago(130))),
        )

    def sanction(self, row, held_on, after, kind, violation, amount):
        day = held_on + dt.timedelta(days=after)
        executed = day + dt.timedelta(days=8)
        return Sanction(
            business=row.business,
            inspection=row,
            kind=kind,
            violation=violation,
            amount=amount,
            executed_on=executed if executed <= self.scene.on else None,
            **self.decided(day),
        )

    def decided(self, day):
        return {
            "decided_on": day,
            "number": f"{next(self.scene.serials)}/QĐ-XPHC",
            "authority": self.scene.police,
        }
