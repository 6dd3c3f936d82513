"""The yearly evaluation: points, totals and classes by hand; frozen once approved; weak groups."""

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kylien.audit.models import AuditEntry
from kylien.core.periods import TZ, Period
from selfgov_groups.evaluation_work import WORK
from selfgov_groups.models import (
    Criterion,
    CriterionScore,
    GroupScore,
    ImprovementTask,
    ScoringScheme,
)
from selfgov_groups.models.evaluation import FROZEN, LOCKED
from selfgov_groups.scoring import CLASSES, Given, Limits, Rating, rate, steps_up
from selfgov_groups.services import evaluation as services
from tests.factories import (
    ActivityFactory,
    CriterionFactory,
    CriterionScoreFactory,
    GroupDutyFactory,
    GroupFactory,
    GroupRequestFactory,
    GroupScoreFactory,
    ImprovementTaskFactory,
    IncidentFactory,
    MeetingFactory,
    MembershipFactory,
    MutualHelpFactory,
    RosterCheckFactory,
    RosterLineFactory,
    ScoringSchemeFactory,
    day,
)

LIST = "/group-scores/"
LIMITS = Limits(90, 70, 50)
YEAR = day().year


def address(name, row):
    return reverse(f"groupscore-{name}", args=[row.pk])


def refusal(act, **arguments):
    """Return all a service says as it refuses, as one text."""
    with pytest.raises(ValidationError) as caught:
        act(**arguments)
    return " ".join(caught.value.messages)


@pytest.fixture
def scheme(db):
    """A table of this year: three criteria, a hundred points."""
    ScoringScheme.objects.filter(year=YEAR).update(year=2999)  # the migrations' own
    made = ScoringSchemeFactory(year=YEAR)
    for content, most in (("Họp tổ", 50), ("Cư trú", 30), ("Báo tin", 20)):
        CriterionFactory(scheme=made, content=content, max_points=most)
    return made


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Liên gia 1")


@pytest.fixture
def score(group, scheme):
    return GroupScoreFactory(group=group, scheme=scheme)


def fill(score, *points, evidence="Có sổ"):
    """Give points by the criteria in their order."""
    criteria = score.scheme.criteria.all()
    told = {one: (n, evidence if n else "") for one, n in zip(criteria, points, strict=True)}
    return services.fill_score(score=score, given=told)


def approve(score, chief, *points, on=None):
    """Lead a score through to its class."""
    fill(score, *points)
    services.submit_score(score=score)
    return services.approve_score(score=score, user=chief, on=on or day())


def typed(score, *points, evidence="Có sổ", **more):
    """Return what the form on a score's page sends."""
    score.refresh_from_db()
    data = {"version": score.version, **more}
    for one, n in zip(score.scheme.criteria.all(), points, strict=True):
        data |= {f"points_{one.pk}": n, f"evidence_{one.pk}": evidence if n else ""}
    return data


# --- total and class: one pure function -----------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "total", "rated"),
    [
        ((50, 30, 20), 100, "good"),
        ((50, 30, 10), 90, "good"),
        ((50, 30, 9), 89, "fair"),
        ((50, 20, 0), 70, "fair"),
        ((49, 20, 0), 69, "average"),
        ((20, 20, 10), 50, "average"),
        ((20, 20, 9), 49, "weak"),
        ((0, 0, 0), 0, "weak"),
    ],
)
def test_total_and_class_at_the_edges(points, total, rated):
    lines = [Given(n, most) for n, most in zip(points, (50, 30, 20), strict=True)]
    assert rate(lines, LIMITS) == Rating(total, rated)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=8), st.randoms())
def test_the_same_points_rate_the_same_in_any_order(points, shuffle):
    lines = [Given(n, 25) for n in points]
    first = rate(lines, LIMITS)
    shuffle.shuffle(lines)
    assert rate(lines, LIMITS) == first
    assert first.total == sum(points)


@given(st.integers(0, 299), st.integers(0, 299))
def test_more_points_never_make_a_lower_class(one, other):
    low, high = sorted((one, other))
    classes = [CLASSES.index(LIMITS.class_of(n)) for n in (low, high)]
    assert classes[0] >= classes[1]


@pytest.mark.parametrize(("points", "most"), [(21, 20), (-1, 20)])
def test_points_that_no_criterion_allows_are_not_rated(points, most):
    with pytest.raises(ValueError, match="points of at most"):
        rate([Given(points, most)], LIMITS)


@pytest.mark.parametrize(
    ("now", "before", "steps"),
    [
        ("good", "fair", 1),
        ("weak", "good", -3),
        ("fair", "fair", 0),
        ("", "fair", None),
        ("fair", "", None),
    ],
)
def test_classes_up_and_down(now, before, steps):
    assert steps_up(now, before) == steps


def test_limits_are_the_schemes_own(scheme, score, chief):
    ScoringScheme.objects.filter(pk=scheme.pk).update(good_from=80, fair_from=60, average_from=40)
    score.refresh_from_db()
    assert approve(score, chief, 50, 30, 0).rated == "good"


# --- starting -------------------------------------------------------------------------------------


