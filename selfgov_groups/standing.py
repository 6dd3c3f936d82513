"""How a group stands on a day: whether it meets, is met, is heard of. Pure over annotated rows."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from selfgov_groups.models import SelfManagedGroup
from selfgov_groups.rules import Numbers


@dataclass(frozen=True)
class Standing:
    """A group that `with_life()` read, seen on the day `on` by the ward's `numbers`.

    Says in Python what `silent()`, `without_meeting()`, `without_contact()` and `without_head()`
    say in SQL; a test compares them.
    """

    group: SelfManagedGroup
    on: dt.date
    numbers: Numbers

    @property
    def last_news(self) -> dt.date | None:
        """The day the group last told of something."""
        at = self.group.last_news
        return timezone.localtime(at).date() if at else None

    @property
    def meeting_days(self) -> int | None:
        """Days since the last meeting; None where none was held."""
        return _days(self.group.last_meeting, self.on)

    @property
    def contact_days(self) -> int | None:
        """Days since an officer last met the group; None where none did."""
        return _days(self.group.last_contact, self.on)

    @property
    def to_meet(self) -> bool:
        return self._past(self.numbers.meeting, self.group.last_meeting)

    @property
    def to_be_met(self) -> bool:
        return self._past(self.numbers.contact, self.group.last_contact)

    @property
    def silent(self) -> bool:
        days = (self.group.last_meeting, self.group.last_contact, self.last_news)
        return self._past(self.numbers.silent, *days)

    def _past(self, days, *seen):
        """Tell whether more than `days` days went by since the founding and all that was seen."""
        if self.group.dissolved_on:
            return False
        since = self.on - dt.timedelta(days=days)
        return max([self.group.founded_on, *filter(None, seen)]) < since

    @property
    def badge(self) -> tuple[str, str]:
        """The gravest of what is wrong: `(tone, word)`."""
        if self.group.dissolved_on:
            return "mute", "Đã giải thể"
        if self.silent:
            return "late", "Im ắng"
        if self.to_meet:
            return "late", "Quá hạn họp"
        if not self.group.has_head:
            return "due", "Chưa có tổ trưởng"
        return ("due", "Quá hạn gặp") if self.to_be_met else ("ok", "Đang hoạt động")

    @property
    def reasons(self) -> list[str]:
        """What is wrong with the group, in sentences."""
        if self.group.dissolved_on:
            return []
        found = []
        if self.silent:
            found.append(
                f"Tổ im ắng: hơn {self.numbers.silent} ngày không họp, không gặp, không báo tin."
            )
        if self.to_meet and not self.silent:
            found.append(f"Hơn {self.numbers.meeting} ngày tổ chưa họp.")
        if self.to_be_met and not self.silent:
            found.append(f"Hơn {self.numbers.contact} ngày cảnh sát khu vực chưa gặp tổ.")
        if not self.group.has_head:
            found.append("Tổ chưa có tổ trưởng.")
        return found


def _days(day, on):
    return (on - day).days if day else None
