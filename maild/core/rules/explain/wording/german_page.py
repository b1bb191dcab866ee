"""Outcomes, actions and the sentences around them, in German."""

from datetime import datetime

from maild.core.action import (
    Action,
    Answer,
    Copy,
    Draft,
    Forward,
    Keep,
    Mark,
    Move,
    Note,
    Relate,
    Remind,
    Trash,
)
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.explain import Outcome, Trace
from maild.core.rules.explain.wording.entries import enumerated
from maild.core.rules.explain.wording.german import RELATIONSHIPS, flag
from maild.core.rules.explain.wording.german_circumstances import duration
from maild.core.rules.explain.wording.phrases import Phrases


def outcome(trace: Trace) -> str:
    """What became of a rule, as a sentence that its name begins."""
    match trace.outcome:
        case Outcome.HELD if trace.ends:
            return "trifft zu; weitere Regeln werden nicht mehr geprüft"
        case Outcome.HELD:
            return "trifft zu; die weiteren Regeln werden auch noch geprüft"
        case Outcome.CANARY:
            return "trifft zu, läuft aber nur auf Probe (canary): Sie tut nichts, die weiteren Regeln werden geprüft"
        case Outcome.PAUSED:
            return "trifft zu, ist aber angehalten: Mit der Mail geschieht nichts, weitere Regeln werden nicht geprüft"
        case Outcome.EXCEPTED:
            return "trifft nicht zu: Die Bedingungen sind erfüllt, aber die Ausnahme (unless) auch"
        case Outcome.NOT_HELD:
            return "trifft nicht zu"
        case Outcome.NOT_REACHED:
            would = "hätte auch zugetroffen" if trace.fits else "hätte auch nicht zugetroffen"
            return f"nicht mehr geprüft, weil „{trace.ended_by}“ die Prüfung beendet hat; sie {would}"


def action(asked: Action) -> str:
    """An action as one says what is to be done."""
    match asked:
        case Move(folder=folder):
            return f"in den Ordner „{harmless(folder)}“ verschieben"
        case Copy(folder=folder):
            return f"in den Ordner „{harmless(folder)}“ kopieren"
        case Mark(flags=flags):
            return f"kennzeichnen als {enumerated([flag(name) for name in flags], 'und')}"
        case Trash():
            return "in den Papierkorb verschieben"
        case Keep():
            return "liegen lassen, wo sie ist"
    return _letter(asked)


def _letter(asked: Draft | Answer | Forward | Note | Remind | Relate) -> str:
    match asked:
        case Draft(template=template, identity=identity, attach=attach):
            return f"Antwort nach der Vorlage „{template}“ entwerfen{_sender(identity)}{_files(attach)}"
        case Answer(template=template, within=within, identity=identity):
            limit = f"höchstens einmal in {duration(within)}"
            return f"automatisch nach der Vorlage „{template}“ antworten{_sender(identity)} ({limit})"
        case Forward(to=to, digest=digest):
            whom = "den Auftraggeber" if to == "client" else harmless(to)
            return f"an {whom} weiterleiten" + (", mit der nächsten Sammelmail" if digest else "")
        case Note(text=text, urgent=urgent):
            return f"{'eilige ' if urgent else ''}Notiz an den Auftraggeber: „{harmless(text, _NOTE)}“"
        case Remind(after=after):
            return f"das Sekretariat erinnern, wenn sie nach {duration(after)} noch unbeantwortet ist"
        case Relate(relationship=relationship):
            return f"den Absender künftig als „{RELATIONSHIPS[relationship]}“ führen"
    raise TypeError(type(asked).__name__)


_NOTE = 120


def _sender(identity: str) -> str:
    return f", Absender {harmless(identity)}" if identity else ""


def _files(attach: tuple[str, ...]) -> str:
    return f", mit Anlage {enumerated([f'„{harmless(name)}“' for name in attach], 'und')}" if attach else ""


def moment(when: datetime) -> str:
    """Date and time."""
    return f"{when:%d.%m.%Y, %H:%M:%S} Uhr"


