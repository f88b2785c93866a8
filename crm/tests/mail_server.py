"""A mail server that keeps what it gets, and refuses what it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class Inbox(socketserver.ThreadingTCPServer):
    """`answers` gives the answer to a recipient or, under the name of the command, to DATA; else all is accepted."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: Inbox

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            command = line.partition(" ")[0].upper()
            if command == "QUIT":
                return self._say("221 bye")
            if command == "DATA":
                self._data()
            elif command == "RCPT":
                self._say(self.server.answers.get(line.partition("<")[2].partition(">")[0], "250 ok"))
            else:
                self._say("250 ok")
        return None

    def _data(self) -> None:
        self._say("354 go on")
        text = b""
        while not text.endswith(b"\r\n.\r\n"):
            text += self.rfile.readline()
        answer = self.server.answers.get("DATA", "250 taken")
        if answer.startswith("2"):
            mail: Any = message_from_bytes(text[:-3], policy=policy.default)
            self.server.mails.append(mail)
        self._say(answer)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mail_server() -> Iterator[Inbox]:
    """Listen on a free port for as long as the block runs."""
    with Inbox() as inbox:
        threading.Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield inbox
        inbox.shutdown()
