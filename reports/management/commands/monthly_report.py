"""`manage.py monthly_report 2026-10`: a month's figures or its report, without a browser."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kylien.accounts.models import Scope
from kylien.core.changes import today
from kylien.core.periods import Month
from reports.content import BROKEN, Content, live
from reports.documents import pdf, word
from reports.documents.paper import Paper, arrange
from reports.figures import figures, read
from reports.models import MonthlyReport
from reports.outline import DEFAULT_RECIPIENTS

DRAW = {"docx": word.draw, "pdf": pdf.draw}


class Command(BaseCommand):
    help = (
        "In số liệu của phường trong một kỳ báo cáo, hoặc ghi báo cáo của kỳ đó ra tệp. Kỳ đã có "
        "báo cáo được duyệt thì lấy đúng số và nội dung đã chốt; --recount đếm lại từ sổ."
    )

    def add_arguments(self, parser):
        parser.add_argument("month", help="kỳ báo cáo, ví dụ 2026-10")
        parser.add_argument(
            "--recount", action="store_true", help="đếm lại số từ sổ, dù báo cáo đã chốt"
        )
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--json", action="store_true", help="in dạng JSON: khoá của số liệu và số")
        way.add_argument("--docx", metavar="TỆP", help="ghi báo cáo ra tệp .docx")
        way.add_argument("--pdf", metavar="TỆP", help="ghi báo cáo ra tệp PDF")

    def handle(self, *args, month, recount, **options):
        """Print the figures, or write a file.

        Raises CommandError for a month that is none or has not begun, for a frozen copy that is
        not what was approved, and for a file that cannot be written.
        """
        drawn = next((name for name in DRAW if options[name]), "")
        try:
            wanted = Month.parse(month, start_day=settings.REPORT_START_DAY)
            paper = self.paper(wanted) if drawn else None
        except ValueError as error:
            raise CommandError(str(error)) from error
        if paper:
            self.write(Path(options[drawn]), DRAW[drawn](paper))
            return
        rows = self.numbers(wanted, recount)
        if options["json"]:
            numbers = {key: number for key, _, number in rows}
            self.stdout.write(json.dumps(numbers, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{wanted.label} ({wanted.span})")
        for _, label, number in rows:
            self.stdout.write(f"{label}: {number}")

    def numbers(self, month: Month, recount: bool) -> list[tuple[str, str, int]]:
        """Return `(key, label, number)` of the month's figures: those reported, if they were."""
        report = None if recount else self.report_of(month)
        if report and report.is_frozen:
            return [
                (row["key"], row["label"], row["now"]) for row in report.frozen.read()["figures"]
            ]
        declared = figures()
        numbers = read(declared, Scope(whole_ward=True), [month])[month]
        return [(figure.key, figure.label, numbers[figure.key]) for figure in declared]

    def report_of(self, month: Month) -> MonthlyReport | None:
        """Return the month's report. Raises CommandError for a frozen copy that is not whole."""
        report = MonthlyReport.objects.of(month).select_related("frozen").first()
        if report and report.is_broken:
            raise CommandError(BROKEN)
        return report

    def paper(self, month: Month) -> Paper:
        """Return the month's report; a draft without texts where none is begun, written nowhere."""
        on = today()
        if month.period.start > on:
            raise ValueError(f"{month.label} chưa bắt đầu.")
        report = self.report_of(month)
        if report:
            content = Content.of(report, areas=True)
        else:
            report = MonthlyReport(
                year=month.year,
                month=month.month,
                start_day=month.start_day,
                recipients=DEFAULT_RECIPIENTS,
            )
            content = Content(live(report, areas=True))
        return arrange(content, recipients=report.recipients, on=on)

    def write(self, path: Path, drawn: bytes):
        try:
            path.write_bytes(drawn)
        except OSError as error:
            raise CommandError(
                f"Không ghi được tệp {path}: kiểm tra thư mục và quyền ghi."
            ) from error
        self.stdout.write(f"Đã ghi {path}.")
