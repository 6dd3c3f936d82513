"""A workbook brought in: the batch, its rows as they were read, and the journal that undoes it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kylien.core.models import Record, RecordQuerySet
from kylien.core.search_index import folded_index
from kylien.core.uploads import PrivateStorage


class ImportBatchQuerySet(RecordQuerySet):
    def in_scope(self, scope):
        """A workbook is of the whole ward."""
        return self.all() if scope.whole_ward else self.none()

    def for_list(self):
        return self.select_related("created_by")

    def newest(self):
        return self.order_by("-created_at", "-pk")


class ImportBatch(Record):
    """A workbook from upload to writing or undoing.

    `mapping` says which column of the sheet (counted from 0) is which of the kind's:
    `{"0": "full_name"}`; columns that are left out are ignored, and the preview says so.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Chờ chọn cột"
        READING = "reading", "Đang đọc"
        READ = "read", "Chờ nhập"
        WRITING = "writing", "Đang ghi"
        WRITTEN = "written", "Đã nhập"
        UNDONE = "undone", "Đã hoàn tác"
        FAILED = "failed", "Không đọc được"
        DROPPED = "dropped", "Đã bỏ"

    TONES = {
        State.UPLOADED: "due",
        State.READING: "due",
        State.READ: "due",
        State.WRITING: "due",
        State.WRITTEN: "ok",
        State.UNDONE: "mute",
        State.FAILED: "late",
        State.DROPPED: "mute",
    }

    kind = models.CharField("loại dữ liệu", max_length=20)
    file_name = models.CharField("tên tệp", max_length=200)
    file = models.FileField(
        "tệp", storage=PrivateStorage(), max_length=200, editable=False, blank=True
    )
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    sheet = models.CharField("trang tính", max_length=100, blank=True)
    header_row = models.PositiveIntegerField("dòng tiêu đề", default=1)
    header_lines = models.PositiveSmallIntegerField("số dòng tiêu đề", default=1)
    mapping = models.JSONField("cột", default=dict, blank=True)
    ignored = models.JSONField("cột bỏ qua", default=list, blank=True)  # names, for the preview
    options = models.JSONField("giá trị chung", default=dict, blank=True)
    state = models.CharField("trạng thái", max_length=10, choices=State, default=State.UPLOADED)
    failure = models.CharField("lý do không đọc được", max_length=500, blank=True)
    rows = models.PositiveIntegerField("số dòng", default=0)
    new = models.PositiveIntegerField("mới", default=0)
    changed = models.PositiveIntegerField("thay đổi", default=0)
    same = models.PositiveIntegerField("như cũ", default=0)
    doubtful = models.PositiveIntegerField("nghi trùng", default=0)
    refused = models.PositiveIntegerField("không nhận", default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người tải lên",
    )
    read_at = models.DateTimeField("đọc lúc", null=True, editable=False)
    written_at = models.DateTimeField("nhập lúc", null=True, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người nhập",
    )
    undone_at = models.DateTimeField("hoàn tác lúc", null=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người hoàn tác",
    )

    objects = ImportBatchQuerySet.as_manager()
    code_prefix = "NT"
    code_width = 4
    derived_from = ("file_name",)
    constraint_fields = {
        "import_batch_rows_add_up": "rows",
        "import_batch_written_at": "state",
        "import_batch_undone_at": "state",
    }

    class Meta(Record.Meta):
        verbose_name = "lần nhập"
        verbose_name_plural = "nhập từ Excel"
        default_permissions = ("view", "add", "change")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="import_batch_order"),
            folded_index("import_batch_search"),
        ]
        constraints = [
            # A row that is none of the five would be a row lost.
            models.CheckConstraint(
                name="import_batch_rows_add_up",
                condition=Q(
                    rows=F("new") + F("changed") + F("same") + F("doubtful") + F("refused")
                ),
                violation_error_message="Số dòng phải bằng tổng năm kết quả.",
            ),
            models.CheckConstraint(
                name="import_batch_written_at",
                condition=~Q(state__in=("written", "undone")) | Q(written_at__isnull=False),
                violation_error_message="Lần nhập đã ghi phải có thời điểm.",
            ),
            models.CheckConstraint(
                name="import_batch_undone_at",
                condition=~Q(state="undone") | Q(undone_at__isnull=False),
                violation_error_message="Hoàn tác phải có thời điểm.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.file_name}"

    def search_parts(self):
        return "", (self.file_name,)

    @staticmethod
    def make_sort_key(name):
        return ""

    @property
    def counts(self):
        """Return the number of rows of each outcome."""
        return {outcome: getattr(self, outcome.value) for outcome in ImportRow.Outcome}

    def badge(self):
        return self.TONES[self.state], self.get_state_display()


class ImportRowQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(batch__in=ImportBatch.objects.visible_to(user))

    def undecided(self):
        """Return the doubtful rows that nobody has decided."""
        return self.filter(outcome=ImportRow.Outcome.DOUBTFUL, decision="")


class ImportRow(models.Model):
    """One row of a sheet as it was read: its values, and what writing would do with it.

    A proposal beside the file, no record of the ward: what it did is in the journal and the trail,
    so it is none of the rows whose changes are recorded.
    """

    class Outcome(models.TextChoices):
        NEW = "new", "Mới"
        CHANGED = "changed", "Thay đổi"
        SAME = "same", "Như cũ"
        DOUBTFUL = "doubtful", "Nghi trùng"
        REFUSED = "refused", "Không nhận"

    batch = models.ForeignKey(ImportBatch, models.PROTECT, "lines", verbose_name="lần nhập")
    number = models.PositiveIntegerField("dòng")  # as the spreadsheet counts, from 1
    outcome = models.CharField("kết quả", max_length=10, choices=Outcome)
    identifier = models.CharField("nhận biết", max_length=200, blank=True)
    reasons = models.JSONField("lý do", default=list)
    # How many of the last reasons are what reading mended: they stay true whatever is decided.
    warnings = models.PositiveSmallIntegerField(default=0)
    changes = models.JSONField("thay đổi", default=list)  # [[label, old, new], ...]
    candidates = models.JSONField("có thể trùng", default=list)
    values = models.JSONField("giá trị", default=list)  # of the kind's columns, in their order
    decision = models.CharField("quyết định", max_length=40, blank=True)  # new, skip, same:<key>
    undone = models.BooleanField("đã hoàn tác", default=False)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = "dòng nhập"
        verbose_name_plural = "dòng nhập"
        ordering = ("number",)
        default_permissions = ("view", "change")
        indexes = [
            models.Index(fields=["batch", "outcome", "number"], name="import_row_by_outcome"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="import_row_once",
                fields=["batch", "number"],
                violation_error_message="Dòng này đã có.",
            ),
        ]

    def __str__(self):
        return f"{self.batch_id}: {self.number}"


class ImportJournal(models.Model):
    """What some rows of a batch wrote, in the order of writing.

    `entries`: `[row's number, "create" | "change", table, key, version, {field: [old, new]}]`; the
    fields of a change only. Many to a row of this table: a batch has hundreds of thousands.
    """

    batch = models.ForeignKey(ImportBatch, models.PROTECT, "journal", verbose_name="lần nhập")
    position = models.PositiveIntegerField("thứ tự")
    entries = models.JSONField("đã ghi")

    class Meta:
        verbose_name = "nhật ký nhập"
        verbose_name_plural = "nhật ký nhập"
        ordering = ("position",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="import_journal_once",
                fields=["batch", "position"],
                violation_error_message="Đoạn nhật ký này đã có.",
            ),
        ]

    def __str__(self):
        return f"{self.batch_id}: {self.position}"
