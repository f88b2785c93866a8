"""What becomes of leads when two customers turn out to be one.

The older of two open leads stays open. It takes over touches, score entries, interest in products, and what the younger one has
and it has not (owner, value, qualification, the next follow-up, a stage further along). The younger one is closed as merged into
it and keeps its own steps, from opening to value: the steps of two leads in one line would make no sense.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.merging import Changes, MergeRefused
from crm.merging.children import Column, column_of
from crm.models import Customer, CustomerMerge, User
from leads.activities import Cause, record
from leads.locks import lock_customers
from leads.models import ActivityKind, Lead, LeadActivity, Outcome, ScoreEntry
from leads.scores import scores_of
from leads.stages import Ladder
from leads.triage.claimed import LeadDraft
from leads.triage.journal import Journal
from leads.triage.writing import make_leads
from messaging.models import Message
from messaging.models.message import MessageQuerySet

#: Activities that tell of the person and so go along; the others tell of their own lead.
OF_THE_PERSON = (
    ActivityKind.LABEL_CHANGE, ActivityKind.TYPE_CHANGE, ActivityKind.TRADE_CHANGE, ActivityKind.PERSONA_CHANGE,
    ActivityKind.PLACE_CHANGE, ActivityKind.FOLLOW_UP, ActivityKind.NOTE, ActivityKind.MERGE,
)  # fmt: skip
#: A batch of triage says of its messages when it began, and may have begun before a merge that it had to wait for.
TRIAGE_TAKES = timedelta(minutes=10)
TOUCH = ("message_id", "source", "post_id", "ad_id", "touch_at")

OWNER_OF_MESSAGE = """
    messaging_message AS message JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
"""
# What messages caused since the merge goes to the lead of who wrote them.
SORT_BY_MESSAGE = f"""
    UPDATE {{table}} AS caused SET lead_id = theirs.id{{also}}
    FROM {OWNER_OF_MESSAGE}, leads_lead AS before, leads_lead AS theirs
    WHERE caused.message_id = message.id AND before.id = caused.lead_id AND before.id = ANY(%(leads)s)
      AND theirs.id = ANY(%(leads)s) AND theirs.customer_id = identity.customer_id AND before.customer_id <> identity.customer_id
"""  # noqa: S608 - put together of our own constants
AND_CUSTOMER = ", customer_id = identity.customer_id"
CUSTOMER_OF_LEAD = """
    UPDATE {table} AS row SET customer_id = lead.customer_id FROM leads_lead AS lead
    WHERE lead.id = row.lead_id AND lead.customer_id = ANY(%(customers)s) AND row.customer_id <> lead.customer_id
"""
TOUCH_AGAIN = f"""
    UPDATE leads_lead AS lead SET {{end}}_message_id = touch.id, {{end}}_source = touch.source, {{end}}_post_id = touch.post_id,
        {{end}}_ad_id = touch.ad_id, {{end}}_touch_at = touch.at
    FROM (
        SELECT DISTINCT ON (touched.id) touched.id AS lead_id, message.*
        FROM leads_lead AS touched, {OWNER_OF_MESSAGE}
        WHERE touched.id = ANY(%(leads)s) AND identity.customer_id = touched.customer_id AND message.direction = 'in'
          AND message.triaged_at IS NOT NULL AND message.at >= touched.opened_at
          AND (touched.closed_at IS NULL OR message.at <= touched.closed_at)
        ORDER BY touched.id, {{order}}
    ) AS touch WHERE touch.lead_id = lead.id
