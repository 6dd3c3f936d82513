"""`manage.py undo_import ID`: undo a workbook that was brought in, by its number or code."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from imports.models import ImportBatch
from imports.services.undoing import undo
from kylien.accounts.models import User
from kylien.core.changes import acting, today
from kylien.core.forms import is_key


class Command(BaseCommand):
    help = "Hoàn tác một lần nhập; cái gì đã có việc làm sau thì được giữ lại và liệt kê."

    def add_arguments(self, parser):
        parser.add_argument("id", help="số hoặc mã của lần nhập, ví dụ 3 hoặc NT-0003")
        parser.add_argument("--user", default="", help="ghi dưới tên tài khoản này")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, **options):
        """Undo the batch. Raises CommandError for one that is not there or was not written."""
        given, name, on = options["id"].strip(), options["user"], today()
        rows = ImportBatch.objects.all()
        found = rows.filter(pk=given) if is_key(given) else rows.filter(code=given.upper())
        batch = found.first()
        if batch is None:
            raise CommandError(f"Không có lần nhập {given}.")
        user = User.objects.filter(username=name).first() if name else None
        if name and user is None:
            raise CommandError(f"Không có tài khoản {name}.")
        try:
            with acting(user=user, day=on):
                plan = undo(batch=batch, user=user, on=on)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(_as_json(batch, plan) if options["json"] else _in_words(batch, plan))


def _counts(plan):
    removed = {model._meta.label_lower: len(rows) for model, rows in plan.remove.items() if rows}
    return removed, len(plan.restore)


def _as_json(batch, plan) -> str:
    removed, restored = _counts(plan)
    left = [{"row": one.number, "label": one.label, "reason": one.reason} for one in plan.left]
    told = {"id": batch.pk, "removed": removed, "restored": restored, "left": left}
    return json.dumps(told, ensure_ascii=False, indent=1)


def _in_words(batch, plan) -> str:
    removed, restored = _counts(plan)
    counts = f"bỏ {sum(removed.values())} bản ghi, trả lại {restored}, giữ {len(plan.left)}"
    lines = [f"Đã hoàn tác {batch}: {counts}."]
    lines += [f"Giữ lại (dòng {one.number}) {one.label}: {one.reason}." for one in plan.left]
    return "\n".join(lines)
