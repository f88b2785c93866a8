"""The health of indexes: those left half-built, those that are mostly empty, those that nobody needs."""

from collections.abc import Iterator

from crm import runtime_settings
from crm.database_room import free_bytes
from crm.maintenance.thresholds import MEGABYTES, PERCENT
from crm.maintenance.work import Work, readable_size

#: Left by a build that was killed or failed. Those on whose table one is being built just now are not among them.
INVALID = """
    SELECT namespace.nspname, class.relname FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE NOT (index.indisvalid AND index.indisready) AND class.relkind = 'i' AND namespace.nspname !~ '^pg_'
        AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS building
            WHERE building.datname = current_database() AND building.relid = index.indrelid)
    ORDER BY 1, 2
"""
#: What REINDEX CONCURRENTLY calls the copy that it builds, and the index that it puts out of service.
LEFTOVERS = INVALID.replace("ORDER BY", "AND class.relname ~ '_cc(new|old)[0-9]*$' ORDER BY")

# A tuple of an index has 8 bytes of its own, 8 more where a column may be empty, is rounded up to 8, and has a pointer of 4. Of a
# page 40 bytes are taken. Equal values share a tuple, so that too little is found empty rather than too much. Columns
# of which nothing is known leave their index out.
ESTIMATED = """
    WITH columns AS (
        SELECT index.indexrelid, stats.avg_width, stats.null_frac FROM pg_index AS index
        JOIN pg_class AS tables ON tables.oid = index.indrelid
        JOIN pg_class AS class ON class.oid = index.indexrelid
        JOIN pg_namespace AS namespace ON namespace.oid = tables.relnamespace
        JOIN pg_attribute AS part ON part.attrelid = index.indexrelid
        LEFT JOIN pg_attribute AS source ON source.attrelid = index.indrelid AND source.attnum = index.indkey[part.attnum - 1]
            AND source.attnum > 0
        LEFT JOIN pg_stats AS stats ON stats.schemaname = namespace.nspname AND NOT stats.inherited
            AND stats.tablename = CASE WHEN source.attnum IS NULL THEN class.relname ELSE tables.relname END
            AND stats.attname = coalesce(source.attname, part.attname)
    ), widths AS (
        SELECT indexrelid, 4 + 8 * ceil((8 + CASE WHEN max(null_frac) > 0 THEN 8 ELSE 0 END
            + sum((1 - null_frac) * avg_width)) / 8) AS bytes
        FROM columns GROUP BY indexrelid HAVING bool_and(avg_width IS NOT NULL)
    )
    SELECT namespace.nspname, class.relname, pg_relation_size(class.oid) AS size,
        100 - 100 * (1 + ceil(greatest(class.reltuples, 0) * widths.bytes / ((current_setting('block_size')::int - 40) *
            coalesce(substring(array_to_string(class.reloptions, ' ') FROM 'fillfactor=([0-9]+)')::int, 90) / 100.0)))
            * current_setting('block_size')::int / pg_relation_size(class.oid)
    FROM widths JOIN pg_index AS index USING (indexrelid) JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE {rebuildable} ORDER BY size
"""
MEASURED = """
    SELECT namespace.nspname, class.relname, pg_relation_size(class.oid) AS size,
        100 - (measured.leaf_pages * coalesce(nullif(measured.avg_leaf_density, 'NaN'), 0) / 90.0 + measured.internal_pages + 1)
            * 100 * current_setting('block_size')::int / pg_relation_size(class.oid)
    FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace,
        LATERAL {pgstattuple}.pgstatindex(class.oid::regclass) AS measured
    WHERE {rebuildable} ORDER BY size
"""
REBUILDABLE = """
    index.indisvalid AND NOT index.indisexclusion AND class.relkind = 'i' AND class.relpersistence = 'p'
    AND class.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND namespace.nspname !~ '^pg_'
    AND pg_relation_size(class.oid) >= %(bytes)s
"""
MEASURES = """
    SELECT quote_ident(namespace.nspname) FROM pg_extension AS extension
    JOIN pg_namespace AS namespace ON namespace.oid = extension.extnamespace
    JOIN pg_proc AS function ON function.pronamespace = namespace.oid AND function.proname = 'pgstatindex'
    WHERE extension.extname = 'pgstattuple' AND has_function_privilege(function.oid, 'EXECUTE') LIMIT 1
"""
# A build takes room for the copy, and about as much again for what it sorts and for the server's log. Of an index that was left
# half-built the size tells nothing; it will not be larger than its table.
SIZE = """
    SELECT pg_relation_size(class.oid),
        2 * greatest(pg_relation_size(class.oid), CASE WHEN NOT index.indisvalid THEN pg_relation_size(index.indrelid) END)
    FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = %(schema)s AND class.relname = %(name)s
"""
UNUSED = """
    SELECT stats.indexrelname, pg_relation_size(stats.indexrelid) FROM pg_stat_user_indexes AS stats
    JOIN pg_index AS index USING (indexrelid)
    WHERE stats.idx_scan = 0 AND NOT index.indisunique AND NOT index.indisexclusion
        AND pg_relation_size(stats.indexrelid) >= %(bytes)s
    ORDER BY 2 DESC
"""
DUPLICATE = """
    SELECT string_agg(class.relname, ' = ' ORDER BY class.oid) FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname !~ '^pg_'
    GROUP BY index.indrelid, class.relam, index.indkey::text, index.indclass::text, index.indcollation::text,
        index.indoption::text, index.indnkeyatts, pg_get_expr(index.indexprs, index.indrelid),
        pg_get_expr(index.indpred, index.indrelid)
    HAVING count(*) > 1 ORDER BY 1
"""


