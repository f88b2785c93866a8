from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = _("CRM")

    def ready(self) -> None:
        from crm import business_hours, checks  # noqa: F401 - declare settings, register the system checks
        from crm.metrics import freshness  # noqa: F401 - declares a setting
        from crm.retention import rules  # noqa: F401 - declare settings
