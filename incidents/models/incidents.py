"""Incidents: an index of events (kind, place, time, measures, result), never a file on a person.

There is no key to a resident or household, and no page of theirs shows incidents. Crowds and
complaints are recorded by size band and measures with one short note: no names, no opinions.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Min, OuterRef, Q, Subquery
from django.utils import timezone

from businesses.models import Business
from incidents.models.kinds import IncidentType, Urgency
from kylien.accounts.models import DeskRecord
from kylien.areas.models import Neighbourhood
from kylien.core.models import RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.search_index import folded_index
from selfgov_groups.models import SelfManagedGroup

SHORT_NOTE = 200  # characters, for crowds and complaints


class IncidentQuerySet(RecordQuerySet):
    def visible_to(self, user):
        """Return the incidents of the user's neighbourhoods, and those he is assigned to."""
        if user.scope.whole_ward or user.is_superuser or not user.is_active:
            return super().visible_to(user)
        areas = Q(neighbourhood__in=user.scope.neighbourhood_ids)
        return self.filter(areas | Q(pk__in=Assignment.objects.incidents_of(user)))

    def for_list(self):
        shown = ("code", "occurred_at", "place", "state", "urgency", "resolved_on")
        return (
            self.select_related("type", "neighbourhood")
            .only(*shown, "type__name", "neighbourhood__name")
            .annotate(next_due=Subquery(self.due_times()))
        )

    def due_times(self):
        """Return, as a subquery of an incident, when the first of its running clocks is due."""
        clocks = self.model.clocks.rel.related_model.objects.running()
        clocks = clocks.filter(incident=OuterRef("pk")).order_by().values("incident")
        return clocks.annotate(first=Min("due_at")).values("first")

    def happened_in(self, period):
        return self.filter(occurred_at__gte=period.start_at, occurred_at__lt=period.end_at)

    def pending(self):
        return self.filter(state__in=Incident.State.open())

    def solved(self):
        return self.exclude(state__in=Incident.State.open())

    def late(self, at):
        """Return the incidents of which a running clock is past due at the moment `at`."""
        clocks = self.model.clocks.rel.related_model.objects.running().filter(due_at__lt=at)
        return self.filter(pk__in=clocks.order_by().values("incident"))

    def to_close(self):
        """Return the incidents that are done, and told to the group that told of them: they wait
        for the chief to close them."""
        rows = self.filter(state__in=Incident.State.results())
        return rows.exclude(source=Incident.Source.GROUP, told_group_on=None)

    def group_to_tell(self):
        """Return the incidents that a group told of, done, of which it has not been told."""
        told = self.solved().filter(source=Incident.Source.GROUP)
        return told.filter(told_group_on=None)


