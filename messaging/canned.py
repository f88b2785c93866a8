"""Canned replies: whose they are, finding them, and what they say to somebody."""

from django.core.files import File
from django.db.models import Case, IntegerField, Q, QuerySet, When

from crm import runtime_settings
from crm.folding import Folded, fold
from crm.models import User
from messaging.canned_files import file_type_of
from messaging.canned_variables import fill
from messaging.channels.outbound import Content
from messaging.models import CannedReply, Conversation
from messaging.sending.queueing import Draft
from messaging.visibility import canned_replies_of

MOST_OFFERED = 20


def for_user(user: User) -> QuerySet[CannedReply]:
    """Return those in use that a colleague is offered: everybody's, their team's and their own."""
    return CannedReply.objects.filter(canned_replies_of(user), is_active=True)


def offered(user: User, conversation: Conversation, words: str = "") -> list[CannedReply]:
    """Return those that words find, however they are typed: by shortcut first, and those in the customer's language first."""
    language = conversation.identity.customer.language[:2].lower()
    found = for_user(user).annotate(
        short=Folded("shortcut"), named=Folded("title"), said=Folded("text"),
        spoken=Case(When(language=language, then=0), When(language="", then=1), default=2, output_field=IntegerField()),
    )  # fmt: skip
    folded = fold(words.replace("\x00", "").strip())
    if not folded:
        return list(found.order_by("spoken", "title", "id")[:MOST_OFFERED])
    begins = Q(short__startswith=folded)
    found = found.filter(begins | Q(short__contains=folded) | Q(named__contains=folded) | Q(said__contains=folded))
    nearness = Case(
        When(short=folded, then=0), When(begins, then=1), When(named__contains=folded, then=2),
        default=3, output_field=IntegerField(),
    )  # fmt: skip
    return list(found.annotate(nearness=nearness).order_by("nearness", "spoken", "title", "id")[:MOST_OFFERED])


def text_for(reply: CannedReply, conversation: Conversation, user: User) -> tuple[str, list[str]]:
    """Return what a reply says when this colleague sends it there, and the variables that nothing is known for."""
    customer = conversation.identity.customer
    name, seller = customer.name.strip(), user.full_name.strip()
    values = {
        "customer_name": name,
        "first_name": name.split()[0] if name else "",
        "city": customer.city,
        "seller_name": seller,  # never the e-mail address: that is nobody's outside
        "seller_first_name": seller.split()[0] if seller else "",
        "shop_name": runtime_settings.value_of("shop.name"),
    }
    return fill(reply.text, values)


def rendered(reply: CannedReply, conversation: Conversation, user: User) -> Draft:
    """Return the message that a reply makes in a conversation, with its file where it has one."""
    text, _missing = text_for(reply, conversation, user)
    if not reply.file:
        return Draft(text=text)
    return Draft(
        content=Content.MEDIA,
        text=text,
        file=File(reply.file.open("rb"), name=reply.file_name),
        file_type=file_type_of(reply.mime_type),
        mime_type=reply.mime_type,
    )
