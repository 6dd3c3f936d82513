"""What there is to do with businesses: papers, checks, inspections, remedies, returns."""

from django.db.models import CharField, DateField, F, OuterRef, Subquery, Value
from django.db.models.functions import Concat

from businesses.filters import SOON_DAYS
from businesses.models import Business, BusinessRule, Certificate, Inspection, InspectionFinding
from businesses.rules import quarter_to_collect
from kylien.core.work import AddDays, Work, page_of


def expiring_papers(user, on, until):
    return Certificate.objects.visible_to(user).expiring(on, (until - on).days)


def checks_after_issue(user, on, until):
    """Return the papers after whose issue the business is to be checked up to `until`, each by the
    number of days that the law set on the day of its issue (`RuleBook.number`)."""
    rules = BusinessRule.objects.filter(
        key=BusinessRule.Key.POST_CHECK_DAYS, valid_from__lte=OuterRef("issued_on")
    )
    days = Subquery(rules.order_by("-valid_from").values("value")[:1])
    rows = Certificate.objects.visible_to(user).awaiting_check(on)
    return rows.annotate(check_by=AddDays("issued_on", days)).filter(check_by__lte=until)


def open_inspections(user, on, until):
    return Inspection.objects.visible_to(user).due(on, (until - on).days)


def open_remedies(user, on, until):
    return InspectionFinding.objects.visible_to(user).outstanding(on, (until - on).days)


def missing_returns(user, on, until):
    """Return the businesses that owe the return being collected on `on`: until the last day of its
    quarter, and past that until the next quarter's are collected (NĐ 96/2016, mẫu ĐK13)."""
    quarter = quarter_to_collect(on)
    rows = Business.objects.visible_to(user)
    if quarter.last_day > until:
        return rows.none()
    return (
        rows.expected_to_report(quarter)
        .not_returned(quarter)
        .annotate(
            return_by=Value(quarter.last_day, DateField()),
            return_for=Value(quarter.label, CharField()),
        )
    )


WORK = (
    Work(
        kind="paper",
        label="Giấy hết hạn",
        says=F("kind__name"),
        permission="businesses.view_certificate",
        rows=expiring_papers,
        day="expires_on",
        name="business__name",
        detail=Concat(Value("Số "), "number", output_field=CharField()),
        area="business__neighbourhood",
        key="business_id",
        url=page_of(Business),
        soon=Certificate.DUE_DAYS,
    ),
    Work(
        kind="check",
        label="Hậu kiểm",
        permission="businesses.view_certificate",
        rows=checks_after_issue,
        day="check_by",
        name="business__name",
        detail=Concat(Value("Số "), "number", output_field=CharField()),
        area="business__neighbourhood",
        key="business_id",
        url=page_of(Business),
        soon=SOON_DAYS,
    ),
    Work(
        kind="inspection",
        label="Kiểm tra",
        permission="businesses.view_inspection",
        rows=open_inspections,
        day="planned_on",
        name="business__name",
        detail="code",
        area="business__neighbourhood",
        url=page_of(Inspection),
        soon=SOON_DAYS,
    ),
    Work(
        kind="remedy",
        label="Khắc phục",
        permission="businesses.view_inspectionfinding",
        rows=open_remedies,
        day="due_on",
        name="inspection__business__name",
        detail="finding",
        area="inspection__business__neighbourhood",
        key="inspection_id",
        url=page_of(Inspection),
        soon=SOON_DAYS,
    ),
    Work(
        kind="return",
        label="Báo cáo quý",
        permission="businesses.view_quarterlyreturn",
        rows=missing_returns,
        day="return_by",
        name="name",
        detail="return_for",
        url=page_of(Business),
    ),
)
