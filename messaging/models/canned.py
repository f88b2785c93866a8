"""Answers that are written once and used often."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Team
from crm.models.rows import TimestampedModel
from messaging.canned_variables import refuse_unknown


def place_of_canned_file(reply: "CannedReply", name: str) -> str:
    """Return where a file is kept: under a name that nobody can guess."""
    return f"canned/{timezone.now():%Y/%m}/{secrets.token_urlsafe(24)}"


class CannedReply(TimestampedModel):
    """A text, and perhaps a file, to be put into an answer by its shortcut.

    It is for its `owner` alone, for a `team`, or for everybody where neither is given; a shortcut is used once for each of them.
    """

    class Language(models.TextChoices):
        ANY = "", _("Any")
        ARABIC = "ar", _("Arabic")
        ENGLISH = "en", _("English")
        PORTUGUESE = "pt", _("Portuguese")

    title = models.CharField(_("title"), max_length=100)
    shortcut = models.CharField(
        _("shortcut"),
        max_length=40,
        validators=[RegexValidator(r"^[^\s/]+$", _("One word, without a slash."))],
        help_text=_("One word, to be typed behind a slash."),
    )
    text = models.TextField(_("text"), max_length=4000)
    language = models.CharField(_("language"), max_length=2, choices=Language, blank=True)
    team = models.ForeignKey(
        Team, models.CASCADE, verbose_name=_("only for the team"), null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("only for"),
        null=True,
        blank=True,
        related_name="canned_replies",
    )
    file = models.FileField(_("file"), upload_to=place_of_canned_file, max_length=200, blank=True)
    file_name = models.CharField(_("name of the file"), max_length=200, blank=True, editable=False)
    mime_type = models.CharField(_("kind of file"), max_length=100, blank=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ("title", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "shortcut"], name="canned_reply_once_for_owner", condition=Q(owner__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["team", "shortcut"], name="canned_reply_once_for_team", condition=Q(team__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["shortcut"], name="canned_reply_once_for_all", condition=Q(owner=None, team=None)
            ),
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="canned_reply_for_owner_or_team"),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Tidy the shortcut, and refuse a text with variables that there are none of."""
        self.shortcut = self.shortcut.strip().lower()
        if self.owner_id and self.team_id:
            raise ValidationError({"team": _("Choose a colleague or a team, not both.")})
        try:
            refuse_unknown(self.text)
        except ValueError as error:
            raise ValidationError({"text": str(error)}) from None
