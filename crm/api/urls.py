"""Addresses of customers in the API, and of the token itself."""

from django.urls import path

from crm.api.customers import CustomerViewSet
from crm.api.people import MeViewSet

urlpatterns = [
    path("me/", MeViewSet.as_view({"get": "list"})),
    path("customers/", CustomerViewSet.as_view({"get": "list"})),
    path("customers/<int:pk>/", CustomerViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
]
