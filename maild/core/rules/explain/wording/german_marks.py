"""What told a machine's mail, in German; `core.machine` says it in English. Names of headers stay as they are."""


def mark(text: str) -> str:
    """The German for what told the machine."""
    return MARKS.get(text, text.replace(" and ", ", "))


MARKS = {
    "From: a mailer daemon": "Absender ist das Mailsystem",
    "From: a postmaster, with the subject of a bounce": "Absender postmaster, Betreff einer Unzustellbarkeitsmeldung",
    "Subject of a read receipt": "Betreff einer Lesebestätigung",
    "Subject of an automatic reply": "Betreff einer automatischen Antwort",
    "Content-Type: text/calendar with a method": "Kalendereintrag (text/calendar)",
    "a mail that Exchange could not deliver by IMAP": "eine Mail, die Exchange nicht herausgeben konnte",
    "From: a no-reply address, with X-Auto-Response-Suppress or Feedback-ID": (
        "noreply-Adresse mit X-Auto-Response-Suppress oder Feedback-ID"
    ),
}
