"""Addresses."""

from django.contrib import admin
from django.urls import include, path

from crm.health import healthz, readyz
from crm.monitoring.prometheus import metrics
from crm.views import home
from messaging.files import public_file
from messaging.ingest.endpoint import WebhookView

admin.autodiscover()

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("config.api_urls")),
    path("files/<str:signed>", public_file, name="public_file"),
    path("webhooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
]
