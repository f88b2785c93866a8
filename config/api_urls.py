"""Addresses of the API, of all apps together."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from crm.api.customers import CustomerViewSet
from crm.api.people import MeViewSet
from crm.api.schema import schema_view
from crm.api.views import NothingHere

router = SimpleRouter(use_regex_path=False)
router.register("me", MeViewSet, basename="me")
router.register("customers", CustomerViewSet, basename="customers")

patterns = [path("api/v1/", include((router.urls, "api")))]

urlpatterns = [
    path("api/schema/", schema_view(patterns), name="api_schema"),
    *patterns,
    re_path("^api/", NothingHere.as_view()),
]