class Incident(DeskRecord):
    """An event in the ward: what kind, when, where, from whom the news came, what was done."""

    class State(models.TextChoices):
        RECEIVED = "received", "Tiếp nhận"
        CLASSIFIED = "classified", "Đã phân loại"
        VERIFYING = "verifying", "Đang xác minh"
        RESOLVED = "resolved", "Đã giải quyết"
        MEDIATED = "mediated", "Hoà giải thành"
        SANCTIONED = "sanctioned", "Xử phạt hành chính"
        HANDED_OVER = "handed_over", "Chuyển cơ quan khác"
        NOT_COMPETENT = "not_competent", "Không thuộc thẩm quyền"
        ANSWERED = "answered", "Đã trả lời đơn"
        CLOSED = "closed", "Kết thúc"

        @classmethod
        def open(cls):
            return [cls.RECEIVED, cls.CLASSIFIED, cls.VERIFYING]

        @classmethod
        def results(cls):
            """List the ways in which an incident may end."""
            return [state for state in cls if state not in (*cls.open(), cls.CLOSED)]

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", "Trực tiếp"
        PHONE = "phone", "Điện thoại"
        WRITTEN = "written", "Văn bản, bưu chính"
        ONLINE = "online", "VNeID, mạng"
        PATROL = "patrol", "Tuần tra"

    class Source(models.TextChoices):
        CITIZEN = "citizen", "Người dân"
        GROUP = "group", "Tổ liên gia"
        BODY = "body", "Cơ quan, tổ chức"
        MEDIA = "media", "Báo chí, mạng xã hội"
        POLICE = "police", "Công an phát hiện"

    class Size(models.TextChoices):
        UNDER_10 = "under_10", "Dưới 10 người"
        TO_50 = "to_50", "10–50 người"
        TO_200 = "to_200", "51–200 người"
        TO_1000 = "to_1000", "201–1.000 người"
        OVER_1000 = "over_1000", "Trên 1.000 người"

    Urgency = Urgency

    type = models.ForeignKey(IncidentType, models.PROTECT, "incidents", verbose_name="loại vụ việc")
    occurred_at = models.DateTimeField("xảy ra lúc")
    received_at = models.DateTimeField(
        "nhận tin lúc", default=timezone.now, help_text="Thời hạn tính từ lúc này."
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "incidents", verbose_name="tổ dân phố"
    )
    place = models.CharField("nơi xảy ra", max_length=200)
    channel = models.CharField(
        "tin đến qua", max_length=10, choices=Channel, default=Channel.IN_PERSON
    )
    source = models.CharField("nguồn tin", max_length=10, choices=Source, default=Source.CITIZEN)
    reporting_group = models.ForeignKey(
        SelfManagedGroup,
        models.PROTECT,
        "reported_incidents",
        null=True,
        blank=True,
        verbose_name="tổ liên gia báo tin",
    )
    urgency = models.CharField("mức độ", max_length=10, choices=Urgency, default=Urgency.NORMAL)
    business = models.ForeignKey(
        Business, models.PROTECT, "incidents", null=True, blank=True, verbose_name="tại cơ sở"
    )
    summary = models.TextField(
        "nội dung",
        blank=True,
        max_length=1000,
        help_text="Không ghi nội dung mật. Không ghi họ tên người liên quan.",
    )
    first_action = models.CharField("đã làm gì", max_length=300, blank=True)
    size_band = models.CharField("quy mô", max_length=10, choices=Size, blank=True)
    state = models.CharField(
        "tình trạng", max_length=15, choices=State, default=State.RECEIVED, editable=False
    )
    outcome = models.CharField(
        "kết quả", max_length=15, choices=State, blank=True, editable=False
    )  # how it ended, kept once it is closed
    result = models.TextField("nội dung kết quả", blank=True, max_length=1000)
    resolved_on = models.DateField("giải quyết xong ngày", null=True, blank=True)
    handed_to = models.CharField("chuyển đến", max_length=200, blank=True)
    file_number = models.CharField("số văn bản, hồ sơ", max_length=50, blank=True)
    closed_on = models.DateField("kết thúc ngày", null=True, blank=True, editable=False)
    reopened_at = models.DateTimeField("mở lại lúc", null=True, blank=True, editable=False)
    told_group_on = models.DateField("trả lời tổ ngày", null=True, blank=True)
    told_group = models.CharField("nội dung trả lời tổ", max_length=200, blank=True)

    objects = IncidentQuerySet.as_manager()
    code_prefix = "VV"
    code_width = 4
    derived_from = ("place", "summary")
    constraint_fields = {
        "incident_done_has_day": "resolved_on",
        "incident_outcome_once_done": "outcome",
        "incident_handed_over_to_whom": "handed_to",
        "incident_closed_has_day": "closed_on",
        "incident_group_news_names_group": "reporting_group",
        "incident_answer_has_day": "told_group",
        "incident_received_after_it_happened": "occurred_at",
    }

    class Meta(DeskRecord.Meta):
        verbose_name = "vụ việc"
        verbose_name_plural = "vụ việc"
        # Nothing of what came in is thrown away: a mistake ends as one, with a result that says so.
        default_permissions = ("view", "add", "change", "export")
        indexes = [
            models.Index(fields=["-occurred_at", "-id", "neighbourhood"], name="incident_order"),
            models.Index(fields=["neighbourhood", "-occurred_at"], name="incident_by_area"),
            models.Index(
                fields=["state"],
                name="incident_not_closed",
                condition=~Q(state="closed"),
            ),
            folded_index("incident_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_done_has_day",
                condition=(
                    Q(state__in=["received", "classified", "verifying"], resolved_on=None)
                    | ~Q(state__in=["received", "classified", "verifying"])
                    & Q(resolved_on__isnull=False)
                ),
                violation_error_message=(
                    "Vụ việc đã xong thì ghi ngày giải quyết; chưa xong thì để trống."
                ),
            ),
            models.CheckConstraint(
                name="incident_outcome_once_done",
                condition=(
                    Q(state__in=["received", "classified", "verifying"], outcome="")
                    | ~Q(state__in=["received", "classified", "verifying"])
                    & ~Q(outcome__in=["", "received", "classified", "verifying", "closed"])
                    & (Q(state="closed") | Q(state=F("outcome")))
                ),
                violation_error_message="Vụ việc đã xong thì ghi kết quả.",
            ),
            models.CheckConstraint(
                name="incident_handed_over_to_whom",
                condition=~Q(outcome__in=["handed_over", "not_competent"]) | ~Q(handed_to=""),
                violation_error_message="Ghi cơ quan nhận.",
            ),
            models.CheckConstraint(
                name="incident_closed_has_day",
                condition=(
                    Q(state="closed", closed_on__isnull=False)
                    | ~Q(state="closed") & Q(closed_on=None)
                ),
                violation_error_message="Vụ việc kết thúc thì ghi ngày.",
            ),
            models.CheckConstraint(
                name="incident_group_news_names_group",
                condition=~Q(source="group") | Q(reporting_group__isnull=False),
                violation_error_message="Tin do tổ liên gia báo thì chọn tổ.",
            ),
            models.CheckConstraint(
                name="incident_answer_has_day",
                condition=(
                    Q(told_group_on=None, told_group="")
                    | Q(told_group_on__isnull=False) & ~Q(told_group="")
                ),
                violation_error_message="Đã trả lời tổ thì ghi ngày và nội dung.",
            ),
            models.CheckConstraint(
                name="incident_received_after_it_happened",
                condition=Q(received_at__gte=F("occurred_at")),
                violation_error_message="Không thể nhận tin trước khi vụ việc xảy ra.",
            ),
        ]

    def __str__(self):
        return self.code

    def code_series(self):
        return f"{self.code_prefix}-{timezone.localtime(self.received_at).year}"

    def search_parts(self):
        return "", (self.place, self.summary)

    @staticmethod
    def make_sort_key(name):
        return ""

    def changeable_by(self, user, at):
        """What was taken down is mended by its role until the incident is closed."""
        return self.state != self.State.CLOSED and super().changeable_by(user, at)

    @property
    def is_open(self):
        return self.state in self.State.open()

    def clean(self):
        if not self.type_id:
            return
        errors = {}
        if self.type.crowd:
            if not self.size_band:
                errors["size_band"] = "Chọn quy mô."
            if len(self.summary) > SHORT_NOTE:
                errors["summary"] = f"Loại này chỉ ghi ngắn, không quá {SHORT_NOTE} chữ."
            if self.first_action:
                errors["first_action"] = "Tụ tập, khiếu kiện: để trống “Đã làm gì”, chọn biện pháp."
            if self.result:
                errors["result"] = "Tụ tập, khiếu kiện: để trống “Nội dung kết quả”."
        if self.resolved_on and self.resolved_on < timezone.localdate(self.received_at):
            errors["resolved_on"] = "Ngày này không thể trước ngày nhận tin."
        if self.told_group_on and self.told_group_on < timezone.localdate(self.received_at):
            errors["told_group_on"] = "Không thể trả lời trước khi nhận tin."
        elsewhere = self.business_id and self.business.neighbourhood_id != self.neighbourhood_id
        if elsewhere and self.neighbourhood_id:
            errors["business"] = "Cơ sở này ở tổ dân phố khác."
        if errors:
            raise ValidationError(errors)

    def state_badge(self):
        tone = "due" if self.is_open else "ok" if self.state != self.State.CLOSED else "mute"
        return tone, self.get_state_display()

    def due_badge(self, on):
        """Return when the first of its running clocks is due, `(tone, word)`, on the day `on`; None
        without one. Of rows read for a list."""
        if not self.next_due:
            return None
        due = timezone.localtime(self.next_due)
        late = self.next_due < timezone.now()
        return ("late" if late else "due" if due.date() == on else "mute"), f"{due:%H:%M %d/%m/%Y}"

    def assigned_ids(self):
        """Return the keys of the officers who deal with it now; asked for once."""
        if not hasattr(self, "_assigned_ids"):
            self._assigned_ids = frozenset(
                row.officer_id for row in self.assignments.all() if row.ended_at is None
            )
        return self._assigned_ids

    def clock(self, kind):
        """Return its clock of a kind that is not stopped, or None."""
        rows = self.clocks.all()
        return next((row for row in rows if row.clock == kind and not row.stopped_at), None)

    def measures_label(self):
        """Return the measures taken, as one text; crowds and complaints alone have any."""
        if not self.type.crowd:
            return ""
        told = ", ".join(one.get_measure_display().lower() for one in self.measures.all())
        return told[:1].upper() + told[1:]

    measures_label.label = "Biện pháp"


