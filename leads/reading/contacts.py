"""Whether a text gives a phone number or an e-mail address."""

import re

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
# Numbers as people write them: after + or 0, or as long as one with its area; not in an address of the web or a larger number.
_PHONE = re.compile(
    r"(?<![\w/=#.,-])(?:"
    r"(?:\+|00)\d(?:[ .()-]{0,2}\d){7,13}"
    r"|0\d(?:[ .-]?\d){7,9}"
    r"|\(0?\d{2,4}\)[ .-]?\d{3,5}[ .-]?\d{4}"
    r"|\d{2}[ .-]9\d{4}[ .-]?\d{4}"
    r"|\d{3}[.-]\d{3}[.-]\d{4}"
    r"|\d{10,13}"
    r")(?![\w=-]|[.,/]\d)"
)
_CHAT_LINK = re.compile(r"(?:wa\.me/|whatsapp\.com/send/?\?phone=)\+?\d{8,15}")
# Numbers of something else, named right before them.
_NOT_A_PHONE = re.compile(
    r"(?:order|invoice|tracking|pedido|rastreio|nota|cpf|cnpj|اوردر|الاوردر|الطلب|طلب|فاتوره|الفاتوره|بوليصه|البوليصه|شحنه|الشحنه)"
    r"(?: (?:no|number|num|id|code|numero|n|رقم|كود))?[.:#º° ]*$"
)
_BEFORE = 40
READ_UP_TO = 4000


def gives_contact(folded: str) -> bool:
    """Tell whether a folded text gives a phone number or an e-mail address; ids of orders and links of the web do not count."""
    text = folded[:READ_UP_TO]
    if "@" in text and _EMAIL.search(text):
        return True
    if not any(map(str.isdigit, text)):
        return False
    if _CHAT_LINK.search(text):
        return True
    return any(
        not _NOT_A_PHONE.search(text[max(0, match.start() - _BEFORE) : match.start()])
        for match in _PHONE.finditer(text)
    )
