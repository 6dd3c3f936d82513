"""`manage.py backup`: write an encrypted backup; for cron or the scheduler, once a day."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from kylien.core.archive import BackupError, holds_secret, new_key
from kylien.core.backup import back_up, last_backup
from kylien.core.text import format_number


class Command(BaseCommand):
    help = "Sao lưu cơ sở dữ liệu và tệp đính kèm vào một tệp mã hoá."
    requires_system_checks = []  # whatever else is wrong with the portal, its data are saved

    def add_arguments(self, parser):
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help="tệp sẽ ghi; nếu là thư mục thì tên tệp theo ngày giờ",
        )
        parser.add_argument("--key", type=Path, help="tệp khoá công khai (.pub) để mã hoá")
        parser.add_argument("--force", action="store_true", help="thay bản sao lưu cũ cùng tên")
        parser.add_argument(
            "--keep", type=int, default=0, help="trong thư mục chỉ giữ N bản mới nhất"
        )
        parser.add_argument(
            "--new-key", type=Path, metavar="FILE", help="chỉ tạo khoá: FILE và FILE.pub"
        )

    def handle(self, *, file, key, force, keep, new_key, **options):
        """Write the backup, or a new key, and say what was written.

        Raises CommandError where that failed; the file is then not there.
        """
        try:
            if new_key:
                self.make_key(new_key)
            elif not file or not key:
                raise CommandError(
                    "Cần nơi lưu và --key. Chưa có khoá: manage.py backup --new-key FILE"
                )
            elif keep < 0:
                raise CommandError("--keep là số bản giữ lại, từ 1 trở lên.")
            else:
                if holds_secret(key):
                    self.stderr.write(
                        f"Chú ý: {key} là khoá bí mật. Dùng tệp .pub cho --key, cất khoá này đi và "
                        "xoá khỏi máy."
                    )
                before = last_backup()
                self.tell(
                    back_up(file, key, at=timezone.now(), say=self.say, force=force, keep=keep)
                )
                self.say(f"Lần trước: {moment(before) if before else 'chưa có'}.")
        except BackupError as error:
            raise CommandError(f"Không sao lưu được. {error}") from error
        except DatabaseError as error:
            raise CommandError(
                f"Không sao lưu được. Cơ sở dữ liệu không trả lời ({type(error).__name__})."
            ) from error
        except OSError as error:
            why = "Không có" if isinstance(error, FileNotFoundError) else error.strerror
            raise CommandError(f"Không sao lưu được. {why}: {error.filename}") from error

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()

    def make_key(self, path):
        public = new_key(path)
        self.say(
            f"Khoá bí mật: {path}. Có khoá này mới mở được bản sao lưu; mất khoá là mất dữ liệu."
        )
        self.say("In ra giấy và chép vào USB cất tủ, rồi xoá khỏi máy này.")
        self.say(f"Khoá công khai: {public}. Để lại trên máy, dùng cho --key.")

    def tell(self, done):
        manifest = done.manifest
        self.say(
            f"Đã sao lưu {format_number(len(manifest.tables))} bảng, "
            f"{format_number(manifest.rows)} dòng, "
            f"{format_number(len(manifest.attachments))} tệp đính kèm vào {done.path}: "
            f"{with_comma(done.size / 1024**2)} MB, {with_comma(done.seconds)} giây."
        )
        if manifest.audit:
            self.say(f"Nhật ký đến mắt xích {manifest.audit[0]}, mã {manifest.audit[1]}.")
        if done.dropped:
            self.say(f"Đã xoá {len(done.dropped)} bản cũ.")
        if manifest.missing:
            self.stderr.write(
                f"Chú ý: {len(manifest.missing)} tệp đính kèm có tên trong hồ sơ nhưng không còn "
                f"trên đĩa, nên không có trong bản sao lưu. Tệp đầu: {manifest.missing[0]}"
            )


def with_comma(number):
    return f"{number:.1f}".replace(".", ",")


def moment(at):
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"
