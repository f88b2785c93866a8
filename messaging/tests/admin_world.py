"""One row of every model that the admin shows, with names that try to break out of the page, and a colleague of every role."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm import roles
from crm.models import Backup, Channel, Consent, Incident, Note, ScheduledTask, Setting, Tag, Team, User
from crm.tests.factories import make_channel, make_customer, make_identity
from messaging.models import (
    Attachment,
    CannedReply,
    Conversation,
    Handoff,
    HandoffKeywords,
    MessageStatus,
    MessageTemplate,
    WebhookDelivery,
)
from messaging.tests.factories import NOON, make_conversation, make_message

SCRIPT = "<script>alert(1)</script>"
QUOTES = "\"double\" 'single' & <b>bold</b>"
RIGHT_TO_LEFT = "\u202eevil\u2066 \u200f gnihtemos"
LONG = "W" * 200
HOSTILE = (SCRIPT, QUOTES, RIGHT_TO_LEFT, LONG)
SEARCHES = (*HOSTILE, "%_\\", "مريم", "' OR 1=1 --", "+20 10", "a@b", " ", "0" * 400)
EVERYONE = ("superuser", *roles.ROLES, "nobody")


def colleague(role: str, *, team: str = "The shop") -> User:
    """Return a colleague of a role; `nobody` may log in and has none. What is in the world belongs to the team "The shop"."""
    name = role if team == "The shop" else f"{role} of {team}"
    user = User.objects.create(
        email=f"{name.replace(' ', '-')}@shop.example",
        is_superuser=role == "superuser",
        full_name=f"{name} {QUOTES}",
        team=Team.objects.get_or_create(name=team)[0],
    )
    if role in roles.ROLES:
        user.groups.add(Group.objects.get(name=role))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_delivery(channel: Any = None, **fields: Any) -> WebhookDelivery:
    now = timezone.now()
    fields = {"body": b'{"object": "page"}', "received_at": now, "next_attempt_at": now, **fields}
    fields.setdefault("digest", str(WebhookDelivery.objects.count()).encode())
    return WebhookDelivery.objects.create(channel=channel or make_channel(), **fields)


def make_world() -> dict[str, Any]:
    """Return a row of each registered model by its label, every text of it hostile."""
    channel = make_channel(name=SCRIPT[:100])
    shop = Team.objects.get_or_create(name="The shop")[0]
    staff = User.objects.create(email="staff@shop.example", full_name=QUOTES, team=shop)
    post = Post.objects.create(
        channel=channel, external_id="p", title=SCRIPT, url="javascript:alert(1)", first_seen_at=NOON
    )
    ad = AdCampaign.objects.create(
        channel=channel, ad_id="a", title=QUOTES, campaign_name=RIGHT_TO_LEFT, first_seen_at=NOON
    )
    conversations = []
    for name in HOSTILE:
        customer = make_customer(name=name[:200], phone="+201012345678", email="a@b.example", owner=staff, label="hot")
        identity = make_identity(channel, customer=customer, name=name[:200], username=name[:200])
        conversation = make_conversation(identity, unread_count=3, waiting_since=NOON, assignee=staff)
        Note.objects.create(customer=customer, author=staff, text=name)
        _fill(conversation, name, post, ad, staff)
        conversations.append(conversation)
    first = conversations[0]
    return {
        "crm.Customer": first.identity.customer,
        "crm.Channel": channel,
        "crm.User": staff,
        "campaigns.Post": post,
        "campaigns.AdCampaign": ad,
        "campaigns.PerformanceMetric": PerformanceMetric.objects.create(
            ad=ad, day=NOON.date(), spend=5, currency="EGP"
        ),
        "messaging.Conversation": first,
        "messaging.Message": first.messages.first(),
        **_of_operations(staff),
        **_of_people(first),
        **_of_messaging(channel, first, staff, shop),
    }


def _of_operations(staff: User) -> dict[str, Any]:
    return {
        "auth.Group": Group.objects.create(name=SCRIPT),
        "crm.Team": Team.objects.create(name=SCRIPT),
        "crm.Tag": Tag.objects.create(name=SCRIPT),
        "crm.Incident": Incident.objects.create(
            key="disk:files",
            severity=1,
            title=SCRIPT,
            summary=QUOTES,
            first_seen_at=NOON,
            last_seen_at=NOON,
            opened_at=NOON,
        ),
        "crm.Backup": Backup.objects.create(
            name=SCRIPT, state="failed", trigger="button", requested_by=staff, reason=QUOTES, sha256="0", size=1, rows=1
        ),
        "crm.ScheduledTask": ScheduledTask.objects.create(
            name=SCRIPT, task=QUOTES, crontab=CrontabSchedule.objects.create(minute="5", hour="4")
        ),
        "crm.Setting": Setting.objects.create(key="channels.silent_after_hours", value=5),
    }


def _of_people(talk: Conversation) -> dict[str, Any]:
    identity = talk.identity
    consent = {"granted": False, "source": "message", "at": NOON}
    return {"crm.Consent": Consent.objects.create(customer=identity.customer, identity=identity, **consent)}


def _of_messaging(channel: Channel, talk: Conversation, staff: User, shop: Team) -> dict[str, Any]:
    keywords, _is_new = HandoffKeywords.objects.get_or_create(language="en", defaults={"phrases": SCRIPT})
    return {
        "messaging.Handoff": Handoff.objects.create(
            conversation=talk, reason=SCRIPT, by="bot", context={SCRIPT: QUOTES}, assignee=staff, team=shop
        ),
        "messaging.HandoffKeywords": keywords,
        "messaging.CannedReply": CannedReply.objects.create(
            title=SCRIPT, shortcut="script", text=QUOTES, team=shop,
            file=ContentFile(b"%PDF-", "a"), file_name=SCRIPT, mime_type="application/pdf",
        ),
        "messaging.MessageTemplate": MessageTemplate.objects.create(
            channel=channel, name=SCRIPT, language="ar", category=QUOTES[:50], status="APPROVED", header=RIGHT_TO_LEFT,
            body=SCRIPT, footer=QUOTES, buttons=[{"type": "URL", "text": SCRIPT}], synced_at=NOON,
        ),
        "messaging.WebhookDelivery": make_delivery(
            channel, body=SCRIPT.encode(), query=QUOTES, headers={"user-agent": SCRIPT}, status="failed", error=SCRIPT
        ),
    }  # fmt: skip


def _fill(conversation: Conversation, text: str, post: Post, ad: AdCampaign, staff: User) -> None:
    """Put one message of every look into a conversation."""
    first = make_message(conversation, text=text, source="ad", ad=ad, reactions={"aa": text[:8]})
    for kind in ("text", "comment", "postback", "referral", "lead_form", "something_new"):
        make_message(
            conversation, type=kind, text="" if kind == "referral" else text, source="comment", post=post, payload=text
        )
    for status in MessageStatus:
        make_message(conversation, direction="out", status=status, text=text, error=text, author=staff, edited_at=NOON)
    make_message(conversation, text="", deleted_at=NOON)
    make_message(conversation, text=text, reply_to=first.external_id, reply_to_key=first.external_key)
    make_message(conversation, text=text, reply_to="story:1", hidden=True, referral={"ref": text})
    for position, url in enumerate(("javascript:alert(1)", "http://[broken", "https://example.com/a.jpg", text)):
        Attachment.objects.create(message=first, position=position, type="image", url=url, name=text, extra={"lat": 1})
