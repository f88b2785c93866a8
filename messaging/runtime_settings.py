"""Settings of conversations that administrators change while the system runs."""

from django.utils.translation import gettext_lazy as _

from crm.runtime_settings import Declared, declare

BOTS = _("Bots")
FILES = _("Files")

declare(
    Declared(
        key="shop.name",
        kind="text",
        default="",
        title=_("Name of the shop"),
        help=_("As customers read it where a canned reply says {shop_name}."),
        category=_("Business"),
    ),
    Declared(
        key="bots.failed_answers",
        kind="whole number",
        default=3,
        minimum=1,
        maximum=100,
        title=_("A bot hands over after (failed answers)"),
        help=_("So many answers in a row that the bot did not know, and a colleague is asked to take over."),
        category=BOTS,
    ),
    Declared(
        key="bots.session_hours",
        kind="whole number",
        default=24,
        minimum=1,
        maximum=24 * 90,
        title=_("A bot forgets a session after (hours)"),
        help=_("What a bot keeps of a conversation is gone when it wrote nothing to it for so long."),
        category=BOTS,
    ),
    Declared(
        key="media.largest_megabytes",
        kind="whole number",
        default=25,
        minimum=1,
        maximum=100,
        title=_("Largest file that is kept (megabytes)"),
        help=_("Larger files of messages are not copied here; the message says so. Telegram gives out up to 20."),
        category=FILES,
    ),
)
