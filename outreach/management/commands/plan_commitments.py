"""`manage.py plan_commitments`: make the coming times of commitments; for cron or the scheduler,
once a day."""

from django.core.management.base import BaseCommand

from kylien.core.changes import acting, today
from outreach.services.resolutions import plan_all


class Command(BaseCommand):
    help = "Lập trước các lần thực hiện của cam kết lặp lại (chạy mỗi ngày; chạy lại không sao)."

    def handle(self, **options):
        on = today()
        with acting(day=on, reason="lập trước các lần thực hiện cam kết"):
            made = plan_all(on=on)
        self.stdout.write(f"Đã lập {made} lần thực hiện cam kết.")
