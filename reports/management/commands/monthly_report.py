"""`manage.py monthly_report 2026-10`: a month's figures or its report, without a browser."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kylien.accounts.models import Scope
from kylien.core.changes import today
from kylien.core.periods import Month
from reports.content import Content, live
from reports.documents import pdf, word
from reports.documents.paper import Paper, arrange
from reports.figures import figures, read
from reports.models import MonthlyReport
from reports.outline import DEFAULT_RECIPIENTS

DRAW = {"docx": word.draw, "pdf": pdf.draw}


class Command(BaseCommand):
    help = (
        "In số liệu của phường trong một kỳ báo cáo, hoặc ghi báo cáo của kỳ đó ra tệp. Số in ra, "
        "kể cả --json, luôn đếm lại từ sổ; tệp của báo cáo đã duyệt lấy đúng nội dung đã chốt."
    )

    def add_arguments(self, parser):
        parser.add_argument("month", help="kỳ báo cáo, ví dụ 2026-10")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--json", action="store_true", help="in dạng JSON: khoá của số liệu và số")
        way.add_argument("--docx", metavar="TỆP", help="ghi báo cáo ra tệp .docx")
        way.add_argument("--pdf", metavar="TỆP", help="ghi báo cáo ra tệp PDF")

    def handle(self, *args, month, **options):
        """Print the figures, or write a file.

        Raises CommandError for a month that is none or has not begun, and for a file that cannot
        be written.
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
        declared = figures()
        numbers = read(declared, Scope(whole_ward=True), [wanted])[wanted]
        if options["json"]:
            self.stdout.write(json.dumps(numbers, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{wanted.label} ({wanted.span})")
        for figure in declared:
            self.stdout.write(f"{figure.label}: {numbers[figure.key]}")

    def paper(self, month: Month) -> Paper:
        """Return the month's report; a draft without texts where none is begun, written nowhere."""
        on = today()
        if month.period.start > on:
            raise ValueError(f"{month.label} chưa bắt đầu.")
        report = MonthlyReport.objects.of(month).select_related("frozen").first()
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