def test_one_click_starts_a_draft_for_each_active_group_without_one(
    client_for, officer_a, scheme, group, area_a, area_b
):
    has = GroupScoreFactory(group=GroupFactory(neighbourhood=area_a), scheme=scheme)
    GroupFactory(neighbourhood=area_a, dissolved_on=day(1))
    GroupFactory(neighbourhood=area_a, founded_on=dt.date(YEAR + 1, 1, 1))
    GroupFactory(neighbourhood=area_b)
    client = client_for(officer_a)
    page = client.get(LIST, {"year": YEAR})
    assert page.context["missing"] == 1
    start = reverse("groupscore-start")
    answer = client.post(start, {"year": YEAR}, follow=True)
    assert f"Đã lập 1 phiếu năm {YEAR}." in answer.content.decode()
    assert set(GroupScore.objects.values_list("group", flat=True)) == {group.pk, has.group_id}
    made = GroupScore.objects.get(group=group)
    assert (made.state, made.total, made.rated, made.code[:3]) == ("draft", 0, "", "XL-")
    answer = client.post(start, {"year": YEAR}, follow=True)  # clicked again
    assert "Tổ nào cũng đã có phiếu" in answer.content.decode()
    assert GroupScore.objects.count() == 2
    assert client.get(LIST, {"year": YEAR}).context["missing"] == 0


@pytest.mark.parametrize("year", ["", "abc", "1900", "9" * 30, "2026\0"])
def test_a_year_without_a_table_starts_nothing(client_for, chief, group, scheme, year):
    assert client_for(chief).post(reverse("groupscore-start"), {"year": year}).status_code == 404
    assert not GroupScore.objects.exists()


def test_a_table_that_could_rate_nobody_good_starts_nothing(client_for, chief, group, scheme):
    Criterion.objects.filter(content="Họp tổ").update(max_points=39)
    page = client_for(chief).post(reverse("groupscore-start"), {"year": YEAR}, follow=True)
    assert "cộng tối đa 89 điểm, dưới mức tốt 90" in page.content.decode()
    Criterion.objects.all().delete()
    page = client_for(chief).post(reverse("groupscore-start"), {"year": YEAR}, follow=True)
    assert f"năm {YEAR} chưa có tiêu chí" in page.content.decode()
    assert not GroupScore.objects.exists()


def test_a_second_score_in_a_year_is_refused(score):
    twin = GroupScore(group=score.group, scheme=score.scheme)
    with pytest.raises(ValidationError) as caught:
        twin.full_clean()
    assert caught.value.message_dict["scheme"] == ["Tổ đã có phiếu xếp loại năm này."]
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


# --- points ---------------------------------------------------------------------------------------


def test_points_saved_show_total_and_class(client_for, clerk, score):
    client = client_for(clerk)
    answer = client.post(address("update", score), typed(score, 45, 25, 20), follow=True)
    page = answer.content.decode()
    assert "Đã lưu: 90 điểm, tương ứng loại tốt." in page
    score.refresh_from_db()
    assert (score.total, score.state, score.rated) == (90, "draft", "")
    assert answer.context["would_be"] == "Tốt"
    answer = client.post(address("update", score), typed(score, 45, 24, 20), follow=True)
    assert "89 điểm, tương ứng loại khá" in answer.content.decode()
    assert {line.points for line in score.lines.all()} == {45, 24, 20}


def test_a_draft_may_have_gaps_and_loses_points_that_are_wiped_out(client_for, clerk, score):
    client = client_for(clerk)
    client.post(address("update", score), typed(score, 45, "", 20))
    assert sorted(line.points for line in score.lines.all()) == [20, 45]
    client.post(address("update", score), typed(score, "", "", 20))
    score.refresh_from_db()
    assert (score.total, score.lines.count()) == (20, 1)


@pytest.mark.parametrize(
    ("points", "evidence", "sentence"),
    [
        ("51", "Có sổ", "Tiêu chí này tối đa 50 điểm."),
        ("-1", "Có sổ", "Điểm không thể âm."),
        ("4,5", "Có sổ", "Ghi điểm bằng số nguyên."),
        ("x", "Có sổ", "Ghi điểm bằng số nguyên."),
        ("9" * 30, "Có sổ", "Tiêu chí này tối đa 50 điểm."),
        ("40", "", "Có điểm thì ghi minh chứng."),
        ("", "Có sổ", "Ghi điểm; không đạt thì ghi 0."),
    ],
)
def test_points_that_cannot_stand_are_refused_beside_their_field(
    client_for, clerk, score, points, evidence, sentence
):
    first = score.scheme.criteria.first()
    data = typed(score, 40, 30, 20)
    data |= {f"points_{first.pk}": points, f"evidence_{first.pk}": evidence}
    answer = client_for(clerk).post(address("update", score), data)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert [sentence] in errors.values()
    assert set(errors) <= {f"points_{first.pk}", f"evidence_{first.pk}"}
    assert f'value="{points}"' in answer.content.decode() or not points  # what was typed stays
    assert not CriterionScore.objects.exists()


def test_enter_saves_and_does_not_submit(client_for, clerk, score):
    client = client_for(clerk)
    whole = client.get(score.get_absolute_url()).content.decode()
    refused = client.post(address("update", score), typed(score, 51, 0, 0)).content.decode()
    for page in (whole, refused):
        form = (
            page[page.index("points_") :] if page is whole else page[page.index("<form method") :]
        )
        first = re.search(r"<button[^>]*>", form[form.index("<button") :])[0]
        assert "submit" in first
        assert 'name="do"' not in first  # a browser presses the first button of a form


