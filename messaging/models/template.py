"""Messages that a platform approved beforehand, as it has them."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Channel
from crm.models.rows import TimestampedModel

NAMED, MEDIA, BUTTON, SPECIAL = "named", "media", "button", "special"
#: Why a template cannot be filled in here, though the platform approved it.
OBSTACLES = {
    NAMED: _("Its blanks are neither numbered from 1 on nor named."),
    MEDIA: _("It needs something at its head that cannot be chosen here, such as a place."),
    BUTTON: _("One of its buttons needs more than one blank to be filled in."),
    SPECIAL: _("It is of a kind that is not written by hand, such as a code or a catalogue."),
}


#: Files that may stand at the head of a template, by the platform's word for them.
HEADER_FILES = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def offered(self) -> Self:
        """Return what can be sent: approved, and with blanks that can be filled here."""
        return self.filter(status=MessageTemplate.Status.APPROVED, obstacle="").order_by("name", "language")


class MessageTemplate(TimestampedModel):
    """A template of a channel in one language. All but `obstacle` is the platform's; `components` are as WhatsApp has them.

    Blanks are written `{{1}}`, `{{2}}`… or `{{name}}`, those of the header apart from those of the body.
    """

    class Status(models.TextChoices):
        APPROVED = "APPROVED", _("Approved")
        PENDING = "PENDING", _("Waits for approval")
        REJECTED = "REJECTED", _("Rejected")
        PAUSED = "PAUSED", _("Paused by the platform")
        DISABLED = "DISABLED", _("Disabled by the platform")
        UNSUBMITTED = "UNSUBMITTED", _("Not submitted for approval")
        DELETED = "DELETED", _("Deleted on the platform")
        OTHER = "OTHER", _("Not usable")

    channel = models.ForeignKey(
        Channel, models.CASCADE, verbose_name=_("channel"), related_name="templates", db_index=False
    )
    external_id = models.CharField(_("id on the platform"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=20)
    category = models.CharField(_("category"), max_length=50, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status)
    components = models.JSONField(_("components"), default=list)
    header = models.TextField(_("header"), blank=True)
    body = models.TextField(_("text"), blank=True)
    footer = models.TextField(_("footer"), blank=True)
    buttons = models.JSONField(_("buttons"), default=list, blank=True)
    header_blanks = models.PositiveSmallIntegerField(_("blanks of the header"), default=0)
    body_blanks = models.PositiveSmallIntegerField(_("blanks"), default=0)
    obstacle = models.CharField(max_length=10, blank=True)
    synced_at = models.DateTimeField(_("fetched"))

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ("name", "language", "id")
        constraints = (models.UniqueConstraint(fields=["channel", "name", "language"], name="template_once"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def is_offered(self) -> bool:
        return self.status == self.Status.APPROVED and not self.obstacle

    @property
    def header_file(self) -> str:
        """What has to be put at its head: `image`, `video` or `document`; empty: nothing."""
        headers = [part for part in self.components if str(part.get("type")).upper() == "HEADER"]
        return next((HEADER_FILES.get(str(part.get("format")).upper(), "") for part in headers), "")

    @property
    def url_buttons(self) -> list[dict[str, Any]]:
        """Its buttons whose address ends with a blank: `index` among all, `text`, and `url`, what stands before the blank."""
        lists = [part.get("buttons") for part in self.components if str(part.get("type")).upper() == "BUTTONS"]
        buttons = next((found for found in lists if isinstance(found, list)), [])
        return [
            {"index": index, "text": str(button.get("text", "")), "url": str(button["url"]).partition("{{")[0]}
            for index, button in enumerate(buttons)
            if isinstance(button, dict) and "{{" in str(button.get("url", ""))
        ]

    @property
    def obstacle_text(self) -> str:
        """Why it cannot be filled in here; empty where it can."""
        words: Any = OBSTACLES.get(self.obstacle, "")
        return str(words)
