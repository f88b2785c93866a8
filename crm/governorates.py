"""Egypt's 27 governorates, by ISO 3166-2 code."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Governorate(models.TextChoices):
    ALEXANDRIA = "EG-ALX", _("Alexandria")
    ASWAN = "EG-ASN", _("Aswan")
    ASYUT = "EG-AST", _("Asyut")
    BEHEIRA = "EG-BH", _("Beheira")
    BENI_SUEF = "EG-BNS", _("Beni Suef")
    CAIRO = "EG-C", _("Cairo")
    DAKAHLIA = "EG-DK", _("Dakahlia")
    DAMIETTA = "EG-DT", _("Damietta")
    FAYOUM = "EG-FYM", _("Fayoum")
    GHARBIA = "EG-GH", _("Gharbia")
    GIZA = "EG-GZ", _("Giza")
    ISMAILIA = "EG-IS", _("Ismailia")
    SOUTH_SINAI = "EG-JS", _("South Sinai")
    QALYUBIA = "EG-KB", _("Qalyubia")
    KAFR_EL_SHEIKH = "EG-KFS", _("Kafr El Sheikh")
    QENA = "EG-KN", _("Qena")
    LUXOR = "EG-LX", _("Luxor")
    MINYA = "EG-MN", _("Minya")
    MONUFIA = "EG-MNF", _("Monufia")
    MATROUH = "EG-MT", _("Matrouh")
    PORT_SAID = "EG-PTS", _("Port Said")
    SOHAG = "EG-SHG", _("Sohag")
    SHARQIA = "EG-SHR", _("Sharqia")
    NORTH_SINAI = "EG-SIN", _("North Sinai")
    SUEZ = "EG-SUZ", _("Suez")
    NEW_VALLEY = "EG-WAD", _("New Valley")
    RED_SEA = "EG-BA", _("Red Sea")