def test_points_above_the_maximum_are_refused_by_service_and_model(score):
    first = score.scheme.criteria.first()
    said = refusal(services.fill_score, score=score, given={first: (51, "Có sổ")})
    assert said == "Tiêu chí này tối đa 50 điểm."
    with pytest.raises(ValidationError) as caught:
        CriterionScore(score=score, criterion=first, points=51, evidence="x").full_clean()
    assert caught.value.message_dict["points"] == ["Tiêu chí này tối đa 50 điểm."]


def test_a_stale_form_is_refused_and_keeps_what_was_typed(client_for, clerk, chief, score):
    mine = typed(score, 40, 30, 20)
    client_for(chief).post(address("update", score), typed(score, 10, 10, 10))
    answer = client_for(clerk).post(address("update", score), mine)
    assert answer.status_code == 422
    stale = answer.context["stale"]
    assert [(row["theirs"], row["yours"]) for row in stale] == [(10, "40"), (10, "30"), (10, "20")]
    score.refresh_from_db()
    assert score.total == 30


def test_saving_and_submitting_at_once(client_for, officer_a, score):
    client = client_for(officer_a)
    answer = client.post(address("update", score), typed(score, 40, "", 20, do="submit"))
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == ["Chưa chấm: Cư trú."]
    assert not score.lines.exists()  # nothing is half done
    answer = client.post(address("update", score), typed(score, 40, 0, 20, do="submit"))
    assert answer.status_code == 302
    score.refresh_from_db()
    assert (score.state, score.total) == ("submitted", 60)


# --- submitted, sent back, approved ---------------------------------------------------------------


def test_a_submitted_score_is_sent_back_with_the_reason_and_mended(client_for, chief, score):
    fill(score, 40, 30, 20)
    services.submit_score(score=score)
    with pytest.raises(ValidationError, match="đang chờ duyệt"):
        fill(score, 1, 1, 1)
    client = client_for(chief)
    answer = client.post(address("return", score), {"back-reason": ""})
    assert answer.status_code == 422
    answer = client.post(address("return", score), {"back-reason": "Thiếu biên bản"}, follow=True)
    assert "Trả lại: Thiếu biên bản" in answer.content.decode()
    score.refresh_from_db()
    assert (score.state, score.returned) == ("draft", "Thiếu biên bản")
    entry = AuditEntry.objects.filter(table="selfgov_groups.groupscore").order_by("-pk").first()
    assert entry.reason == "Thiếu biên bản"
    answer = client.post(address("return", score), {"back-reason": "Lần nữa"})
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == ["Phiếu chưa trình duyệt."]
    fill(score, 41, 30, 20)
    assert services.submit_score(score=score).returned == ""


def test_the_chief_approves_and_total_and_class_stay(client_for, chief, score):
    fill(score, 40, 20, 9)
    services.submit_score(score=score)
    client = client_for(chief)
    page = client.get(score.get_absolute_url()).content.decode()
    assert address("approve", score) in page
    answer = client.post(address("approve", score), follow=True)
    assert "Đã duyệt: 69 điểm, loại trung bình." in answer.content.decode()
    score.refresh_from_db()
    assert (score.state, score.total, score.rated) == ("approved", 69, "average")
    assert (score.approved_by, score.approved_on) == (chief, day())
    version = score.version
    answer = client.post(address("approve", score), follow=True)  # a second click
    assert FROZEN in answer.content.decode()
    score.refresh_from_db()
    assert score.version == version


def test_a_draft_is_not_approved(client_for, chief, score):
    fill(score, 40, 30, 20)
    answer = client_for(chief).post(address("approve", score), follow=True)
    assert "Phiếu chưa trình duyệt." in answer.content.decode()
    assert GroupScore.objects.get(pk=score.pk).state == "draft"


def test_a_table_that_changed_after_the_submission_counts_as_it_stands(score, chief):
    fill(score, 50, 30, 10)
    services.submit_score(score=score)
    CriterionFactory(scheme=score.scheme, content="Mới thêm", max_points=5)
    asked = {"score": score, "user": chief, "on": day()}
    assert refusal(services.approve_score, **asked) == "Chưa chấm: Mới thêm."
    Criterion.objects.filter(content="Mới thêm").delete()
    Criterion.objects.filter(content="Họp tổ").update(max_points=45)
    said = refusal(services.approve_score, **asked)
    assert said == "Họp tổ: Tiêu chí này tối đa 45 điểm."
    Criterion.objects.filter(content="Họp tổ").update(max_points=50)
    ScoringScheme.objects.filter(pk=score.scheme_id).update(good_from=91)
    assert services.approve_score(**asked).rated == "fair"


# --- frozen ---------------------------------------------------------------------------------------


@pytest.fixture
def approved(score, chief):
    return approve(score, chief, 40, 20, 9)


