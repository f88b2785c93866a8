"""The WSGI application that granian serves."""

import os
import signal
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from crm.canary import check_keys_when_possible  # noqa: E402 - needs the apps
from crm.processes.lifeline import die_with_parent  # noqa: E402

if "granian" in sys.modules:
    die_with_parent(signal.SIGKILL)  # the workers of a killed server would keep its port
check_keys_when_possible()
