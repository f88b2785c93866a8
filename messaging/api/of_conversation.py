"""What hangs below a conversation in the API."""

from typing import Any, ClassVar

from crm.api.views import ApiViewSet
from messaging.models import Conversation


class OfConversation(ApiViewSet):
    """Rows of a conversation that the token's colleague sees; the address names the conversation."""

    model = Conversation
    related: ClassVar[tuple[str, ...]] = ("channel", "identity__customer")
    deferred: ClassVar[tuple[str, ...]] = (
        "channel__credentials",
        "identity__customer__phone",
        "identity__customer__email",
    )

    def conversation(self) -> Any:
        """Return the conversation; where the colleague does not see it, the answer is 404."""
        return self.row()
