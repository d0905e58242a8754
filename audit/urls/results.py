"""Pages of what runs yield."""

from django.urls import path

from audit.urls import texts  # noqa: F401  (its converters)
from audit.views import claims, counts, discrepancies, events, find, law, lines, overview, runs

urlpatterns = [
    path("overview/", overview.overview_page, name="overview"),
    path("runs/", runs.index, name="runs"),
    path("runs/open/", runs.open_run, name="run-open"),
    path("runs/<uuid:run_id>/", runs.one, name="run"),
    path("runs/<uuid:run_id>/again/", runs.again, name="run-again"),
    path("runs/<uuid:run_id>/event/", events.one, name="event"),
    path("runs/<uuid:run_id>/unclaimed/", events.unclaimed, name="unclaimed"),
    path("runs/<uuid:run_id>/unclaimed.csv", events.unclaimed_csv, name="unclaimed-csv"),
    path("runs/<uuid:run_id>/export/", lines.export, name="run-export"),
    path("exports/<uuid:export_id>/", lines.export_file, name="export-file"),
    path("discrepancies/", discrepancies.index, name="discrepancies"),
    path("discrepancies/<uuid:discrepancy_id>/", discrepancies.one, name="discrepancy"),
    path("counts/", counts.index, name="counts"),
    path("counts/counts.csv", counts.file, name="counts-file"),
    path("counts/<uuid:count_id>/", counts.one, name="count"),
    path("law/", law.index, name="law"),
    path("glossary/", law.glossary, name="glossary"),
    path("find/", find.index, name="find"),
    path("claims/", lines.index, name="lines"),
    path("claims/<vendor:vendor>/<claim:claim_id>/", claims.one, name="claim"),
]
