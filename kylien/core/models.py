"""What every row of ours has: a version, a place in the audit trail, and a scope.

`Tracked` is any row that people change (a household's residences, a business's certificates too);
`Record` is a root that people name by its code and search for. All writes, bulk ones too, pass
through `TrackedQuerySet` or `Tracked.save()/delete()`, which record what changed in one transaction
with the write; `visible_to()` is the only door from a user to rows.
"""

from functools import cache, reduce
from operator import and_

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import NotSupportedError, models, transaction
from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils import timezone

from kylien.core import text
from kylien.core.changes import record_changes, snapshot, values_in_memory


class TrackedQuerySet(models.QuerySet):
    """Rows that record their own changes. Every write below ends in the trail exactly once."""

    # --- who sees which rows ---
    def visible_to(self, user):
        """Return the rows that `user` may see: the whole ward, his neighbourhoods, or none."""
        return self.in_scope(user.scope)

    def in_scope(self, scope):
        if scope.whole_ward:
            return self.all()
        if not scope.neighbourhood_ids:
            return self.none()
        return self.filter(**{f"{self.model.scope_lookup}__in": scope.neighbourhood_ids})

    def for_list(self):
        """Return the rows with what their list shows, in a bounded number of queries."""
        return self

    # --- writes ---
    def update(self, **values):
        """Update as Django does, and record it; derived columns follow their sources.

        `bulk_update()` and the reverse managers' `add()/set()/clear()` end here too.
        """
        with transaction.atomic(using=self.db, savepoint=False):
            pks = list(self.order_by().values_list("pk", flat=True))
            before = snapshot(self.model, pks, self.db)
            stamps = {"version": F("version") + 1, "changed_at": timezone.now()}
            rows = self._rows(pks)
            count = sum(part._write(**{**values, **stamps}) for part in rows)
            if not set(values).isdisjoint(self.model.derived_from):
                for part in self._rows(pks):
                    for obj in part:
                        obj.fill()
                        one = self.model._base_manager.using(self.db).filter(pk=obj.pk)
                        one._write(**{name: getattr(obj, name) for name in obj.filled_fields()})
            record_changes(self.model, before, snapshot(self.model, pks, self.db))
        return count

    update.alters_data = True

    def _rows(self, pks):
        everything = self.model._base_manager.using(self.db)
        return [everything.filter(pk__in=pks[n : n + 500]) for n in range(0, len(pks), 500)]

    def _write(self, **values):
        return super().update(**values)

    def refresh_derived(self, **values):
        """Write columns that repeat what other rows say: it is no edit, so the version stays as
        open forms have seen it, and nothing is recorded.

        Raises ValueError for a column that the trail records.
        """
        recorded = set(values).difference(self.model.unrecorded_fields)
        if recorded:
            raise ValueError(f"{', '.join(sorted(recorded))}: recorded, so written by update().")
        return self._write(**values)

    refresh_derived.alters_data = True

    def bulk_create(self, objs, batch_size=None, ignore_conflicts=False, **kwargs):
        """Create as Django does, with codes, derived columns and audit entries.

        Raises NotSupportedError for `ignore_conflicts` and `update_conflicts`: the database then
        does not say what it did, so it could not be recorded.
        """
        if ignore_conflicts or kwargs.get("update_conflicts"):
            raise NotSupportedError("bulk_create() with conflicts handled cannot be recorded.")
        objs = list(objs)
        with transaction.atomic(using=self.db, savepoint=False):
            self.model.prepare_new(objs)
            created = super().bulk_create(objs, batch_size=batch_size)
            record_changes(self.model, {}, {obj.pk: values_in_memory(obj) for obj in created})
        return created

    def delete(self):
        with transaction.atomic(using=self.db, savepoint=False):
            pks = list(self.order_by().values_list("pk", flat=True))
            before = snapshot(self.model, pks, self.db)
            result = self.model._base_manager.using(self.db).filter(pk__in=pks)._remove()
            record_changes(self.model, before, {})
        return result

    delete.alters_data = True
    delete.queryset_only = True

    def _remove(self):
        return super().delete()


@cache
def _cleaners(model):
    """List a model's text columns with what cleans each."""
    return [
        (f.attname, text.clean_lines if isinstance(f, models.TextField) else text.clean)
        for f in model._meta.concrete_fields
        if isinstance(f, models.CharField | models.TextField) and not f.choices
    ]


