"""`/healthz` and `/readyz`, for supervisors, proxies and load balancers."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.canary import WrongKeys, check_keys


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while this process lives; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is there, migrated, and written with our keys; else 503 with the reason in a word."""
    reason = why_not_ready()
    return JsonResponse(
        {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}, status=503 if reason else 200
    )


def why_not_ready() -> str:
    """Return `database`, `migrations` or `keys`; "" when nothing is amiss."""
    try:
        require_migrations()
        check_keys()
    except NotMigrated:
        return "migrations"
    except DatabaseError:
        return "database"
    except WrongKeys:
        return "keys"
    return ""


class NotMigrated(Exception):
    """Migrations of this release are still to be applied."""


@cache
def require_migrations() -> None:
    """See that all migrations are applied. Reading them is slow and they stay applied, so success is remembered.

    Raises:
        NotMigrated: some are not.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated
