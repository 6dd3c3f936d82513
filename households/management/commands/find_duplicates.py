import time

from django.core.management.base import BaseCommand

from households.models import DuplicatePair
from households.services.duplicates import propose_all
from kylien.core import text


class Command(BaseCommand):
    help = "Rà toàn bộ nhân khẩu tìm bản ghi nghi trùng, sau khi nhập số liệu từ nơi khác."

    def handle(self, **options):
        began = time.perf_counter()
        counts = propose_all()
        waiting = DuplicatePair.objects.open().count()
        for name, label in (
            ("new", "Cặp mới"),
            ("changed", "Đổi mức hoặc lý do"),
            ("gone", "Không còn giống"),
        ):
            self.stdout.write(f"{label}: {text.format_number(counts[name])}.")
        seconds = time.perf_counter() - began
        self.stdout.write(f"Đang chờ kết luận: {text.format_number(waiting)} ({seconds:.1f} giây).")
