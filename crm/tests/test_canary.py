"""Wrong keys: nothing starts."""

import base64
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from crm.canary import KeyedCommand, WrongKeys, check_keys, create_canary

OTHER_KEY = base64.urlsafe_b64encode(b"other" * 6 + b"..").decode()


class Working(KeyedCommand):
    def handle(self, *args: Any, **options: Any) -> str:
        return "worked"


@pytest.mark.django_db
class TestCanary:
    def test_a_new_database_takes_any_keys(self) -> None:
        check_keys()

    def test_the_right_keys_pass(self) -> None:
        create_canary()
        check_keys()
        assert call_command(Working()) == "worked"

    def test_a_new_key_before_the_old_one_passes(self, settings: Settings) -> None:
        create_canary()
        settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY, *settings.FIELD_ENCRYPTION_KEYS]
        check_keys()

    @pytest.mark.parametrize(
        ("changed", "named"),
        [
            ({"FIELD_ENCRYPTION_KEYS": [OTHER_KEY]}, "FIELD_ENCRYPTION_KEYS cannot"),
            ({"BLIND_INDEX_KEY": OTHER_KEY}, "BLIND_INDEX_KEY cannot"),
            (
                {"FIELD_ENCRYPTION_KEYS": [OTHER_KEY], "BLIND_INDEX_KEY": OTHER_KEY},
                "FIELD_ENCRYPTION_KEYS and BLIND_INDEX_KEY cannot",
            ),
        ],
    )
    def test_wrong_keys_are_named(self, settings: Settings, changed: dict[str, Any], named: str) -> None:
        create_canary()
        for name, value in changed.items():
            setattr(settings, name, value)
        with pytest.raises(WrongKeys, match=f"^{named}"):
            check_keys()

    def test_no_command_starts_with_wrong_keys(self, settings: Settings) -> None:
        create_canary()
        settings.BLIND_INDEX_KEY = OTHER_KEY
        for command in (Working(), "setup"):
            with pytest.raises(CommandError, match="BLIND_INDEX_KEY cannot be right"):
                call_command(command)

    def test_the_keys_are_in_no_message(self, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        create_canary()
        settings.FIELD_ENCRYPTION_KEYS, settings.BLIND_INDEX_KEY = [OTHER_KEY], OTHER_KEY
        with pytest.raises(WrongKeys) as caught:
            check_keys()
        assert OTHER_KEY not in str(caught.value) + caplog.text
