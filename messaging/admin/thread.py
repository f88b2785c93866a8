"""The page of a conversation: bubbles with their days, sources and marks, and the customer beside them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm import markup
from crm.models import Customer, Identity, Note
from crm.prepared import prepared
from crm.visibility import user_of, visible
from messaging.admin import labels
from messaging.admin.handoff_panel import with_newest_handoff
from messaging.admin.inbox import fates, versions
from messaging.admin.inbox.composer import composer_context
from messaging.admin.inbox.fates import Fate
from messaging.admin.inbox.state import state_context, tags_context, with_tags
from messaging.admin.inbox.words import words
from messaging.admin.shown_files import File, file_of
from messaging.admin.shown_reactions import our_actors, theirs
from messaging.models import Attachment, Conversation, Message, MessageStatus, OwnReaction
from messaging.sending.reactions import may_be_reacted_to

SHOWN = 50
CONTEXT_AFTER = 20
QUOTED_LENGTH = 160
NOTES_SHOWN = 5
OTHERS_SHOWN = 8
#: What the thread shows of messages and of what belongs to them; columns that nothing shows cost as much as those that are.
COLUMNS = (
    *("channel", "conversation", "direction", "type", "text", "status", "external_id", "at", "source", "comment_id"),
    *("reply_to", "reply_to_key", "automated", "reactions", "edited_at", "deleted_at", "hidden", "error"),
    *("post__title", "post__external_id", "ad__title", "ad__ad_id", "author__full_name", "author__email"),
)


@dataclass
class Bubble:
    """One message as the thread shows it. `day` stands above the first of a day, `new` above the first unread.

    `notes` were written behind it, before the next message; `version` is another one whenever it looks otherwise.
    """

    message: Message
    day: str = ""
    new: bool = False
    source: str = ""
    source_icon: str = ""
    files: list[File] = field(default_factory=list)
    quoted: str = ""
    kind: str = ""
    kind_icon: str = ""
    url: str = ""
    clock: str = ""
    exact: str = ""
    status: str = ""
    status_icon: str = ""
    status_tone: str = ""
    reactions: list[str] = field(default_factory=list)
    own: OwnReaction | None = None
    may_react: bool = False
    ours: bool = False
    fate: Fate | None = None
    version: str = ""
    token: str = ""
    micros: int = 0
    notes: list[Note] = field(default_factory=list)


@dataclass
class Part:
    """Some messages in a row, oldest first. `earlier` is the id to page back from, `later` tells of newer ones.

    `notes` are the customer's newest, newest first; `version` that of the thread as it ends here.
    """

    bubbles: list[Bubble]
    earlier: int | None
    later: bool
    notes: list[Note] = field(default_factory=list)
    version: str = ""


def conversation(among: QuerySet[Conversation], object_id: str) -> Conversation | None:
    """Return a conversation with everything its head shows, None where there is none among these."""
    if not (object_id.isascii() and object_id.isdigit()):
        return None
    related = ("identity__customer__owner", "channel", "assignee", "team")
    found = with_tags(with_newest_handoff(among.select_related(*related).defer("channel__credentials")))
    with prepared():
        return found.filter(pk=object_id).first()


def identities_of_people_like(words: str) -> QuerySet[Identity, Any]:
    return Identity.objects.filter(customer__in=Customer.objects.matching(words).values("pk")).values("pk")


def page(model_admin: Any, request: HttpRequest, shown: Conversation) -> HttpResponse:
    """Render the whole page, or only earlier messages where the browser asks for them."""
    around = _number(request, "around")
    part = read_part(shown, before=_number(request, "before"), around=around)
    request.current_app = model_admin.admin_site.name
    if request.headers.get("HX-Request"):
        context = {"conversation": shown, "part": part, "around": around}
        return TemplateResponse(request, "migochat/thread_part.html", context)
    return TemplateResponse(
        request,
        "migochat/thread.html",
        {
            **model_admin.admin_site.each_context(request),
            **beside(request, shown, part),
            **composer_context(request, shown),
            **state_context(request, shown),
            "talk_words": words(),
            "title": str(shown.identity.customer),
            "opts": Conversation._meta,
            "original": shown,
            "part": part,
            "around": around,
            "history_url": reverse("admin:messaging_conversation_history", args=[shown.pk]),
        },
    )


def beside(request: HttpRequest, shown: Any, part: Part) -> dict[str, Any]:
    """Return what stands beside a thread: the customer, their notes and other conversations, and what other apps add.

    `shown` is as `conversation` returns it.
    """
    customer = shown.identity.customer
    others = visible(user_of(request), Conversation).filter(identity__customer=customer).exclude(pk=shown.pk)
    return {
        "conversation": shown,
        "customer": customer,
        "others": others.select_related("channel")
        .only("status", "last_activity_at", "channel__name")
        .order_by("-last_activity_at")[:OTHERS_SHOWN],
        "notes": part.notes[:NOTES_SHOWN],
        "may_note": request.user.has_perm("crm.add_note"),
        "may_see_customer": request.user.has_perm("crm.view_customer"),
        "may_see_sources": request.user.has_perm("campaigns.view_post"),
        **tags_context(request, shown.customer_tags),
        "panels": [import_string(path)(request, shown) for path in settings.CONVERSATION_PANELS],
    }


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def read_part(
    shown: Conversation, *, before: int | None = None, around: int | None = None, only: int | None = None
) -> Part:
    """Return the newest messages, those before a message, those around one, or only one; by key, so that depth costs nothing."""
    messages = (
        Message.objects.filter(conversation=shown)
        .select_related("post", "ad", "author", "outgoing", "own_reaction__author")
        .only(*COLUMNS, "outgoing", "own_reaction")
        .annotate(version=versions.of_message())
        .order_by("-at", "-id")
    )
    later = False
    at = before or around
    mark = Message.objects.filter(conversation=shown, pk=at).only("at").first() if at else None
    if mark and before:
        messages = messages.filter(_older(mark))
    elif mark:
        after = Message.objects.filter(conversation=shown).filter(_newer(mark)).order_by("at", "id").only("at")
        following = list(after[: CONTEXT_AFTER + 1])
        later = len(following) > CONTEXT_AFTER
        if later:
            messages = messages.filter(_older(following[-1]))
    if only:
        return Part(list(_bubbles(shown, list(messages.filter(pk=only)))), None, later=False)
    with prepared():
        found: list[Any] = list(messages[: SHOWN + 1])
    rows = found[:SHOWN][::-1]
    part = Part(list(_bubbles(shown, rows)), rows[0].pk if len(found) > SHOWN else None, later)
    part.notes = _place_notes(shown, part, mark.at if mark and before else None)
    newest_note = max((note.pk for note in part.notes), default=0)
    part.version = "" if mark else versions.of_thread(rows, newest_note)
    return part


def _place_notes(shown: Conversation, part: Part, until: datetime | None) -> list[Note]:
    """Put what colleagues noted of the customer between the messages of a part, by time; return the newest notes."""
    notes = Note.objects.filter(customer=shown.identity.customer_id).select_related("author")
    if until:
        notes = notes.filter(created_at__lt=until)
    found = list(notes.order_by("-created_at", "-pk")[:SHOWN])
    bubbles = part.bubbles
    for note in reversed(found) if not part.later else ():
        behind = bisect_right(bubbles, note.created_at, key=lambda bubble: bubble.message.at)
        if bubbles and (behind or part.earlier is None):
            bubbles[max(behind, 1) - 1].notes.append(note)
    return found


def _older(mark: Message) -> Q:
    return Q(at__lte=mark.at) & (Q(at__lt=mark.at) | Q(pk__lt=mark.pk))


def _newer(mark: Message) -> Q:
    return Q(at__gte=mark.at) & (Q(at__gt=mark.at) | Q(pk__gt=mark.pk))


def _bubbles(shown: Conversation, rows: list[Message]) -> Iterator[Bubble]:
    quoted = _quoted(shown, rows)
    actors = our_actors(shown.identity_id, rows)
    files = _files(rows)
    page = reverse("admin:messaging_message_change", args=[0])
    read_up_to = max(filter(None, (shown.answered_at, shown.seen_at)), default=None)
    unread_seen = not shown.unread_count
    day: date | None = None
    came_by: tuple[Any, ...] = (Message.Source.DIRECT, None, None)
    for message in rows:
        bubble = _bubble(message, shown, quoted, actors)
        bubble.files = files.get(message.pk, [])
        bubble.url = page.replace("/0/", f"/{message.pk}/")
        today = timezone.localdate(message.at)
        if today != day:
            day, bubble.day = today, _day_name(today)
        unread = message.direction == Message.Direction.IN and (read_up_to is None or message.at > read_up_to)
        if unread and not unread_seen:
            unread_seen = bubble.new = True
        origin = (message.source, message.ad_id, message.post_id)
        if origin != came_by and message.source != Message.Source.DIRECT:
            bubble.source = message.get_source_display()
            bubble.source_icon = labels.SOURCE_ICONS[Message.Source(message.source)]
        came_by = origin
        yield bubble


def _bubble(message: Message, shown: Conversation, quoted: dict[bytes, str], actors: frozenset[str]) -> Bubble:
    status = MessageStatus(message.status)
    reply = ""
    if message.reply_to.startswith("story:"):
        reply = _("Your story")
    elif message.reply_to:
        reply = quoted.get(bytes(message.reply_to_key or b""), _("An earlier message"))
    plain = message.type in ("text", "") or bool(
        message.text and message.type not in ("comment", "postback", "callback")
    )
    return Bubble(
        message,
        quoted=reply,
        kind="" if plain or message.deleted_at else labels.kind_name(message.type),
        kind_icon=labels.kind_icon(message.type),
        ours=message.direction == Message.Direction.OUT,
        fate=fates.fate_of(message, shown),
        version=getattr(message, "version", ""),
        token=message.outgoing.token.hex if hasattr(message, "outgoing") else "",
        micros=(message.at - versions.EPOCH) // timedelta(microseconds=1),
        clock=markup.clock(message.at),
        exact=markup.moment(message.at),
        status=str(status.label),
        status_icon=labels.STATUS_ICONS.get(status, ""),
        status_tone=labels.STATUS_TONES.get(status, "neutral"),
        reactions=theirs(message, actors),
        own=getattr(message, "own_reaction", None),
        may_react=may_be_reacted_to(message),
    )


def _files(rows: Iterable[Message]) -> dict[int, list[File]]:
    """Return the files of messages that were not unsent, by message."""
    files: dict[int, list[File]] = {}
    there = [message.pk for message in rows if not message.deleted_at]
    for item in Attachment.objects.filter(message__in=there).order_by("message", "position"):
        files.setdefault(item.message_id, []).append(file_of(item))
    return files


def _quoted(shown: Conversation, rows: Iterable[Message]) -> dict[bytes, str]:
    """Return what the answered messages say, by key."""
    keys = {bytes(message.reply_to_key) for message in rows if message.reply_to_key}
    if not keys:
        return {}
    found = Message.objects.filter(channel=shown.channel_id, external_key__in=keys)
    return {
        bytes(message.external_key or b""): labels.snippet(message, QUOTED_LENGTH)
        for message in found.only("external_key", "text", "type", "deleted_at")
    }


def _day_name(day: date) -> str:
    today = timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "DATE_FORMAT")
