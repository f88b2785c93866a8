"""Removing files that no row speaks of."""

import logging
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from crm.log_format import describe
from messaging.media.places import AGAIN_AFTER
from messaging.models import FileToRemove

logger = logging.getLogger(__name__)

AT_ONCE = 50


@transaction.atomic
def remove_files() -> int:
    """Remove the files whose time has come; return how many those are.

    Who dies before the rows are gone has the files removed once more, which does no harm.
    """
    due = FileToRemove.objects.select_for_update(skip_locked=True).filter(remove_at__lte=Now())
    names = list(due.order_by("remove_at")[:AT_ONCE].values_list("name", flat=True))
    removed = [name for name in names if _remove(name)]
    FileToRemove.objects.filter(name__in=removed).delete()
    later: datetime = timezone.now() + AGAIN_AFTER
    FileToRemove.objects.filter(name__in=set(names) - set(removed)).update(remove_at=later)
    return len(removed)


def _remove(name: str) -> bool:
    try:
        default_storage.delete(name)
    except Exception as error:
        # The storage may be away, and each kind fails in its own way.
        logger.error("A file could not be removed: %s", describe(error), exc_info=error)
        return False
    return True
