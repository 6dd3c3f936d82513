"""What there is to do with a year of groups: scores to approve, plans of weak groups, rosters."""

from django.db.models.functions import TruncDate

from kylien.accounts.models import Role
from kylien.core.periods import TZ
from kylien.core.work import Work, page_of
from selfgov_groups.models import GroupScore, ImprovementTask, RosterCheck

SOON_DAYS = 14


def scores_to_approve(user, on, until):
    """Return the scores that wait for the chief: the law names no day until which."""
    rows = GroupScore.objects.visible_to(user).submitted()
    return rows if user.has_role(Role.CHIEF) else rows.none()


def improvements_due(user, on, until):
    return ImprovementTask.objects.visible_to(user).due(on, (until - on).days)


def rosters_to_decide(user, on, until):
    """Return the rosters with changes that nobody has accepted or refused yet."""
    return RosterCheck.objects.visible_to(user).undecided()


WORK = (
    Work(
        kind="score",
        label="Duyệt xếp loại tổ",
        permission="selfgov_groups.view_groupscore",
        rows=scores_to_approve,
        since=TruncDate("changed_at", tzinfo=TZ),
        since_word="Trình",
        name="group__name",
        detail="code",
        area="group__neighbourhood",
        url=page_of(GroupScore),
    ),
    Work(
        kind="improvement",
        label="Củng cố tổ liên gia",
        permission="selfgov_groups.view_improvementtask",
        rows=improvements_due,
        day="due_on",
        name="score__group__name",
        detail="content",
        area="score__group__neighbourhood",
        key="score_id",
        url=page_of(GroupScore),
        soon=SOON_DAYS,
    ),
    Work(
        kind="roster",
        label="Xét rà soát danh sách tổ",
        permission="households.change_residence",
        rows=rosters_to_decide,
        since="checked_on",
        since_word="Rà soát",
        name="group__name",
        detail="code",
        area="group__neighbourhood",
        url=page_of(RosterCheck),
    ),
)
