"""What runs out one day, told long before: the numbers of rows and of transactions, and the disk."""

from datetime import timedelta

from django.utils import timezone

from crm.maintenance.work import Work, readable_size
from crm.models import Backup

NEAR_END_PERCENT = 50
#: At 100 percent PostgreSQL takes no writes any more. Of row locks by several transactions there are as many numbers.
TRANSACTION_IDS = """
    SELECT datname, greatest(age(datfrozenxid), mxid_age(datminmxid))::bigint * 100 / 2 ^ 31 FROM pg_database
    WHERE datallowconn ORDER BY 2 DESC LIMIT 1
"""
SEQUENCES = """
    SELECT sequencename, 100.0 * last_value / max_value FROM pg_sequences
    WHERE increment_by > 0 AND last_value * 100.0 >= max_value * %(percent)s::numeric ORDER BY 2 DESC
"""
LARGEST = """
    SELECT stats.relname, pg_total_relation_size(stats.relid) AS size, greatest(class.reltuples, 0)::bigint,
        stats.n_tup_ins - stats.n_tup_del, (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database())
    FROM pg_stat_user_tables AS stats JOIN pg_class AS class ON class.oid = stats.relid
    ORDER BY size DESC LIMIT 10
"""
MONTH = timedelta(days=28)


def name_ending_sequences(work: Work) -> None:
    """Name sequences that have given out half of their numbers."""
    for name, percent in work.rows(SEQUENCES, {"percent": NEAR_END_PERCENT}):
        work.done.append(f"{name} {percent:.0f} percent used")


def tell_transaction_ids(work: Work) -> None:
    """Tell how many of the server's transaction ids are in use, in the database where that is most."""
    for database, percent in work.rows(TRANSACTION_IDS):
        work.done.append(f"{percent:.1f} percent in use in {database}")


def tell_largest(work: Work) -> None:
    """Tell the largest tables, and by how many rows each grew since the database began to count."""
    for name, size, rows, more, since in work.rows(LARGEST):
        counted_since = f"{since:%Y-%m-%d}" if since else "counting began"
        work.done.append(f"{name} {readable_size(size)} with {rows:,} rows, {more:+,} since {counted_since}")


def tell_growth(work: Work) -> None:
    """Tell by how much the database grew in the last month, as the rows and sizes of its backups show."""
    made = Backup.objects.filter(rows__isnull=False, snapshot_at__isnull=False).order_by("-snapshot_at")
    now, then = made.first(), made.filter(snapshot_at__lt=timezone.now() - MONTH).first()
    if now is None or then is None or now.rows is None or then.rows is None:
        return
    work.done.append(
        f"{now.rows - then.rows:+,} rows since {then.snapshot_at:%Y-%m-%d}, now {now.rows:,}; "
        f"backups {readable_size(then.size or 0)} → {readable_size(now.size or 0)}"
    )
