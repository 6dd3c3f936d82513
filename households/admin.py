"""Data entry for clerks: a family typed in one go on its household's page."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from households.forms.fields import (
    BirthField,
    BirthMixin,
    CitizenIdField,
    OldIdField,
    PersonNameField,
)
from households.forms.people import HouseholdForm
from households.forms.stays import StayNoticeForm
from households.models import (
    Absence,
    EndGround,
    Household,
    Residence,
    ResidenceAct,
    ResidenceRule,
    Resident,
    StayNotice,
)
from households.services import check_start, enter_resident
from households.services.duplicates import propose_for
from kylien.core.admin import LedgerInline, LookOnly, RecordAdmin, RecordAdminForm
from kylien.core.forms import PhoneField, RecordInlineFormSet


class MemberRowForm(BirthMixin, RecordAdminForm):
    """One row of a family: the person and the residence, written together through the service."""

    full_name = PersonNameField()
    birth = BirthField()
    sex = forms.ChoiceField(label="Giới", choices=[("", "Chọn"), *Resident.Sex.choices])
    citizen_id = CitizenIdField()
    start_reason = forms.ChoiceField(
        label="Lý do", choices=[(r.value, r.label) for r in Residence.Start.external()]
    )

    class Meta:
        model = Residence
        fields = ("relation", "relation_note", "kind", "started_on", "expires_on")

    def clean(self):
        data = super().clean()
        wanted = data.get("citizen_id")
        if wanted and Resident.objects.filter(citizen_id=wanted).exists():
            self.add_error("citizen_id", "Số định danh này đã có trong sổ.")
        return data

    def _post_clean(self):
        super()._post_clean()
        if self.errors or not self.has_changed():
            return
        self.instance.resident = self.person()
        try:
            check_start(self.instance, self.on)
        except ValidationError as error:
            self._update_errors(error)

    def person(self):
        data = self.cleaned_data
        born, precision = data["birth"]
        return Resident(
            full_name=data["full_name"],
            birth_date=born,
            birth_precision=precision,
            sex=data["sex"],
            citizen_id=data["citizen_id"],
        )


class FamilyFormSet(RecordInlineFormSet):
    def save_new_objects(self, commit=True):
        """Write the head first: the others are entered to his household."""
        self.forms.sort(key=lambda form: form.cleaned_data.get("relation") != "HEAD")
        return super().save_new_objects(commit)

    def clean(self):
        """A new household has its head among those typed with it."""
        super().clean()
        typed = [f for f in self.forms if f.has_changed() and f not in self.deleted_forms]
        relations = [f.cleaned_data.get("relation") for f in typed if not f.errors]
        if self.instance._state.adding and not any(self.errors) and "HEAD" not in relations:
            raise ValidationError("Ghi ít nhất chủ hộ: hộ nào cũng có một chủ hộ.")

    def save_new(self, form, commit=True):
        """Write the person and the residence, in the admin's transaction."""
        data = form.cleaned_data
        return enter_resident(
            resident=form.person(),
            household=self.instance,
            on=form.on,
            **{
                name: data[name]
                for name in (
                    "kind",
                    "relation",
                    "relation_note",
                    "started_on",
                    "start_reason",
                    "expires_on",
                )
            },
        )


class FamilyInline(LedgerInline):
    model = Residence
    form = MemberRowForm
    formset = FamilyFormSet
    fk_name = "household"
    verbose_name = "người trong hộ"
    verbose_name_plural = "thêm người vào hộ"
    fields = (
        "full_name",
        "birth",
        "sex",
        "citizen_id",
        "relation",
        "relation_note",
        "kind",
        "started_on",
        "start_reason",
        "expires_on",
    )

    def has_view_permission(self, request, obj=None):
        return False  # the members that stand are shown by MembersInline

    def get_queryset(self, request):
        return super().get_queryset(request).none()


class MembersInline(LookOnly, LedgerInline):
    model = Residence
    fk_name = "household"
    extra = 0
    verbose_name_plural = "đang ở trong hộ"
    fields = ("resident", "relation", "kind", "started_on", "expires_on")

    def get_queryset(self, request):
        return super().get_queryset(request).current().select_related("resident")


class HouseholdAdminForm(RecordAdminForm):
    past_days = HouseholdForm.past_days


@admin.register(Household)
class HouseholdAdmin(RecordAdmin):
    form = HouseholdAdminForm
    list_display = ("code", "address", "neighbourhood", "opened_on", "dissolved_on")
    list_filter = ("neighbourhood",)
    list_select_related = ("neighbourhood",)
    fields = ("address", "neighbourhood", "opened_on", "dissolved_on", "note")
    inlines = (MembersInline, FamilyInline)
    ordering = ("code",)


class ResidentAdminForm(BirthMixin, RecordAdminForm):
    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
    old_id = OldIdField()
    phone = PhoneField()

    class Meta:
        model = Resident
        fields = ("full_name", "sex", "citizen_id", "old_id", "phone", "note")


