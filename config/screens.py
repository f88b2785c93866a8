"""The admin's look, its sidebar by task, and which app adds what to a lower app's screens."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(title: Any, icon: str, model: str) -> dict[str, Any]:
    """Return a sidebar line that leads to the list of `app.model`, for those who may see it."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _allowed(f"{app}.view_{name}"),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Migochat",
    "SITE_HEADER": "Migochat",
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("migochat/icon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("migochat/migochat.css")],
    "SCRIPTS": [lambda request: static("migochat/migochat.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(98% .014 185)",
            "100": "oklch(95% .035 185)",
            "200": "oklch(90% .065 185)",
            "300": "oklch(84% .1 185)",
            "400": "oklch(75% .11 186)",
            "500": "oklch(65% .1 188)",
            "600": "oklch(50% .085 190)",
            "700": "oklch(44% .075 191)",
            "800": "oklch(38% .062 192)",
            "900": "oklch(32% .052 194)",
            "950": "oklch(23% .04 195)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Talk"),
                "items": [
                    _item(_("Conversations"), "forum", "messaging.conversation"),
                    _item(_("Messages"), "chat_bubble", "messaging.message"),
                ],
            },
            {
                "title": _("People"),
                "items": [
                    _item(_("Customers"), "group", "crm.customer"),
                    _item(_("Consents"), "verified_user", "crm.consent"),
                    _item(_("Tags"), "sell", "crm.tag"),
                ],
            },
            {
                "title": _("Where they come from"),
                "items": [
                    _item(_("Ads"), "campaign", "campaigns.adcampaign"),
                    _item(_("Posts"), "image", "campaigns.post"),
                ],
            },
            {
                "title": _("Operations"),
                "items": [
                    _item(_("Channels"), "hub", "crm.channel"),
                    _item(_("Webhook deliveries"), "webhook", "messaging.webhookdelivery"),
                    _item(_("Settings"), "tune", "crm.setting"),
                ],
            },
            {
                "title": _("Colleagues"),
                "items": [
                    _item(_("Users"), "badge", "crm.user"),
                    _item(_("Teams"), "groups", "crm.team"),
                    _item(_("Roles and groups"), "key", "auth.group"),
                ],
            },
        ],
    },
}

# The first page whose permission one has is where the login leads: administrators watch the channels, others answer.
HOME_PAGES = [
    ("crm.change_channel", "admin:crm_channel_changelist"),
    ("messaging.view_conversation", "admin:messaging_conversation_changelist"),
    ("crm.view_customer", "admin:crm_customer_changelist"),
]

# What apps further up show on the screens of those below them, by dotted name.
CUSTOMER_PANELS = ["messaging.admin.on_customers.conversations_panel"]
MESSAGE_COUNTS = "messaging.admin.on_campaigns.count_messages"
