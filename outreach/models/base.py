"""What rows of outreach share: those of a neighbourhood, and those of the whole ward."""

from django.db.models import Q

from kylien.core.models import RecordQuerySet, TrackedQuerySet


class ForAllWhoWork(TrackedQuerySet):
    """Rows of the whole ward: everybody who works in it sees them."""

    def in_scope(self, scope):
        return self.all() if scope.whole_ward or scope.neighbourhood_ids else self.none()


class WardWide(ForAllWhoWork, RecordQuerySet):
    """Records of the whole ward."""


class AreaOrWard(RecordQuerySet):
    """Rows of a neighbourhood, or of the whole ward where they name none: an officer sees his own
    and the latter."""

    def in_scope(self, scope):
        if scope.whole_ward:
            return self.all()
        if not scope.neighbourhood_ids:
            return self.none()
        own = {f"{self.model.scope_lookup}__in": scope.neighbourhood_ids}
        return self.filter(Q(**own) | Q(**{self.model.scope_lookup: None}))


class KeptByItsArea:
    """A record of `AreaOrWard` rows: what concerns the whole ward is changed by those who see all
    of it, so no officer moves the other officers' plan."""

    def kept_by(self, user):
        return self.neighbourhood_id is not None or user.scope.whole_ward

    def changeable_by(self, user, at):
        return self.kept_by(user)
