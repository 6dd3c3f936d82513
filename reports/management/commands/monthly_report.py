import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kylien.accounts.models import Scope
from kylien.core.periods import Month
from reports.figures import figures, read


class Command(BaseCommand):
    help = "In số liệu của phường trong một kỳ báo cáo."

    def add_arguments(self, parser):
        parser.add_argument("month", help="kỳ báo cáo, ví dụ 2026-10")
        parser.add_argument(
            "--json", action="store_true", help="in dạng JSON: khoá của số liệu và số"
        )

    def handle(self, *args, month, **options):
        try:
            wanted = Month.parse(month, start_day=settings.REPORT_START_DAY)
        except ValueError as error:
            raise CommandError(str(error)) from error
        declared = figures()
        numbers = read(declared, Scope(whole_ward=True), [wanted])[wanted]
        if options["json"]:
            self.stdout.write(json.dumps(numbers, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{wanted.label} ({wanted.span})")
        for figure in declared:
            self.stdout.write(f"{figure.label}: {numbers[figure.key]}")
