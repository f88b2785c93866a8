"""Addresses of the API, of all apps together."""

from django.urls import include, path, re_path

from crm.api.schema import schema_view
from crm.api.views import NothingHere

patterns = [
    path("api/v1/", include("crm.api.urls")),
    path("api/v1/", include("messaging.api.urls")),
    path("api/v1/", include("leads.api.urls")),
]

urlpatterns = [
    path("api/schema/", schema_view(patterns), name="api_schema"),
    *patterns,
    re_path("^api/", NothingHere.as_view()),
]