def changes_of(approved):
    """List every way to write that an approved score must withstand, each with its sentence."""
    line, scheme = approved.lines.first(), approved.scheme
    criterion = scheme.criteria.first()
    other = GroupScoreFactory(scheme=scheme)
    loose = CriterionScoreFactory(score=other, criterion=criterion)
    stray = CriterionFactory()

    def set_and_save(row, **values):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()

    lines = CriterionScore.objects.filter(pk=line.pk)
    criteria = Criterion.objects.filter(pk=criterion.pk)
    schemes = ScoringScheme.objects.filter(pk=scheme.pk)
    scores = GroupScore.objects.filter(pk=approved.pk)
    return {
        "line save": (FROZEN, lambda: set_and_save(line, points=1)),
        "line update": (FROZEN, lambda: lines.update(points=1)),
        "line base update": (
            FROZEN,
            lambda: CriterionScore._base_manager.filter(pk=line.pk).update(points=1),
        ),
        "line bulk_update": (
            FROZEN,
            lambda: CriterionScore.objects.bulk_update([line], ["evidence"]),
        ),
        "line delete": (FROZEN, line.delete),
        "lines delete": (FROZEN, lines.delete),
        "line create": (
            FROZEN,
            lambda: CriterionScore.objects.create(score=approved, criterion=stray, points=0),
        ),
        "line bulk_create": (
            FROZEN,
            lambda: CriterionScore.objects.bulk_create(
                [CriterionScore(score=approved, criterion=stray)]
            ),
        ),
        "line moved in": (FROZEN, lambda: set_and_save(loose, score=approved)),
        "lines moved in": (
            FROZEN,
            lambda: CriterionScore.objects.filter(pk=loose.pk).update(
                score=approved, criterion=stray
            ),
        ),
        "reverse manager": (FROZEN, lambda: approved.lines.update(points=1)),
        "line clean": (FROZEN, line.full_clean),
        "score save": (FROZEN, lambda: set_and_save(approved, total=100)),
        "score reopened": (
            FROZEN,
            lambda: set_and_save(
                GroupScore.objects.get(pk=approved.pk),
                state="draft",
                rated="",
                approved_on=None,
                approved_by=None,
            ),
        ),
        "score update": (FROZEN, lambda: scores.update(total=100)),
        "score delete": (FROZEN, scores.delete),
        "score clean": (FROZEN, approved.full_clean),
        "criterion save": (LOCKED, lambda: set_and_save(criterion, max_points=60)),
        "criterion update": (LOCKED, lambda: criteria.update(content="Khác")),
        "criterion delete": (LOCKED, criteria.delete),
        "criterion create": (
            LOCKED,
            lambda: Criterion.objects.create(scheme=scheme, content="Thêm", max_points=5),
        ),
        "criterion bulk_create": (
            LOCKED,
            lambda: Criterion.objects.bulk_create(
                [Criterion(scheme=scheme, content="Thêm", max_points=5)]
            ),
        ),
        "criterion moved in": (
            LOCKED,
            lambda: Criterion.objects.filter(pk=stray.pk).update(scheme=scheme),
        ),
        "criterion moved out": (LOCKED, lambda: set_and_save(criterion, scheme=stray.scheme)),
        "criterion clean": (LOCKED, criterion.full_clean),
        "scheme save": (LOCKED, lambda: set_and_save(scheme, good_from=60)),
        "scheme update": (LOCKED, lambda: schemes.update(average_from=10)),
        "scheme clean": (LOCKED, scheme.full_clean),
    }


def test_no_way_of_writing_reaches_an_approved_score_or_its_table(approved):
    def stands():
        return [
            list(model.objects.order_by("pk").values())
            for model in (ScoringScheme, Criterion, GroupScore, CriterionScore)
        ]

    for name, (sentence, write) in changes_of(approved).items():
        before = stands()
        with pytest.raises(ValidationError) as caught, transaction.atomic():
            write()
        assert sentence in caught.value.messages, name
        assert stands() == before, name


def test_the_services_refuse_an_approved_score(approved, chief):
    for act, more in (
        (services.fill_score, {"given": {approved.scheme.criteria.first(): (1, "x")}}),
        (services.submit_score, {}),
        (services.return_score, {"reason": "x"}),
        (services.approve_score, {"user": chief, "on": day()}),
    ):
        assert refusal(act, score=approved, **more) == FROZEN


def test_the_form_refuses_an_approved_score_and_keeps_what_was_typed(client_for, chief, approved):
    client = client_for(chief)
    answer = client.post(address("update", approved), typed(approved, 50, 30, 20))
    assert answer.status_code == 422
    assert FROZEN in answer.context["form"].non_field_errors()
    assert 'value="50"' in answer.content.decode()
    assert client.get(address("update", approved)).status_code == 403
    page = client.get(approved.get_absolute_url()).content.decode()
    assert address("update", approved) not in page
    assert GroupScore.objects.get(pk=approved.pk).total == 69


def admin_data(client, url):
    """Return what the admin page of a table of points sends as it stands."""
    answer = client.get(url)
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data = {bound.html_name: bound.value() for form in forms for bound in form}
    return {name: "" if value is None else value for name, value in data.items()}


def test_the_admin_refuses_a_change_of_a_table_that_rated(client_for, chief, approved):
    url = reverse("admin:selfgov_groups_scoringscheme_change", args=[approved.scheme_id])
    client = client_for(chief)
    data = admin_data(client, url)
    for changed in ({"good_from": 60}, {"criteria-0-max_points": 49}, {"criteria-0-content": "K"}):
        before = list(Criterion.objects.values()), list(ScoringScheme.objects.values())
        answer = client.post(url, data | changed)
        assert answer.status_code == 200, changed
        assert LOCKED in answer.content.decode(), changed
        assert (list(Criterion.objects.values()), list(ScoringScheme.objects.values())) == before
    new = data["criteria-TOTAL_FORMS"] - 1
    added = {f"criteria-{new}-content": "Thêm", f"criteria-{new}-max_points": 5}
    assert LOCKED in client.post(url, data | added).content.decode()
    assert approved.scheme.criteria.count() == 3


