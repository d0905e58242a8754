"""Where each address leads."""

from django.urls import include, path

urlpatterns = [
    path("", include("tenants.urls")),
    path("", include("audit.urls")),
]

handler400 = "audit.problems.bad_request"
handler403 = "audit.problems.permission_denied"
handler404 = "audit.problems.page_not_found"
handler500 = "audit.problems.server_error"