"""  # noqa: S608 - put together of our own constants
FIRST = "message.at, message.id"
LAST = """(message.source <> 'direct' OR message.post_id IS NOT NULL OR message.ad_id IS NOT NULL) DESC, message.at DESC,
    message.id DESC"""
HAS_CUSTOMER = ("leads_productinteraction", "leads_leadactivity")


class LeadsMerge:
    """The step of `leads` in a merge of customers."""

    def lock(self, customer_ids: list[int]) -> None:
        lock_customers(customer_ids)
        rows = Lead.objects.filter(customer__in=customer_ids).order_by("pk").select_for_update(no_key=True)
        list(rows.values_list("pk"))

    def join(self, changes: Changes, by: User | None) -> None:
        pair = (changes.kept.pk, changes.merged.pk)
        open_leads = list(
            Lead.objects.open().filter(customer__in=pair).select_related("stage").order_by("opened_at", "pk")
        )
        words = _("customer %(merged)d merged into %(kept)d") % {"kept": pair[0], "merged": pair[1]}
        cause = Cause.person(by, words) if by else Cause.rule(words)
        stays, goes = [*open_leads, None, None][:2]
        if stays and goes:
            join_leads(changes, stays=stays, goes=goes, cause=cause)
        old, new = (goes.pk, stays.pk) if stays and goes else ("", "")
        record(ActivityKind.MERGE, customer=changes.kept, lead=stays, old=old, new=new, cause=cause)

    def before_undo(self, merge: CustomerMerge) -> None:
        came_since = _came_since(merge)
        Lead.objects.filter(pk__in=came_since).update(customer=merge.merged_id)
        going = {*came_since, *_moved(merge, "leads.lead.customer")}
        reopening = [int(number) for number, columns in _joined(merge).items() if "merged_into_id" in columns]
        homes = [
            merge.merged_id if number in going else merge.kept_id
            for number in {
                *Lead.objects.open().filter(customer__in=_pair(merge)).values_list("pk", flat=True),
                *reopening,
            }
        ]
        if len(homes) > len(set(homes)):
            raise MergeRefused(_("Another lead was opened since. Close it as won or lost first, then undo."))

    def after_undo(self, merge: CustomerMerge, by: User) -> None:
        customers = _pair(merge)
        leads = [int(number) for number in _joined(merge)] or _open_leads_of_each(merge)
        with connection.cursor() as cursor:
            for table in ("leads_scoreentry", *HAS_CUSTOMER):
                also = AND_CUSTOMER if table in HAS_CUSTOMER else ""
                cursor.execute(SORT_BY_MESSAGE.format(table=table, also=also), {"leads": leads})
            for table in HAS_CUSTOMER:
                cursor.execute(CUSTOMER_OF_LEAD.format(table=table), {"customers": customers})
        if leads and _written_since(merge).exists():
            _rate_and_touch_again(leads)
        _note_undo(merge, by)


def join_leads(changes: Changes, *, stays: Lead, goes: Lead, cause: Cause) -> None:
    """Close the younger of two open leads as merged into the older, which takes over what tells of the person."""
    _evidence(changes, stays, goes)
    further = not stays.stage_by_person and goes.stage.order > stays.stage.order
    if further:
        record(ActivityKind.STAGE_CHANGE, lead=stays, old=stays.stage.slug, new=goes.stage.slug, cause=cause)
    now = timezone.now()
    changes.change(
        stays,
        **_touches(stays, goes),
        **_follow_up(stays, goes),
        **_either(stays, goes, "owner_id", "team_id", "assigned_at"),
        **_either(stays, goes, "value", "currency"),
        **(
            {"stage_id": goes.stage_id, "stage_by_person": goes.stage_by_person, "stage_changed_at": now}
            if further
            else {}
        ),
        profile={**goes.profile, **stays.profile},
        priority=max(stays.priority, goes.priority),
        score=scores_of([stays.pk]).get(stays.pk, max(stays.score, goes.score)),
    )
    changes.change(goes, merged_into_id=stays.pk, outcome=Outcome.MERGED, closed_at=now, next_follow_up_at=None)


def _evidence(changes: Changes, stays: Lead, goes: Lead) -> None:
    """Move what the score and the profile of a lead rest on."""
    ends = {"from_id": goes.pk, "to_id": stays.pk}
    same = ScoreEntry.objects.filter(lead=stays, rule=OuterRef("rule"), message=OuterRef("message"), superseded_at=None)
    entries = ScoreEntry.objects.filter(lead=goes).exclude(Exists(same)).order_by("pk")
    changes.move_rows(_lead_of("leads.scoreentry"), list(entries.values_list("pk", flat=True)), **ends)
    changes.move(_lead_of("leads.productinteraction"), **ends)
    changes.move(_lead_of("leads.qualification"), **ends)
    activities = LeadActivity.objects.filter(lead=goes, kind__in=OF_THE_PERSON).order_by("pk")
    changes.move_rows(_lead_of("leads.leadactivity"), list(activities.values_list("pk", flat=True)), **ends)


def _lead_of(model: str) -> Column:
    return column_of(f"{model}.lead")


def _touches(stays: Lead, goes: Lead) -> dict[str, Any]:
    """Take the earlier first touch and, by the rule of the model, the greater last one."""
    touched = [lead for lead in (stays, goes) if lead.first_touch_at]
    first = min(touched, key=lambda lead: (lead.first_touch_at, lead.first_message_id or 0), default=stays)
    last = max((lead for lead in (stays, goes) if lead.last_touch_at), key=_rank, default=stays)
    return {
        f"{end}_{name}": getattr(lead, f"{end}_{name}")
        for end, lead in (("first", first), ("last", last))
        for name in TOUCH
    }


def _rank(lead: Lead) -> tuple[bool, Any, int]:
    has_origin = bool(lead.last_post_id or lead.last_ad_id or lead.last_source not in ("", Message.Source.DIRECT))
    return (has_origin, lead.last_touch_at, lead.last_message_id or 0)


def _either(stays: Lead, goes: Lead, leading: str, *along: str) -> dict[str, Any]:
    """Take the first column with those along it from the one that goes, where the one that stays has nothing there."""
    if getattr(stays, leading) is not None or getattr(goes, leading) is None:
        return {}
    return {name: getattr(goes, name) for name in (leading, *along)}


def _follow_up(stays: Lead, goes: Lead) -> dict[str, Any]:
    """Take whichever follow-up is due first: what was promised first is kept first."""
    planned = [lead for lead in (stays, goes) if lead.next_follow_up_at]
    sooner = min(planned, key=lambda lead: (lead.next_follow_up_at, lead.pk != stays.pk), default=stays)
    return {name: getattr(sooner, name) for name in ("next_follow_up_at", "next_step", "reminded_at")}


def _pair(merge: CustomerMerge) -> list[int]:
    return [merge.kept_id, merge.merged_id]


def _joined(merge: CustomerMerge) -> dict[str, dict[str, Any]]:
    """Return what a merge changed of leads, by their number: of two or of none."""
    found: dict[str, dict[str, Any]] = merge.before.get("leads.lead", {})
    return found


def _moved(merge: CustomerMerge, column: str) -> set[int]:
    return {number for move in merge.moved if move["column"] == column for number in move["rows"]}


def _came_since(merge: CustomerMerge) -> list[int]:
    """Return the leads that messages by the identities of the one who goes opened since the merge."""
    known = {*map(int, _joined(merge)), *_moved(merge, "leads.lead.customer")}
    identities = _moved(merge, "crm.identity.customer")
    since = Lead.objects.filter(customer=merge.kept_id, first_message__conversation__identity__in=identities)
    return list(since.exclude(pk__in=known).values_list("pk", flat=True))


def _written_since(merge: CustomerMerge) -> MessageQuerySet:
    theirs = Message.objects.inbound().filter(conversation__identity__customer__in=_pair(merge))
    return theirs.filter(triaged_at__gt=merge.created_at - TRIAGE_TAKES)


def _open_leads_of_each(merge: CustomerMerge) -> list[int]:
    """Return the open leads of both; whoever wrote since to the lead of the other, having none, gets one of their own."""
    closed = Lead.objects.not_merged().filter(customer__in=_pair(merge)).aggregate(at=Max("closed_at"))["at"]
    leads = dict(Lead.objects.open().filter(customer__in=_pair(merge)).values_list("customer", "pk"))
    new = []
    for customer in Customer.objects.filter(pk__in=_pair(merge), blocked=False).exclude(pk__in=leads):
        written = _written_since(merge).filter(conversation__identity__customer=customer)
        first = (written.filter(at__gt=closed) if closed else written).aggregate(at=Min("at"))["at"]
        if first:
            new.append(LeadDraft(customer.pk, opened_at=first))
    stage, journal = Ladder.load().first, Journal()
    make_leads(new, stage.pk, stage.slug, journal)
    journal.write({id(draft): draft.id for draft in new})
    return [*leads.values(), *(draft.id for draft in new)]


def _rate_and_touch_again(lead_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        for end, order in (("first", FIRST), ("last", LAST)):
            cursor.execute(TOUCH_AGAIN.format(end=end, order=order), {"leads": lead_ids})
    for number, score in scores_of(lead_ids).items():
        Lead.objects.filter(pk=number).update(score=score, updated_at=timezone.now())


def _note_undo(merge: CustomerMerge, by: User) -> None:
    words = _("merge of customer %(merged)d into %(kept)d undone") % {"kept": merge.kept_id, "merged": merge.merged_id}
    for customer in (merge.kept, merge.merged):
        lead = Lead.objects.open().filter(customer=customer).first()
        record(ActivityKind.MERGE, customer=customer, lead=lead, cause=Cause.person(by, words))
