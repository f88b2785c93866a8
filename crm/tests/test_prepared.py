"""Statements that the database plans once."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection

from crm.prepared import prepared

KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"


def kept(words: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [f"%{words}%"])
        found: int = cursor.fetchone()[0]
    return found


@pytest.mark.django_db
def test_what_is_asked_inside_is_kept_and_only_that(django_assert_num_queries: Any) -> None:
    outside = Group.objects.filter(name="nobody, outside").order_by("pk")
    before = kept("auth_group")
    assert list(outside) == []
    assert kept("auth_group") == before
    with django_assert_num_queries(2):
        for name in ("one", "another"):
            with prepared():
                assert list(Group.objects.filter(name=name).order_by("pk")) == []
    assert kept("auth_group") == before + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%auth_group%'")
        assert [row[0] for row in cursor] == [2]


@pytest.mark.django_db
def test_a_statement_reads_what_it_would_unprepared() -> None:
    group = Group.objects.create(name="Ünï 'quoted' %s")
    for _time in range(3):
        with prepared():
            assert list(Group.objects.filter(name=group.name, pk__in=[group.pk, 0])) == [group]


@pytest.mark.django_db(transaction=True)
def test_what_fails_fails_as_ever_and_the_session_goes_on() -> None:
    with prepared(), connection.cursor() as cursor, pytest.raises(ProgrammingError, match="no_such_table"):
        cursor.execute("SELECT 1 FROM no_such_table")
    with prepared():
        assert Group.objects.filter(name="nobody").count() == 0
