"""The drain that fetches the answers of lead forms."""

from campaigns.ads import learn_ad
from crm.models import Identity
from crm.profiles import learn_contact, learn_name, learn_place
from messaging.channels.outbound import Reason, SendError
from messaging.lead_forms.asking import NOT_FOUND, Answers, ask_for_answers
from messaging.lead_forms.reading import person_of, text_of_answers
from messaging.lookups.credentials import credentials_of
from messaging.lookups.drain import LookupDrain
from messaging.models import LeadFormAnswer, Message
from messaging.models.lookup import LookupQuerySet

#: A form may be told of before it can be read, so that one not found is looked for a few times.
TRIES_IF_NOT_FOUND = 4


class LeadFormDrain(LookupDrain[LeadFormAnswer, Answers]):
    """Asks for the answers of forms whose ids came in, and tells by them who filled the form in."""

    noun = "Lead form"

    def rows(self) -> LookupQuerySet:
        return LeadFormAnswer.objects.select_related("channel", "message__conversation__identity")

    def patience(self, error: SendError) -> int:
        if error.code.partition("/")[0] == NOT_FOUND:
            return TRIES_IF_NOT_FOUND
        return super().patience(error)

    def ask(self, row: LeadFormAnswer) -> Answers:
        return ask_for_answers(row.message.external_id, credentials_of(row.channel))

    def write(self, row: LeadFormAnswer, found: Answers) -> SendError | None:
        """Keep the answers, complete the person, and let the message be read anew."""
        if not found.fields:
            return SendError(Reason.CONTENT, "empty")
        message = Message.objects.select_for_update(of=("self",), no_key=True).get(pk=row.message_id)
        identity = Identity.objects.select_for_update(no_key=True).get(pk=row.message.conversation.identity_id)
        person = person_of(found)
        learn_name(identity=identity, name=person.name, at=message.at)
        learn_contact(customer_id=identity.customer_id, phone=person.phone, email=person.email)
        learn_place(
            customer_id=identity.customer_id,
            governorate=person.governorate,
            city=person.city,
            at=message.at,
            message_id=message.pk,
        )
        Identity.objects.filter(pk=identity.pk).update(is_placeholder=False)
        self._keep(row, found)
        ad = learn_ad(channel_id=row.channel_id, told=found.ad, seen_at=message.received_at) if found.ad else None
        message.text = text_of_answers(found)
        message.ad = message.ad or ad
        message.triaged_at = None  # what they wrote is to be read like any message's words
        message.save(update_fields=["text", "ad", "triaged_at"])
        return None

    def _keep(self, row: LeadFormAnswer, found: Answers) -> None:
        row.answers = [{"name": name, "values": values} for name, values in found.fields]
        row.form_id = (found.form_id or row.form_id)[:100]
        row.save(update_fields=["answers", "form_id", "updated_at"])
