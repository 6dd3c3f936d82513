"""`manage.py restore`: bring a backup into an empty installation, or check one."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from kylien.core.archive import BackupError
from kylien.core.backup import UnfinishedError, check_backup, restore
from kylien.core.text import format_number


class Command(BaseCommand):
    help = "Phục hồi một bản sao lưu vào nơi cài đặt còn trống."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="bản sao lưu")
        parser.add_argument("--key", type=Path, required=True, help="tệp khoá bí mật")
        parser.add_argument(
            "--check", action="store_true", help="chỉ kiểm tra bản sao lưu, không phục hồi"
        )

    def handle(self, *, file, key, check, **options):
        """Restore or check, and say what was found.

        Raises CommandError where that failed; its sentence says whether anything was changed.
        """
        try:
            if check:
                self.tell("Bản sao lưu tốt", check_backup(file, key, say=self.say))
            else:
                self.tell("Đã phục hồi", restore(file, key, say=self.say))
                self.say("Khởi động lại cổng, đăng nhập thử và mở vài hồ sơ.")
        except UnfinishedError as error:
            raise CommandError(str(error)) from error
        except BackupError as error:
            raise CommandError(f"{error} Chưa có gì thay đổi.") from error
        except DatabaseError as error:
            raise CommandError(
                f"Không phục hồi được. Cơ sở dữ liệu không trả lời ({type(error).__name__})."
            ) from error
        except OSError as error:
            raise CommandError(
                f"Không phục hồi được. {error.strerror}: {error.filename}"
            ) from error

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()

    def tell(self, verdict, manifest):
        self.say(
            f"{verdict}: sao lưu lúc {timezone.localtime(manifest.made):%H:%M %d/%m/%Y}, "
            f"cổng phiên bản {manifest.app}, {format_number(len(manifest.tables))} bảng, "
            f"{format_number(manifest.rows)} dòng, "
            f"{format_number(len(manifest.attachments))} tệp đính kèm."
        )
        if manifest.audit:
            self.say(f"Nhật ký đến mắt xích {manifest.audit[0]}, mã {manifest.audit[1]}.")
        if manifest.missing:
            self.stderr.write(
                f"Chú ý: {len(manifest.missing)} tệp đính kèm đã không còn từ lúc sao lưu. "
                f"Tệp đầu: {manifest.missing[0]}"
            )
