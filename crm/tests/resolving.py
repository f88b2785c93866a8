"""Names that resolve as a test says, and connections that lead nowhere."""

import socket
from typing import Any

import pytest

PUBLIC = "93.184.216.34"


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what names resolve to from now on, call by call; the last answer stands."""
    answers: list[list[str]] = [[PUBLIC]]

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the addresses that are connected to from now on; nothing answers there."""
    reached: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return reached
