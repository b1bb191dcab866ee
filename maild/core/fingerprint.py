"""What a mail is recognised by when its number on the server has changed.

The fingerprint is stored for years: what goes into it may never change. The body does not (it would have to be
fetched), nor the time of arrival (a copy gets a new one).
"""

import hashlib

from maild.core.field import split

_FIELDS = ("Message-ID", "Date", "From", "To", "Subject")


def fingerprint(account: str, header: bytes, size: int) -> str:
    """SHA-256, in hexadecimal, over the account and the first raw unfolded field of each name that matters.

    `header` is the header block or the whole mail; `size` is RFC822.SIZE, which counts only where there is no
    Message-ID. Each value is preceded by its length, and a missing field differs from an empty one.
    """
    block = split(header)
    values = [account.encode("utf-8", "replace"), *(block.first(name) for name in _FIELDS)]
    if not block.first("Message-ID"):
        values.append(b"%d" % size)
    digest = hashlib.sha256()
    for value in values:
        digest.update(b"-;" if value is None else b"%d:%s;" % (len(value), value))
    return digest.hexdigest()
