"""What somebody answered in a lead form."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField, Unreadable
from crm.models.rows import SealedModel
from messaging.channels.outbound import Reason
from messaging.models.lookup import Lookup
from messaging.models.message import Message

TEST = "test"
#: What staff read of each reason, and what to do about it.
REASONS = {
    Reason.TRY_AGAIN: _("The platform could not be reached."),
    Reason.UNKNOWN: _("The platform could not be reached."),
    Reason.THROTTLED: _("The platform asked us to slow down."),
    Reason.TOKEN: _("The platform refuses our access token. An administrator has to renew it on the channel's page."),
    Reason.SETUP: _(
        "Our access token may not read lead forms: it needs the permission leads_retrieval, and access to the page's leads."
    ),
    Reason.CONTENT: _("The platform knows no such form, or does not show it to us."),
    Reason.REFUSED: _("The platform refused it."),
}
TEST_REASON = _("Sent by the platform's test tool: there are no answers.")


class LeadFormAnswer(SealedModel, Lookup):
    """The answers that a message of type `lead_form` stands for; asked for by its id.

    `answers` is a list of `{"name": the question's key, "values": [...]}`, encrypted, since it holds phone numbers and addresses;
    None until it is here.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="lead_form")
    answers = EncryptedField("lead_form_answer.answers", json=True, null=True, editable=False)
    form_id = models.CharField(_("form"), max_length=100, blank=True)

    class Meta(Lookup.Meta):
        verbose_name = _("lead form")
        verbose_name_plural = _("lead forms")

    def __str__(self) -> str:
        return self.form_id or str(self.pk)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Each question with its answer, for those who may read all of it."""
        known = self.answers if isinstance(self.answers, list) else []
        return [(words_of(item["name"]), ", ".join(item["values"])) for item in known]

    @property
    def is_unreadable(self) -> bool:
        return isinstance(self.answers, Unreadable)

    @property
    def reason_text(self) -> str:
        """Why the answers are not here, and whether they are still asked for; empty where nothing is wrong."""
        if not self.reason:
            return ""
        if self.code == TEST:
            return str(TEST_REASON)
        words = str(REASONS.get(Reason(self.reason), REASONS[Reason.REFUSED]))
        return words if self.finished_at else f"{words} {_('It is tried again by itself.')}"


def words_of(name: str) -> str:
    """Return the key of a question as people would read it."""
    return name.replace("_", " ").strip().capitalize()