class StaysInline(LookOnly, LedgerInline):
    model = Residence
    fk_name = "resident"
    extra = 0
    verbose_name_plural = "nơi cư trú"
    fields = ("kind", "household", "relation", "started_on", "expires_on", "ended_on", "end_reason")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("household")


class ResidenceKindFilter(admin.SimpleListFilter):
    title = "cư trú"
    parameter_name = "residence"

    def lookups(self, request, model_admin):
        return [*Residence.Kind.choices, ("gone", "Đã rời phường")]

    def queryset(self, request, queryset):
        kind = self.value()
        if kind == "gone":
            return queryset.filter(present=False)
        return queryset.filter(residence_kind=kind) if kind else queryset


@admin.register(Resident)
class ResidentAdmin(RecordAdmin):
    form = ResidentAdminForm
    list_display = ("full_name", "code", "birth_shown", "sex", "masked_id", "neighbourhood")
    list_filter = ("neighbourhood", "sex", ResidenceKindFilter)
    list_select_related = ("neighbourhood",)
    fields = ("full_name", "birth", "sex", "citizen_id", "old_id", "phone", "note")
    inlines = (StaysInline,)
    ordering = ("sort_key", "pk")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        propose_for(obj)

    def has_add_permission(self, request, obj=None):
        return False  # a person without a residence is nobody's: people are entered on a household

    @admin.display(description="số định danh")
    def masked_id(self, obj):
        return obj.masked("citizen_id")

    @admin.display(description="năm sinh")
    def birth_shown(self, obj):
        return obj.birth()


@admin.register(Residence)
class ResidenceAdmin(LookOnly, RecordAdmin):
    """The ledger to look at: it is written by acts on the household's and the person's pages."""

    list_display = (
        "resident",
        "kind",
        "household",
        "neighbourhood",
        "started_on",
        "expires_on",
        "ended_on",
    )
    list_filter = ("kind", "neighbourhood", "start_reason", "end_reason")
    list_select_related = ("resident", "household", "neighbourhood")
    ordering = ("-started_on", "-pk")


@admin.register(ResidenceAct)
class ResidenceActAdmin(LookOnly, RecordAdmin):
    """What was done to the ledger, to look at: it is undone on its page in the portal."""

    list_display = ("code", "kind", "happened_on", "summary", "neighbourhood", "synchronised_on")
    list_filter = ("kind", "neighbourhood")
    list_select_related = ("neighbourhood",)
    ordering = ("-happened_on", "-pk")


class AbsenceAdminForm(RecordAdminForm):
    past_days = ("started_on", "returned_on")


@admin.register(Absence)
class AbsenceAdmin(RecordAdmin):
    form = AbsenceAdminForm
    list_display = ("code", "resident", "destination", "started_on", "expected_on", "returned_on")
    list_filter = ("neighbourhood", "reason")
    list_select_related = ("resident",)
    autocomplete_fields = ("resident",)
    fields = ("resident", "reason", "destination", "started_on", "expected_on", "returned_on")
    ordering = ("expected_on", "pk")


class LawAdmin(RecordAdmin):
    """The law's numbers and grounds: the law moves, and the rows with it."""

    search_fields = ()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ResidenceRule)
class ResidenceRuleAdmin(LawAdmin):
    list_display = ("key", "value", "legal_basis", "valid_from", "valid_to")
    fields = ("key", "value", "legal_basis", "valid_from", "valid_to")
    ordering = ("key", "-valid_from")

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()


@admin.register(EndGround)
class EndGroundAdmin(LawAdmin):
    list_display = ("name", "kind", "end_reason", "legal_basis", "valid_from", "valid_to")
    list_filter = ("kind",)
    fields = (
        "code",
        "name",
        "kind",
        "end_reason",
        "legal_basis",
        "valid_from",
        "valid_to",
        "position",
    )
    ordering = ("kind", "position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code", "kind") if obj else ()


class StayNoticeAdminForm(BirthMixin, RecordAdminForm):
    guest_name = PersonNameField(label="Họ và tên khách")
    birth = BirthField()
    id_number = StayNoticeForm.base_fields["id_number"]

    class Meta:
        model = StayNotice
        fields = tuple(f for f in StayNoticeForm.Meta.fields if f != "birth")


@admin.register(StayNotice)
class StayNoticeAdmin(RecordAdmin):
    form = StayNoticeAdminForm
    list_display = ("code", "guest_name", "arrived_at", "leaves_on", "neighbourhood", "state")
    list_filter = ("neighbourhood", "channel")
    list_select_related = ("neighbourhood",)
    autocomplete_fields = ("household", "lodging")
    fields = StayNoticeForm.Meta.fields
    ordering = ("-arrived_at", "-pk")

    @admin.display(description="tình trạng")
    def state(self, obj):
        return obj.badge()[1]
