"""`manage.py api_token add|list|revoke`: tokens of programs that use the API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.api.tokens import NameTaken, add_token, revoke_token
from crm.checks import BEFORE_WORK
from crm.models import ApiToken, User


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Add, list or revoke the tokens by which bots and other programs use the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        add = actions.add_parser("add", help="Make a token and print it, once.")
        add.add_argument("name", help="The program that gets it.")
        add.add_argument("--user", required=True, metavar="EMAIL", help="The colleague that it acts for.")
        add.add_argument("--days", type=int, help="Let it expire after so many days.")
        add.add_argument("--people", action="store_true", help="People write by it: it is no bot.")
        add.add_argument("--json", action="store_true")
        listing = actions.add_parser("list", help="List all tokens.")
        listing.add_argument("--json", action="store_true")
        revoke = actions.add_parser("revoke", help="Let a token open nothing any more.")
        revoke.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        {"add": self.add, "list": self.list, "revoke": self.revoke}[action](**options)

    def add(self, *, name: str, user: str, days: int | None, people: bool, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=user, is_active=True).first()
        name = name.strip()
        if owner is None:
            raise CommandError(_("No colleague with the address %(email)s works here.") % {"email": user})
        if not 1 <= len(name) <= 100:
            raise CommandError(_("A name has 1 to 100 characters."))
        if days is not None and not 1 <= days <= 3650:
            raise CommandError(_("Give 1 to 3650 days."))
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            token, secret = add_token(name=name, user=owner, is_bot=not people, expires_at=expires_at)
        except NameTaken:
            raise CommandError(_("There is a token %(name)s already.") % {"name": name}) from None
        if options["json"]:
            self._print_json({**_described(token), "token": secret})
            return
        self.stdout.write(secret)
        self.stderr.write(_("Keep it: it is not shown again."))

    def list(self, **options: Any) -> None:
        tokens = list(ApiToken.objects.select_related("user"))
        if options["json"]:
            self._print_json([_described(token) for token in tokens])
            return
        for token in tokens:
            state = "" if token.is_usable else f"  ({_('opens nothing')})"
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "-"
            self.stdout.write(f"{token.name}  {token.hint}…  {token.user.email}  {used}{state}")
        self.stdout.write(ngettext("%(count)d token.", "%(count)d tokens.", len(tokens)) % {"count": len(tokens)})

    def revoke(self, *, name: str, **options: Any) -> None:
        try:
            revoke_token(name=name)
        except ApiToken.DoesNotExist:
            raise CommandError(_("There is no token %(name)s.") % {"name": name}) from None
        self.stdout.write(_("Revoked %(name)s.") % {"name": name})

    def _print_json(self, value: Any) -> None:
        self.stdout.write(orjson.dumps(value).decode())


def _described(token: ApiToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "hint": token.hint,
        "user": token.user.email,
        "bot": token.is_bot,
        "usable": token.is_usable,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
