"""The words by which customers ask for a person, to begin with; staff change them in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PHRASES = {
    "en": """
        human
        a person
        real person
        real human
        agent
        live agent
        human agent
        operator
        representative
        customer service
        customer support
        speak to someone
        talk to someone
        speak with someone
        talk with someone
        manager
        not a bot
    """,
    "ar": """
        موظف
        موظفة
        موظف حقيقي
        خدمة العملاء
        خدمه عملاء
        شخص حقيقي
        حد حقيقي
        بني ادم
        عايز اكلم حد
        عاوز اكلم حد
        عايزة اكلم حد
        عاوزه اكلم حد
        ممكن اكلم حد
        اكلم حد
        اتكلم مع حد
        كلموني
        حد يرد عليا
        مندوب
        المدير
        التحدث مع موظف
        اريد التحدث مع شخص
        ابغى اكلم احد
    """,
    "pt": """
        atendente
        falar com atendente
        falar com um atendente
        falar com uma pessoa
        falar com alguém
        falar com humano
        pessoa de verdade
        pessoa real
        humano
        suporte
        sac
        gerente
        vendedor
        vendedora
    """,
}


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the words of every language that has none; what staff made of theirs stays."""
    rows = apps.get_model("messaging", "HandoffKeywords").objects.using(editor.connection.alias)
    for language, text in PHRASES.items():
        phrases = "\n".join(line.strip() for line in text.strip().splitlines())
        rows.get_or_create(language=language, defaults={"phrases": phrases})


def unseed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away."""
    rows = apps.get_model("messaging", "HandoffKeywords").objects.using(editor.connection.alias)
    rows.filter(language__in=PHRASES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_handoffs"),
    ]

    operations = [migrations.RunPython(seed, unseed)]