PHRASES = Phrases(
    yes="ja",
    no="nein",
    asks_nothing="sie stellt keine Bedingung (kein when), trifft also auf jede Mail zu",
    unless="außer wenn (unless)",
    sender="Von",
    subject="Betreff",
    received="Eingang",
    none="(fehlt)",
    relationship="Beziehung",
    flags="Kennzeichen",
    kind="Art",
    file="Sie ist eine Datei und wird beurteilt wie eine neue Mail, die zu dieser Zeit kam; --now nennt eine andere.",
    old="Sie gilt als alt: Sie darf nur verschoben, kopiert, gekennzeichnet oder liegen gelassen werden.",
    own="Sie kommt aus dem eigenen Büro: Auf sie wird nicht geantwortet.",
    truncated="Nur der Anfang der Mail wurde gelesen, weil sie sehr groß ist.",
    as_of_today="Kennzeichen und Einstufung des Absenders sind die von heute, alles andere gilt wie beim Eingang.",
    ledger="Was im Eingangsbuch steht",
    came="Eingegangen am {when} im Ordner „{folder}“.",
    judged="Geprüft am {when} nach Fassung {version} der Regeln.",
    judged_some_time="Geprüft nach Fassung {version} der Regeln.",
    held="Zugetroffen haben: {rules}.",
    none_held="Keine Regel traf zu.",
    effects="Was die Regeln verlangten und was daraus wurde:",
    effect="{action} (Regel „{rule}“): {state}, {when}",
    place="Zuletzt abgelegt im Ordner „{folder}“, UID {uid}.",
    states={
        "seen": "Sie ist noch nicht geprüft. {reason}",
        "planned": "Was die Regeln verlangen, steht noch aus. {reason}",
        "done": "Alles, was die Regeln verlangten, ist abgeschlossen.",
        "known": "Sie ist ein zweites Exemplar einer Mail, die schon im Eingangsbuch stand: Mit ihr geschah nichts.",
        "aside": "Sie wurde für einen Menschen liegen gelassen. Grund: {reason}",
        "gone": "Jemand hatte sie weggenommen, bevor maild etwas tun konnte. {reason}",
        "paused": "Sie wartet, bis die Regel, die etwas mit ihr täte, wieder freigegeben wird: {reason}.",
    },
    effect_states={
        "planned": "steht noch aus",
        "started": "begonnen, noch nicht fertig",
        "done": "erledigt",
        "gone": "nicht geschehen, weil die Mail nicht mehr da war",
        "failed": "gescheitert",
        "undone": "erledigt und wieder rückgängig gemacht",
    },
    not_in_ledger="Im Eingangsbuch steht sie nicht: maild hat sie nie geprüft. Es folgt, was die Regeln jetzt sagen.",
    changed="Die Regeln haben sich seither geändert: damals {then}, jetzt {now}. Unten steht, was die heutigen sagen.",
    unchanged="Die Regeln sind dieselben wie damals; es folgt, was sie damals sagten.",
    gone="Die Mail liegt nicht mehr im Postfach. Was die Bedingungen sahen, lässt sich nicht mehr zeigen.",
    elsewhere="Jetzt liegt sie im Ordner „{folder}“, UID {uid}.",
    unreachable="Die Mail selbst lässt sich gerade nicht lesen, denn das Postfach ist nicht zu erreichen.",
    differs="Damals ergaben dieselben Regeln etwas anderes: Kennzeichen, Kontakte oder client.yaml sind jetzt anders.",
    rules="Regeln von {client}, Fassung {version}",
    outcome="Was maild tun würde",
    outcome_today="Was die heutigen Regeln tun würden",
    step="{action} (Regel „{rule}“)",
    stays="Nichts: Die Mail bleibt, wo sie ist.",
    paused="Nichts, denn die Regel „{rule}“ ist angehalten: Die Mail wartet, bis sie wieder freigegeben wird.",
    skipped="Unterbleibt: {action} (Regel „{rule}“). Grund: {reason}.",
    canary="Nur auf Probe, geschieht nicht: {action} (Regel „{rule}“)",
)
