"""`manage.py digest`: send the morning digest; for cron or the scheduler, once a morning."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from kylien.accounts.models import Role, User
from kylien.core.changes import acting, today
from kylien.core.text import format_date
from kylien.portal.digest import make_digest


class Command(BaseCommand):
    help = "Gửi bản tin sáng (chỉ số liệu, không có tên người) tới các địa chỉ DIGEST_TO."

    def handle(self, **options):
        """Send the ward's digest as the chief sees it.

        Raises CommandError where no chief has an account yet and where the mail cannot be sent.
        """
        page = reverse("worklist-digest")
        if not settings.DIGEST_TO:
            self.stdout.write(
                f"Chưa đặt EMAIL_URL và DIGEST_TO nên không gửi thư: xem bản tin ở trang {page}."
            )
            return
        chiefs = User.objects.filter(is_active=True, is_superuser=False, groups__name=Role.CHIEF)
        chief = chiefs.order_by("pk").first()
        if chief is None:
            raise CommandError("Chưa có tài khoản chỉ huy nào, nên chưa có bản tin của cả phường.")
        on = today()
        with acting(day=on):
            digest = make_digest(chief, on)
        letter = EmailMessage(digest.subject, digest.as_text(), to=settings.DIGEST_TO)
        try:
            letter.send()
        except (OSError, SMTPException) as error:
            # The server's own words may repeat addresses or accounts; its kind is enough.
            raise CommandError(
                f"Không gửi được thư qua máy chủ {settings.EMAIL_HOST} ({type(error).__name__}): "
                f"kiểm tra EMAIL_URL và mạng. Bản tin vẫn xem được ở trang {page}."
            ) from error
        self.stdout.write(
            f"Đã gửi bản tin sáng {format_date(on)} tới {len(settings.DIGEST_TO)} địa chỉ."
        )