def test_the_admin_keeps_up_a_table_until_it_rated(client_for, chief, score):
    url = reverse("admin:selfgov_groups_scoringscheme_change", args=[score.scheme_id])
    client = client_for(chief)
    data = admin_data(client, url) | {"good_from": 85, "criteria-0-max_points": 45}
    assert client.post(url, data).status_code == 302
    score.scheme.refresh_from_db()
    assert (score.scheme.good_from, score.scheme.criteria.first().max_points) == (85, 45)
    bad = admin_data(client, url) | {"fair_from": 85}
    answer = client.post(url, bad)
    assert "Mức điểm phải giảm dần" in answer.content.decode()


def test_a_table_is_copied_to_the_next_year_once(client_for, chief, approved):
    url = reverse("admin:selfgov_groups_scoringscheme_changelist")
    ScoringScheme.objects.filter(year=YEAR + 1).update(year=2998)
    asked = {"action": "copy_to_next_year", "_selected_action": [approved.scheme_id]}
    client = client_for(chief)
    client.post(url, asked)
    made = ScoringScheme.objects.get(year=YEAR + 1)
    old = approved.scheme.criteria.values_list("content", "max_points", "fact", "position")
    assert list(made.criteria.values_list("content", "max_points", "fact", "position")) == list(old)
    page = client.post(url, asked, follow=True).content.decode()
    assert f"Năm {YEAR + 1} đã có bảng chấm điểm." in page
    assert not made.is_locked()


@pytest.mark.parametrize("user", ["officer_a", "clerk"])
def test_only_the_chief_keeps_up_tables(request, client_for, scheme, user):
    client = client_for(request.getfixturevalue(user))
    url = reverse("admin:selfgov_groups_scoringscheme_change", args=[scheme.pk])
    assert client.post(url, {"good_from": 60}).status_code == 403
    asked = {"action": "copy_to_next_year", "_selected_action": [scheme.pk]}
    client.post(reverse("admin:selfgov_groups_scoringscheme_changelist"), asked)
    assert ScoringScheme.objects.filter(year=YEAR + 1).count() <= 1
    assert GroupScore not in admin.site._registry  # scores are written on their own page alone
    assert CriterionScore not in admin.site._registry


# --- what the records tell ------------------------------------------------------------------------


def test_facts_count_the_groups_own_year_by_hand(group, area_a):
    year = Period(dt.date(YEAR - 1, 1, 1), dt.date(YEAR, 1, 1))
    inside, before, after = (
        dt.date(YEAR - 1, 6, 1),
        dt.date(YEAR - 2, 12, 31),
        dt.date(YEAR, 1, 1),
    )
    group.founded_on = dt.date(YEAR - 3, 1, 1)
    group.save()
    for joined in (dt.date(YEAR - 2, 1, 1), dt.date(YEAR - 2, 1, 1), dt.date(YEAR - 1, 7, 1)):
        MembershipFactory(group=group, joined_on=joined, household__opened_on=joined)
    # Two households on 1 June, three on 1 August: 1/2 and 3/3 came.
    MeetingFactory(group=group, held_on=inside, attended=1)
    MeetingFactory(group=group, held_on=dt.date(YEAR - 1, 8, 1), attended=3)
    MeetingFactory(group=group, held_on=before, attended=2)
    MeetingFactory(group=group, held_on=None, planned_on=inside, attended=None)
    for held in (inside, after):
        MutualHelpFactory(group=group, helped_on=held, households=4)
    MutualHelpFactory(group=group, helped_on=inside, households=3, kind="mediation")
    GroupRequestFactory(group=group, raised_on=inside, due_on=after)
    GroupRequestFactory(group=group, raised_on=inside, due_on=after, done_on=after, result="Xong")
    GroupRequestFactory(group=group, raised_on=before, due_on=after)
    GroupDutyFactory(group=group, task="property", started_on=before)
    GroupDutyFactory(group=group, task="order", started_on=inside, ended_on=after)
    GroupDutyFactory(group=group, task="order", started_on=before, ended_on=year.start)
    for month, reporter in ((6, group), (7, group), (6, GroupFactory(neighbourhood=area_a))):
        at = dt.datetime(YEAR - 1, month, 1, 8, tzinfo=TZ)
        IncidentFactory(
            neighbourhood=area_a, source="group", reporting_group=reporter, occurred_at=at
        )
    last = dt.datetime(YEAR, 1, 1, 0, 0, tzinfo=TZ)  # the first moment that no longer counts
    IncidentFactory(neighbourhood=area_a, source="group", reporting_group=group, occurred_at=last)
    ActivityFactory(neighbourhood=area_a, group=group, held_on=inside)
    ActivityFactory(neighbourhood=area_a, held_on=inside)
    roster = RosterCheckFactory(group=group, checked_on=inside)
    for state in ("accepted", "open"):
        RosterLineFactory(
            roster=roster,
            state=state,
            decided_at=timezone.now() if state == "accepted" else None,
            household=group.memberships.first().household,
        )
    facts = services.facts_of(group, year)
    assert {str(key): told for key, told in facts.items()} == {
        "meetings": "2 cuộc họp, 4/5 lượt hộ dự (80%)",
        "residence": "1 lần rà soát danh sách, 1 thay đổi đã nhận",
        "property": "1 việc tự quản về tài sản",
        "order": "1 việc tự quản về trật tự, 1 lần hoà giải",
        "news": "2 tin báo công an",
        "help": "2 việc giúp nhau, 7 lượt hộ",
        "requests": "2 kiến nghị, 1 đã có kết quả",
        "outreach": "1 buổi tuyên truyền tại tổ",
    }


