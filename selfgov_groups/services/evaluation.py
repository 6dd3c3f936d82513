"""The yearly evaluation: scores are started, filled in, submitted, sent back and approved.

Each act is one transaction that locks the score first. Raises ValidationError, its sentences keyed
by field, where the score is not in the state the act needs.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery, Sum

from kylien.core import text
from kylien.core.changes import acting
from kylien.core.counts import count_all
from selfgov_groups.models import (
    Criterion,
    CriterionScore,
    GroupDuty,
    GroupMembership,
    GroupScore,
    MutualHelp,
    RosterLine,
    ScoringScheme,
)
from selfgov_groups.models.evaluation import FROZEN
from selfgov_groups.scoring import Given, rate

State, Fact = GroupScore.State, Criterion.Fact
WAITS = "Phiếu đang chờ duyệt: trả lại rồi mới sửa điểm."


@transaction.atomic
def copy_scheme(*, scheme):
    """Make the table of points of the next year out of a year's; return it.

    Raises ValidationError where there is one already.
    """
    year = scheme.year + 1
    made = ScoringScheme(
        year=year,
        legal_basis=scheme.legal_basis,
        good_from=scheme.good_from,
        fair_from=scheme.fair_from,
        average_from=scheme.average_from,
    )
    if ScoringScheme.objects.filter(year=year).exists():
        raise ValidationError(f"Năm {year} đã có bảng chấm điểm.")
    made.full_clean()
    made.save()
    Criterion.objects.bulk_create(
        Criterion(
            scheme=made,
            position=one.position,
            content=one.content,
            max_points=one.max_points,
            fact=one.fact,
        )
        for one in scheme.criteria.all()
    )
    return made


def groups_to_score(scheme, groups):
    """Return those of `groups` that exist, existed in the scheme's year and have no score of it."""
    scored = GroupScore.objects.filter(scheme=scheme).order_by().values("group")
    return groups.active().filter(founded_on__year__lte=scheme.year).exclude(pk__in=scored)


@transaction.atomic
def start_scores(*, scheme, groups):
    """Start the year's scores of `groups` (a queryset), one draft each; return the new ones.

    Asked again it starts none. Raises ValidationError where the scheme could rate nobody good.
    """
    scheme = ScoringScheme.objects.select_for_update().get(pk=scheme.pk)
    most = scheme.criteria.aggregate(most=Sum("max_points"))["most"]
    if not most:
        raise ValidationError(f"Bảng chấm điểm năm {scheme.year} chưa có tiêu chí.")
    if most < scheme.good_from:
        raise ValidationError(
            f"Các tiêu chí năm {scheme.year} cộng tối đa {most} điểm, "
            f"dưới mức tốt {scheme.good_from}: sửa bảng chấm điểm trước."
        )
    missing = groups_to_score(scheme, groups).order_by("code")
    return GroupScore.objects.bulk_create(
        GroupScore(group=group, scheme=scheme) for group in missing
    )


def _locked(score, state):
    """Lock a score and return it as it stands. Raises ValidationError unless it is in `state`."""
    score = GroupScore.objects.select_for_update().get(pk=score.pk)
    if score.state == state:
        return score
    if score.is_approved:
        raise ValidationError(FROZEN)
    raise ValidationError(WAITS if state == State.DRAFT else "Phiếu chưa trình duyệt.")


def rating_of(lines, scheme):
    """Return total and class of points given (`CriterionScore`), through the one pure function."""
    return rate((Given(one.points, one.criterion.max_points) for one in lines), scheme.limits)


@transaction.atomic
def fill_score(*, score, given):
    """Write the points of a draft and return it with its new total.

    `given` maps criteria of its scheme to `(points, evidence)`; points None where the criterion is
    not rated yet. Raises ValidationError, keyed `points_<criterion>` and `evidence_<criterion>`,
    for points above a criterion's maximum or without evidence.
    """
    score = _locked(score, State.DRAFT)
    lines = {line.criterion_id: line for line in score.lines.all()}
    errors, kept = {}, []
    for criterion, (points, evidence) in given.items():
        line = lines.get(criterion.pk) or CriterionScore(score=score)
        line.criterion = criterion
        if points is None:
            if evidence:
                errors[f"points_{criterion.pk}"] = "Ghi điểm; không đạt thì ghi 0."
            elif line.pk:
                line.delete()
            continue
        changed = not line.pk or (line.points, line.evidence) != (points, evidence)
        line.points, line.evidence = points, evidence
        try:
            line.check_points()
        except ValidationError as error:
            for name, found in error.message_dict.items():
                errors[f"{name}_{criterion.pk}"] = found
            continue
        if changed:
            line.save()
        kept.append(line)
    if errors:
        raise ValidationError(errors)
    score.total = rating_of(kept, score.scheme).total
    score.save()
    return score


