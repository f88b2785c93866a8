"""Statistics and dead rows of tables, chosen by what the database counted since it last saw to them."""

from crm.maintenance.work import Work

# Autovacuum waits until a tenth of a table is changed, or a fifth is dead; by night half of that is reason enough.
CHANGED = """
    SELECT schemaname, relname FROM pg_stat_user_tables
    WHERE n_mod_since_analyze > 1000 + n_live_tup * 0.05 AND schemaname !~ '^pg_temp'
    ORDER BY n_mod_since_analyze DESC
"""
DEAD = """
    SELECT schemaname, relname, n_dead_tup FROM pg_stat_user_tables
    WHERE n_dead_tup > 1000 + n_live_tup * 0.1 AND schemaname !~ '^pg_temp'
    ORDER BY n_dead_tup DESC
"""
#: Of the age in transactions at which autovacuum freezes a table by itself, whatever else goes on.
FREEZE_PERCENT = 50
# Small ones first, so that a run that is ended early has done most of them.
EVERY = """
    SELECT namespace.nspname, class.relname,
        age(class.relfrozenxid)::bigint * 100 > current_setting('autovacuum_freeze_max_age')::bigint * %(percent)s
    FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE class.relkind IN ('r', 'm') AND class.relpersistence <> 't'
        AND namespace.nspname !~ '^pg_' AND namespace.nspname <> 'information_schema'
    ORDER BY class.relpages
"""


def vacuum_dead(work: Work) -> None:
    """Take the dead rows out of tables that have many."""
    for schema, table, dead in work.rows(DEAD):
        if work.run("VACUUM (ANALYZE) {}", schema, table):
            work.done.append(f"{table} ({dead:,} dead rows)")


def analyze_changed(work: Work) -> None:
    """Count anew what is in tables that changed much, so that queries are planned well."""
    for schema, table in work.rows(CHANGED):
        if work.run("ANALYZE {}", schema, table):
            work.done.append(table)


def vacuum_all(work: Work) -> None:
    """Vacuum every table; where transaction ids are old, freeze its rows along with it."""
    vacuumed = frozen = 0
    for schema, table, is_old in work.rows(EVERY, {"percent": FREEZE_PERCENT}):
        if work.run("VACUUM (FREEZE, ANALYZE) {}" if is_old else "VACUUM (ANALYZE) {}", schema, table):
            vacuumed += 1
            frozen += is_old
    work.done.append(f"{vacuumed} tables, {frozen} of them frozen")
