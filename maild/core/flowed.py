"""Wraps the text of a letter by RFC 3676 (format=flowed).

Programs that know it join the lines again, others see 76 columns. Reading such text is `text.unflow`'s business.
"""

import re

_WIDTH = 76  # with the blank that marks a soft break; RFC 3676, section 4.2, allows 78 with a stuffed one
_NARROWEST = 30  # of what was quoted very often


def flow(text: str) -> str:
    """Wrap by RFC 3676: a soft break is a blank at the line's end; a quoted line keeps its marks; «-- » stays as it is.

    `unflow` gives the same lines back, but for blanks at their ends.
    """
    return "\n".join(wrapped for line in text.splitlines() for wrapped in _flow_line(line)) + "\n"


def _flow_line(line: str) -> list[str]:
    if line.startswith(">"):
        return _flow_quoted(line.rstrip())
    if line.rstrip() == "--" and line.startswith("-- "):
        return ["-- "]
    parts = _wrap(line.rstrip(), _WIDTH)
    return [f" {part}" if part.startswith((" ", ">", "From ")) else part for part in parts]


def _flow_quoted(line: str) -> list[str]:
    """Each part behind the same marks: lines of one depth are one paragraph (RFC 3676, section 4.5)."""
    if len(line) <= _WIDTH:
        return [line]
    marks = line[: len(line) - len(line.lstrip(">"))]
    content = line[len(marks) :].removeprefix(" ")
    return [f"{marks} {part}" for part in _wrap(content, max(_WIDTH - len(marks) - 1, _NARROWEST))]


def _wrap(line: str, width: int) -> list[str]:
    """Parts of at most `width` characters, or one word; all but the last end in the blank they were cut behind."""
    parts = [""]
    for word in re.findall(r"[^ ]+ ?| ", line):
        cut = len(parts[-1]) + len(word) > width and parts[-1] not in {"", "-- "}
        if cut:
            parts.append(word)
        else:
            parts[-1] += word
    return parts
