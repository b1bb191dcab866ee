"""Mails of a customer, and letters as a secretary and her mail program change them."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

CUSTOMER = "anna@kunde.example"
ORIGINAL = "<1.anfrage@kunde.example>"


def enquiry(
    number: int = 1, subject: str = "Bitte um ein Angebot", text: str = "Was kostet Größe 12?"
) -> bytes:
    """A customer's mail."""
    mail = EmailMessage()
    mail["From"] = f"Anna Müller <{CUSTOMER}>"
    mail["To"] = "info@northwind.example"
    mail["Subject"] = subject
    mail["Date"] = "Fri, 20 Nov 2026 09:14:00 +0100"
    mail["Message-ID"] = f"<{number}.anfrage@kunde.example>"
    mail.set_content(f"Guten Tag,\n\n{text}\n\nAnna Müller\n")
    return mail.as_bytes().replace(b"\n", b"\r\n")


def thunderbird(raw: bytes, change: Callable[[bytes], bytes] = lambda text: text) -> bytes:
    """A draft as Thunderbird saves it: new Message-ID, X- headers replaced by its own, In-Reply-To rebuilt."""
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = re.sub(rb"(?im)^(message-id|in-reply-to|x-[^:]*):.*\r?\n(?:[ \t].*\r?\n)*", b"", head + b"\r\n")
    references = re.findall(rb"<[^<>\s]+>", field(raw, b"References"))
    stem = f"{abs(hash((raw, change(body)))):x}".encode()
    lines = [
        b"Message-ID: <" + stem + b"-2efd-42b7-8271@northwind.example>",
        b"X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0;\r\n attachmentreminder=0",
        b"X-Identity-Key: id1",
        b"Fcc: imap://northwind@127.0.0.1/Sent",
        b"In-Reply-To: " + references[-1],
    ]
    return change(kept + b"\r\n".join(lines) + b"\r\n\r\n" + body)


def field(raw: bytes, name: bytes) -> bytes:
    """The value of a header field, unfolded; empty where there is none."""
    head = raw.partition(b"\r\n\r\n")[0]
    found = re.search(rb"(?im)^" + name + rb":[ ]?(.*(?:\r?\n[ \t].*)*)", head)
    return re.sub(rb"\r?\n", b"", found.group(1)).strip() if found else b""


def add(sentence: str) -> Callable[[bytes], bytes]:
    """An edit: a sentence at the top of the text."""
    return lambda raw: raw.replace(b"\r\n\r\n", b"\r\n\r\n" + sentence.encode() + b"\r\n", 1)


def fill(raw: bytes) -> bytes:
    """She fills in the date that the template left open."""
    return raw.replace("«Liefertermin»".encode(), b"17. Dezember").replace(
        b"=C2=ABLiefertermin=C2=BB", b"17. Dezember"
    )


def with_attachment(raw: bytes) -> bytes:
    """The same letter with a file."""
    message = message_from_bytes(raw, policy=default)
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="preise.pdf")
    return message.as_bytes(policy=default.clone(linesep="\r\n", max_line_length=998))


def other_id(raw: bytes) -> bytes:
    """The same message under another Message-ID."""
    return re.sub(rb"(?m)^Message-ID: .*\r", b"Message-ID: <anders@mail.example>\r", raw)


def own_answer() -> bytes:
    """An answer to the customer that she wrote without the draft."""
    return (
        b"From: Northwind <info@northwind.example>\r\nTo: anna@kunde.example\r\nSubject: Re: Bitte um ein Angebot\r\n"
        b"Message-ID: <von-hand@northwind.example>\r\nIn-Reply-To: <1.anfrage@kunde.example>\r\n"
        b"References: <1.anfrage@kunde.example>\r\n\r\nGuten Tag,\r\n\r\nzwei Euro.\r\n"
    )


def is_notice(raw: bytes) -> bool:
    """Whether maild wrote it."""
    return field(raw, b"From").startswith(b"maild ")
