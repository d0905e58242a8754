"""Pages of alerts: what happened, what is watched for, who is told."""

from django.urls import path

from audit.views import alerting, alerts

urlpatterns = [
    path("alerts/", alerts.index, name="alerts"),
    path("alerts/<uuid:alert_id>/", alerts.one, name="alert"),
    path("alerts/<uuid:alert_id>/seen/", alerts.seen, name="alert-seen"),
    path("alerts/rules/", alerting.rules, name="alert-rules"),
    path("alerts/rules/add/", alerting.add_rule, name="alert-rule-add"),
    path("alerts/rules/<uuid:rule_id>/", alerting.rule, name="alert-rule"),
    path("alerts/rules/<uuid:rule_id>/switch/", alerting.switch_rule, name="alert-rule-switch"),
    path("alerts/webhooks/", alerting.webhooks, name="webhooks"),
    path("alerts/webhooks/<uuid:webhook_id>/test/", alerting.test_webhook, name="webhook-test"),
    path("alerts/webhooks/<uuid:webhook_id>/switch/", alerting.switch_webhook, name="webhook-switch"),
    path("alerts/deliveries/", alerting.log, name="deliveries"),
    path("alerts/deliveries/<uuid:delivery_id>/", alerting.delivery, name="delivery"),
    path("alerts/deliveries/<uuid:delivery_id>/replay/", alerting.replay, name="delivery-replay"),
]
