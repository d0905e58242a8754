"""Where each call of the API leads."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from audit.api.batches import Batches
from audit.api.exports import Exports, RunExports
from audit.api.lines import Claim, DiscrepancyClaims, Verdicts
from audit.api.parties import Actors, Agents, RateCards, Vendors
from audit.api.rules import RuleSets
from audit.api.runs import Discrepancies, Findings, Runs, Scores
from audit.api.schema import Nothing, Schema, docs
from audit.api.sources import Coverages, Sources
from audit.api.uploads import SourceBatches


class AnyText(StringConverter):
    """A vendor's own id: any characters, slashes and line breaks among them."""

    regex = "(?s:.+)"


register_converter(AnyText, "anytext")

LIST = {"get": "list", "post": "create"}
ONE = {"get": "retrieve"}
CHANGED = ONE | {"patch": "partial_update"}
TAKEN_BACK = ONE | {"delete": "destroy"}

urlpatterns = [
    path("vendors/", Vendors.as_view(LIST)),
    path("vendors/<str:id>/", Vendors.as_view(CHANGED)),
    path("agents/", Agents.as_view(LIST)),
    path("agents/<uuid:id>/", Agents.as_view(CHANGED)),
    path("actors/", Actors.as_view(LIST)),
    path("actors/<uuid:id>/", Actors.as_view(TAKEN_BACK)),
    path("rate-cards/", RateCards.as_view(LIST)),
    path("rate-cards/<uuid:id>/", RateCards.as_view(TAKEN_BACK)),
    path("sources/", Sources.as_view(LIST)),
    path("sources/<uuid:id>/", Sources.as_view(CHANGED)),
    path("sources/<uuid:id>/batches/", SourceBatches.as_view()),
    path("coverage/", Coverages.as_view(LIST)),
    path("coverage/<uuid:id>/", Coverages.as_view(TAKEN_BACK)),
    path("coverage/<uuid:id>/confirm/", Coverages.as_view({"post": "confirm"})),
    path("coverage/<uuid:id>/withdraw/", Coverages.as_view({"post": "withdraw"})),
    path("batches/", Batches.as_view({"get": "list"})),
    path("batches/<uuid:id>/", Batches.as_view(ONE)),
    path("batches/<uuid:id>/refused/", Batches.as_view({"get": "refused"})),
    path("batches/<uuid:id>/file/", Batches.as_view({"get": "file"})),
    path("rule-sets/", RuleSets.as_view(LIST)),
    path("rule-sets/<uuid:id>/", RuleSets.as_view(CHANGED)),
    path("rule-sets/<uuid:id>/submit/", RuleSets.as_view({"post": "submit"})),
    path("rule-sets/<uuid:id>/approve/", RuleSets.as_view({"post": "approve"})),
    path("rule-sets/<uuid:id>/reject/", RuleSets.as_view({"post": "reject"})),
    path("runs/", Runs.as_view(LIST)),
    path("runs/<uuid:id>/", Runs.as_view(ONE)),
    path("runs/<uuid:id>/verdicts/", Verdicts.as_view()),
    path("runs/<uuid:id>/discrepancies/", Findings.as_view({"get": "list"})),
    path("runs/<uuid:id>/exports/", RunExports.as_view()),
    path("exports/", Exports.as_view({"get": "list"})),
    path("exports/<uuid:id>/", Exports.as_view(ONE)),
    path("exports/<uuid:id>/file/", Exports.as_view({"get": "file"})),
    path("discrepancies/<uuid:id>/", Discrepancies.as_view(ONE)),
    path("discrepancies/<uuid:id>/claims/", DiscrepancyClaims.as_view()),
    path("scores/", Scores.as_view({"get": "list"})),
    path("claims/<str:vendor>/<anytext:claim_id>/", Claim.as_view()),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path("", Nothing.as_view()),  # last: whatever is not above is a problem, not a page
]
