"""Names that vendors and systems give their columns, by the canonical field that they stand for.

Each is a name and whose it is; the likelier ones first. Names are compared without case, signs and the prefixes and
suffixes that Salesforce puts around them.
"""

from __future__ import annotations

import re
from typing import Final

Known = tuple[tuple[str, str], ...]

_AFFIXES: Final = re.compile(r"^(ssot|std)__|__(c|dlm|std)$", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[^0-9a-z]")

_OFTEN: Final = "many exports"
COMMON: Final = frozenset(
    (
        *("amount", "category", "count", "created", "date", "datetime", "day", "fee", "id", "key", "kind", "month"),
        *("name", "no", "nr", "number", "outcome", "period", "price", "qty", "quantity", "ref", "reference", "result"),
        *("state", "status", "success", "time", "timestamp", "total", "type", "updated", "user", "username", "uuid"),
    )
)
"""Names that anybody gives a column: only its values can tell whether it is the field."""
_TIMES: Final = (
    ("StartTimestamp", "Agentforce session tracing"),
    ("ai_agent.updated_at", "Intercom Fin"),
    ("conversation_end_time", "Zendesk AI agents"),
    ("BillingOutcomeDateTime", "Agentforce billing outcomes"),
    ("EventTime", "Salesforce Digital Wallet"),
    ("sys_created_on", "ServiceNow"),
    ("sys_updated_at", "ServiceNow"),
    ("sys_updated_on", "ServiceNow"),
    ("CreatedDate", "Salesforce"),
    ("commitTimestamp", "Salesforce change data"),
    ("TIMESTAMP_DERIVED", "Salesforce event logs"),
    ("created_at", "Zendesk and Intercom"),
    ("updated_at", "Zendesk and Intercom"),
    ("updated", "Zendesk field history"),
    ("created", "Jira"),
    ("completed_at", _OFTEN),
    ("finished_at", _OFTEN),
    ("event_time", _OFTEN),
    ("timestamp", _OFTEN),
    ("datetime", _OFTEN),
    ("time", _OFTEN),
    ("date", _OFTEN),
)
_TARGETS: Final = (
    ("CaseId", "Salesforce case history"),
    ("OpportunityId", "Salesforce opportunity history"),
    ("documentkey", "ServiceNow audit"),
    ("platform_conversation_id", "Zendesk AI agents"),
    ("ticket_id", "Zendesk"),
    ("issueId", "Jira"),
    ("record_id", _OFTEN),
    ("case_id", _OFTEN),
    ("ParentId", "Salesforce history"),
    ("object_id", _OFTEN),
    ("ConversationId", "Agentforce"),
    ("entity", _OFTEN),
    ("resource", _OFTEN),
    ("source_id", "Zendesk audit log"),
    ("number", "ServiceNow"),
)

CLAIMS: Final[dict[str, Known]] = {
    "claim_id": (
        ("AiAgentInteractionStepId", "Agentforce session tracing"),
        ("ConversationBillingOutcomeId", "Agentforce billing outcomes"),
        ("TenantBillingUsageEventIdentifier", "Salesforce Digital Wallet"),
        ("conversation_id", "Zendesk AI agents"),
        ("conversationtranscriptid", "Copilot Studio"),
        ("work_unit_id", _OFTEN),
        ("unit_id", _OFTEN),
        ("event_id", _OFTEN),
        ("task_id", "A2A"),
        ("chat_id", "Zendesk chat"),
        ("span_id", "OpenTelemetry"),
        ("Id", "Salesforce and Intercom"),
        ("uuid", _OFTEN),
        ("reference", _OFTEN),
        ("ref", _OFTEN),
        ("key", _OFTEN),
        ("no", _OFTEN),
        ("nr", _OFTEN),
    ),
    "agent_id": (
        ("AiAgentApiName", "Agentforce session tracing"),
        ("AgentDeveloperName", "Agentforce usage"),
        ("BotId", "Agentforce and Zendesk"),
        ("bot_id", "Zendesk AI agents"),
        ("ai_agent.source_title", "Intercom Fin"),
        ("gen_ai.agent.id", "OpenTelemetry"),
        ("AgentIdentifier", "Agentforce usage"),
        ("ResourceIdOrApiName", "Salesforce Digital Wallet"),
        ("Agent Id", "Copilot Studio"),
        ("resourceId", "Copilot Studio"),
        ("agent", _OFTEN),
        ("agent_name", _OFTEN),
        ("bot_name", "Zendesk AI agents"),
        ("actor_id", _OFTEN),
        ("user", _OFTEN),
        ("username", _OFTEN),
        ("name", _OFTEN),
    ),
    "action": (
        ("AiAgentToolName", "Agentforce usage"),
        ("NameInterfaceField", "Agentforce session tracing"),
        ("AiAgentInteractionStepType", "Agentforce session tracing"),
        ("UsageTypeDeveloperName", "Salesforce Digital Wallet"),
        ("AI Feature", "Copilot Studio"),
        ("action_type", _OFTEN),
        ("tool_name", _OFTEN),
        ("event_type", _OFTEN),
        ("operation", _OFTEN),
        ("Name", "Agentforce session tracing"),
        ("type", _OFTEN),
        ("kind", _OFTEN),
        ("category", _OFTEN),
    ),
    "target": _TARGETS,
    "occurred_at": _TIMES,
    "session_id": (
        ("AiAgentSessionId", "Agentforce session tracing"),
        ("AiAgentInteractionId", "Agentforce session tracing"),
        ("trace_id", "OpenTelemetry"),
        ("traceId", "OpenTelemetry"),
        ("conversation", _OFTEN),
        ("session", _OFTEN),
    ),
    "parent_id": (
        ("PrevStepId", "Agentforce session tracing"),
        ("parentSpanId", "OpenTelemetry"),
        ("parent_span_id", _OFTEN),
    ),
    "environment": (
        ("businessenvtype", "Salesforce Digital Wallet"),
        ("UsageBusinessEnvType", "Salesforce Digital Wallet"),
        ("test_mode", "Zendesk AI agents"),
        ("env", _OFTEN),
    ),
    "status": (
        ("resolution_tier", "Zendesk AI agents"),
        ("ai_agent.resolution_state", "Intercom Fin"),
        ("BillingOutcomeText", "Agentforce billing outcomes"),
        ("resolution_state", "Intercom Fin"),
        ("outcome", _OFTEN),
        ("result", _OFTEN),
        ("state", _OFTEN),
    ),
    "units": (
        ("OutcomeCount", "Agentforce billing outcomes"),
        ("UsageQuantity", "Agentforce usage"),
        ("quantity", _OFTEN),
        ("qty", _OFTEN),
        ("count", _OFTEN),
    ),
    "charge": (
        ("amount", _OFTEN),
        ("price", _OFTEN),
        ("cost", _OFTEN),
        ("fee", _OFTEN),
        ("billed_cost", "FOCUS"),
        ("BilledCost", "FOCUS"),
    ),
    "currency": (("BillingCurrency", "FOCUS"), ("currency_code", _OFTEN)),
    "tokens_input": (
        ("PromptInputTokenCount", "Agentforce usage"),
        ("gen_ai.usage.input_tokens", "OpenTelemetry"),
        ("input_tokens", "OpenAI"),
        ("prompt_tokens", _OFTEN),
    ),
    "tokens_cached": (
        ("input_cached_tokens", "OpenAI"),
        ("cached_tokens", _OFTEN),
        ("cache_read_input_tokens", "Anthropic"),
    ),
    "tokens_output": (
        ("PromptCompletionTokenCount", "Agentforce usage"),
        ("gen_ai.usage.output_tokens", "OpenTelemetry"),
        ("output_tokens", "OpenAI"),
        ("completion_tokens", _OFTEN),
    ),
    "effect": (("changed_fields", _OFTEN), ("changes", _OFTEN), ("fields", _OFTEN)),
    "vendor": (("vendor_name", _OFTEN), ("provider", _OFTEN), ("ServiceProviderName", "FOCUS")),
    "revision": (("row_version", _OFTEN), ("claim_version", _OFTEN)),
    "withdrawn": (("deleted", _OFTEN), ("is_deleted", _OFTEN), ("voided", _OFTEN)),
}
EVIDENCE: Final[dict[str, Known]] = {
    "event_id": (
        ("audit_id", "Zendesk"),
        ("history_id", "Jira"),
        ("sys_id", "ServiceNow"),
        ("Id", "Salesforce and Zendesk"),
        ("uuid", _OFTEN),
    ),
    "occurred_at": _TIMES,
    "target": _TARGETS,
    "action": (
        ("event_type", _OFTEN),
        ("changeType", "Salesforce change data"),
        ("operation", _OFTEN),
        ("type", _OFTEN),
        ("kind", _OFTEN),
        ("name", _OFTEN),
    ),
    "actor": (
        ("CreatedById", "Salesforce"),
        ("commitUser", "Salesforce change data"),
        ("USER_ID_DERIVED", "Salesforce event logs"),
        ("author_id", "Zendesk"),
        ("author.accountId", "Jira"),
        ("sys_updated_by", "ServiceNow"),
        ("sys_created_by", "ServiceNow"),
        ("updater_id", "Zendesk"),
        ("actor_id", "Zendesk audit log"),
        ("user_id", _OFTEN),
        ("changed_by", _OFTEN),
        ("user", "ServiceNow audit"),
        ("username", _OFTEN),
    ),
    "outcome": (("result", _OFTEN), ("success", _OFTEN), ("status", _OFTEN)),
    "claim_ref": (("correlation_id", "ServiceNow"), ("claim_id", _OFTEN), ("external_reference", _OFTEN)),
    "effect": (("changed_fields", "audit triggers"), ("payload", _OFTEN), ("changes", _OFTEN)),
    "system": (("source_system", _OFTEN), ("source", _OFTEN)),
    "vendor": (("vendor_name", _OFTEN),),
    "units": (("quantity", _OFTEN), ("qty", _OFTEN)),
}
COVERAGE: Final[dict[str, Known]] = {
    "target_prefix": (("prefix", _OFTEN), ("target", _OFTEN)),
    "starts_at": (("start", _OFTEN), ("from", _OFTEN), ("valid_from", _OFTEN)),
    "ends_at": (("end", _OFTEN), ("to", _OFTEN), ("valid_to", _OFTEN)),
    "system": (("source_system", _OFTEN), ("source", _OFTEN)),
}
ACTORS: Final[dict[str, Known]] = {
    "actor": (("user_id", _OFTEN), ("user", _OFTEN), ("login", _OFTEN)),
    "agent_id": CLAIMS["agent_id"],
    "vendor": CLAIMS["vendor"],
    "system": COVERAGE["system"],
}
COUNTS: Final[dict[str, Known]] = {
    "period_start": (
        ("ChargePeriodStart", "FOCUS"),
        ("start_time", "OpenAI usage"),
        ("starting_at", "Anthropic usage"),
        ("asOfDate", "Copilot Studio"),
        ("Usage Date", "Copilot Studio"),
        ("day", _OFTEN),
        ("month", _OFTEN),
        ("period", _OFTEN),
        ("from", _OFTEN),
        ("start", _OFTEN),
        ("date", _OFTEN),
    ),
    "period_end": (
        ("ChargePeriodEnd", "FOCUS"),
        ("end_time", "OpenAI usage"),
        ("ending_at", "Anthropic usage"),
        ("until", _OFTEN),
        ("end", _OFTEN),
    ),
    "agent_id": (*CLAIMS["agent_id"], ("project_id", "OpenAI usage"), ("workspace_id", "Anthropic usage")),
    "action": (
        ("metadata.FeatureName", "Copilot Studio"),
        ("Billable Feature", "Copilot Studio"),
        ("line_item", "OpenAI costs"),
        ("SkuMeter", "FOCUS"),
        ("SkuId", "FOCUS"),
        *CLAIMS["action"],
    ),
    "environment": (("Environment Name", "Copilot Studio"), *CLAIMS["environment"]),
    "units": (
        ("Billed credit", "Copilot Studio"),
        ("consumed", "Copilot Studio"),
        ("ConsumedQuantity", "FOCUS"),
        ("num_model_requests", "OpenAI usage"),
        ("total_units", _OFTEN),
        *CLAIMS["units"],
        ("total", _OFTEN),
    ),
    "tokens": (("total_tokens", _OFTEN), ("token_count", _OFTEN)),
    "tokens_input": CLAIMS["tokens_input"],
    "tokens_output": CLAIMS["tokens_output"],
    "charge": (("EffectiveCost", "FOCUS"), ("amount.value", "OpenAI costs"), *CLAIMS["charge"]),
    "currency": (*CLAIMS["currency"], ("amount.currency", "OpenAI costs")),
    "vendor": CLAIMS["vendor"],
}
NAMES: Final = {"claims": CLAIMS, "evidence": EVIDENCE, "coverage": COVERAGE, "actors": ACTORS, "counts": COUNTS}
PAIRS: Final = (
    ("Field", "NewValue", "Salesforce field history"),
    ("fieldname", "newvalue", "ServiceNow audit"),
    ("field_name", "value", "Zendesk field history"),
    ("field", "toString", "Jira"),
)
"""Columns that name a changed field and hold its new value."""
MEANINGS: Final = {
    "status": {
        "completed": "completed complete success succeeded resolved done ok closed true verified task_state_completed "
        "assumed_resolution confirmed_resolution verified_resolution procedure_handoff",
        "failed": "failed failure error errored abandoned false task_state_failed contained_resolution "
        "negative_feedback",
        "escalated": "escalated assisted_escalation routed_to_team handed_off handoff transferred",
        "in_progress": "in_progress open pending working running active new hold",
        "unknown": "unknown none null not_set n/a",
    },
    "outcome": {
        "done": "done ok success succeeded completed applied true 1",
        "failed": "failed failure error rejected denied false 0",
        "undone": "undone reopened reverted rolled_back restored",
    },
    "environment": {
        "production": "production prod live false",
        "sandbox": "sandbox test testing staging development dev preview true",
    },
}
"""Words that vendors use, by the canonical value that they mean."""


def plain(name: str) -> str:
    """A column name without case, signs, and what Salesforce puts around it."""
    return _SIGNS.sub("", _AFFIXES.sub("", _AFFIXES.sub("", name.strip())).casefold())