class OfIncident(TrackedQuerySet):
    """Rows of an incident: who sees it sees them."""

    def visible_to(self, user):
        lookup = getattr(self.model, "incident_lookup", "incident")
        seen = Incident.objects.visible_to(user).order_by()
        return self.filter(**{f"{lookup}__in": seen.values("pk")})


class MeasureTaken(Tracked):
    """A measure against a crowd or a complaint, from the list."""

    class Measure(models.TextChoices):
        EXPLAIN = "explain", "Giải thích, vận động"
        ORDER = "order", "Bảo đảm trật tự, giao thông"
        DIALOGUE = "dialogue", "Đề nghị cơ quan chức năng đối thoại"
        REPORT = "report", "Báo cáo cấp trên"

    incident = models.ForeignKey(Incident, models.PROTECT, "measures", verbose_name="vụ việc")
    measure = models.CharField("biện pháp", max_length=10, choices=Measure)

    objects = OfIncident.as_manager()
    owner_code = "incident__code"
    scope_lookup = "incident__neighbourhood"
    constraint_fields = {"measure_once": "measure"}

    class Meta(Tracked.Meta):
        verbose_name = "biện pháp"
        verbose_name_plural = "biện pháp"
        default_permissions = ("view",)
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                name="measure_once",
                fields=["incident", "measure"],
                violation_error_message="Biện pháp này đã ghi.",
            ),
        ]

    def __str__(self):
        return self.get_measure_display()


