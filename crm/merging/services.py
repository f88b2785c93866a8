"""Merging and undoing, each in one transaction."""

from collections.abc import Iterable
from typing import Protocol

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from crm.merging.changes import Changes, take_back
from crm.merging.children import children, follow_identities
from crm.merging.facts import take_over
from crm.models import Customer, CustomerMerge, Identity, User


class MergeRefused(Exception):
    """These customers cannot be merged, or a merge not undone; the message says why, in words for a colleague."""


class MergeStep(Protocol):
    """What an app above adds to a merge; a class named in `settings.CUSTOMER_MERGE_STEPS`."""

    def lock(self, customer_ids: list[int]) -> None:
        """Lock what the step works on, before the customers are locked."""

    def join(self, changes: Changes, by: User | None) -> None:
        """Make of two rows what there may be only one of, before the children move."""

    def before_undo(self, merge: CustomerMerge) -> None:
        """Make way for what comes back. Raises `MergeRefused` where there is no room for it."""

    def after_undo(self, merge: CustomerMerge, by: User) -> None:
        """Sort what came since the merge."""


def merge_customers(*, kept_id: int, merged_id: int, by: User | None, reason: str = "") -> CustomerMerge:
    """Make one customer of two: every row of the one moves to the other, who keeps what both had.

    `by` nobody: a platform itself showed them to be one person.

    Raises:
        MergeRefused: they are the same, or one of them was merged before, or somebody writes to both just now.
    """
    if kept_id == merged_id:
        raise MergeRefused(_("Choose two different customers."))
    try:
        with transaction.atomic():
            return _merge(kept_id, merged_id, by, reason)
    except OperationalError as error:
        if by is None or not isinstance(error.__cause__, DeadlockDetected):
            raise
        raise MergeRefused(_("Something was written to both at the same moment. Try again.")) from None


def _merge(kept_id: int, merged_id: int, by: User | None, reason: str) -> CustomerMerge:
    steps = _steps()
    customers = _locked((kept_id, merged_id), steps)
    if len(customers) < 2:
        raise MergeRefused(_("One of them is not there any more."))
    kept, merged = customers[kept_id], customers[merged_id]
    for customer in (kept, merged):
        if customer.merged_into_id:
            raise MergeRefused(_("%(customer)s was merged into another before.") % {"customer": customer})
        if customer.erased_at:
            raise MergeRefused(_("%(customer)s was erased.") % {"customer": customer})
    changes = Changes(kept, merged)
    for step in steps:
        step.join(changes, by)
    for column in children():
        changes.move(column, from_id=merged_id, to_id=kept_id)
    take_over(changes)
    return CustomerMerge.objects.create(
        kept=kept, merged=merged, by=by, reason=reason[:200], moved=changes.moved, before=changes.before
    )


def undo_merge(*, merge_id: int, by: User) -> CustomerMerge:
    """Make two customers of one again, each with what they had; what came since goes with its identity, else stays.

    Raises:
        MergeRefused: it was undone before, a later merge builds on it, or a platform showed them to be one.
    """
    record = CustomerMerge.objects.get(pk=merge_id)
    try:
        with transaction.atomic():
            return _undo(record, by)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        raise MergeRefused(_("Something was written to both at the same moment. Try again.")) from None


def _undo(record: CustomerMerge, by: User) -> CustomerMerge:
    steps = _steps()
    _locked((record.kept_id, record.merged_id), steps)
    record.refresh_from_db()
    _check_undo(record)
    for step in steps:
        step.before_undo(record)
    take_back(record)
    follow_identities(kept_id=record.kept_id, merged_id=record.merged_id)
    _date_last_messages(record)
    for step in steps:
        step.after_undo(record, by)
    record.undone_at, record.undone_by = timezone.now(), by
    record.save(update_fields=["undone_at", "undone_by", "updated_at"])
    return record


def _check_undo(record: CustomerMerge) -> None:
    if record.undone_at:
        raise MergeRefused(_("This merge was undone before."))
    if record.by_id is None:
        raise MergeRefused(_("The platform itself shows them to be one person, so this cannot be undone."))
    pair = (record.kept_id, record.merged_id)
    later = CustomerMerge.objects.filter(Q(kept__in=pair) | Q(merged__in=pair), undone_at=None, pk__gt=record.pk)
    if newest := later.select_related("kept", "merged").order_by("-pk").first():
        names = {"merged": newest.merged, "kept": newest.kept}
        raise MergeRefused(_("%(merged)s was merged into %(kept)s since. Undo that first.") % names)
    identities = {
        number for move in record.moved if move["column"] == "crm.identity.customer" for number in move["rows"]
    }
    if Identity.objects.filter(pk__in=identities).count() < len(identities):
        raise MergeRefused(_("A platform showed since that they are one person, so this cannot be undone."))


def _locked(customer_ids: tuple[int, int], steps: Iterable[MergeStep]) -> dict[int, Customer]:
    """Lock in the order of the ingest: identities, what the steps lock, customers; each by id."""
    identities = Identity.objects.filter(customer__in=customer_ids).order_by("pk")
    list(identities.select_for_update(no_key=True).values_list("pk"))
    for step in steps:
        step.lock(sorted(customer_ids))
    rows = Customer.objects.filter(pk__in=customer_ids).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def _date_last_messages(record: CustomerMerge) -> None:
    """Date the last message of each by their own identities, since somebody may have written since the merge."""
    for customer in Customer.objects.filter(pk__in=(record.kept_id, record.merged_id)):
        newest = customer.identities.aggregate(newest=Max("last_inbound_at"))["newest"]
        if newest and (customer.last_message_at is None or newest > customer.last_message_at):
            Customer.objects.filter(pk=customer.pk).update(last_message_at=newest)


def _steps() -> list[MergeStep]:
    return [import_string(path)() for path in settings.CUSTOMER_MERGE_STEPS]
