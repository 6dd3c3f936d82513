"""The admin of joint resolutions, community models, awards, directives and disasters; imported by
`outreach.admin`.

A disaster may be entered here; the rest is looked at: what falls due follows what is written on the
portal's pages, which keep the rules.
"""

from django.contrib import admin

from kylien.core.admin import LedgerInline, LookOnly, RecordAdmin
from outreach.models import (
    Award,
    Campaign,
    CampaignCriterion,
    Commitment,
    Directive,
    Disaster,
    DutyShift,
    HelpGiven,
    JointResolution,
    ResolutionParty,
)


class PartyInline(LookOnly, LedgerInline):
    model = ResolutionParty
    fields = ("partner",)


class CommitmentInline(LookOnly, LedgerInline):
    model = Commitment
    fields = ("content", "partner", "recurrence", "due_on", "ended_on")


@admin.register(JointResolution)
class ResolutionAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "title", "number", "signed_on", "ended_on")
    fields = ("title", "number", "signed_on", "ended_on")
    inlines = (PartyInline, CommitmentInline)
    ordering = ("-signed_on", "-pk")


class CriterionInline(LookOnly, LedgerInline):
    model = CampaignCriterion
    fields = ("content", "met_on", "evidence")


@admin.register(Campaign)
class CampaignAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "name", "kind", "neighbourhood", "started_on", "ended_on")
    list_filter = ("kind", "neighbourhood")
    list_select_related = ("neighbourhood",)
    fields = ("name", "kind", "neighbourhood", "goal", "started_on", "ended_on", "results")
    inlines = (CriterionInline,)
    ordering = ("-started_on", "-pk")


@admin.register(Award)
class AwardAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "for_whom", "form", "deed_on", "proposed_on", "decided_on")
    list_select_related = ("group", "partner", "campaign")
    fields = (
        "group",
        "campaign",
        "partner",
        "recipient",
        "neighbourhood",
        "form",
        "deed",
        "deed_on",
        "proposed_on",
        "decided_on",
        "decision",
        "noticed_on",
        "declined_on",
        "decline_reason",
    )
    ordering = ("-proposed_on", "-pk")


@admin.register(Directive)
class DirectiveAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "kind", "number", "issuer", "issued_on", "due_on", "done_on")
    list_filter = ("kind",)
    fields = (
        "kind",
        "number",
        "issuer",
        "issued_on",
        "title",
        "follows",
        "content",
        "owner",
        "owner_body",
        "due_on",
        "done_on",
        "result",
    )
    ordering = ("-issued_on", "-pk")


class ShiftInline(LookOnly, LedgerInline):
    """The roster: officers are put on it on the portal's page, several at once."""

    model = DutyShift
    fields = ("day", "hours", "officer", "place")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("officer")


class HelpInline(LookOnly, LedgerInline):
    model = HelpGiven
    fields = ("kind", "neighbourhood", "households", "asked_at", "came_at", "note")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("neighbourhood")


@admin.register(Disaster)
class DisasterAdmin(RecordAdmin):
    list_display = ("code", "name", "started_on", "ended_on")
    fields = ("name", "started_on", "ended_on", "note")
    inlines = (ShiftInline, HelpInline)
    ordering = ("-started_on", "-pk")
