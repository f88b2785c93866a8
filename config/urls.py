"""Addresses."""

from django.contrib import admin
from django.urls import path

from messaging.ingest.endpoint import WebhookView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("webhooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
]
