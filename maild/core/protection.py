"""Whether a mail is encrypted or signed, by its outer form: PGP/MIME, S/MIME, or PGP in the text.

No key is asked and no signature verified. What lies within an attached mail says nothing about the mail itself.
"""

import re
from collections.abc import Iterable


def is_encrypted(types: Iterable[str], text: str) -> bool:
    """Whether the text is readable only with a key.

    `types` are the media types of all parts, as "application/pkcs7-mime; smime-type=enveloped-data". S/MIME without
    a smime-type (RFC 8551, section 3.2.2, does not require it) counts as encrypted.
    """
    return any(_is_sealed(type_) for type_ in types) or bool(_PGP_MESSAGE.search(text))


def is_signed(types: Iterable[str], text: str) -> bool:
    """Whether it bears a signature; whether that is good, and whose, is another matter."""
    return any(_is_signature(type_) for type_ in types) or bool(_PGP_SIGNED.search(text))


def _is_sealed(type_: str) -> bool:
    kind, _, parameter = type_.partition("; ")
    if kind in _PKCS7:
        return parameter in ("", *(f"smime-type={each}" for each in _SEALED_KINDS))
    return kind in ("multipart/encrypted", "application/pgp-encrypted")  # RFC 3156, section 4


def _is_signature(type_: str) -> bool:
    kind, _, parameter = type_.partition("; ")
    if kind in _PKCS7:
        return parameter == "smime-type=signed-data"
    return kind in _SIGNATURES


_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SEALED_KINDS = ("enveloped-data", "authenveloped-data")  # RFC 8551, section 3.2.2
_SIGNATURES = (
    "multipart/signed",  # RFC 1847, section 2.1
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
)
# At the beginning of a line: what is quoted in an answer was encrypted once, and is so no longer.
_PGP_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_PGP_SIGNED = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$", re.MULTILINE)
