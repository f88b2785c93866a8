"""How often a token may ask."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crm import runtime_settings
from crm.models import ApiToken

SECONDS = 60
SETTING = "api.requests_per_minute"


class TokenThrottle(BaseThrottle):
    """So many requests of a token in a minute of the clock; counted in the database, for all processes together."""

    def allow_request(self, request: Request, view: Any) -> bool:
        self.token = request.auth
        if not isinstance(self.token, ApiToken):
            return True
        allowed: int = runtime_settings.value_of(SETTING)
        return self.token.minute_count <= allowed

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        at = self.token.last_used_at if isinstance(self.token, ApiToken) else None
        return float(SECONDS - at.second) if at else float(SECONDS)