def _complete(score):
    """Return the lines of a score that has all of them. Raises ValidationError, naming the criteria
    without points, and lines that the scheme as it is now does not allow."""
    lines = list(score.lines.select_related("criterion"))
    rated = {line.criterion_id for line in lines}
    missing = [one.content for one in score.scheme.criteria.all() if one.pk not in rated]
    if missing:
        raise ValidationError(f"Chưa chấm: {'; '.join(missing)}.")
    if not lines:
        raise ValidationError("Bảng chấm điểm không có tiêu chí.")
    for line in lines:
        try:
            line.check_points()
        except ValidationError as error:
            raise ValidationError(f"{line.criterion}: {' '.join(error.messages)}") from error
    return lines


@transaction.atomic
def submit_score(*, score):
    """Hand a complete draft to the chief; return it."""
    score = _locked(score, State.DRAFT)
    score.total = rating_of(_complete(score), score.scheme).total
    score.state, score.returned = State.SUBMITTED, ""
    score.save()
    return score


@transaction.atomic
def return_score(*, score, reason):
    """Send a submitted score back to be mended, with the reason; return it."""
    score = _locked(score, State.SUBMITTED)
    score.state, score.returned = State.DRAFT, reason
    with acting(reason=reason):
        score.save()
    return score


@transaction.atomic
def approve_score(*, score, user, on):
    """Approve a submitted score: from now on neither it nor its scheme changes. Return it.

    The total is reckoned once more, by the scheme as it stands now, which is locked meanwhile.
    """
    ScoringScheme.objects.select_for_update().get(pk=score.scheme_id)
    score = _locked(score, State.SUBMITTED)
    rating = rating_of(_complete(score), score.scheme)
    score.total, score.rated = rating.total, rating.rated
    score.state, score.approved_by, score.approved_on = State.APPROVED, user, on
    score.save()
    return score


# --- what the year's records tell of a group ------------------------------------------------------


def facts_of(group, period):
    """Tell what the records of `period` hold about a group: `{fact: sentence}`.

    Counts of the group alone, never of a household or a person. They are shown beside the criteria
    so that points need no memory; nothing is reckoned from them.
    """
    held = {"{}__gte": period.start, "{}__lt": period.end}

    def within(rows, field):
        return rows.filter(**{name.format(field): day for name, day in held.items()})

    duties = group.duties.filter(Q(ended_on=None) | Q(ended_on__gt=period.start))
    duties = duties.filter(started_on__lt=period.end)
    helps, requests = within(group.helps, "helped_on"), within(group.requests, "raised_on")
    news = group.reported_incidents.filter(
        received_at__gte=period.start_at, received_at__lt=period.end_at
    )
    rosters = within(group.rosters, "checked_on")
    lines = RosterLine.objects.filter(roster__in=rosters.order_by().values("pk"))
    n = count_all(
        {
            "property": duties.filter(task=GroupDuty.Task.PROPERTY),
            "order": duties.filter(task=GroupDuty.Task.ORDER),
            "mediations": helps.filter(kind=MutualHelp.Kind.MEDIATION),
            "helps": helps,
            "requests": requests,
            "answered": requests.exclude(done_on=None),
            "news": news,
            "rosters": rosters,
            "changes": lines.filter(state=RosterLine.State.ACCEPTED),
            "outreach": within(group.outreach_activities, "held_on"),
        }
    )
    helped = helps.aggregate(n=Sum("households"))["n"] or 0
    return {
        Fact.MEETINGS: _told_meetings(within(group.meetings, "held_on")),
        Fact.RESIDENCE: f"{n['rosters']} lần rà soát danh sách, {n['changes']} thay đổi đã nhận",
        Fact.PROPERTY: f"{n['property']} việc tự quản về tài sản",
        Fact.ORDER: f"{n['order']} việc tự quản về trật tự, {n['mediations']} lần hoà giải",
        Fact.NEWS: f"{n['news']} tin báo công an",
        Fact.HELP: f"{n['helps']} việc giúp nhau, {helped} lượt hộ",
        Fact.REQUESTS: f"{n['requests']} kiến nghị, {n['answered']} đã có kết quả",
        Fact.OUTREACH: f"{n['outreach']} buổi tuyên truyền tại tổ",
    }


def _told_meetings(meetings):
    """Tell how many meetings were held, and which share of the households of their days came."""
    day = OuterRef("held_on")
    members = GroupMembership.objects.filter(group=OuterRef("group"), joined_on__lte=day)
    members = members.filter(Q(left_on=None) | Q(left_on__gt=day)).order_by().values("group")
    rows = meetings.order_by().annotate(had=Subquery(members.annotate(n=Count("pk")).values("n")))
    rows = list(rows.values_list("attended", "had"))
    came, had = sum(one for one, _ in rows), sum(one or 0 for _, one in rows)
    if not had:
        return f"{len(rows)} cuộc họp"
    share = text.format_number(round(100 * came / had))
    return f"{len(rows)} cuộc họp, {came}/{had} lượt hộ dự ({share}%)"