def test_facts_of_a_group_without_anything(group):
    facts = services.facts_of(group, Period(dt.date(YEAR, 1, 1), dt.date(YEAR + 1, 1, 1)))
    assert facts["meetings"] == "0 cuộc họp"
    assert set(facts) == set(Criterion.Fact)


def test_facts_stand_beside_their_criterion_and_make_no_points(client_for, officer_a, score):
    Criterion.objects.filter(content="Báo tin").update(fact="news")
    IncidentFactory(
        neighbourhood=score.group.neighbourhood, source="group", reporting_group=score.group
    )
    answer = client_for(officer_a).get(score.get_absolute_url())
    facts = {row["criterion"].content: row["fact"] for row in answer.context["form"].rows()}
    assert facts == {"Họp tổ": "", "Cư trú": "", "Báo tin": "1 tin báo công an"}
    others = answer.context["form"].other_facts()
    assert len(others) == 7
    assert "0 kiến nghị, 0 đã có kết quả" in others
    assert "không tự tính ra điểm" in answer.content.decode()
    score.refresh_from_db()
    assert score.total == 0


# --- list, order, years ---------------------------------------------------------------------------


def listed(client, **params):
    response = client.get(LIST, params)
    assert response.status_code == 200
    return [row[1][2].split(">")[1].split("<")[0] for row in response.context["table"]["rows"]]


@pytest.fixture
def year_of_scores(scheme, area_a, chief):
    """Four groups rated, one submitted, one being filled in."""
    found = {}
    for name, points in (
        ("Bàng", (50, 30, 20)),
        ("An", (50, 30, 10)),
        ("Cau", (40, 20, 9)),
        ("Dừa", (1, 0, 0)),
    ):
        group = GroupFactory(neighbourhood=area_a, name=name)
        found[name] = approve(GroupScoreFactory(group=group, scheme=scheme), chief, *points)
    for name in ("Ép", "Gạo"):
        group = GroupFactory(neighbourhood=area_a, name=name)
        found[name] = GroupScoreFactory(group=group, scheme=scheme)
    fill(found["Ép"], 50, 30, 20)
    services.submit_score(score=found["Ép"])
    return found


def test_the_list_goes_by_class_then_by_name_not_by_points(client_for, officer_a, year_of_scores):
    client = client_for(officer_a)
    assert listed(client) == ["An", "Bàng", "Cau", "Dừa", "Ép", "Gạo"]
    assert listed(client, rated="good") == ["An", "Bàng"]
    assert listed(client, state="submitted") == ["Ép"]
    assert listed(client, state="draft") == ["Gạo"]
    assert listed(client, state="weak") == ["Cau", "Dừa"]
    assert listed(client, year=YEAR, q="bang") == ["Bàng"]
    assert listed(client, year=2999) == []
    assert listed(client, neighbourhood=10**6) == []


def test_the_list_follows_a_group_that_is_renamed(client_for, officer_a, year_of_scores):
    group = year_of_scores["An"].group
    group.name = "Zét"
    group.save()
    client = client_for(officer_a)
    assert listed(client, rated="good") == ["Bàng", "Zét"]
    assert listed(client, q="zet") == ["Zét"]


def test_groups_of_another_beat_do_not_exist(client_for, officer_b, year_of_scores):
    client = client_for(officer_b)
    assert listed(client) == []
    score = year_of_scores["Gạo"]
    for name in ("detail", "update", "print"):
        assert client.get(address(name, score)).status_code == 404
    assert client.post(address("update", score), typed(score, 1, 1, 1)).status_code == 404
    task = ImprovementTaskFactory(score=year_of_scores["Cau"])
    for name in ("improvementtask-update", "improvementtask-finish"):
        assert client.get(reverse(name, args=[task.pk])).status_code == 404
    page = client.get(reverse("groupscore-print-year"), {"year": YEAR}).content.decode()
    assert "Bàng" not in page


def test_class_against_the_year_before(client_for, chief, group, scheme):
    last = ScoringSchemeFactory(year=YEAR - 1)
    CriterionFactory(scheme=last, max_points=100)
    approve(GroupScoreFactory(group=group, scheme=last), chief, 75)
    now = approve(GroupScoreFactory(group=group, scheme=scheme), chief, 50, 30, 10)

    def trend():
        return GroupScore.objects.for_list().get(pk=now.pk).trend()

    assert trend() == ("ok", "Lên, từ Khá")
    page = client_for(chief).get(now.get_absolute_url()).content.decode()
    assert "Lên, từ Khá" in page
    csv = client_for(chief).post(LIST, {"_export": "csv", "year": YEAR})
    assert "Lên, từ Khá" in b"".join(csv.streaming_content).decode()
    older = ScoringSchemeFactory(year=YEAR - 3)
    CriterionFactory(scheme=older, max_points=100)
    early = approve(GroupScoreFactory(group=group, scheme=older), chief, 95)
    assert GroupScore.objects.for_list().get(pk=early.pk).trend() is None
    assert trend() == ("ok", "Lên, từ Khá")


