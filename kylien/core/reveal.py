"""What is masked shown in full: for a reason, kept in the trail, and gone with the page.

The masks themselves stand on the models (`Tracked.masks`). A page of records names the rows it
shows with `uncover()`; a POST to its own address, with a reason, answers the same page once with
the masks of these rows off. Nothing of it gets into an address or a session: a reload, a way back
or a second click on the same form leads to the masked page.

Only those who may see numbers may ask, of rows in their scope; others get 403. What the accounts
app asks for besides (the password once more) is handed in by `set_gate()`.
"""

import secrets
from collections.abc import Callable

from django import forms
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpResponseRedirect

from kylien.core import text
from kylien.core.changes import acting, trail

MARK = "_reveal"  # in the form: the mark by which it is answered once
LEAST = 10  # letters that say something
ONCE_SECONDS = 24 * 3600

_gates: list[Callable] = []


def set_gate(gate: Callable) -> None:
    """Have `gate(request, then)` asked first: it returns the address to go to before, or "".

    `then` is where one comes back to; "" is the request's own address.
    """
    _gates[:] = [gate]


def way(request, then: str = "") -> str:
    """Return where somebody has to go before anything is shown in full, or many people are taken
    along, and comes back to `then` from; "" if nowhere."""
    return _gates[0](request, then) if _gates else ""


class Ground(models.TextChoices):
    RESIDENCE = "residence", "Xác minh cư trú"
    PROCEDURE = "procedure", "Giải quyết thủ tục"
    PAPERS = "papers", "Đối chiếu giấy tờ"
    OTHER = "other", "Khác"


class RevealForm(forms.Form):
    """Why something is to be shown in full."""

    ground = forms.ChoiceField(
        label="Lý do",
        choices=[("", "Chọn lý do"), *Ground.choices],
        error_messages={"required": "Chọn lý do."},
    )
    words = forms.CharField(
        label="Ghi rõ lý do",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"data-when": f"ground={Ground.OTHER}", "autocomplete": "off"}
        ),
    )

    def __init__(self, data=None):
        super().__init__(data, auto_id="reveal_%s")

    def clean_words(self):
        words = text.clean(self.cleaned_data["words"])
        if self.cleaned_data.get("ground") != Ground.OTHER:
            return ""
        if len(words) < LEAST:
            raise forms.ValidationError(f"Ghi rõ lý do, ít nhất {LEAST} ký tự.")
        if text.holds_number(words):
            raise forms.ValidationError("Lý do không chứa số định danh, số điện thoại.")
        return words

    def reason(self):
        """Return the reason as the trail keeps it."""
        return self.cleaned_data["words"] or Ground(self.cleaned_data["ground"]).label


class Reveals:
    """A page of records, built on `ScopedMixin`, that may be shown in full."""

    in_full = False
    reveal_form = None
    record_shown = None
    uncovered: tuple = ()  # (row, the masked fields that hold a value and that the page shows)

    def uncover(self, *rows, fields=None):
        """Name rows that the page shows, and which of their masked `fields` (all if None).

        Of rows outside the user's scope the masks stay: somebody who moved to another beat is
        named on a household of then, no more.
        """
        if self.in_full:
            rows = self._in_scope(rows)
        for row in rows:
            row.in_full = self.in_full
            names = [name for name in fields or row.masks if getattr(row, name)]
            if names:
                self.uncovered = (*self.uncovered, (row, names))

    def _in_scope(self, rows):
        found = set()
        for model in {type(row) for row in rows}:
            seen = model.objects.visible_to(self.request.user)
            keys = seen.filter(pk__in=[row.pk for row in rows if type(row) is model])
            found |= {(model, pk) for pk in keys.values_list("pk", flat=True)}
        return [row for row in rows if (type(row), row.pk) in found]

    def reveal_context(self, record):
        """Return what `records/_reveal.html` shows on a `record`'s page, once its rows are named;
        None for those who may not ask and where nothing is hidden."""
        self.record_shown = record
        if not self.uncovered or not self.request.user.may_see_numbers:
            return None
        return {
            "shown": self.in_full,
            "form": self.reveal_form or RevealForm(),
            "first": way(self.request),
            "mark": secrets.token_hex(16),
            "masked_url": self.request.get_full_path(),
        }

    def answer_reveal(self, show):
        """Answer the POST that asks for the page in full; `show()` makes the page.

        Raises PermissionDenied for those who may never see it.
        """
        request = self.request
        if MARK not in request.POST:
            return self.http_method_not_allowed(request)
        if not request.user.may_see_numbers:
            raise PermissionDenied
        self.reveal_form = RevealForm(request.POST)
        if not self.reveal_form.is_valid():
            response = show()
            response.status_code = 422
            return response
        if first := way(request):
            return HttpResponseRedirect(first)
        mark = request.POST[MARK]
        mark = mark[:64] if mark.isascii() and mark.isalnum() else secrets.token_hex(16)
        if not cache.add(f"reveal:{request.user.pk}:{mark}", "", ONCE_SECONDS):
            return HttpResponseRedirect(request.get_full_path())
        self.in_full = True
        response = show()
        if not self.uncovered:
            return self.http_method_not_allowed(request)
        with acting(reason=self.reveal_form.reason()), transaction.atomic():
            self._tell()
        return response

    def _tell(self):
        """Keep in the trail which fields of which rows were shown, and on which record's page."""
        record = self.record_shown
        for row, names in self.uncovered:
            trail().reading(type(row), "reveal", row=row.pk, code=row.code, fields=names)
        if all(row != record for row, _ in self.uncovered):
            code = getattr(record, "code", "")
            rows = len(self.uncovered)
            trail().reading(type(record), "reveal", row=record.pk, code=code, rows=rows)
