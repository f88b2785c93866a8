"""Whose turn it is in a conversation: a bot's or people's.

A bot has a conversation from its first message in it, or since it asked for it, until a person takes it over. While it has it,
people write nothing but notes; once a person has it, the bot writes nothing. What rules send by themselves is nobody's turn.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import runtime_settings
from crm.models import User
from messaging.models import BotWatch, Conversation, Handoff, Message
from messaging.sending.refusals import Refused

BOT_HAS_IT = _("A bot has this conversation. Take it over to write; notes can be written at any time.")
PERSON_HAS_IT = _("A colleague has this conversation now.")
CLOSED = _("The conversation is closed.")


class PersonHasIt(Refused):
    """A bot cannot have the conversation or write in it."""


class BotHasIt(Refused):
    """People cannot write in the conversation yet."""


def lock(conversation_id: int) -> Conversation:
    """Lock a conversation as the ingest does; raises `Conversation.DoesNotExist`."""
    locked = Conversation.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("channel", "identity__customer").get(pk=conversation_id)


def person_has(conversation: Conversation) -> bool:
    """Tell whether a person has it: one wrote in it or is asked to, and nobody gave it to a bot since."""
    if conversation.bot_owned:
        return False
    if Handoff.objects.open().filter(conversation=conversation).exists():
        return True
    ours = Message.objects.filter(conversation=conversation, direction=Message.Direction.OUT)
    return ours.filter(automated=False).exists()


def take_turn(conversation: Conversation, *, author: User | None, automated: bool) -> None:
    """Let whoever wants to write in a locked conversation; a bot that is the first one has it from then on.

    A machine's message with an author is a bot's, one without a rule's.

    Raises:
        BotHasIt: a person wants to, and a bot has it.
        PersonHasIt: a bot wants to, and a person has it.
    """
    if not automated:
        if conversation.bot_owned:
            raise BotHasIt(BOT_HAS_IT)
    elif author is not None and not conversation.bot_owned:
        if person_has(conversation):
            raise PersonHasIt(PERSON_HAS_IT)
        give_to_bot(conversation)


@transaction.atomic
def hold_conversation(*, conversation_id: int) -> Conversation:
    """Let a bot have a conversation that no person has.

    Raises:
        PersonHasIt: one does, or it is closed.
    """
    conversation = lock(conversation_id)
    if conversation.status != Conversation.Status.OPEN:
        raise PersonHasIt(CLOSED)
    if not conversation.bot_owned:
        if person_has(conversation):
            raise PersonHasIt(PERSON_HAS_IT)
        give_to_bot(conversation)
    return conversation


def give_to_bot(conversation: Conversation) -> None:
    """Let a bot have a locked conversation. What the customer wrote since our last message is still to be read for keywords."""
    conversation.bot_owned, conversation.failed_answers = True, 0
    conversation.save(update_fields=["bot_owned", "failed_answers", "updated_at"])
    ours = Message.objects.filter(conversation=conversation, direction=Message.Direction.OUT)
    answered = ours.order_by("-at", "-id").values_list("pk", flat=True).first()
    BotWatch.objects.update_or_create(conversation=conversation, defaults={"message_id": answered or 0, "state": None})


def take_from_bot(conversation: Conversation) -> None:
    """Let no bot have a locked conversation any more."""
    if conversation.bot_owned or conversation.failed_answers:
        conversation.bot_owned, conversation.failed_answers = False, 0
        conversation.save(update_fields=["bot_owned", "failed_answers", "updated_at"])


def failed_too_often(conversation: Conversation) -> bool:
    allowed: int = runtime_settings.value_of("bots.failed_answers")
    return conversation.failed_answers >= allowed
