"""The admin site."""

from django.contrib.admin.apps import AdminConfig
from unfold.sites import UnfoldAdminSite


class MigochatAdminSite(UnfoldAdminSite):
    """The admin, arranged by what people do and not by app."""


class MigochatAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS for `django.contrib.admin`."""

    default_site = "crm.admin_site.MigochatAdminSite"


