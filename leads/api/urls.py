"""Addresses of leads in the API."""

from django.urls import path

from leads.api.leads import LeadViewSet, StageViewSet

urlpatterns = [
    path("leads/", LeadViewSet.as_view({"get": "list"})),
    path("leads/<int:pk>/", LeadViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("stages/", StageViewSet.as_view({"get": "list"})),
]
