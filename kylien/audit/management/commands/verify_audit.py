"""`manage.py verify_audit`: is the trail what it was? For the nightly timetable, and by hand."""

import json
import re
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kylien.audit import chain, verify
from kylien.audit.models import AuditEntry
from kylien.core import text

SHORTEST_HEAD = 16


class Command(BaseCommand):
    help = "Kiểm tra nhật ký: mục bị sửa, mất, chèn thêm; chuỗi niêm phong đứt; trigger mất."

    def add_arguments(self, parser):
        parser.add_argument(
            "--head",
            default="",
            help="mã niêm phong đã in ra: đủ 64 ký tự, hoặc ít nhất 16 ký tự đầu",
        )
        parser.add_argument(
            "--seal", action="store_true", help="niêm phong nốt mục chưa niêm phong rồi mới kiểm"
        )
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *, head, seal, **options):
        """Print what is found.

        Raises CommandError (exit code 1) on any finding but warnings, and on an unreadable digest.
        """
        wanted = re.sub(r"[\s.-]", "", head).lower()
        if head and not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_HEAD},64}}", wanted):
            raise CommandError("--head: ghi 16 đến 64 ký tự 0-9, a-f như trên bản in.")
        made = chain.seal_first() + chain.seal_rest() if seal else 0
        findings = list(verify.verify(timezone.now()))
        matched = verify.link_of(wanted) if wanted else None
        if wanted and matched is None:
            words = "Mã niêm phong đã in không còn trong chuỗi: nhật ký đã bị viết lại từ trước đó."
            findings.append(verify.Finding("head_unknown", words))
        self.report(findings, matched, made, as_json=options["json"])
        wrong = sum(not one.warning for one in findings)
        if not wrong:
            verify.remember(verify.head())
        if wrong:
            raise CommandError(f"Nhật ký không còn nguyên vẹn: {wrong} dấu hiệu.")

    def report(self, findings, matched, made, *, as_json):
        newest, entries = verify.head(), AuditEntry.objects.count()
        if as_json:
            told = {
                "intact": all(one.warning for one in findings),
                "entries": entries,
                "links": newest.number if newest else 0,
                "head": newest.digest if newest else "",
                "matched": matched.number if matched else None,
                "sealed_now": made,
                "findings": [asdict(one) for one in findings],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            return
        if made:
            self.stdout.write(f"Niêm phong nốt: thêm {text.format_number(made)} mắt xích.")
        for one in findings:
            self.stdout.write(f"{'Lưu ý' if one.warning else 'SAI'}: {one.text}")
        if matched:
            at = timezone.localtime(matched.at)
            self.stdout.write(
                f"Mã đã in khớp mắt xích {matched.number}, niêm phong {at:%H:%M %d/%m/%Y}."
            )
        links = text.format_number(newest.number if newest else 0)
        self.stdout.write(f"Đã kiểm {text.format_number(entries)} mục, {links} mắt xích.")
        if newest:
            self.stdout.write(f"Mã niêm phong mới nhất: {newest.digest}")
