"""Settings of conversations that administrators change while the system runs."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from crm.runtime_settings import Declared, declare
from messaging.sending.limits import too_long_for

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

BOTS = _("Bots")
FILES = _("Files")
AWAY = _("While the shop is closed")
TOO_LONG = _("Too long for one message: %(bounds)s.")


def _refuse_too_long(text: str) -> None:
    """Refuse what some platform in use does not take as one message: it would never be sent there, and nobody would notice."""
    if bounds := too_long_for(text.strip()):
        raise ValueError(str(TOO_LONG) % {"bounds": ", ".join(bounds)})


def _away_text(language: str, title: "_StrPromise", default: str) -> Declared:
    return Declared(
        key=f"away.text_{language}",
        kind="text",
        default=default,
        title=title,
        help=_("Empty: another language is used. With none of them, nothing is sent."),
        category=AWAY,
        check=_refuse_too_long,
    )


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

declare(
    Declared(
        key="away.on",
        kind="yes or no",
        default=False,
        title=_("Answer by itself while the shop is closed"),
        help=_(
            "Whoever writes outside of business hours, and waits for an answer, is told so once. It counts as no answer."
        ),
        category=AWAY,
    ),
    Declared(
        key="away.hours",
        kind="whole number",
        default=12,
        minimum=1,
        maximum=720,
        title=_("Tell the same customer again after (hours)"),
        help=_("Within so many hours nobody is told twice in a conversation."),
        category=AWAY,
    ),
    _away_text(
        "en", _("Text in English"), "Thank you for your message. We are closed now and will answer once we open."
    ),
    _away_text("ar", _("Text in Arabic"), "شكرًا لرسالتك. نحن مغلقون الآن وسنرد عليك فور بدء العمل."),
    _away_text(
        "pt",
        _("Text in Portuguese"),
        "Obrigado pela mensagem. Estamos fechados agora e responderemos assim que abrirmos.",
    ),
)