class AssignmentQuerySet(OfIncident):
    def open(self):
        return self.filter(ended_at=None)

    def incidents_of(self, officer):
        """Return the keys of the incidents that an officer deals with now, for a subquery."""
        return self.open().filter(officer=officer.pk).order_by().values("incident")


class Assignment(Tracked):
    """An officer deals with an incident from `assigned_at` until `ended_at`; several may."""

    incident = models.ForeignKey(Incident, models.PROTECT, "assignments", verbose_name="vụ việc")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "incident_assignments", verbose_name="cán bộ"
    )
    assigned_at = models.DateTimeField("giao lúc", default=timezone.now)
    ended_at = models.DateTimeField("thôi giao lúc", null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()
    owner_code = "incident__code"
    scope_lookup = "incident__neighbourhood"
    constraint_fields = {"assignment_once_open": "officer", "assignment_ends_after": "ended_at"}

    class Meta(Tracked.Meta):
        verbose_name = "lượt giao việc"
        verbose_name_plural = "lượt giao việc"
        default_permissions = ("view",)
        ordering = ("assigned_at", "pk")
        indexes = [
            models.Index(fields=["officer"], name="assignment_open", condition=Q(ended_at=None))
        ]
        constraints = [
            models.UniqueConstraint(
                name="assignment_once_open",
                fields=["incident", "officer"],
                condition=Q(ended_at=None),
                violation_error_message="Cán bộ này đang được giao vụ việc này.",
            ),
            models.CheckConstraint(
                name="assignment_ends_after",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("assigned_at")),
                violation_error_message="Thôi giao không thể trước khi giao.",
            ),
        ]

    def __str__(self):
        return f"{self.officer} · {self.incident}"
