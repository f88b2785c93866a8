"""What all tests share."""

import os

import pytest
from django.conf import settings

# Playwright's synchronous browser runs an event loop in the test's thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords quickly: what a guesser may not do at speed, hundreds of tests must."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
