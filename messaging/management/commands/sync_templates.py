"""`manage.py sync_templates`: fetch templates now, as the `templates` drain does some times a day."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.checks import BEFORE_WORK
from crm.models import Channel
from messaging.channels.outbound import SendError
from messaging.message_templates.drain import TemplateDrain, ask_for_templates, waba_id_of
from messaging.message_templates.storing import store_templates


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Fetch the templates of WhatsApp and Twilio channels. Exits 1 where those of one could not be fetched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", help="Only this channel.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, slug: str | None, **options: Any) -> None:
        channels = Channel.objects.active().filter(platform__in=TemplateDrain.platforms).order_by("slug")
        if slug:
            channels = channels.filter(slug=slug)
            if not channels:
                raise CommandError(_("No active channel %(slug)s has templates.") % {"slug": slug})
        counts: dict[str, int] = {}
        failed: dict[str, str] = {}
        for channel in channels:
            try:
                facts = ask_for_templates(channel, waba_id_of(channel))
            except SendError as error:
                failed[channel.slug] = str(error)
            else:
                counts[channel.slug] = store_templates(channel_id=channel.pk, facts=facts)
        self._say(counts, failed, as_json=options["json"])

    def _say(self, counts: dict[str, int], failed: dict[str, str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(orjson.dumps({"templates": counts, "failed": failed}).decode())
        else:
            total = sum(counts.values())
            said = ngettext("%(count)d template of", "%(count)d templates of", total) % {"count": total}
            channels = ngettext("%(count)d channel.", "%(count)d channels.", len(counts)) % {"count": len(counts)}
            self.stdout.write(f"{said} {channels}")
        if failed:
            hint = _("waba_id: no webhook named the business account yet; enter its id as the secret waba_id.")
            reasons = ", ".join(f"{slug} ({reason})" for slug, reason in failed.items())
            known = f" {hint}" if any("waba_id" in reason for reason in failed.values()) else ""
            raise CommandError(_("Not fetched: %(reasons)s.") % {"reasons": reasons} + known)
