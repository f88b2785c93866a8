"""A person of whom there is something in every column that can hold something, by the real endpoint wherever that brings it."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone

from crm.api.tokens import add_token
from crm.encrypted_fields import Unreadable, encrypted_fields
from crm.erasure.person import Person, family_of
from crm.erasure.steps import rules
from crm.merging import merge_customers
from crm.models import (
    Channel,
    Consent,
    Customer,
    DuplicateDismissed,
    IdempotencyKey,
    Identity,
    Note,
    Notification,
    Tag,
    User,
)
from crm.pictures import keep_picture
from crm.tests.factories import make_customer, make_user
from leads.activities import Cause, record
from leads.models import (
    ActivityKind,
    Lead,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
    TriageFailure,
)
from leads.tests.factories import make_lead
from messaging.models import (
    Attachment,
    AwayReply,
    Conversation,
    ConversationViewer,
    Handoff,
    LeadFormAnswer,
    MediaFetch,
    Message,
    Outgoing,
    OwnReaction,
    ProfileLookup,
)
from messaging.models.handoff import BotWatch
from messaging.tests.factories import make_message
from messaging.tests.webhooks import messenger, receive, text_message, whatsapp, whatsapp_text

PICTURE = b"\x89PNG\r\n\x1a\n"
#: Columns of codes, which hold no word of anybody's.
CODES = {
    "messaging.Message.type", "messaging.Message.intent", "leads.LeadActivity.old", "leads.LeadActivity.new",
    "messaging.ConversationHistory.pgh_label", "crm.CustomerHistory.pgh_label", "messaging.Outgoing.content",
    "messaging.Attachment.file", "messaging.Attachment.thumbnail", "crm.Customer.picture",
    "crm.IdentityKey.kind",
}  # fmt: skip


def psid_of(mark: str) -> str:
    return f"77{int.from_bytes(mark.encode(), 'big') % 10**12:012d}"


def phone_of(mark: str) -> str:
    return f"201{int.from_bytes(mark.encode(), 'big') % 10**9:09d}"


def webhook_of(channel: Channel, mark: str, mid: str = "", text: str = "") -> dict[str, Any]:
    message = text_message(mid or f"m_{mark}_1", text or f"I am {mark}", psid=psid_of(mark))
    return messenger(channel, message)


def edit_of(mark: str, edited: dict[str, Any]) -> dict[str, Any]:
    """An edit of a message of theirs, as Messenger tells of it."""
    event = text_message("", "", psid=psid_of(mark))
    del event["message"]
    return {**event, "message_edit": edited}


def make_person(mark: str, channels: tuple[Channel, Channel]) -> Person:
    """Make somebody on two channels, a customer merged into another, and fill all their columns with `mark`."""
    page, phone = channels
    edited = {"mid": f"m_{mark}_1", "text": f"I was {mark}", "num_edit": 1}
    receive(page, webhook_of(page, mark), messenger(page, edit_of(mark, edited)))
    profile = {"profile": {"name": mark}, "wa_id": phone_of(mark)}
    sent = whatsapp_text(f"wamid.{mark}", {"from": phone_of(mark)}, f"It is {mark}")
    receive(phone, whatsapp(phone, contacts=[profile], messages=[sent]))
    first, second = Identity.objects.order_by("-pk")[:2]
    merged = merge_customers(kept_id=second.customer_id, merged_id=first.customer_id, by=make_user(), reason=mark)
    person = family_of(merged.kept_id)
    _hang_on(Customer.objects.get(pk=merged.kept_id), Conversation.objects.get(identity=second), mark)
    _fill(person, mark)
    return person


def _hang_on(customer: Customer, talk: Conversation, mark: str) -> None:
    """Add a row of every model that may hang on somebody."""
    user, now = make_user(), timezone.now()
    message = Message.objects.filter(conversation=talk).latest("pk")
    of_identity = {"identity": talk.identity, "channel": talk.channel}
    Note.objects.create(customer=customer, author=user, text=mark)
    customer.tags.add(Tag.objects.get_or_create(name="wholesale")[0])
    DuplicateDismissed.objects.create(first=customer, second=make_customer())
    Consent.objects.create(customer=customer, identity=talk.identity, granted=False, source="message", at=now)
    keep_picture(customer_id=customer.pk, content=PICTURE, mime_type="image/png")
    ProfileLookup.objects.create(**of_identity)
    ConversationViewer.objects.create(conversation=talk, user=user, seen_at=now)
    BotWatch.objects.create(conversation=talk)
    file = {"file": ContentFile(PICTURE, "a.png"), "thumbnail": ContentFile(PICTURE, "media/small")}
    attachment = Attachment.objects.create(message=message, position=0, type="image", **file)
    MediaFetch.objects.create(attachment=attachment, channel=talk.channel)
    form = LeadFormAnswer(message=message, channel=talk.channel)
    form.answers = [{"name": "name", "values": [mark]}]
    form.save()
    OwnReaction.objects.create(message=message, channel=talk.channel, emoji="👍")
    sent = make_message(talk, direction="out", text=mark, status=1, author=user)
    Outgoing.objects.create(message=sent, channel=talk.channel, conversation=talk, content="text")
    AwayReply.objects.create(conversation=talk, message=make_message(talk, direction="out", automated=True, status=4))
    Handoff.objects.create(conversation=talk, by="rule", reason=mark)
    Conversation.objects.filter(pk=talk.pk).update(assignee=user)  # which leaves a row of history
    lead = Lead.objects.filter(customer=customer).first() or make_lead(customer, first_message=message, value=5)
    record(ActivityKind.NOTE, lead=lead, cause=Cause.person(user, mark))
    rule = ScoringRule.objects.get_or_create(name="any", looks_for="message", points=5)[0]
    ScoreEntry.objects.create(lead=lead, rule=rule, message=message, points=5, at=now)
    product = Product.objects.get_or_create(name="Lamp")[0]
    ProductInteraction.objects.create(
        customer=customer, lead=lead, product=product, kind="like", message=message, at=now
    )
    Qualification.objects.create(lead=lead, score=60, qualified_at=now).products.add(product)
    TriageFailure.objects.create(message=message, reason=mark)
    _around(customer, talk, lead, user, mark)


def _around(customer: Customer, talk: Conversation, lead: Lead, user: User, mark: str) -> None:
    """Add what no foreign key ties to them: notices, the admin's log, answers to programs."""
    for page, row in (("crm_customer", customer), ("messaging_conversation", talk), ("leads_lead", lead)):
        url = reverse(f"admin:{page}_change", args=[row.pk])
        Notification.objects.create(user=user, kind="mention", key=f"{page}{row.pk}", text=mark, url=url)
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk),
        object_repr=mark, action_flag=CHANGE, change_message=mark,
    )  # fmt: skip
    token = add_token(name=f"program {user.pk}", user=user)[0]
    for number, answer in enumerate(
        (f'{{"customer": {customer.pk}, "text": "{mark}"}}', f'{{"conversation": {talk.pk}, "text": "{mark}"}}')
    ):
        IdempotencyKey.objects.create(token=token, key=str(number), fingerprint=b"", answer=answer.encode(), status=201)


