"""What the demonstration shop sells, by the names that `messaging.demo` has for it."""

from decimal import Decimal

from crm import runtime_settings
from leads.models import Product

SKUS = "MIGOCHAT-DEMO-"
#: Name, price, and what customers call it, one a line.
PRODUCTS: tuple[tuple[str, int, str], ...] = (
    ("Linen dress", 1250, "الفستان الكتان\nvestido de linho"),
    ("Leather bag", 1800, "الشنطة الجلد\nbolsa de couro"),
    ("Cotton shirt", 650, "القميص القطن\ncamisa de algodão"),
    ("Running shoes", 2100, "الكوتشي\ntênis de corrida"),
    ("Wool coat", 3400, "البالطو الصوف\ncasaco de lã"),
    ("Silk scarf", 480, "الطرحة الحرير\nlenço de seda"),
    ("Denim jacket", 1450, "الجاكيت الجينز\njaqueta jeans"),
    ("Ankle boots", 1950, "الهاف بوت\nbota de cano curto"),
    ("Kids' pyjamas", 420, "بيجامة الأطفال\npijama infantil"),
    ("Sandals", 780, "الصندل\nsandália"),
)


def stock_up() -> None:
    """Add the products that are not there yet."""
    currency = runtime_settings.value_of("leads.currency")
    for number, (name, price, keywords) in enumerate(PRODUCTS, start=1):
        values = {"name": name, "price": Decimal(price), "currency": currency, "keywords": keywords}
        Product.objects.get_or_create(sku=f"{SKUS}{number:03d}", defaults=values)