def test_chips_count_the_year_and_lead_to_their_rows(client_for, chief, year_of_scores):
    client = client_for(chief)
    waiting = client.get(LIST, {"year": YEAR}).context["waiting"]
    assert {label: n for n, label, _, _ in waiting} == {
        "chờ duyệt": 1,
        "chưa có kế hoạch củng cố": 2,
        "tốt": 2,
        "trung bình": 1,
        "yếu": 1,
    }
    for number, _, _, url in waiting:
        answer = client.get(url)
        assert len(answer.context["table"]["rows"]) == number


def test_the_list_costs_the_same_for_six_rows_and_for_more(
    client_for, chief, year_of_scores, area_a, django_assert_max_num_queries
):
    client = client_for(chief)
    client.get(LIST)

    def cost():
        with django_assert_max_num_queries(12) as queries:
            client.get(LIST, {"year": YEAR})
        return len(queries)

    few = cost()
    scheme = year_of_scores["An"].scheme
    for n in range(3):
        group = GroupFactory(neighbourhood=area_a, name=f"Thêm {n}")
        more = approve(GroupScoreFactory(group=group, scheme=scheme), chief, 1, 1, 1)
        ImprovementTaskFactory(score=more)
    assert cost() == few


def test_the_page_costs_the_same_however_much_is_on_it(
    client_for, chief, scheme, group, django_assert_max_num_queries
):
    client = client_for(chief)
    client.get(LIST)
    score = GroupScoreFactory(group=group, scheme=scheme)

    def cost():
        with django_assert_max_num_queries(14) as queries:
            client.get(score.get_absolute_url())
        return len(queries)

    fill(score, 1, 1, 1)
    few = cost()
    for n in range(5):
        CriterionFactory(scheme=scheme, content=f"Thêm {n}", max_points=1)
    fill(score, *([1] * 8))
    assert cost() == few
    services.submit_score(score=score)
    cost()
    services.approve_score(score=score, user=chief, on=day())
    ImprovementTaskFactory(score=score)
    some = cost()
    ImprovementTaskFactory.create_batch(3, score=score)
    assert cost() == some


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["leader", "superuser"])
def test_those_without_the_right_are_refused(request, client_for, score, user):
    client = client_for(request.getfixturevalue(user))
    for url in (LIST, score.get_absolute_url(), address("print", score)):
        assert client.get(url).status_code == 403


def test_duty_officer_looks_and_writes_nothing(client_for, duty, approved):
    score = approved
    client = client_for(duty)
    page = client.get(score.get_absolute_url())
    assert page.status_code == 200
    task = ImprovementTaskFactory(score=score)
    for url in (
        reverse("groupscore-start"),
        address("update", score),
        address("approve", score),
        address("return", score),
        address("add-task", score),
        reverse("improvementtask-update", args=[task.pk]),
        reverse("improvementtask-finish", args=[task.pk]),
    ):
        assert client.post(url, {}).status_code == 403, url
        assert url not in page.content.decode()


@pytest.mark.parametrize("user", ["officer_a", "clerk"])
def test_only_the_chief_approves_and_sends_back(request, client_for, score, user):
    fill(score, 40, 30, 20)
    services.submit_score(score=score)
    client = client_for(request.getfixturevalue(user))
    page = client.get(score.get_absolute_url()).content.decode()
    for name in ("approve", "return"):
        assert address(name, score) not in page
        assert client.post(address(name, score), {"back-reason": "x"}).status_code == 403
    score.refresh_from_db()
    assert score.state == "submitted"


# --- the plan of a weak group ---------------------------------------------------------------------


