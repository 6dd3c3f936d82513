"""How pages of outreach tell a record: its state first, nothing that is empty."""

from django.utils.html import format_html

from outreach.forms.areas import POLICE, WHOLE_WARD

OTHERWISE = {"neighbourhood": WHOLE_WARD, "lead": POLICE}  # what an empty link means


class StateFirst:
    """Mixed into a `RecordView`: the state stands first among the facts, empty ones are left out,
    and an empty neighbourhood or leader is told as what it means."""

    def state(self, obj):
        """Return how the record stands: `(tone, word)`."""
        return obj.badge(self.request.today)

    def facts(self, obj):
        told = zip(self.detail_fields, super().facts(obj), strict=True)
        found = [
            ("Tình trạng", format_html('<span class="badge badge-{}">{}</span>', *self.state(obj)))
        ]
        for name, (label, value) in told:
            if value == "—" and name not in OTHERWISE:
                continue
            found.append((label, OTHERWISE[name] if value == "—" else value))
        return found
