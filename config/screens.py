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


def _page(title: Any, icon: str, name: str, permission: str) -> dict[str, Any]:
    """Return a sidebar line that leads to a page of our own, for those who may see it."""
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), "permission": _allowed(permission)}


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
    "ACCOUNT": {
        "navigation": [
            {"title": _("My settings"), "link": reverse_lazy("admin:my_settings")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ],
    },
    "STYLES": [
        lambda request: static("migochat/migochat.css"),
        lambda request: static("migochat/bell.css"),
        lambda request: static("migochat/phone_bar.css"),
        lambda request: static("migochat/keys.css"),
    ],
    "SCRIPTS": [
        lambda request: static("migochat/migochat.js"),
        lambda request: static("migochat/bell.js"),
        lambda request: static("migochat/keys.js"),
    ],
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
                    _page(_("Dashboard"), "monitoring", "dashboard", "crm.view_dailymetric"),
                    _page(_("Inbox"), "inbox", "inbox", "messaging.view_conversation"),
                    _page(_("Answer next"), "quickreply", "leads_answer_next", "leads.view_lead"),
                    _item(_("Conversations"), "forum", "messaging.conversation"),
                    _item(_("Messages"), "chat_bubble", "messaging.message"),
                    _item(_("Handoffs"), "front_hand", "messaging.handoff"),
                    _item(_("Templates"), "view_agenda", "messaging.messagetemplate"),
                    _item(_("Canned replies"), "quick_phrases", "messaging.cannedreply"),
                ],
            },
            {
                "title": _("Sell"),
                "items": [
                    _page(_("Board"), "view_kanban", "leads_board", "leads.view_lead"),
                    _item(_("Leads"), "person_search", "leads.lead"),
                    _page(_("Follow-ups"), "event", "leads_follow_ups", "leads.view_lead"),
                    _item(_("Qualified"), "verified", "leads.qualification"),
                ],
            },
            {
                "title": _("People"),
                "items": [
                    _item(_("Customers"), "group", "crm.customer"),
                    {
                        "title": _("Duplicates"),
                        "icon": "group_remove",
                        "link": reverse_lazy("admin:duplicates"),
                        "permission": _allowed("crm.merge_customer"),
                    },
                    _item(_("Consents"), "verified_user", "crm.consent"),
                    _item(_("Tags"), "sell", "crm.tag"),
                ],
            },
            {
                "title": _("Where they come from"),
                "items": [
                    _item(_("Ads"), "campaign", "campaigns.adcampaign"),
                    _item(_("Posts"), "image", "campaigns.post"),
                    _item(_("Spend"), "payments", "campaigns.performancemetric"),
                ],
            },
            {
                "title": _("Figures"),
                "items": [
                    _page(_("What brings sales"), "query_stats", "leads_attribution", "leads.view_lead"),
                    _page(_("Why we lose"), "heart_broken", "leads_losses", "leads.view_lead"),
                    _page(_("Sellers"), "leaderboard", "leads_sellers", "leads.view_lead"),
                ],
            },
            {
                "title": _("How leads are read"),
                "items": [
                    _item(_("Stages"), "view_week", "leads.stage"),
                    _item(_("Classification rules"), "rule", "leads.classificationrule"),
                    _item(_("Scoring rules"), "exposure_plus_1", "leads.scoringrule"),
                    _item(_("Products"), "shopping_bag", "leads.product"),
                ],
            },
            {
                "title": _("Operations"),
                "items": [
                    _page(_("Health"), "ecg_heart", "health", "crm.view_incident"),
                    _item(_("Channels"), "hub", "crm.channel"),
                    _item(_("Webhook deliveries"), "webhook", "messaging.webhookdelivery"),
                    _item(_("Messages set aside"), "report", "leads.triagefailure"),
                    _item(_("API tokens"), "api", "crm.apitoken"),
                    _item(_("Handoff keywords"), "record_voice_over", "messaging.handoffkeywords"),
                    _item(_("Backups"), "settings_backup_restore", "crm.backup"),
                    _item(_("Schedule"), "schedule", "crm.scheduledtask"),
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

# The first page whose permission one has is where the login leads: administrators see how the installation does, who sells answers.
HOME_PAGES = [
    ("crm.view_incident", "admin:health"),
    ("crm.change_channel", "admin:crm_channel_changelist"),
    ("crm.view_dailymetric", "admin:dashboard"),
    ("leads.change_lead", "admin:leads_answer_next"),
    ("messaging.view_conversation", "admin:inbox"),
    ("crm.view_customer", "admin:crm_customer_changelist"),
]

# The bar at the foot of a phone: the lines of the first of these whose permission one has.
PHONE_BARS = [
    (
        "crm.change_channel",
        [
            _page(_("Health"), "ecg_heart", "health", "crm.view_incident"),
            _item(_("Channels"), "hub", "crm.channel"),
            _item(_("Deliveries"), "webhook", "messaging.webhookdelivery"),
            _page(_("Answer next"), "quickreply", "leads_answer_next", "leads.view_lead"),
        ],
    ),
    (
        "crm.view_dailymetric",
        [
            _page(_("Dashboard"), "monitoring", "dashboard", "crm.view_dailymetric"),
            _page(_("Inbox"), "inbox", "inbox", "messaging.view_conversation"),
            _page(_("Board"), "view_kanban", "leads_board", "leads.view_lead"),
            _item(_("Leads"), "person_search", "leads.lead"),
        ],
    ),
    (
        "leads.view_lead",
        [
            _page(_("Answer next"), "quickreply", "leads_answer_next", "leads.view_lead"),
            _page(_("Inbox"), "inbox", "inbox", "messaging.view_conversation"),
            _page(_("Board"), "view_kanban", "leads_board", "leads.view_lead"),
            _item(_("Leads"), "person_search", "leads.lead"),
        ],
    ),
    (
        "messaging.view_conversation",
        [
            _page(_("Inbox"), "inbox", "inbox", "messaging.view_conversation"),
            _item(_("Messages"), "chat_bubble", "messaging.message"),
            _item(_("Customers"), "group", "crm.customer"),
        ],
    ),
]

# Where the key g and a letter lead, for those who may see it.
GO_KEYS = {
    "d": _page(_("Dashboard"), "monitoring", "dashboard", "crm.view_dailymetric"),
    "a": _page(_("Answer next"), "quickreply", "leads_answer_next", "leads.view_lead"),
    "b": _page(_("Board"), "view_kanban", "leads_board", "leads.view_lead"),
    "c": _item(_("Conversations"), "forum", "messaging.conversation"),
    "i": _page(_("Inbox"), "inbox", "inbox", "messaging.view_conversation"),
    "h": _page(_("Health"), "ecg_heart", "health", "crm.view_incident"),
    "f": _page(_("Follow-ups"), "event", "leads_follow_ups", "leads.view_lead"),
    "l": _item(_("Leads"), "person_search", "leads.lead"),
    "p": _item(_("Customers"), "group", "crm.customer"),
    "w": _page(_("What brings sales"), "query_stats", "leads_attribution", "leads.view_lead"),
}

# Conditions for customers that one sees beside one's own, one's team's and nobody's, by dotted name.
CUSTOMERS_ALSO_SEEN = ["messaging.visibility.talks_with_customer", "leads.visibility.has_lead_of_customer"]

# What apps further up show on the screens of those below them, by dotted name.
CUSTOMER_BULK_ACTIONS = ["leads.admin.bulk.GIVING_CUSTOMERS", "leads.admin.bulk.LABELLING"]
CUSTOMER_CHANGES = "leads.services.by_hand.change_customer"
CUSTOMER_PANELS = [
    "leads.admin.panels.leads_panel",
    "messaging.admin.on_customers.conversations_panel",
    "leads.admin.reports.customer.figures_panel",
]
CONVERSATION_PANELS = ["messaging.admin.handoff_panel.handoff_panel", "leads.admin.panels.lead_card"]
MESSAGES_BROUGHT = "messaging.admin.on_campaigns.messages_brought"
DEMO_STORYTELLER = "leads.demo.storyteller.DemoLeads"
NOTICE_SUBJECTS = "leads.notices.subjects_of"
CUSTOMER_MERGE_STEPS = ["leads.merging.LeadsMerge"]
CUSTOMER_COUNTS = ["messaging.admin.on_customers.count_messages", "leads.admin.on_customers.count_leads"]
CUSTOMER_IMPORT_STEPS = ["leads.transfer.leads.note_changes"]

# Figures by day, each app its own, by dotted name.
METRICS = ["messaging.metrics.SOURCES", "leads.metrics.SOURCES"]

# What is removed once it is old enough, each app its own, by dotted name.
RETENTION = ["messaging.retention.RULES", "crm.retention.rules.RULES"]

# What becomes of rows when a person is erased, the uppermost app first, and what each app does beside, by dotted name.
ERASURE = ["leads.erasure.RULES", "messaging.erasure.rules.RULES", "crm.erasure.rules.RULES"]
ERASURE_STEPS = ["messaging.erasure.step.MessagingErasure", "leads.erasure.LeadsErasure"]

# What is looked at by `manage.py health`, each app its own, by dotted name; in the order in which it is shown.
HEALTH_CHECKS = [
    "messaging.health.CHECKS",
    "leads.health.CHECKS",
    "crm.monitoring.installation.CHECKS",
    "crm.monitoring.database.CHECKS",
    "crm.maintenance.health.CHECKS",
]

# What /metrics tells, each app its own, by dotted name.
PROMETHEUS_METRICS = [
    "crm.monitoring.prometheus.own_metrics",
    "messaging.prometheus.own_metrics",
    "leads.prometheus.own_metrics",
]

# What comes in from files and goes out to them, by dotted name.
TRANSFERS = ["crm.transfer.customers.CustomerResource", "leads.transfer.leads.LeadResource"]

# What `manage.py export` writes, and of one person `manage.py export_customer`, each app its own, by dotted name.
EXPORTS = ["crm.exports.own.TABLES", "messaging.exports.TABLES", "leads.exports.TABLES", "campaigns.exports.TABLES"]
CUSTOMER_DOSSIER = ["crm.dossier.own.SHARE", "messaging.dossier.SHARE", "leads.dossier.SHARE"]
