"""What the erasure of a person takes beside the rules for rows."""

from datetime import datetime

import orjson
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.erasure.notes import Note
from crm.erasure.person import Person
from crm.erasure.refusals import ErasureRefused
from crm.erasure.steps import Count
from crm.models import Customer, Notification
from messaging.erasure.deliveries import Deliveries, empty_noted
from messaging.ingest.writing import lock_keys
from messaging.models import Attachment, Conversation, FileToRemove, Message, MessageStatus, Outgoing
from messaging.services import close_conversation

EVENTS = """
    DELETE FROM messaging_messageevent AS event USING messaging_message AS message, messaging_conversation AS conversation
    WHERE conversation.identity_id = ANY(%s) AND message.conversation_id = conversation.id
      AND event.channel_id = message.channel_id AND event.target_key = message.external_key
"""
# What programs were answered within the last day. The answer of a session names nobody, so that all of those go.
ANSWERS = """
    UPDATE crm_idempotencykey SET answer = NULL
    WHERE CASE WHEN substr(answer, 1, 1) = '{' THEN jsonb_path_exists(
        convert_from(answer, 'UTF8')::jsonb,
        '$.** ? (@.customer == $customers[*] || @.conversation == $conversations[*] || exists(@.key_entities)
            || exists(@.phone) && @.id == $customers[*])',
        %s
    ) ELSE false END
"""


class MessagingErasure:
    """The step of `messaging` in the erasure of a person."""

    def __init__(self) -> None:
        self.deliveries = Deliveries()

    def search(self, person: Person, count: Count) -> None:
        self.deliveries.search(person, count)

    def lock_first(self, person: Person) -> None:
        messages = Message.objects.filter(conversation__identity__in=person.identities)
        lock_keys(bytes(key) for key in messages.values_list("external_key", flat=True) if key)

    def lock(self, person: Person) -> None:
        self.lock_first(person)  # with those that came before their identities were locked
        rows = Conversation.objects.filter(identity__in=person.identities).order_by("pk")
        list(rows.select_for_update(no_key=True).values("pk"))
        messages = Message.objects.filter(conversation__identity__in=person.identities).order_by("pk")
        list(messages.select_for_update(of=("self",), no_key=True).values("pk"))

    def check(self, person: Person) -> None:
        if _outgoing(person).exclude(sender=None).exists():
            raise ErasureRefused(_("A message to them is being sent just now. Try again in a moment."))
        self.deliveries.check(person)

    def note(self, person: Person, note: Note) -> None:
        note.deliveries = self.deliveries.digests()
        note.files = _files_of(person)

    def carry_out(self, person: Person) -> None:
        unsent = list(_outgoing(person).values_list("pk", flat=True))
        Message.objects.filter(pk__in=unsent).update(status=MessageStatus.FAILED)
        for talk in Conversation.objects.open().filter(identity__in=person.identities).order_by("pk"):
            close_conversation(conversation_id=talk.pk)
        self.deliveries.empty()
        _remove_files(_files_of(person), timezone.now())
        _remove_notices(person)
        conversations = Conversation.objects.filter(identity__in=person.identities).values_list("pk", flat=True)
        numbers = {"customers": list(person.customers), "conversations": list(conversations)}
        with connection.cursor() as cursor:
            cursor.execute(EVENTS, [list(person.identities)])
            cursor.execute(ANSWERS, [orjson.dumps(numbers).decode()])

    def carry_out_noted(self, note: Note) -> None:
        empty_noted(note.deliveries)
        _remove_files(note.files, timezone.now())


def _outgoing(person: Person) -> "QuerySet[Outgoing]":
    """Return, and lock, what is not sent yet."""
    unfinished = Outgoing.objects.filter(conversation__identity__in=person.identities, finished_at=None)
    return unfinished.order_by("pk").select_for_update(of=("self",))


def _files_of(person: Person) -> list[str]:
    """Return the names of the files that only they have: of their messages, and their pictures."""
    attachments = Attachment.objects.filter(message__conversation__identity__in=person.identities)
    names = {name for pair in attachments.values_list("file", "thumbnail") for name in pair}
    pictures = set(Customer.objects.filter(pk__in=person.customers).values_list("picture", flat=True))
    others = Customer.objects.filter(picture__in=pictures).exclude(pk__in=person.customers)
    names |= pictures.difference(others.values_list("picture", flat=True))
    return sorted(names - {""})


def _remove_files(names: list[str], at: datetime) -> None:
    """Have files removed, once this is committed."""
    FileToRemove.objects.bulk_create(
        [FileToRemove(name=name, remove_at=at) for name in names],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["remove_at"],
    )


def _remove_notices(person: Person) -> None:
    """Delete what colleagues were told that leads to the pages of the person."""
    conversations = Conversation.objects.filter(identity__in=person.identities).values_list("pk", flat=True)
    pages = [reverse("admin:crm_customer_change", args=[number]) for number in person.customers]
    pages += [reverse("admin:messaging_conversation_change", args=[number]) for number in conversations]
    Notification.objects.filter(url__in=pages).delete()
