"""The form of a shift handed over."""

import datetime as dt

from django.utils import timezone

from incidents.forms.incidents import NO_NAMES
from incidents.models import ShiftHandover
from kylien.core.forms import RecordForm

SHIFT = dt.timedelta(hours=24)


class HandoverForm(RecordForm):
    """From when until when, and what the incidents themselves do not say."""

    class Meta(RecordForm.Meta):
        model = ShiftHandover
        fields = ("started_at", "ended_at", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            now = timezone.localtime().replace(second=0, microsecond=0)
            last = ShiftHandover.objects.order_by("-ended_at").first()
            since = timezone.localtime(last.ended_at) if last else now - SHIFT
            self.initial.setdefault("started_at", max(since, now - 2 * SHIFT))
            self.initial.setdefault("ended_at", now)
        self.fields["note"].help_text = NO_NAMES
        for name in ("started_at", "ended_at"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean(self):
        data = super().clean()
        if data.get("ended_at") and data["ended_at"] > timezone.now() + dt.timedelta(hours=1):
            self.add_error("ended_at", "Ca này chưa kết thúc.")
        return data
