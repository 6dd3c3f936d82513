"""A small kind of workbook for tests of what all kinds share: partner organisations.

Which row is what is plain to see: a known name with the same contact is the same, with another one
changed; a name that only begins like a known one is doubtful; "Cấm" is refused.
"""

import io

import xlsxwriter

from imports.kinds.base import Column, Kind, Option, Outcome, Planned, refused
from imports.reading.values import read_name, read_phone, read_text
from outreach.models import Partner


class PartnersKind(Kind):
    key = "people"  # stands in for the first kind: its key is what batches keep
    label = "Tổ chức"
    hint = "Mỗi dòng một tổ chức."
    columns = (
        Column("name", "Tên tổ chức", read_text, ("organisation",), required=True, example="Hội A"),
        Column("contact", "Đầu mối", read_name, ("contact", "người liên hệ")),
        Column("phone", "Điện thoại", read_phone, ("phone",), secret=True),
    )
    options = (
        Option("area", "Tổ dân phố", "neighbourhood"),
        Option("lead", "Tổ chức chủ trì", "record", model="outreach.Partner"),
        Option("day", "Ngày", "day"),
    )
    examples = ({"name": "Hội mẫu", "contact": "Lê Văn Mẫu", "phone": "0100 000 001"},)

    def plan(self, lines, run):
        known = {partner.name: partner for partner in Partner.objects.all()}
        for line in lines:
            yield self._plan(line, known)

    def _plan(self, line, known):
        name = self.value(line, "name") or ""
        if line.errors:
            return refused(line, identifier=name)
        if name == "Cấm":
            return refused(line, "Tên tổ chức: không được dùng tên này.", identifier=name)
        found = known.get(name)
        like = [one for key, one in known.items() if key != name and key[:6] == name[:6]]
        if not found and like and not line.decision:
            candidates = [
                {"pk": p.pk, "code": p.code, "label": p.name, "detail": "", "why": "tên gần giống"}
                for p in like
            ]
            return Planned(Outcome.DOUBTFUL, name, candidates=candidates)
        if line.decision == "skip":
            return refused(line, "Đã quyết định bỏ qua.", identifier=name)
        if line.decision.startswith("same:"):
            key = int(line.decision.removeprefix("same:"))
            found = next(one for one in known.values() if one.pk == key)
        if not found:
            return Planned(Outcome.NEW, name)
        old, new = found.contact_name, self.value(line, "contact") or ""
        if old == new:
            return Planned(Outcome.SAME, name)
        return Planned(Outcome.CHANGED, name, changes=[("Đầu mối", old, new)], data=found)

    def write(self, chosen, journal, run):
        for line, plan in chosen:
            contact = self.value(line, "contact") or ""
            if plan.data:
                old, plan.data.contact_name = plan.data.contact_name, contact
                plan.data.save()
                journal.changed(line.number, plan.data, {"contact_name": (old, contact)})
            else:
                row = Partner(
                    name=self.value(line, "name"),
                    kind=Partner.Kind.OTHER,
                    contact_name=contact,
                    contact_phone=self.value(line, "phone") or "",
                )
                row.save()
                journal.created(line.number, row)


HEADER = ("Tên tổ chức", "Đầu mối", "Điện thoại", "Ghi chú")


def workbook(*rows, header=HEADER, title="DANH SÁCH TỔ CHỨC", sheet="Tổ chức") -> io.BytesIO:
    """Return an .xlsx of a title line, a blank one, the header in row 3 and the rows below."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet(sheet)
        page.write(0, 0, title)
        for line, cells in enumerate([header, *rows], 2):
            for place, cell in enumerate(cells):
                page.write(line, place, cell)
    file.seek(0)
    file.name = "tổ chức.xlsx"
    return file
