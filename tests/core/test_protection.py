"""Whether a mail is encrypted or signed, told from its form."""

import pytest

from maild.core.parse import parse

PART = b"--b\r\nContent-Type: %s\r\n\r\n%s\r\n"
PGP = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
CLEAR = b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nGuten Tag\r\n-----BEGIN PGP SIGNATURE-----\r\n"


def multipart(kind: bytes, *parts: tuple[bytes, bytes]) -> bytes:
    """A mail of several parts, each with its type and content."""
    body = b"".join(PART % part for part in parts)
    return b"From: a@kunde.example\r\nContent-Type: " + kind + b'; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


def single(kind: bytes, content: bytes = b"MIAGCSqG\r\n") -> bytes:
    """A mail of one part."""
    return b"From: a@kunde.example\r\nContent-Type: " + kind + b"\r\n\r\n" + content


PGP_MIME = multipart(
    b'multipart/encrypted; protocol="application/pgp-encrypted"',
    (b"application/pgp-encrypted", b"Version: 1"),
    (b"application/octet-stream", PGP),
)


@pytest.mark.parametrize(
    ("raw", "encrypted", "signed"),
    [
        (single(b"text/plain", b"Guten Tag\r\n"), False, False),
        (PGP_MIME, True, False),
        (
            multipart(  # as Exchange leaves PGP/MIME
                b"multipart/mixed",
                (b"text/plain", b""),
                (b"application/pgp-encrypted", b"Version: 1"),
                (b"application/octet-stream", PGP),
            ),
            True,
            False,
        ),
        (single(b'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'), True, False),
        (single(b"application/x-pkcs7-mime; smime-type=Enveloped-Data"), True, False),
        (single(b"application/pkcs7-mime; smime-type=authEnveloped-data"), True, False),
        (single(b'application/pkcs7-mime; name="smime.p7m"'), True, False),
        (single(b"application/pkcs7-mime; smime-type=signed-data"), False, True),
        (single(b"application/pkcs7-mime; smime-type=certs-only"), False, False),
        (
            multipart(
                b"multipart/signed; micalg=pgp-sha256",
                (b"text/plain", b"Guten Tag"),
                (b"application/pgp-signature", b"x"),
            ),
            False,
            True,
        ),
        (
            multipart(
                b"multipart/mixed",
                (b"text/plain", b"Guten Tag"),
                (b"application/pkcs7-signature; name=smime.p7s", b"x"),
            ),
            False,
            True,
        ),
        (single(b"text/plain", b"Guten Tag\r\n\r\n" + PGP), True, False),
        (single(b"text/plain", CLEAR), False, True),
        (single(b"text/plain", b"> " + PGP.replace(b"\n", b"\n> ")), False, False),
        (single(b"text/plain", b"Was heisst -----BEGIN PGP MESSAGE-----?\r\n"), False, False),
        (
            multipart(
                b"multipart/mixed",
                (b"text/plain", b"Sehen Sie:"),
                (b"message/rfc822", PGP_MIME.replace(b'"b"', b'"c"').replace(b"--b", b"--c")),
            ),
            False,
            False,
        ),
        (single(b"application/pdf"), False, False),
    ],
)
def test_form_tells_encryption_and_signature(raw: bytes, encrypted: bool, signed: bool) -> None:
    """PGP/MIME, S/MIME and PGP in the text are told; a quotation and an attached mail say nothing."""
    mail = parse(raw)
    assert (mail.encrypted, mail.signed) == (encrypted, signed)