class Tracked(models.Model):
    """A row with a version, recorded changes, and the ward's or a neighbourhood's scope."""

    version = models.PositiveIntegerField("phiên bản", default=1, editable=False)
    created_at = models.DateTimeField("tạo lúc", default=timezone.now, editable=False)
    changed_at = models.DateTimeField("sửa lúc", default=timezone.now, editable=False)

    objects = TrackedQuerySet.as_manager()

    scope_lookup = "neighbourhood"  # path from the row to its neighbourhood
    owner_code = ""  # path to the code people know the row by, where it has none of its own
    secret_fields: tuple[str, ...] = ()  # recorded as "changed" only: ids, phones
    masks: dict = {}  # field -> function that hides most of it on every page
    in_full = False  # or a row in memory whose masks are off for one page: see `core.reveal`
    bookkeeping = ("version", "created_at", "changed_at")
    unrecorded_fields: tuple[str, ...] = bookkeeping
    derived_from: tuple[str, ...] = ()  # fields whose change refills the derived columns
    constraint_fields: dict[str, str] = {}  # constraint's name -> field that shows its sentence

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_permissions = ("view", "add", "change", "delete", "export")

    # --- writes ---
    def save(self, *args, force_insert=False, force_update=False, using=None, update_fields=None):
        """Save the row and its audit entry in one transaction."""
        using = using or self._state.db or "default"
        adding = self._state.adding
        with transaction.atomic(using=using, savepoint=False):
            if adding:
                type(self).prepare_new([self])
            else:
                self.fill()
                self.version += 1
            if update_fields is not None:
                extra = {"version", "changed_at", *self.filled_fields()}
                update_fields = {*update_fields, *extra}
            self.changed_at = timezone.now()
            before = snapshot(type(self), [] if adding else [self.pk], using)
            super().save(
                force_insert=force_insert,
                force_update=force_update,
                using=using,
                update_fields=update_fields,
            )
            record_changes(type(self), before, snapshot(type(self), [self.pk], using))

    save.alters_data = True

    def delete(self, using=None, keep_parents=False):
        using = using or self._state.db
        with transaction.atomic(using=using, savepoint=False):
            before = snapshot(type(self), [self.pk], using)
            result = super().delete(using=using, keep_parents=keep_parents)
            record_changes(type(self), before, {})
        return result

    delete.alters_data = True

    # --- filling in ---
    @classmethod
    def prepare_new(cls, objs):
        for obj in objs:
            obj.fill()

    def fill(self):
        """Clean the texts (NFC, no stray blanks) and fill the derived columns from the others."""
        values = self.__dict__
        for name, cleaner in _cleaners(type(self)):
            value = values.get(name)
            if value and isinstance(value, str):
                values[name] = cleaner(value)

    def filled_fields(self):
        """Name the derived columns that `fill()` writes."""
        return ()

    # --- rules ---
    def validate_constraints(self, exclude=None):
        """Check every constraint on the whole row and put its sentence at the field it names.

        Django skips a constraint whose fields the form lacks and files the rest under the whole
        form; then saving fails with an error of the database. Only fields that the form found
        unreadable (`unreadable_fields`, set by `RecordFormMixin`) excuse a constraint.
        """
        unreadable = getattr(self, "unreadable_fields", set())
        errors = {}
        for constraint in self._meta.constraints:
            try:
                constraint.validate(type(self), self, exclude=unreadable)
            except ValidationError as error:
                field = self.constraint_fields.get(constraint.name, "__all__")
                errors.setdefault(field, []).extend(error.messages)
        if errors:
            raise ValidationError(errors)

    def changeable_by(self, user, at):
        """Tell whether `user`, who has the permission, may change this very row at `at`."""
        return True

    def masked(self, name):
        """Return a field's value as the page may show it."""
        value = getattr(self, name)
        hides = name in self.masks and value and not self.in_full
        return self.masks[name](value) if hides else value


class AppendOnlyQuerySet(models.QuerySet):
    """Rows that are written once. Raises PermissionDenied for any change or removal."""

    def bulk_create(self, objs, ignore_conflicts=False, update_conflicts=False, **options):
        if ignore_conflicts or update_conflicts:  # would rewrite, or quietly lose, a row
            raise PermissionDenied(f"{self.model.__name__}: never changed.")
        return super().bulk_create(objs, **options)

    def update(self, **values):
        raise PermissionDenied(f"{self.model.__name__}: never changed.")

    def delete(self):
        raise PermissionDenied(f"{self.model.__name__}: never deleted.")


