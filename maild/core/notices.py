"""Messages that maild itself writes: notices to the secretary, notes and forwards to the client.

Notices are German and lie beside the letter they explain, in that client's own mailbox. They name no other client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from maild.core.compose import blank, header_address, set_text, written
from maild.core.message import Address
from maild.core.subject import base_subject


@dataclass(frozen=True, slots=True)
class Sheet:
    """The head of a message that maild writes."""

    sender: Address
    to: Sequence[Address]
    subject: str
    message_id: str
    now: datetime
    reply_to: Address | None = None


def clarification(sheet: Sheet, reasons: Sequence[str], folders: tuple[str, str]) -> bytes:
    """Why a letter was not sent, and what to do; `folders` are those for drafts and for approval, by name."""
    drafts, approve = folders
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"der Brief «{sheet.subject}» wurde nicht gesendet. Er liegt neben dieser Nachricht.",
            *(f"• {reason}" for reason in reasons),
            f"Zum Ändern ziehen Sie den Brief in den Ordner «{drafts}», bearbeiten ihn dort und schieben ihn danach "
            f"wieder nach «{approve}». Wenn nichts zu ändern ist, schieben Sie ihn gleich nach «{approve}».",
            "Diese Nachricht können Sie löschen.",
            "maild",
        ]
    )
    return _message(sheet, f"Nicht gesendet: {_short(sheet.subject)}", text)


def delivery_report(
    sheet: Sheet, rows: Sequence[tuple[str, str]], folders: tuple[str, str], *, doubtful: bool, refused: bool
) -> bytes:
    """What happened to each recipient of a letter that did not reach all of them; rows: address and words."""
    drafts, approve = folders
    advice = ["Der Brief liegt neben dieser Nachricht."]
    if refused:
        advice.append(
            f"Ist eine Adresse falsch, so ziehen Sie den Brief in den Ordner «{drafts}», berichtigen sie dort, nehmen "
            f"alle Empfänger heraus, die ihn schon haben, und schieben ihn wieder nach «{approve}»."
        )
    if doubtful:
        advice.append(
            "Bei «unklar» weiß niemand, ob der Brief angekommen ist; maild sendet ihn deshalb nicht von selbst noch "
            "einmal. Bitte fragen Sie beim Empfänger nach."
        )
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"der Brief «{sheet.subject}» hat nicht alle Empfänger sicher erreicht:",
            "\n".join(f"• {address}: {words}" for address, words in rows),
            " ".join(advice),
            "maild",
        ]
    )
    return _message(sheet, f"Nicht zugestellt: {_short(sheet.subject)}", text)


def stray(sheet: Sheet, reason: str) -> bytes:
    """Why a message that is no open draft was taken out of the approval folder."""
    text = "\n\n".join(
        [
            "Guten Tag,",
            f"die Nachricht «{sheet.subject}» lag im Freigabeordner und wurde nicht gesendet. Sie liegt neben dieser "
            "Nachricht.",
            f"• {reason}",
            "maild",
        ]
    )
    return _message(sheet, f"Nicht gesendet: {_short(sheet.subject)}", text)


def note(sheet: Sheet, text: str) -> bytes:
    """A line to the client."""
    return _message(sheet, sheet.subject, text, automatic=True)


def forward(sheet: Sheet, text: str, original: bytes) -> bytes:
    """A received mail passed on whole, from its original bytes (RFC 2046, section 5.2.1): never written anew."""
    frame = blank()
    _head(frame, sheet, sheet.subject, automatic=True)
    set_text(frame, text)
    frame.make_mixed(boundary=_boundary(sheet.message_id, original))
    raw = original.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    encoding = "7bit" if raw.isascii() else "8bit"
    frame["Content-Transfer-Encoding"] = encoding  # RFC 2045, section 6.4: no less than that of its parts
    head, _, _ = written(frame).rpartition(f"--{frame.get_boundary()}--".encode())
    part = (
        f"--{frame.get_boundary()}\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n"
        "Content-Disposition: attachment\r\n\r\n"
    )
    return head + part.encode() + raw + f"\r\n--{frame.get_boundary()}--\r\n".encode()


def _message(sheet: Sheet, subject: str, text: str, *, automatic: bool = False) -> bytes:
    message = blank()
    _head(message, sheet, subject, automatic=automatic)
    set_text(message, text)
    return written(message)


def _head(message: EmailMessage, sheet: Sheet, subject: str, *, automatic: bool) -> None:
    message["From"] = header_address(sheet.sender)
    message["To"] = [header_address(address) for address in sheet.to]
    if sheet.reply_to is not None:
        message["Reply-To"] = header_address(sheet.reply_to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = sheet.now
    message["Message-ID"] = sheet.message_id
    if automatic:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: nobody's robot shall answer it


def _boundary(message_id: str, original: bytes) -> str:
    stem = "".join(c for c in message_id if c.isalnum())[:40]
    number = 0
    while f"{stem}_{number}".encode() in original:
        number += 1
    return f"{stem}_{number}"


def _short(subject: str) -> str:
    return base_subject(subject)[:120]
