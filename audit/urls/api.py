"""Where each call of the API leads."""

from typing import Any

from django.urls import path, re_path

from audit.api.alerts import AlertRules, Alerts, Deliveries, Webhooks
from audit.api.batches import Batches
from audit.api.counts import Counts
from audit.api.events import SourceEvents
from audit.api.exports import Exports, RunExports
from audit.api.lines import Claim, DiscrepancyClaims, Explain, Verdicts
from audit.api.parties import Actors, Agents, RateCards, Vendors
from audit.api.previews import PreviewChanges, Previews, RuleSetPreviews
from audit.api.rules import RuleSets
from audit.api.runs import Discrepancies, Findings, Runs, Scores
from audit.api.schema import Nothing, Schema, docs
from audit.api.screens import BatchScreen
from audit.api.sources import Coverages, Sources
from audit.api.traces import SourceTraces
from audit.api.uploads import SourceBatches
from audit.urls import texts  # noqa: F401  (its converters)

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve"}
CHANGED = ONE | {"patch": "partial_update"}
TAKEN_BACK = ONE | {"delete": "destroy"}

urlpatterns = [
    path("vendors/", Vendors.as_view(LIST), name="api-vendors"),
    path("vendors/<str:id>/", Vendors.as_view(CHANGED), name="api-vendor"),
    path("agents/", Agents.as_view(LIST), name="api-agents"),
    path("agents/<uuid:id>/", Agents.as_view(CHANGED), name="api-agent"),
    path("actors/", Actors.as_view(LIST), name="api-actors"),
    path("actors/<uuid:id>/", Actors.as_view(TAKEN_BACK), name="api-actor"),
    path("rate-cards/", RateCards.as_view(LIST), name="api-rate-cards"),
    path("rate-cards/<uuid:id>/", RateCards.as_view(TAKEN_BACK), name="api-rate-card"),
    path("sources/", Sources.as_view(LIST), name="api-sources"),
    path("sources/<uuid:id>/", Sources.as_view(CHANGED), name="api-source"),
    path("sources/<uuid:id>/batches/", SourceBatches.as_view(), name="api-source-batches"),
    path("sources/<uuid:id>/events/", SourceEvents.as_view(), name="api-source-events"),
    path("sources/<uuid:id>/otlp/v1/traces", SourceTraces.as_view(), name="api-source-traces"),
    path("coverage/", Coverages.as_view(LIST), name="api-coverage"),
    path("coverage/<uuid:id>/", Coverages.as_view(TAKEN_BACK), name="api-coverage-row"),
    path("coverage/<uuid:id>/confirm/", Coverages.as_view({"post": "confirm"}), name="api-coverage-row-confirm"),
    path("coverage/<uuid:id>/withdraw/", Coverages.as_view({"post": "withdraw"}), name="api-coverage-row-withdraw"),
    path("batches/", Batches.as_view({"get": "list"}), name="api-batches"),
    path("batches/<uuid:id>/", Batches.as_view(ONE), name="api-batch"),
    path("batches/<uuid:id>/refused/", Batches.as_view({"get": "refused"}), name="api-batch-refused"),
    path("batches/<uuid:id>/screen/", BatchScreen.as_view(), name="api-batch-screen"),
    path("batches/<uuid:id>/file/", Batches.as_view({"get": "file"}), name="api-batch-file"),
    path("counts/", Counts.as_view({"get": "list"}), name="api-counts"),
    path("rule-sets/", RuleSets.as_view(LIST), name="api-rule-sets"),
    path("rule-sets/<uuid:id>/", RuleSets.as_view(CHANGED), name="api-rule-set"),
    path("rule-sets/<uuid:id>/submit/", RuleSets.as_view({"post": "submit"}), name="api-rule-set-submit"),
    path("rule-sets/<uuid:id>/approve/", RuleSets.as_view({"post": "approve"}), name="api-rule-set-approve"),
    path("rule-sets/<uuid:id>/reject/", RuleSets.as_view({"post": "reject"}), name="api-rule-set-reject"),
    path("rule-sets/<uuid:id>/preview/", RuleSetPreviews.as_view(), name="api-rule-set-preview"),
    path("previews/<uuid:id>/", Previews.as_view(ONE), name="api-preview"),
    path("previews/<uuid:id>/changes/", PreviewChanges.as_view(), name="api-preview-changes"),
    path("runs/", Runs.as_view(LIST), name="api-runs"),
    path("runs/<uuid:id>/", Runs.as_view(ONE), name="api-run"),
    path("runs/<uuid:id>/verdicts/", Verdicts.as_view(), name="api-run-verdicts"),
    path("runs/<uuid:id>/discrepancies/", Findings.as_view({"get": "list"}), name="api-run-discrepancies"),
    path("runs/<uuid:id>/exports/", RunExports.as_view(), name="api-run-exports"),
    path("exports/", Exports.as_view({"get": "list"}), name="api-exports"),
    path("exports/<uuid:id>/", Exports.as_view(ONE), name="api-export"),
    path("exports/<uuid:id>/file/", Exports.as_view({"get": "file"}), name="api-export-file"),
    path("discrepancies/<uuid:id>/", Discrepancies.as_view(ONE), name="api-discrepancy"),
    path("discrepancies/<uuid:id>/claims/", DiscrepancyClaims.as_view(), name="api-discrepancy-claims"),
    path("scores/", Scores.as_view({"get": "list"}), name="api-scores"),
    path("claims/<vendor:vendor>/<claim:claim_id>/explain/", Explain.as_view(), name="api-claim-explain"),
    path("claims/<vendor:vendor>/<claim:claim_id>/", Claim.as_view(), name="api-claim"),
    path("alerts/", Alerts.as_view({"get": "list"}), name="api-alerts"),
    path("alerts/<uuid:id>/", Alerts.as_view(ONE), name="api-alert"),
    path("alerts/<uuid:id>/seen/", Alerts.as_view({"post": "seen"}), name="api-alert-seen"),
    path("alert-rules/", AlertRules.as_view(LIST), name="api-alert-rules"),
    path("alert-rules/<uuid:id>/", AlertRules.as_view(CHANGED), name="api-alert-rule"),
    path("webhooks/", Webhooks.as_view(LIST), name="api-webhooks"),
    path("webhooks/<uuid:id>/", Webhooks.as_view(CHANGED), name="api-webhook"),
    path("webhooks/<uuid:id>/test/", Webhooks.as_view({"post": "test"}), name="api-webhook-test"),
    path("deliveries/", Deliveries.as_view({"get": "list"}), name="api-deliveries"),
    path("deliveries/<uuid:id>/", Deliveries.as_view(ONE), name="api-delivery"),
    path("deliveries/<uuid:id>/replay/", Deliveries.as_view({"post": "replay"}), name="api-delivery-replay"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path("", Nothing.as_view(), name="api-nothing"),  # last: whatever is not above is a problem, not a page
]
