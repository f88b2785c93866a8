"""Colleagues of each role, logged in."""

from django.contrib.auth.models import Group
from django.test import Client

from crm.models import Team, User
from crm.tests.factories import make_user


def member(role: str, team: str = "") -> User:
    """Return a colleague of a role, in the team of that name if one is given."""
    user = make_user(team=Team.objects.get_or_create(name=team)[0] if team else None)
    user.groups.add(Group.objects.get(name=role))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
