"""Cells that a spreadsheet shows as text and never runs.

What begins like a formula (`=`, `+`, `-`, `@`, a tab or a line break) gets an apostrophe in front; on the way in it is taken off.
So does what follows a semicolon or a line break, where a spreadsheet that parts cells by semicolons begins another one.
A plain number or phone number, as `+20 10 1234 5678` or `-5`, can call nothing and stays as it is, to be read and dialled.
"""

import re

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HARMLESS = re.compile(r"[+-]?\d[\d ]*(?:\.\d+)?", re.ASCII)
_BLANKS = " \u00a0"
_BEGINS_AGAIN = re.compile(r"((?:;|(?<=\S)[\r\n])\s*)(?=[=+\-@＝＋－＠])")
_BEGAN_AGAIN = re.compile(r"((?:;|(?<=\S)[\r\n])\s*)'(?=[=+\-@＝＋－＠])")
#: No spreadsheet and no database keeps these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Most of what goes out: it begins with nothing dangerous and has nothing in it to look at more closely.
_PLAIN = re.compile(r"(?![ \u00a0]*[=+\-@＝＋－＠])[^\x00-\x1f;\ud800-\udfff\ufffe\uffff]*")


def outgoing(value: object) -> str:
    """Return a value as the text of a cell that nothing runs."""
    if value is None:
        return ""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    text = _CONTROL.sub("", text)
    if _HARMLESS.fullmatch(text):
        return text
    text = _BEGINS_AGAIN.sub(r"\1'", text)
    return f"'{text}" if text.lstrip(_BLANKS).startswith(DANGEROUS) else text


def incoming(value: object) -> str:
    """Return what a cell says, without the apostrophes of `outgoing`; whole numbers without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else _CONTROL.sub("", str(value)).strip()
    if text.startswith("'") and text[1:].lstrip(_BLANKS).startswith(DANGEROUS):
        text = text[1:].lstrip(_BLANKS)
    return _BEGAN_AGAIN.sub(r"\1", text)