def _fill(person: Person, mark: str) -> None:
    """Write `mark` into every column of text or JSON, whatever it is for, but those of codes."""
    with pgtrigger.ignore():
        for rule in rules():
            values = {column.name: _marked(column, mark) for column in fillable(rule.model)}
            if values:
                rule.rows(person).update(**values)


def fillable(model: type[models.Model]) -> Iterator["models.Field[Any, Any]"]:
    for column in model._meta.concrete_fields:
        is_text = isinstance(column, models.CharField | models.TextField) and not column.choices
        is_long = is_text and (column.max_length is None or column.max_length >= 20)
        if (is_long or isinstance(column, models.JSONField)) and f"{model._meta.label}.{column.name}" not in CODES:
            yield column


def _marked(column: "models.Field[Any, Any]", mark: str) -> Any:
    return {"said": mark} if isinstance(column, models.JSONField) else mark


def holding(words: str) -> list[str]:
    """Return the tables, and the encrypted columns, in which there are words; as text or as bytes."""
    found, texts = [], [words, words.encode().hex()]
    for table in connection.introspection.table_names():
        query = f'SELECT EXISTS (SELECT FROM "{table}" AS t, unnest(%s::text[]) AS w WHERE strpos(t::text, w) > 0)'  # noqa: S608 - tables of ours
        with connection.cursor() as cursor:
            cursor.execute(query, [texts])
            if cursor.fetchone()[0]:
                found.append(table)
    return found + [name for name, value in _decrypted() if words in value]


def _decrypted() -> Iterator[tuple[str, str]]:
    for model, field in encrypted_fields():
        for row in model._base_manager.all():
            value = getattr(row, field.name)
            assert not isinstance(value, Unreadable)
            yield f"{model._meta.label}.{field.name}", value.decode() if isinstance(value, bytes) else str(value)


def rows_of(person: Person) -> dict[str, list[str]]:
    """Return all rows of somebody as the database writes them, by model."""
    found: dict[str, list[str]] = {}
    for rule in rules():
        table = rule.model._meta.db_table
        numbers = list(rule.rows(person).values_list("pk", flat=True))
        key = rule.model._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t WHERE "{key}" = ANY(%s) ORDER BY 1', [numbers])  # noqa: S608
            found[rule.label] = [text for (text,) in cursor.fetchall()]
    return found
