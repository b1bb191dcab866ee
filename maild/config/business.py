"""From client.yaml to what rules may know of the business."""

from collections.abc import Mapping
from dataclasses import replace

from maild.config.models import ClientConfig
from maild.core.business import Absence, Business
from maild.core.hours import Calendar, Opening
from maild.core.rules.parse.sheet import RuleContext


def business_of(config: ClientConfig) -> Business:
    """The business that a client.yaml describes."""
    own = {identity.address for identity in config.identities}
    login = {config.imap.username} if "@" in config.imap.username else set()
    return Business(
        calendar=_calendar(config),
        absences=tuple(
            Absence(each.person, each.first, each.last, each.deputy or "") for each in config.absences
        ),
        addresses=frozenset(address.lower() for address in own | login),
        trusted_servers=frozenset(config.imap.authserv_ids),
    )


def with_business(context: RuleContext, data: object) -> RuleContext:
    """A context with what the plain data of a client.yaml has to offer to rules, whatever else is wrong in it."""
    client = _map(data)
    absences = client.get("absences")
    people = (_map(entry).get("person") for entry in (absences if isinstance(absences, list) else ()))
    return replace(
        context,
        people=frozenset(person.strip() for person in people if isinstance(person, str) and person.strip()),
        has_hours=bool(client.get("hours")),
        has_trusted_servers=bool(_map(client.get("imap")).get("authserv_ids")),
    )


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _calendar(config: ClientConfig) -> Calendar:
    openings: list[tuple[Opening, ...]] = [()] * 7
    for days, times in config.hours.items():
        for day in days:
            openings[day] = times
    return Calendar(
        openings=tuple(openings),
        region=config.region,
        catholic=config.municipal_holidays == "catholic",
        closed=config.closed,
        half_days=frozenset(config.half_days),
    )