def repair_invalid(work: Work) -> None:
    """Build anew what a build left half-done, and drop what REINDEX CONCURRENTLY left lying."""
    _drop_leftovers(work)
    kept = work.rows(LEFTOVERS)
    for schema, name in work.rows(INVALID):
        if (schema, name) not in kept:
            _rebuild(work, schema, name)


def rebuild_bloated(work: Work) -> None:
    """Build large indexes anew that are mostly empty, one at a time."""
    for schema, name in list(_bloated(work)):
        _rebuild(work, schema, name)


def name_unused(work: Work) -> None:
    """Name large indexes that no query has used since the database began to count."""
    for name, size in work.rows(UNUSED, {"bytes": _least_bytes()}):
        work.done.append(f"{name} {readable_size(size)}")


def name_duplicate(work: Work) -> None:
    """Name indexes that hold the same as another one."""
    work.done += [names for (names,) in work.rows(DUPLICATE)]


def _bloated(work: Work) -> Iterator[tuple[str, str]]:
    found = work.rows(MEASURES)
    question = MEASURED.replace("{pgstattuple}", found[0][0]) if found else ESTIMATED
    for schema, name, _bytes, percent in work.rows(
        question.replace("{rebuildable}", REBUILDABLE), {"bytes": _least_bytes()}
    ):
        if percent >= runtime_settings.value_of(PERCENT):
            yield schema, name


def _rebuild(work: Work, schema: str, name: str) -> None:
    index = {"schema": schema, "name": name}
    sizes = work.rows(SIZE, index)
    if not sizes:
        return  # somebody has just dropped it
    [(before, need)] = sizes
    free = free_bytes(work.connection)
    if free is not None and free < need:
        work.failed.append(
            f"{name}: no room to build it anew, {readable_size(free)} free of {readable_size(need)} needed"
        )
    elif work.run("REINDEX INDEX CONCURRENTLY {}", schema, name):
        after = sum(size for size, _need in work.rows(SIZE, index))
        work.done.append(f"{name} built anew, {readable_size(before)} → {readable_size(after)}")
    else:
        _drop_leftovers(work)


def _drop_leftovers(work: Work) -> None:
    for schema, name in work.rows(LEFTOVERS):
        if work.run("DROP INDEX CONCURRENTLY IF EXISTS {}", schema, name):
            work.done.append(f"{name} dropped")


def _least_bytes() -> int:
    megabytes: int = runtime_settings.value_of(MEGABYTES)
    return megabytes * 1024 * 1024
