"""Names of attachments that are safe to show and to save, on any system.

A name from a mail is a stranger's: it may climb directories, hide its ending or be missing. mail-parser reads it, one
part at a time, so that a part it stumbles on costs that name only, and then it is read here. Nothing is opened or
written.
"""

import logging
import re
import unicodedata
from email.message import Message

from mailparser import MailParser
from mailparser.exceptions import MailParserError

from maild.core.charset import UNREADABLE
from maild.core.encoded import decode_words

MAX_NAME = 150  # characters

# mail-parser writes header values into its log; no log of ours may hold any.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_RESERVED = re.compile(r'[<>:"|?*]')  # on Windows
_DEFAULT = {
    "application/pdf": "anhang.pdf",
    "application/zip": "anhang.zip",
    "application/msword": "anhang.doc",
    "application/vnd.ms-excel": "anhang.xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "anhang.docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "anhang.xlsx",
    "application/ics": "termin.ics",
    "application/pgp-signature": "signatur.asc",
    "application/pgp-encrypted": "verschluesselung.asc",
    "application/pkcs7-signature": "signatur.p7s",
    "application/x-pkcs7-signature": "signatur.p7s",
    "application/pkcs7-mime": "verschluesselt.p7m",
    "application/xml": "anhang.xml",
    "application/json": "anhang.json",
    "application/ms-tnef": "winmail.dat",
    "image/jpeg": "bild.jpg",
    "image/png": "bild.png",
    "image/gif": "bild.gif",
    "image/tiff": "bild.tif",
    "image/svg+xml": "bild.svg",
    "message/rfc822": "nachricht.eml",
    "message/global": "nachricht.eml",
    "message/delivery-status": "zustellbericht.txt",
    "message/disposition-notification": "lesebestaetigung.txt",
    "text/rfc822-headers": "kopfzeilen.txt",
    "text/calendar": "termin.ics",
    "text/vcard": "kontakt.vcf",
    "text/x-vcard": "kontakt.vcf",
    "text/csv": "anhang.csv",
    "text/plain": "anhang.txt",
    "text/html": "anhang.html",
    "text/xml": "anhang.xml",
    "audio/mpeg": "ton.mp3",
    "audio/wav": "ton.wav",
}


def attachment_name(part: Message) -> str:
    """The name of a part whose MIME fields are already decoded (RFC 2183, section 2.3; RFC 2231), made safe."""
    kind = part.get_content_type()
    try:
        if not part.get_filename():
            return safe_name("", kind)  # mail-parser would invent a random one
        return safe_name(str(MailParser(part).attachments[0]["safe_filename"] or ""), kind)
    except (*UNREADABLE, MailParserError):
        return safe_name(_own_reading(part), kind)


def _own_reading(part: Message) -> str:
    try:
        return decode_words(str(part.get_filename("")))
    except UNREADABLE:
        return ""


def safe_name(name: str, kind: str) -> str:
    """The last part of a name without what is dangerous or unreadable; invented from the media type where empty."""
    base = name.replace("\\", "/").rpartition("/")[2]
    # "C" is control, format (which turns the direction of writing: «gpj.exe»), surrogate and unassigned
    shown = "".join(letter for letter in base if unicodedata.category(letter)[0] != "C")
    text = " ".join(_RESERVED.sub("_", unicodedata.normalize("NFC", shown)).split()).strip(". ")
    return _shortened(text) or _DEFAULT.get(kind, "anhang.bin")


def _shortened(name: str) -> str:
    """At most MAX_NAME characters, the ending kept."""
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:MAX_NAME].strip(". ")
    return f"{stem[: MAX_NAME - len(ending) - 1].strip('. ')}.{ending}"
