"""Messages are found by a part of their text, by the index."""

import pytest
from django.db import connection

from messaging.models import Message
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("فستان", "عايزة الفُستان ده"),
        ("الفستان", "الفستـان الأحمر"),
        ("الاحمر", "الفستان الأحمر"),
        ("SIZE m", "Is it there in size M?"),
        ("nao", "Não sei"),
        ("250", "بكام؟ ٢٥٠ جنيه"),
        ("100%", "100% cotton"),
    ],
)
def test_a_part_is_enough_however_it_is_typed(words: str, text: str) -> None:
    conversation = make_conversation()
    wanted = make_message(conversation, text=text)
    make_message(conversation, text="another 1000 words")
    assert list(Message.objects.containing(words)) == [wanted]


@pytest.mark.parametrize("words", ["size", "فستان"])
def test_the_trigram_index_is_used(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Bitmap Index Scan on message_text_trigrams" in Message.objects.containing(words).explain()


def test_unsent_text_is_found_no_more() -> None:
    make_message(text="Hello")
    Message.objects.update(text="")
    assert not Message.objects.containing("hello").exists()
