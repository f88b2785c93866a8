"""`manage.py channel add|list|check`: our accounts on the platforms."""

import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from getpass import getpass
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.checks import BEFORE_WORK
from crm.models import Channel
from crm.models.channel import Platform
from messaging.channel_setup import (
    ChannelRefused,
    ChannelReport,
    next_step,
    refuse_unknown_secrets,
    report_on,
    save_channel,
)

ENVIRONMENT_PREFIX = "MIGOCHAT_SECRET_"


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Add, list or check channels: the shop's accounts on the platforms."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        add = actions.add_parser("add", help="Add a channel, or change the one with this slug.")
        add.add_argument("platform", choices=Platform.values)
        add.add_argument("--slug", required=True, help="Names the channel in its webhook address.")
        add.add_argument("--name", default="", help="What colleagues call it; the slug where left out.")
        add.add_argument("--external-id", default="", help="Page, Instagram account, phone number id, bot or number.")
        add.add_argument(
            "--secret",
            action="append",
            default=[],
            metavar="NAME[=VALUE]",
            help=f"Without a value it is taken from {ENVIRONMENT_PREFIX}NAME, else asked for. May be repeated.",
        )
        add.add_argument("--forget-older", action="store_true", help="Stop accepting earlier values of these secrets.")
        add.add_argument(
            "--keep-media",
            action=BooleanOptionalAction,
            help="Copy the files of messages here, as is the default, or only link to them.",
        )
        add.add_argument("--json", action="store_true")
        listing = actions.add_parser("list", help="List all channels.")
        listing.add_argument("--json", action="store_true")
        check = actions.add_parser(
            "check", help="Tell what keeps channels from receiving; exits 1 where something does."
        )
        check.add_argument("slug", nargs="?", help="Only this channel.")
        check.add_argument("--json", action="store_true")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        {"add": self.add_channel, "list": self.list_channels, "check": self.check_channels}[action](**options)

    def add_channel(
        self, *, platform: str, slug: str, name: str, external_id: str, secret: list[str], **options: Any
    ) -> None:
        try:
            refuse_unknown_secrets(platform, [given.partition("=")[0] for given in secret])
            secrets = dict(_read_secret(given) for given in secret)
            channel, added = save_channel(
                platform=platform,
                slug=slug,
                name=name,
                external_id=external_id,
                secrets=secrets,
                forget_older=options["forget_older"],
                keeps_media=options["keep_media"],
            )
        except ChannelRefused as refusal:
            raise CommandError(str(refusal)) from None
        if options["json"]:
            self._print_json({"added": added, **_described(channel)})
            return
        line = _("Added %(slug)s.") if added else _("Changed %(slug)s.")
        self.stdout.write(line % {"slug": channel.slug})
        self.stdout.write(_("Webhook address: %(url)s") % {"url": channel.webhook_url})
        self.stdout.write(next_step(channel))

    def list_channels(self, **options: Any) -> None:
        channels = list(Channel.objects.order_by("slug"))
        if options["json"]:
            self._print_json([_described(channel) for channel in channels])
            return
        for channel in channels:
            state = "" if channel.is_active else f"  ({_('not active')})"
            self.stdout.write(
                f"{channel.slug}  {channel.platform}  {channel.external_id}  {channel.webhook_url}{state}"
            )
        self.stdout.write(
            ngettext("%(count)d channel.", "%(count)d channels.", len(channels)) % {"count": len(channels)}
        )

    def check_channels(self, *, slug: str | None, **options: Any) -> None:
        channels = Channel.objects.order_by("slug")
        if slug:
            channels = channels.filter(slug=slug)
        reports = [report_on(channel) for channel in channels]
        if not reports:
            raise CommandError(
                _("There is no channel %(slug)s.") % {"slug": slug} if slug else _("There are no channels yet.")
            )
        if options["json"]:
            self._print_json([_reported(report) for report in reports])
        else:
            for report in reports:
                self._print_report(report)
        if wrong := sum(1 for report in reports if report.problems):
            raise CommandError(
                _("Channels that need attention: %(wrong)d of %(all)d.") % {"wrong": wrong, "all": len(reports)}
            )
        if not options["json"]:
            self.stdout.write(_("Everything is in order."))

    def _print_report(self, report: ChannelReport) -> None:
        self.stdout.write(f"{report.channel.slug} ({report.channel.platform_name})")
        for sentence in report.problems:
            self.stdout.write(f"  ✗ {sentence}")
        for sentence in report.notes:
            self.stdout.write(f"  · {sentence}")

    def _print_json(self, value: Any) -> None:
        self.stdout.write(orjson.dumps(value).decode())


def _read_secret(given: str) -> tuple[str, str]:
    """Return a secret's name and value, which need not stand where the list of processes shows it."""
    name, has_value, value = given.partition("=")
    if has_value:
        return name, value
    variable = f"{ENVIRONMENT_PREFIX}{name.upper()}"
    if variable in os.environ:
        return name, os.environ[variable]
    if not sys.stdin.isatty():
        raise CommandError(_("Set %(variable)s, or give --secret %(name)s=….") % {"variable": variable, "name": name})
    return name, getpass(f"{name}: ")


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "slug": channel.slug,
        "platform": channel.platform,
        "name": channel.name,
        "external_id": channel.external_id,
        "active": channel.is_active,
        "keeps_media": channel.keeps_media,
        "webhook_url": channel.webhook_url,
    }


def _reported(report: ChannelReport) -> dict[str, Any]:
    channel = report.channel
    return {
        **_described(channel),
        "problems": report.problems,
        "notes": report.notes,
        "last_delivery": report.last_delivery,
        "rejected_signatures": channel.rejected_signatures,
    }
