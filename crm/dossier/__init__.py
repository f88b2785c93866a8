"""All that is stored about one person, as an archive. Each app names its share in `settings.CUSTOMER_DOSSIER`."""

from crm.dossier.parts import Files, Part, Share, shares

__all__ = ["Files", "Part", "Share", "shares"]
