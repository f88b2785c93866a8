"""Sending notices by e-mail to colleagues who wish it."""

import logging
import smtplib
import time

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.models import Notification

logger = logging.getLogger(__name__)

BATCH = 20
SERVER_CLOSES = 421
REFUSED_FOR_GOOD = 500
NOTICE_RETRY_SECONDS = 600.0
SERVER_RETRY_SECONDS = 15.0
LONGEST_SERVER_RETRY_SECONDS = 600.0
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def mail_is_set_up() -> bool:
    """Tell whether this installation sends e-mail at all."""
    return bool(settings.EMAIL_BACKEND != NO_MAIL)


class NoticesMailDrain:
    """Sends what is due, each notice in a transaction of its own; what fails stays due and is tried again.

    A server that cannot be reached is left alone for a while, longer each time. A notice that it does not take now waits, and
    one that it refuses for good is given up. What somebody has read in the page is not sent.
    """

    def __init__(self) -> None:
        self.server_again_at = float("-inf")
        self.pause = SERVER_RETRY_SECONDS
        self.notices_again_at: dict[int, float] = {}

    def run_batch(self) -> int:
        """Send up to a batch and return how many notices are due no more.

        Raises:
            OSError: the server cannot be reached, or takes nothing from us.
        """
        now = time.monotonic()
        self.notices_again_at = {number: at for number, at in self.notices_again_at.items() if at > now}
        if now < self.server_again_at or not self._due().exists():
            return 0
        try:
            done = self._send_batch()
        except OSError:  # as all errors of smtplib are
            self.server_again_at = time.monotonic() + self.pause
            self.pause = min(self.pause * 2, LONGEST_SERVER_RETRY_SECONDS)
            raise
        self.pause = SERVER_RETRY_SECONDS
        return done

    def _due(self) -> QuerySet[Notification]:
        later = list(self.notices_again_at)
        return Notification.objects.filter(email_due=True).exclude(pk__in=later).order_by("pk")

    def _send_batch(self) -> int:
        mail, done = get_connection(), 0
        mail.open()
        try:
            for _place in range(BATCH):
                with transaction.atomic():
                    notice = (
                        self._due().select_for_update(of=("self",), skip_locked=True).select_related("user").first()
                    )
                    if notice is None:
                        break
                    done += self._deal_with(notice, mail)
        finally:
            mail.close()
        return done

    def _deal_with(self, notice: Notification, mail: BaseEmailBackend) -> int:
        """Send one that is locked, where it is still wanted; say whether it is due no more."""
        if notice.read_at is None and notice.user.is_active and notice.user.wants_email:
            try:
                mail.send_messages([_message(notice)])
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
                code = _code(refusal)
                if code == SERVER_CLOSES:
                    raise
                logger.warning("The mail server answered %d to notice %d.", code, notice.pk)
                if code < REFUSED_FOR_GOOD:
                    self.notices_again_at[notice.pk] = time.monotonic() + NOTICE_RETRY_SECONDS
                    return 0
        Notification.objects.filter(pk=notice.pk).update(email_due=False)
        return 1


def _code(refusal: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(refusal, smtplib.SMTPDataError):
        return refusal.smtp_code
    return min(code for code, _words in refusal.recipients.values())


def _message(notice: Notification) -> EmailMessage:
    """Return the e-mail: what happened and where to look, and nothing of a customer."""
    what = " ".join(notice.text.split())
    where = settings.PUBLIC_BASE_URL + (notice.url or reverse("home"))
    why = _("You get this since you asked for it in your settings: %(address)s") % {
        "address": settings.PUBLIC_BASE_URL + reverse("admin:my_settings")
    }
    return EmailMessage(
        subject=what,
        body=f"{what}\n\n{where}\n\n{why}\n",
        to=[notice.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