class AppendOnly(models.Model):
    """A line of a log: it is itself the record of what happened, so no other trail follows it."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args, **kwargs):
        if self.pk:
            raise PermissionDenied(f"{type(self).__name__}: never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise PermissionDenied(f"{type(self).__name__}: never deleted.")


class CodeCounter(models.Model):
    """The last number given under each prefix; numbers are never given twice."""

    prefix = models.CharField(primary_key=True, max_length=20)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "bộ đếm mã"
        verbose_name_plural = "bộ đếm mã"

    def __str__(self):
        return f"{self.prefix}: {self.last}"

    @classmethod
    def take(cls, prefix, count=1):
        """Reserve `count` numbers under `prefix` and return the first; inside a transaction."""
        first = cls.hold(prefix).last + 1
        cls.objects.filter(prefix=prefix).update(last=F("last") + count)
        return first

    @classmethod
    def hold(cls, prefix):
        """Lock the counter until the transaction ends, and return it."""
        cls.objects.get_or_create(prefix=prefix)
        return cls.objects.select_for_update().get(prefix=prefix)


class RecordQuerySet(TrackedQuerySet):
    def search(self, query, *, partial_numbers=False):
        """Return the rows that hold every word of `query`, whatever its accents, case and order.

        A word of six or more digits is looked for in the model's `number_fields` too: whole, or
        with `partial_numbers` (users who may see numbers) any part of it.
        """
        rows = self
        number = text.clean_id(query)
        # "0912 345 678" is one number, not three words; "12 34" are the numbers of an address.
        one = number.isdigit() and len(number) >= text.SECRET_DIGITS
        for token in [number] if one else text.tokens(query):
            match = Q(search_text__contains=token)
            digits = text.clean_id(token)
            if digits.isdigit() and len(digits) >= text.SECRET_DIGITS:
                how = "__contains" if partial_numbers else ""
                for name in self.model.number_fields:
                    match |= Q(**{f"{name}{how}": digits})
            rows = rows.filter(match)
        return rows

    def look_up(self, query, *, partial_numbers=False):
        """Search as a list's own box and a picker do; a kind of record may look further here."""
        return self.search(query, partial_numbers=partial_numbers)

    def same_accents(self, query):
        """Return, of the hits, those that hold the words with the very accents typed."""
        return self.filter(_holds(query))

    def same_accents_first(self, query, *order):
        """Order the hits so that those with the very accents typed come first, then by `order`.

        Every hit is looked at: for kinds of record of which there are thousands, not more.
        """
        other = Case(When(_holds(query), then=0), default=1)
        return self.order_by(other, *order)


def _holds(query):
    words = text.exact(query).split()[:8]
    return reduce(and_, (Q(exact_text__contains=word) for word in words), Q())


@cache
def _detail_address(name):
    """Return what stands before the key in the addresses of a model's pages: asked once a row."""
    return reverse(f"{name}-detail", args=[0]).removesuffix("0/")


class Record(Tracked):
    """A root: has a code that people can say, a page of its own, and is found by searching."""

    code = models.CharField("mã", max_length=20, unique=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    exact_text = models.TextField(editable=False, default="")
    sort_key = models.CharField(editable=False, default="", max_length=200)

    objects = RecordQuerySet.as_manager()

    code_prefix = ""  # "H" gives H-00217
    code_width = 5
    number_fields: tuple[str, ...] = ()
    unrecorded_fields = (*Tracked.bookkeeping, "search_text", "exact_text", "sort_key")

    class Meta(Tracked.Meta):
        abstract = True

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return f"{_detail_address(self._meta.model_name)}{self.pk}/"

    def as_option(self):
        """Return the record as the picker offers it."""
        return {"code": self.code, "label": str(self), "detail": ""}

    def code_series(self):
        """Return the prefix under which this row's number counts, e.g. `VV-2026`."""
        return self.code_prefix

    @classmethod
    def prepare_new(cls, objs):
        super().prepare_new(objs)
        series = {}
        for obj in objs:
            if not obj.code:
                series.setdefault(obj.code_series(), []).append(obj)
        for prefix, members in series.items():
            first = CodeCounter.take(prefix, len(members))
            for number, obj in enumerate(members, first):
                obj.code = f"{prefix}-{number:0{cls.code_width}d}"
                obj.fill_search(*obj.search_parts())  # the code is searched for too

    def search_parts(self):
        """Return `(name, other texts)`: what people look this record up by."""
        raise NotImplementedError

    def fill(self):
        super().fill()
        name, others = self.search_parts()
        self.fill_search(name, others)
        self.exact_text = text.exact(" ".join([name, *others]))
        self.sort_key = self.make_sort_key(name)

    def fill_search(self, name, others):
        """Fill the column that the record is found by; a new one's code comes after the rest."""
        self.search_text = text.search_text(name, *others, self.code, name=name)

    @staticmethod
    def make_sort_key(name):
        return text.text_key(name)

    def filled_fields(self):
        return ("search_text", "exact_text", "sort_key")
