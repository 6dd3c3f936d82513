"""`manage.py demo`: fill an empty database with the demo ward."""

import os
import secrets

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kylien.portal.demo import build, names, places

PASSWORD_WORDS = names.words(
    "suoi nui bien lua tre mua nang gio cau song dua mai cam buom thuyen dong"
)


class Command(BaseCommand):
    help = "Nạp phường trình diễn (người, cơ sở, vụ việc đều bịa) vào cơ sở dữ liệu trống."

    def add_arguments(self, parser):
        parser.add_argument("--scale", type=int, default=1, help="nhân số liệu lên N lần, 1 đến 50")
        parser.add_argument("--seed", type=int, default=7, help="số gieo: cùng số, cùng người")
        parser.add_argument(
            "--if-empty", action="store_true", help="đã có dữ liệu thì thôi, không báo lỗi"
        )

    def handle(self, *, scale, seed, if_empty, **options):
        """Load the ward and print the accounts.

        Raises CommandError outside demo mode, on a bad scale, and where data are there already.
        """
        if not settings.DEMO:
            raise CommandError(
                "Chỉ nạp phường trình diễn khi DEMO=true: người bịa không vào dữ liệu thật."
            )
        if not 1 <= scale <= 50:
            raise CommandError("--scale phải từ 1 đến 50.")
        if not build.is_empty():
            if not if_empty:
                raise CommandError(
                    "Cơ sở dữ liệu đã có dữ liệu: chỉ nạp phường trình diễn vào chỗ trống."
                )
            self.stdout.write("Đã có dữ liệu, không nạp phường trình diễn.")
            self.print_accounts(
                "Mật khẩu: như lần nạp đầu (DEMO_PASSWORD, hoặc mật khẩu đã in lúc đó)."
            )
            return
        given = os.environ.get("DEMO_PASSWORD")
        password = given or self.readable_password()
        build.load(password=password, scale=scale, seed=seed, progress=self.progress(scale))
        build.analyse()
        self.stdout.write("Đã nạp phường trình diễn Kỳ Liên: mọi người trong đó đều là người bịa.")
        shown = "lấy từ DEMO_PASSWORD" if given else f"{password} (chỉ in một lần)"
        self.print_accounts(f"Mật khẩu chung: {shown}")

    def progress(self, scale):
        def show(part):
            if scale > 1:
                self.stdout.write(f"Đã nạp phần {part}/{scale}")
                self.stdout.flush()

        return show

    def print_accounts(self, password_line):
        self.stdout.write("Tài khoản:")
        for username, (rank, full_name, roles) in places.ACCOUNTS.items():
            role = ", ".join(role.label for role in roles) or "Quản trị hệ thống"
            who = f"{rank} {full_name}".strip()
            beat = ", ".join(places.BEATS.get(username, ()))
            self.stdout.write(
                f"  {username:<9} {role}" + f" · {who}" + (f" ({beat})" if beat else "")
            )
        self.stdout.write(password_line)

    @staticmethod
    def readable_password():
        """Draw four words and two digits, which can be read aloud and typed without accents."""
        words = [secrets.choice(PASSWORD_WORDS) for _ in range(4)]
        return "-".join([*words, str(10 + secrets.randbelow(90))])
