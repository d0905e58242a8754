"""Routes of a tenant's own pages up to the rules: start, parties, sources, batches, coverage, rules, jobs, ledger."""

from django.urls import path

from audit.views import batches, coverage, drafts, jobs, ledger, mapping, previews, rules, sources, start, vendors

urlpatterns = [
    path("", start.show, name="start"),
    path("vendors/", vendors.index, name="vendors"),
    path("vendors/add/", vendors.add, name="vendor-add"),
    path("vendors/<uuid:vendor_id>/", vendors.one, name="vendor"),
    path("vendors/<uuid:vendor_id>/rename/", vendors.rename, name="vendor-rename"),
    path("vendors/<uuid:vendor_id>/agents/add/", vendors.add_agent, name="agent-add"),
    path("vendors/<uuid:vendor_id>/agents/<uuid:agent_id>/", vendors.agent, name="agent"),
    path("vendors/<uuid:vendor_id>/actors/add/", vendors.bind, name="actor-bind"),
    path("actors/<uuid:actor_id>/unbind/", vendors.unbind, name="actor-unbind"),
    path("rate-cards/", vendors.rate_cards, name="rate-cards"),
    path("rate-cards/add/", vendors.add_rate_card, name="rate-card-add"),
    path("rate-cards/<uuid:card_id>/drop/", vendors.drop_rate_card, name="rate-card-drop"),
    path("sources/", sources.index, name="sources"),
    path("sources/add/", sources.add, name="source-add"),
    path("sources/<uuid:source_id>/", sources.one, name="source"),
    path("sources/<uuid:source_id>/edit/", sources.edit, name="source-edit"),
    path("sources/<uuid:source_id>/upload/", sources.upload, name="source-upload"),
    path("sources/<uuid:source_id>/map/", mapping.editor, name="source-map"),
    path("batches/<uuid:batch_id>/", batches.one, name="batch"),
    path("batches/<uuid:batch_id>/refused.csv", batches.refused, name="batch-refused"),
    path("batches/<uuid:batch_id>/raw/", batches.raw, name="batch-raw"),
    path("batches/<uuid:batch_id>/retake/", batches.retake, name="batch-retake"),
    path("coverage/", coverage.index, name="coverage"),
    path("coverage/declare/", coverage.declare, name="coverage-declare"),
    path("coverage/confirm/", coverage.confirm_all, name="coverage-confirm"),
    path("coverage/<uuid:coverage_id>/decide/", coverage.decide, name="coverage-decide"),
    path("rules/", rules.index, name="rules"),
    path("rules/draft/", drafts.new, name="rule-set-draft"),
    path("rules/<uuid:rule_set_id>/", rules.one, name="rule-set"),
    path("rules/<uuid:rule_set_id>/edit/", drafts.edit, name="rule-set-edit"),
    path("rules/<uuid:rule_set_id>/decide/", rules.decide, name="rule-set-decide"),
    path("rules/<uuid:rule_set_id>/preview/", previews.one, name="rule-set-preview"),
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/<uuid:job_id>/retry/", jobs.retry, name="job-retry"),
    path("ledger/", ledger.index, name="ledger"),
]
