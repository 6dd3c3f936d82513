"""`manage.py import_workbook FILE`: bring a workbook in from the shell, its good rows at once."""

import json
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from imports.forms.columns import OptionsForm
from imports.kinds import KINDS
from imports.kinds.base import Outcome, Run
from imports.reading.files import SheetError, check_file
from imports.services import batches, sheets, writing
from imports.services.batches import State
from kylien.accounts.models import User
from kylien.areas.models import Neighbourhood
from kylien.core.changes import acting, today


class Command(BaseCommand):
    help = (
        "Nhập một tệp Excel hoặc CSV vào sổ: ghi các dòng tốt, để lại các dòng nghi trùng và "
        "không nhận. Nhập nhầm thì dùng undo_import."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="tệp .xlsx, .xls, .xlsm, .ods hoặc .csv")
        parser.add_argument("--kind", choices=list(KINDS), help="loại dữ liệu; tự nhận nếu bỏ")
        parser.add_argument("--sheet", default="", help="tên trang tính; tự nhận nếu bỏ")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="giá trị chung cho cả tệp, ví dụ mã cơ sở lưu trú; lặp lại được",
        )
        parser.add_argument("--user", default="", help="ghi dưới tên tài khoản này")
        parser.add_argument("--dry-run", action="store_true", help="chỉ đọc và kiểm tra, chưa ghi")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, **options):
        """Read the file, and write its good rows unless `dry_run`.

        Raises CommandError, with the sentence people read, where the file cannot be read.
        """
        user, on = self._user(options["user"]), today()
        with acting(user=user, day=on, reason="Nhập từ dòng lệnh"):
            try:
                batch = self._read(options, user, on)
                good = batch.new + batch.changed
                if good and not options["dry_run"]:
                    begun = writing.begin_writing(batch=batch, only_good=True)
                    run = Run(on=on, user=user, options=begun.options)
                    batch = writing.write(batch=begun, run=run)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            except SheetError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(as_json(batch) if options["json"] else self._told(batch))

    def _read(self, options, user, on):
        """Return the batch as it was read. Raises ValidationError, SheetError or CommandError."""
        path = Path(options["file"])
        try:
            opened = path.open("rb")
        except OSError as error:
            raise CommandError(f"Không mở được tệp {path}: {error.strerror}.") from error
        with opened, File(opened, name=path.name) as file:
            check_file(file)
            kind = KINDS[options["kind"] or sheets.best_kind(path, path.name).key]
            values = _options(kind, options["option"], user)
            batch = batches.upload(
                file=file, kind=kind.key, user=user, sheet=options["sheet"], options=values
            )
        try:
            look = sheets.look(
                batch, sheet=batch.sheet, row=batch.header_row, lines=batch.header_lines
            )
            batch = batches.choose(
                batch=batch,
                sheet=batch.sheet,
                header_row=batch.header_row,
                header_lines=batch.header_lines,
                mapping=batch.mapping,
                options=batch.options,
                ignored=sheets.left_out(look, batch.mapping),
            )
            begun = batches.begin_reading(batch=batch)
            batch = batches.read(batch=begun, run=Run(on=on, user=user, options=begun.options))
        except ValidationError:
            batches.drop(batch=batch)
            raise
        if batch.state == State.FAILED:
            batches.drop(batch=batch)
            raise CommandError(batch.failure)
        return batch

    @staticmethod
    def _user(name):
        user = User.objects.filter(username=name).first() if name else None
        if name and user is None:
            raise CommandError(f"Không có tài khoản {name}.")
        return user

    @staticmethod
    def _told(batch):
        counts = " + ".join(f"{n} {one.label.lower()}" for one, n in batch.counts.items())
        state = "Đã nhập" if batch.state == State.WRITTEN else "Chưa ghi gì"
        page = reverse("importbatch-detail", args=[batch.pk])
        return f"{batch}: {batch.rows} dòng = {counts}. {state}. Từng dòng: {page}"


def _options(kind, given, user) -> dict:
    """Return the values for the whole workbook. Raises CommandError for one that cannot be."""
    data = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or key not in {option.key for option in kind.options}:
            known = ", ".join(option.key for option in kind.options) or "không có"
            raise CommandError(f"--option {pair}: các giá trị chung của loại này: {known}.")
        data[f"option-{key}"] = _key_of(kind, key, value)
    form = OptionsForm(data, kind=kind, user=user)
    if not form.is_valid():
        told = [f"{form[name].label}: {' '.join(found)}" for name, found in form.errors.items()]
        raise CommandError(" ".join(told))
    return form.as_options()


def _key_of(kind, key, value):
    """Return what the form takes; a neighbourhood, called by code or name, is its key there."""
    option = next(one for one in kind.options if one.key == key)
    if option.sort != "neighbourhood":
        return value
    rows = Neighbourhood.objects.all()
    found = rows.filter(code=value).first() or rows.filter(name=value).first()
    if found is None:
        raise CommandError(f"Không có tổ dân phố {value}.")
    return found.pk


def as_json(batch) -> str:
    rows = batch.lines.order_by("number").values_list("number", "outcome", "reasons", "identifier")
    items = [
        {"row": number, "outcome": outcome, "reasons": reasons, "identifier": identifier}
        for number, outcome, reasons, identifier in rows
    ]
    counts = {one.value: getattr(batch, one.value) for one in Outcome}
    told = {"rows": batch.rows, **counts, "id": batch.pk, "items": items}
    return json.dumps(told, ensure_ascii=False, indent=1)