def test_a_weak_group_gets_a_plan_that_is_followed(client_for, officer_a, approved):
    client = client_for(officer_a)
    page = client.get(approved.get_absolute_url())
    assert "cần kế hoạch củng cố" in page.content.decode()
    assert listed(client, state="no_plan") == ["Liên gia 1"]
    typed_task = {
        "task-content": "Bầu lại tổ trưởng",
        "task-owner": "",
        "task-owner_body": "Tổ dân phố A",
        "task-due_on": f"{day(-20):%d/%m/%Y}",
        "_once": page.context["once"],
    }
    for _ in range(2):  # clicked twice
        client.post(address("add-task", approved), typed_task)
    task = ImprovementTask.objects.get()
    assert listed(client, state="no_plan") == []
    assert listed(client, state="plan") == ["Liên gia 1"]
    assert listed(client, state="plan_late") == []
    ImprovementTask.objects.update(due_on=day(1))
    assert listed(client, state="plan_late") == ["Liên gia 1"]
    row = GroupScore.objects.for_list().get(pk=approved.pk)
    assert row.plan_badge(day()) == ("late", "0/1 việc, quá hạn")
    finish = reverse("improvementtask-finish", args=[task.pk])
    task.refresh_from_db()
    data = {"done_on": f"{day():%d/%m/%Y}", "result": "", "version": task.version}
    answer = client.post(finish, data)
    assert answer.status_code == 422
    assert "result" in answer.context["form"].errors
    answer = client.post(finish, data | {"result": "Đã bầu", "done_on": f"{day(-1):%d/%m/%Y}"})
    assert answer.status_code == 422  # not before the day comes
    assert client.post(finish, data | {"result": "Đã bầu"}).status_code == 302
    row = GroupScore.objects.for_list().get(pk=approved.pk)
    assert row.plan_badge(day()) == ("ok", "Xong 1 việc")
    assert listed(client, state="plan") == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"task-due_on": f"{day(1):%d/%m/%Y}"}, "due_on"),
        ({"task-due_on": "31/02/2027"}, "due_on"),
        ({"task-content": ""}, "content"),
        ({"task-owner_body": ""}, "owner"),
    ],
)
def test_a_task_that_cannot_stand_is_refused_beside_its_field(
    client_for, chief, approved, data, field
):
    good = {
        "task-content": "Bầu lại tổ trưởng",
        "task-owner_body": "Tổ dân phố A",
        "task-due_on": f"{day(-20):%d/%m/%Y}",
    }
    answer = client_for(chief).post(address("add-task", approved), good | data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not ImprovementTask.objects.exists()


def test_a_good_group_and_a_draft_get_no_plan(client_for, chief, score, scheme, area_a):
    good = GroupScoreFactory(group=GroupFactory(neighbourhood=area_a), scheme=scheme)
    approve(good, chief, 50, 30, 20)
    data = {
        "task-content": "Bầu lại",
        "task-owner_body": "Tổ dân phố",
        "task-due_on": f"{day(-20):%d/%m/%Y}",
    }
    client = client_for(chief)
    for row, sentence in (
        (good, "Chỉ tổ xếp loại trung bình, yếu lập kế hoạch củng cố."),
        (score, "Phiếu chưa duyệt: duyệt xếp loại rồi lập kế hoạch củng cố."),
    ):
        assert address("add-task", row) not in client.get(row.get_absolute_url()).content.decode()
        answer = client.post(address("add-task", row), data)
        assert answer.status_code == 422
        assert answer.context["form"].non_field_errors() == [sentence]
    assert GroupScore.objects.for_list().get(pk=good.pk).plan_badge(day()) is None


# --- on paper -------------------------------------------------------------------------------------


def test_the_sheet_holds_points_class_and_signatures_and_is_recorded(client_for, chief, approved):
    ImprovementTaskFactory(score=approved, content="Bầu lại tổ trưởng")
    page = client_for(chief).get(address("print", approved)).content.decode()
    for told in ("PHIẾU XẾP LOẠI", "Tổng điểm: 69.", "Xếp loại: Trung bình", "Bầu lại tổ trưởng"):
        assert told in page
    entry = AuditEntry.objects.filter(action="print").get()
    assert entry.code == approved.code


def test_the_years_table_goes_by_class_then_by_name(client_for, chief, year_of_scores):
    page = client_for(chief).get(reverse("groupscore-print-year"), {"year": YEAR})
    assert [row.group.name for row, _ in page.context["rows"]] == ["An", "Bàng", "Cau", "Dừa"]
    assert page.context["counts"] == [("Tốt", 2), ("Khá", 0), ("Trung bình", 1), ("Yếu", 1)]
    assert "Còn 2 tổ chưa duyệt." in page.content.decode()
    assert AuditEntry.objects.filter(action="print").count() == 1


@pytest.mark.parametrize("year", ["", "abc", "9" * 40, "1800"])
def test_the_years_table_without_a_known_year(client_for, chief, scheme, year):
    page = client_for(chief).get(reverse("groupscore-print-year"), {"year": year})
    assert page.status_code == 200
    assert page.context["year"] == YEAR
    ScoringScheme.objects.filter(pk=scheme.pk).update(year=2997)
    ScoringScheme.objects.filter(year__lt=2900).update(year=2996)
    page = client_for(chief).get(reverse("groupscore-print-year"))
    assert "Chưa có bảng chấm điểm" in page.content.decode()
    assert client_for(chief).get(LIST).status_code == 200


# --- the worklist ---------------------------------------------------------------------------------


def work_of(user, kind, until=None):
    """List the rows of a kind of work as the worklist reads them: key, name, detail, day."""
    work = next(one for one in WORK if one.kind == kind)
    if not work.may(user):
        return []
    rows = work.rows(user, day(), until or day())
    told = rows.annotate(_day=F(work.day or work.since) if kind != "score" else work.since)
    return list(told.values_list(work.key, work.name, work.detail, "_day"))


def test_the_worklist_names_scores_tasks_and_rosters(
    chief, officer_a, officer_b, duty, approved, scheme, area_a
):
    waiting = GroupScoreFactory(group=GroupFactory(neighbourhood=area_a, name="X"), scheme=scheme)
    fill(waiting, 1, 1, 1)
    services.submit_score(score=waiting)
    assert work_of(chief, "score") == [(waiting.pk, "X", waiting.code, day())]
    assert work_of(officer_a, "score") == []

    soon = ImprovementTaskFactory(score=approved, due_on=day(-5))
    late = ImprovementTaskFactory(score=approved, due_on=day(5), content="Họp bù")
    ImprovementTaskFactory(score=approved, done_on=day(), result="Xong", due_on=day(9))
    row = (approved.pk, "Liên gia 1", "Họp bù", late.due_on)
    assert work_of(officer_a, "improvement") == [row]
    assert len(work_of(officer_a, "improvement", soon.due_on)) == 2
    assert work_of(officer_b, "improvement", soon.due_on) == []

    line = RosterLineFactory(roster__group=approved.group)
    RosterCheckFactory(group=approved.group)
    row = (line.roster_id, "Liên gia 1", line.roster.code, line.roster.checked_on)
    assert work_of(officer_a, "roster") == [row]
    assert work_of(officer_b, "roster") == []
    assert work_of(duty, "roster") == []
