"""The submission dialogue against a scripted server (every failure of the table in the design) and aiosmtpd."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from maild.edge.smtp import Accepted, SmtpLogin, SmtpSession
from maild.edge.smtp_dialogue import DialogueError, Phase, Reply, ReplyReader, judge
from maild.errors import Certainty, Scope, SendError, ServerError, SignInRefusedError
from tests.servers.scripted_smtp import (
    DROP,
    GO_ON,
    RESET,
    SILENCE,
    STALL,
    Act,
    Authority,
    ScriptedSmtp,
    Seen,
    make_authority,
    until,
)

SENDER, RECIPIENT = "info@northwind.example", "anna@kunde.example"
LETTER = b"From: info@northwind.example\r\nSubject: Angebot\r\n\r\nGuten Tag\r\n"
LARGE = LETTER + b"0123456789abcdef" * 4 * 1024 * 16 * 8 + b"\r\n"  # 8 MB: more than socket buffers hold
NOT_SENT, REFUSED, UNKNOWN = Certainty.NOT_SENT, Certainty.REFUSED, Certainty.UNKNOWN
Commit = Callable[[], Awaitable[bool]]
Script = Mapping[str, tuple[bytes | Act, ...]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of these tests."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that did not sign the server's certificate."""
    return make_authority(tmp_path_factory.mktemp("stranger"))


def login_for(server: ScriptedSmtp, **changes: Any) -> SmtpLogin:
    """Plain, without sign-in, patient enough for a busy machine."""
    return replace(SmtpLogin("127.0.0.1", server.port, "none", reply_timeout=20, dot_timeout=20), **changes)


async def agree() -> bool:
    """A commit that succeeds."""
    return True


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt, here and at the server."""

    accepted: Accepted | None
    error: SendError | None
    commits: int
    usable: bool
    seen: Seen


def attempt(server: ScriptedSmtp, raw: bytes = LETTER, commit: Commit = agree, **changes: Any) -> Outcome:
    """Open, submit one mail, look, close."""

    async def scenario() -> Outcome:
        commits = 0

        async def before_dot() -> bool:
            nonlocal commits
            commits += 1
            return await commit()

        async with server.running():
            session = await SmtpSession.open(login_for(server, **changes))
            accepted, error = None, None
            try:
                accepted = await session.submit(SENDER, RECIPIENT, raw, before_dot)
            except SendError as caught:
                error = caught
            usable = session.usable
            await session.close()
            return Outcome(accepted, error, commits, usable, await server.finished())

    return asyncio.run(scenario())


def test_a_mail_arrives_byte_for_byte() -> None:
    """The plain case: one transaction, one dot, the server's words, and a session fit for the next mail."""
    outcome = attempt(ScriptedSmtp())
    assert outcome.accepted == Accepted(250, "2.0.0 queued as 4711")
    assert outcome.seen.mails == [LETTER]
    assert outcome.seen.commands[1:] == [
        b"MAIL FROM:<info@northwind.example> SIZE=%d" % len(LETTER),
        b"RCPT TO:<anna@kunde.example>",
        b"DATA",
        b"QUIT",
    ]
    assert outcome.commits == 1
    assert outcome.usable


@dataclass(frozen=True)
class Case:
    """A way to fail, and what must be known afterwards."""

    name: str
    script: Script
    phase: Phase
    certainty: Certainty
    scope: Scope = Scope.SERVER
    permanent: bool = False
    code: int = 0
    usable: bool = False
    raw: bytes = LETTER
    verbs: str = ""  # what the server saw after EHLO, where it matters
    timeout: float = 20

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


DROPS = [
    Case("drop instead of a reply to MAIL", {"MAIL": (DROP,)}, Phase.MAIL, NOT_SENT, verbs="MAIL"),
    Case("drop after MAIL", {"MAIL": (GO_ON, DROP)}, Phase.RCPT, NOT_SENT, verbs="MAIL"),
    Case("reset after MAIL", {"MAIL": (RESET,)}, Phase.MAIL, NOT_SENT, verbs="MAIL"),
    Case("drop after RCPT", {"RCPT": (DROP,)}, Phase.RCPT, NOT_SENT, verbs="MAIL RCPT"),
    Case("drop before 354", {"DATA": (DROP,)}, Phase.DATA, NOT_SENT, verbs="MAIL RCPT DATA"),
    Case("drop after 354", {"DATA": (GO_ON, DROP)}, Phase.BODY, NOT_SENT, verbs="MAIL RCPT DATA"),
    Case("drop mid body", {"body": (DROP,)}, Phase.BODY, NOT_SENT, raw=LARGE),
    Case("reset mid body", {"body": (RESET,)}, Phase.BODY, NOT_SENT, raw=LARGE),
    Case("drop after the dot", {"dot": (DROP,)}, Phase.DOT, UNKNOWN),
    Case("reset after the dot", {"dot": (RESET,)}, Phase.DOT, UNKNOWN),
    Case("half a reply after the dot", {"dot": (b"250 2.0.0 queu", DROP)}, Phase.DOT, UNKNOWN),
    Case("half a multi-line reply", {"dot": (b"250-queued\r\n", DROP)}, Phase.DOT, UNKNOWN),
]
SILENT = [
    Case("silence at MAIL", {"MAIL": (SILENCE,)}, Phase.MAIL, NOT_SENT, timeout=0.3),
    Case("silence at RCPT", {"RCPT": (SILENCE,)}, Phase.RCPT, NOT_SENT, timeout=0.3),
    Case("silence at DATA", {"DATA": (SILENCE,)}, Phase.DATA, NOT_SENT, timeout=0.3),
    Case("a server that stops reading", {"body": (STALL,)}, Phase.BODY, NOT_SENT, raw=LARGE, timeout=0.3),
    Case("silence after the dot", {"dot": (SILENCE,)}, Phase.DOT, UNKNOWN, timeout=0.3),
    Case(
        "a reply that never ends", {"dot": (b"250-one\r\n", b"250-two\r\n")}, Phase.DOT, UNKNOWN, timeout=0.3
    ),
]
NO_SUCH_USER, GREYLISTED = (
    b"550 5.1.1 <anna@kunde.example> unknown\r\n",
    b"451 4.7.1 greylisted, come back later\r\n",
)
BUSY, GOING = b"451 4.3.0 try again\r\n", b"421 4.3.2 shutting down\r\n"
REFUSALS = [
    Case("421 at MAIL", {"MAIL": (GOING,)}, Phase.MAIL, REFUSED, code=421, verbs="MAIL"),
    Case("421 at RCPT", {"RCPT": (GOING, DROP)}, Phase.RCPT, REFUSED, code=421, verbs="MAIL RCPT"),
    Case("421 at DATA", {"DATA": (GOING, DROP)}, Phase.DATA, REFUSED, code=421),
    Case("421 after the dot", {"dot": (GOING, DROP)}, Phase.DOT, REFUSED, code=421),
    Case("451 at MAIL", {"MAIL": (BUSY,)}, Phase.MAIL, REFUSED, Scope.ACCOUNT, code=451, usable=True),
    Case(
        "451 at RCPT", {"RCPT": (GREYLISTED,)}, Phase.RCPT, REFUSED, Scope.RECIPIENT, code=451, usable=True,
        verbs="MAIL RCPT RSET QUIT",
    ),
    Case(
        "550 at RCPT", {"RCPT": (NO_SUCH_USER,)}, Phase.RCPT, REFUSED, Scope.RECIPIENT, True, 550, True,
        verbs="MAIL RCPT RSET QUIT",
    ),
    Case("451 at DATA", {"DATA": (BUSY,)}, Phase.DATA, REFUSED, Scope.MESSAGE, code=451, usable=True),
    Case("451 after the dot", {"dot": (BUSY,)}, Phase.DOT, REFUSED, Scope.MESSAGE, code=451, usable=True),
    Case("552 at MAIL", {"MAIL": (b"552 too big\r\n",)}, Phase.MAIL, REFUSED, Scope.MESSAGE, True, 552, True),
    Case("552 after the dot", {"dot": (b"552 5.3.4 big\r\n",)}, Phase.DOT, REFUSED, Scope.MESSAGE, True, 552, True),
    Case("554 after the dot", {"dot": (b"554 5.7.1 spam\r\n",)}, Phase.DOT, REFUSED, Scope.MESSAGE, True, 554, True),
    Case(
        "RSET refused too", {"RCPT": (NO_SUCH_USER,), "RSET": (b"500 what\r\n",)}, Phase.RCPT, REFUSED,
        Scope.RECIPIENT, True, 550, usable=False,
    ),
    Case(
        "drop at RSET", {"RCPT": (NO_SUCH_USER,), "RSET": (DROP,)}, Phase.RCPT, REFUSED,
        Scope.RECIPIENT, True, 550, usable=False,
    ),
]  # fmt: skip
ODDITIES = [
    Case(
        "354 joined to a refused RCPT", {"RCPT": (NO_SUCH_USER + b"354 go\r\n",)}, Phase.RCPT, REFUSED,
        Scope.RECIPIENT, True, 550, verbs="MAIL RCPT",
    ),
    Case(
        "354 as the answer to RSET", {"RCPT": (NO_SUCH_USER,), "RSET": (b"354 go\r\n",)}, Phase.RCPT, REFUSED,
        Scope.RECIPIENT, True, 550, verbs="MAIL RCPT RSET",
    ),
    Case("354 to MAIL", {"MAIL": (b"354 go\r\n",)}, Phase.MAIL, NOT_SENT, code=354, verbs="MAIL"),
    Case("250 to DATA", {"DATA": (b"250 ok\r\n",)}, Phase.DATA, NOT_SENT, code=250, verbs="MAIL RCPT DATA"),
    Case("354 after the dot", {"dot": (b"354 go\r\n",)}, Phase.DOT, UNKNOWN, code=354),
    Case("two replies to MAIL", {"MAIL": (b"250 a\r\n250 b\r\n",)}, Phase.RCPT, NOT_SENT, code=250, verbs="MAIL"),
    Case("garbage at MAIL", {"MAIL": (b"hello\r\n",)}, Phase.MAIL, NOT_SENT, verbs="MAIL"),
    Case("garbage at RCPT", {"RCPT": (b"\x00\xff\r\n",)}, Phase.RCPT, NOT_SENT, verbs="MAIL RCPT"),
    Case("garbage at DATA", {"DATA": (b"HTTP/1.1 200 OK\r\n",)}, Phase.DATA, NOT_SENT),
    Case("garbage after the dot", {"dot": (b"-ERR\r\n",)}, Phase.DOT, UNKNOWN),
    Case("codes that change", {"dot": (b"250-a\r\n550 b\r\n",)}, Phase.DOT, UNKNOWN),
    Case("10 MB without a line end", {"dot": (b"250 " + b"x" * 10_000_000,)}, Phase.DOT, UNKNOWN),
    Case("10 MB of one reply", {"MAIL": (b"250-x\r\n" * 1_400_000,)}, Phase.MAIL, NOT_SENT),
    Case("10 MB of replies", {"body": (b"250 x\r\n" * 1_400_000,)}, Phase.BODY, NOT_SENT, code=250, raw=LARGE),
]  # fmt: skip
EARLY = [
    Case("421 during the body", {"body": (GOING,)}, Phase.BODY, NOT_SENT, code=421, raw=LARGE),
    Case("421 and drop during the body", {"body": (GOING, DROP)}, Phase.BODY, NOT_SENT, code=421, raw=LARGE),
    Case("421 to a blocked body", {"body": (GOING, STALL)}, Phase.BODY, NOT_SENT, code=421, raw=LARGE),
    Case("250 during the body", {"body": (b"250 ok\r\n",)}, Phase.BODY, NOT_SENT, code=250, raw=LARGE),
    Case(
        "552 during the body", {"body": (b"552 5.3.4 big\r\n",)}, Phase.BODY, NOT_SENT, Scope.MESSAGE,
        code=552, raw=LARGE,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", DROPS + SILENT + REFUSALS + ODDITIES + EARLY, ids=str)
def test_each_failure_is_told_apart(case: Case) -> None:
    """Phase, certainty, scope, permanence; a dot at the server only after DOT; a message that names nobody."""
    server = ScriptedSmtp(case.script, body_limit=1)
    outcome = attempt(server, case.raw, reply_timeout=case.timeout, dot_timeout=case.timeout)
    error = outcome.error
    assert error is not None
    assert (error.phase, error.certainty, error.scope, error.permanent, error.code) == (
        case.phase, case.certainty, case.scope, case.permanent, case.code,
    )  # fmt: skip
    assert outcome.usable is case.usable
    dots = 1 if case.phase is Phase.DOT else 0
    assert len(outcome.seen.mails) == dots
    assert outcome.commits == dots
    assert not case.verbs or outcome.seen.verbs()[1:] == case.verbs.split()
    assert f"at {case.phase}" in str(error)
    assert "127.0.0.1" in str(error)
    assert "@" not in str(error)


def test_the_servers_words_are_kept() -> None:
    """All lines of a refusal, without terminal escapes."""
    script = {"RCPT": (b"550-5.1.1 nobody \x1b[31mhere\r\n", b"550 5.1.1 ask b\xc3\xbcro\r\n")}
    outcome = attempt(ScriptedSmtp(script))
    assert outcome.error is not None
    assert outcome.error.text == "5.1.1 nobody \ufffd[31mhere\n5.1.1 ask büro"


def test_replies_may_be_split_anywhere() -> None:
    """A multi-line reply that arrives byte by byte is one reply."""
    wire = b"250-first\r\n250-second\r\n250 2.1.0 third\r\n"
    reader = ReplyReader()
    replies = [reply for byte in wire for reply in reader.feed(bytes([byte]))]
    assert replies == [Reply(250, "first\nsecond\n2.1.0 third")]


def test_replies_may_arrive_joined() -> None:
    """Several replies in one segment are several replies, and a bare code or line feed will do."""
    wire = b"250 one\r\n550 5.1.1 two\n354\r\n"
    assert list(ReplyReader().feed(wire)) == [Reply(250, "one"), Reply(550, "5.1.1 two"), Reply(354, "")]


@pytest.mark.parametrize(
    "wire",
    [
        b"x" * 2001,
        b"250 " + b"x" * 2000 + b"\r\n",
        b"250-x\r\n" * 101,
        (b"250-" + b"x" * 1990 + b"\r\n") * 34,
    ],
)
def test_replies_are_bounded(wire: bytes) -> None:
    """2000 bytes in a line, 100 lines or 64 KB in a reply; more is never kept."""
    with pytest.raises(DialogueError):
        list(ReplyReader().feed(wire))


def test_a_flood_of_replies_is_cut_off() -> None:
    """Replies nobody asked for are not kept without end either, even while this side waits for its own database."""
    server = ScriptedSmtp()

    async def commit() -> bool:
        server.say(b"250 ok\r\n" * 20)
        await until(lambda: server.seen.ended == 1)
        return True

    outcome = attempt(server, commit=commit)
    assert outcome.error is not None
    assert outcome.error.certainty is NOT_SENT


def test_a_server_is_heard_while_the_body_is_stuck() -> None:
    """A server that reads no more but says why is understood at once, not after the timeout."""
    server = ScriptedSmtp({"body": (STALL,)}, body_limit=1)

    async def scenario() -> SendError:
        async with opened(server, reply_timeout=60) as session:
            task = asyncio.create_task(session.submit(SENDER, RECIPIENT, LARGE, agree))
            await until(lambda: session._dialogue._paused)
            server.say(GOING)
            async with asyncio.timeout(20):
                with pytest.raises(SendError) as caught:
                    await task
            return caught.value

    error = asyncio.run(scenario())
    assert (error.phase, error.certainty, error.code) == (Phase.BODY, NOT_SENT, 421)


def test_a_session_goes_on_after_a_refused_recipient() -> None:
    """RSET clears the transaction, and the next recipient gets the mail over the same connection."""
    server = ScriptedSmtp({"RCPT 1": (NO_SUCH_USER,)})

    async def scenario() -> None:
        async with opened(server) as session:
            with pytest.raises(SendError, match="refused at rcpt"):
                await session.submit(SENDER, RECIPIENT, LETTER, agree)
            await session.submit(SENDER, "second@kunde.example", LETTER, agree)

    asyncio.run(scenario())
    assert server.seen.verbs() == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert server.seen.connections == 1
    assert server.seen.mails == [LETTER]


@asynccontextmanager
async def opened(server: ScriptedSmtp, **changes: Any) -> Any:
    """A running server and a session with it."""
    async with server.running():
        session = await SmtpSession.open(login_for(server, **changes))
        try:
            yield session
        finally:
            await session.close()


def test_the_commit_comes_before_the_dot() -> None:
    """While the commit runs, the server has the whole body and no dot; the dot follows once the commit is done."""
    server = ScriptedSmtp()
    wire = LETTER.removesuffix(b"\r\n")

    async def commit() -> bool:
        await until(lambda: server.seen.body == wire)
        for _ in range(100):  # anything the client sent by mistake would arrive now
            await asyncio.sleep(0)
        assert server.seen.body == wire
        assert server.seen.mails == []
        return True

    outcome = attempt(server, commit=commit)
    assert outcome.error is None
    assert outcome.commits == 1
    assert outcome.seen.mails == [LETTER]


def test_a_refused_commit_sends_no_dot() -> None:
    """The connection is cut and the server is left without the end of the mail."""

    async def refuse() -> bool:
        return False

    outcome = attempt(ScriptedSmtp(), commit=refuse)
    assert outcome.error is not None
    assert (outcome.error.phase, outcome.error.certainty) == (Phase.COMMIT, NOT_SENT)
    assert outcome.seen.mails == []
    assert outcome.seen.verbs()[-1] == "DATA"
    assert not outcome.usable


def test_a_commit_that_fails_sends_no_dot() -> None:
    """An error of the caller's own comes through unchanged, and the connection is cut."""
    server = ScriptedSmtp()

    async def fail() -> bool:
        raise LookupError("disk full")

    async def scenario() -> bool:
        async with opened(server) as session:
            with pytest.raises(LookupError, match="disk full"):
                await session.submit(SENDER, RECIPIENT, LETTER, fail)
            return bool(session.usable)

    assert asyncio.run(scenario()) is False
    assert server.seen.mails == []


@pytest.mark.parametrize(
    "words", [(GOING,), (GOING, DROP), (DROP,), (RESET,), (b"250 ok\r\n",), (b"rubbish\r\n",)]
)
def test_what_happens_during_the_commit_stops_the_dot(words: tuple[bytes | Act, ...]) -> None:
    """A reply or a hang-up while the commit is written is seen before the dot; a reply even if nothing pauses."""
    server = ScriptedSmtp()

    async def commit() -> bool:
        server.say(*words)
        if words[-1] in (DROP, RESET):
            await until(lambda: server.seen.ended == 1)
        return True

    outcome = attempt(server, commit=commit)
    assert outcome.error is not None
    assert outcome.error.certainty is NOT_SENT
    assert outcome.commits == 1
    assert outcome.seen.mails == []
    assert not outcome.usable


@pytest.mark.parametrize(("step", "dots"), [("RCPT", 0), ("dot", 1)])
def test_a_cancelled_submit_cuts_the_connection(step: str, dots: int) -> None:
    """Cancelling leaves no half dialogue behind that another mail could fall into."""
    server = ScriptedSmtp({step: (SILENCE,)})

    async def scenario() -> bool:
        async with opened(server) as session:
            task = asyncio.create_task(session.submit(SENDER, RECIPIENT, LETTER, agree))
            await until(lambda: server.seen.mails if dots else server.seen.verbs()[-1] == "RCPT")  # type: ignore[arg-type,return-value]
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: server.seen.ended == 1)
            return bool(session.usable)

    assert asyncio.run(scenario()) is False
    assert len(server.seen.mails) == dots


@pytest.mark.parametrize(
    "last", [(DROP,), (RESET,), (SILENCE,), (b"500 no\r\n",), (b"rubbish\r\n",), (b"x" * 9999,)]
)
def test_nothing_at_quit_matters(last: tuple[bytes | Act, ...]) -> None:
    """An accepted mail stays accepted whatever the server does with QUIT, and closing raises nothing."""
    outcome = attempt(ScriptedSmtp({"QUIT": last}), reply_timeout=0.3)
    assert outcome.accepted is not None
    assert outcome.seen.verbs()[-1] == "QUIT"


def test_a_drop_before_quit_matters_as_little() -> None:
    """The server may hang up as soon as it has accepted the mail; the session is then used up."""
    server = ScriptedSmtp({"dot": (GO_ON, DROP)})

    async def scenario() -> bool:
        async with opened(server) as session:
            accepted = await session.submit(SENDER, RECIPIENT, LETTER, agree)
            assert accepted.code == 250
            await until(lambda: not session.usable)
            with pytest.raises(SendError) as caught:
                await session.submit(SENDER, RECIPIENT, LETTER, agree)
            assert caught.value.certainty is NOT_SENT
            await session.close()
            await session.close()
            return True

    assert asyncio.run(scenario())
    assert len(server.seen.mails) == 1


def test_a_word_after_the_acceptance_uses_the_session_up() -> None:
    """A server that accepts and says it is going gets no other mail, though it has not hung up yet."""
    outcome = attempt(ScriptedSmtp({"dot": (b"250 2.0.0 taken\r\n" + GOING,)}))
    assert outcome.accepted == Accepted(250, "2.0.0 taken")
    assert not outcome.usable


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b".\r\n..\r\n.hidden\r\n\r\n.\r\n", b"..\r\n...\r\n..hidden\r\n\r\n..\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r.\rb\r", b"a\r\n..\r\nb\r\n"),
        (b"a\r\r\n\n.\r\n", b"a\r\n\r\n\r\n..\r\n"),
        (b"", b"\r\n"),
        (b"\r\n", b"\r\n"),
        (b"x" * 65535 + b"\r\n.\r\nMAIL FROM:<evil@example.example>\r\n", None),
    ],
)
def test_dots_are_stuffed_and_line_ends_made_whole(raw: bytes, wire: bytes | None) -> None:
    """No line of a letter can end it early, whatever its line ends; a missing last line end is added."""
    outcome = attempt(ScriptedSmtp(), raw)
    assert outcome.seen.mails == [raw.replace(b"\n.", b"\n..") if wire is None else wire]
    assert outcome.seen.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("size", [0, 1, 65533, 65534, 65535, 65536, 65537, 65538, 131072])
def test_no_length_breaks_the_end(size: int) -> None:
    """Letters that end around the border of a chunk arrive whole."""
    raw = b"x" * size + b"\r\n"
    assert attempt(ScriptedSmtp(), raw).seen.mails == [raw]


EIGHT_BIT = "Subject: x\r\n\r\nGrüße\r\n".encode()


@pytest.mark.parametrize(
    ("raw", "extensions", "parameters"),
    [
        (EIGHT_BIT, ("8BITMIME", "SIZE"), b" SIZE=%d BODY=8BITMIME" % len(EIGHT_BIT)),
        (LETTER, ("8BITMIME",), b""),
        (EIGHT_BIT, (), b""),
        (b"a\n.\nb", ("SIZE 0",), b" SIZE=9"),
        (LETTER, ("PIPELINING", "size 1000"), b" SIZE=%d" % len(LETTER)),
    ],
)
def test_only_what_is_offered_and_needed_is_asked_for(
    raw: bytes, extensions: tuple[str, ...], parameters: bytes
) -> None:
    """SIZE counts line ends as sent and doubled dots not (RFC 1870); 8BITMIME is for eight-bit text alone."""
    outcome = attempt(ScriptedSmtp(extensions=extensions), raw)
    assert outcome.seen.commands[1] == b"MAIL FROM:<info@northwind.example>" + parameters


def test_a_letter_above_the_servers_limit_is_not_tried() -> None:
    """The limit of EHLO is believed: nothing is sent, and the session stays usable."""
    outcome = attempt(ScriptedSmtp(extensions=("SIZE 10",)))
    assert outcome.error is not None
    assert (outcome.error.certainty, outcome.error.scope, outcome.error.permanent) == (
        REFUSED,
        Scope.MESSAGE,
        True,
    )
    assert outcome.seen.verbs() == ["EHLO", "QUIT"]
    assert outcome.usable


BAD_ADDRESSES = [
    "a@b>\r\nRCPT TO:<c@d",
    "a\r@b",
    "a\nb",
    "a\0@b",
    "a b@c",
    "a@b SIZE=1",
    "<a@b>",
    "a\u2028b@c",
    "a\x7f@b",
    "\udc80@b",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_cannot_carry_a_command(address: str) -> None:
    """Line ends, blanks, control characters and brackets in an address are refused before a byte is sent."""
    server = ScriptedSmtp(extensions=("SMTPUTF8",))

    async def scenario() -> None:
        async with opened(server) as session:
            with pytest.raises(SendError) as receiving:
                await session.submit(SENDER, address, LETTER, agree)
            with pytest.raises(SendError) as sending:
                await session.submit(address, RECIPIENT, LETTER, agree)
            assert (receiving.value.scope, receiving.value.permanent) == (Scope.RECIPIENT, True)
            assert (sending.value.scope, sending.value.permanent) == (Scope.MESSAGE, True)
            assert session.usable

    asyncio.run(scenario())
    assert server.seen.verbs() == ["EHLO", "QUIT"]


def test_a_bounce_address_may_be_empty_but_no_recipient() -> None:
    """Automatic answers go out with MAIL FROM:<> (RFC 3834); a mail to nobody does not."""
    server = ScriptedSmtp(extensions=())

    async def scenario() -> None:
        async with opened(server) as session:
            await session.submit("", RECIPIENT, LETTER, agree)
            with pytest.raises(SendError, match="no recipient"):
                await session.submit(SENDER, "", LETTER, agree)

    asyncio.run(scenario())
    assert server.seen.commands[1] == b"MAIL FROM:<>"


@pytest.mark.parametrize("offered", [True, False])
def test_smtputf8_is_asked_for_only_where_an_address_needs_it(offered: bool) -> None:
    """An address with umlauts goes as UTF-8 where the server can, and is refused for good where it can't."""
    server = ScriptedSmtp(extensions=("SMTPUTF8",) if offered else ())

    async def scenario() -> None:
        async with opened(server) as session:
            await session.submit(SENDER, RECIPIENT, LETTER, agree)
            if offered:
                await session.submit(SENDER, "jürgen@müller.example", LETTER, agree)
                return
            with pytest.raises(SendError, match="SMTPUTF8") as caught:
                await session.submit(SENDER, "jürgen@müller.example", LETTER, agree)
            assert (caught.value.scope, caught.value.permanent) == (Scope.RECIPIENT, True)

    asyncio.run(scenario())
    assert server.seen.commands[1] == b"MAIL FROM:<info@northwind.example>"
    if offered:
        assert server.seen.commands[4:6] == [
            b"MAIL FROM:<info@northwind.example> SMTPUTF8",
            "RCPT TO:<jürgen@müller.example>".encode(),
        ]


@pytest.mark.parametrize("tls", ["none", "implicit", "starttls"])
def test_a_letter_of_25_mb_arrives(tls: str, authority: Authority) -> None:
    """Large letters are fed in as the connection takes them, plain and over TLS."""
    raw = LETTER + (b"." + b"x" * 74 + b"\r\n") * 325_000
    server = secure(authority, tls) if tls != "none" else ScriptedSmtp()
    outcome = attempt(server, raw, tls=tls, ca=authority.ca)
    assert outcome.error is None
    assert len(raw) > 25_000_000
    assert outcome.seen.mails == [raw.replace(b"\n.", b"\n..")]


def secure(authority: Authority, tls: str, script: Script | None = None) -> ScriptedSmtp:
    """A server that speaks TLS at once, or offers STARTTLS."""
    extensions = ("SIZE", "AUTH PLAIN LOGIN", "STARTTLS")
    context = authority.server_context()
    return ScriptedSmtp(script or {}, extensions, body_limit=1, context=context, implicit=tls == "implicit")


TLS_CASES = [DROPS[0], DROPS[4], *DROPS[6:], SILENT[3], SILENT[4], *EARLY]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("case", TLS_CASES, ids=str)
def test_failures_are_told_apart_over_tls_too(case: Case, tls: str, authority: Authority) -> None:
    """The same answers where TLS stands between the dialogue and the socket."""
    timeouts = {"reply_timeout": case.timeout, "dot_timeout": case.timeout}
    if case.timeout < 1:
        timeouts["reply_timeout"] = 1  # the handshake needs its time
    outcome = attempt(secure(authority, tls, case.script), case.raw, tls=tls, ca=authority.ca, **timeouts)
    assert outcome.error is not None
    assert (outcome.error.phase, outcome.error.certainty, outcome.error.code) == (
        case.phase,
        case.certainty,
        case.code,
    )
    assert len(outcome.seen.mails) == (1 if case.phase is Phase.DOT else 0)


def refused(server: ScriptedSmtp, kind: type[ServerError] = ServerError, **changes: Any) -> ServerError:
    """The error that opening a session ends with."""

    async def scenario() -> ServerError:
        async with server.running():
            with pytest.raises(kind) as caught:
                await SmtpSession.open(login_for(server, **changes))
            await server.finished()
            return caught.value

    return asyncio.run(scenario())


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_of_a_stranger_is_refused(tls: str, authority: Authority, stranger: Authority) -> None:
    """Without trust in the signer nothing is said, least of all the password."""
    server = secure(authority, tls)
    error = refused(server, tls=tls, ca=stranger.ca, username="info", password="geheim")
    assert not error.permanent
    assert "no trusted connection at tls" in str(error)
    assert server.seen.sign_ins == []


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_for_another_name_is_refused(tls: str, authority: Authority) -> None:
    """The host name is verified, not the signature alone."""
    error = refused(secure(authority, tls), tls=tls, ca=authority.ca, host="localhost")
    assert "no trusted connection at tls" in str(error)


def test_starttls_cannot_be_stripped(authority: Authority) -> None:
    """A server, or someone in between, that offers no STARTTLS never sees a password."""
    server = ScriptedSmtp()
    error = refused(server, tls="starttls", ca=authority.ca, username="info", password="geheim")
    assert "STARTTLS" in str(error)
    assert server.seen.verbs() == ["EHLO"]


def test_starttls_refused_ends_the_session(authority: Authority) -> None:
    """An offer that is taken back is no reason to go on in the clear."""
    server = secure(authority, "starttls", {"STARTTLS": (b"454 4.7.0 not now\r\n",)})
    error = refused(server, tls="starttls", ca=authority.ca, username="info", password="geheim")
    assert (error.permanent, server.seen.verbs()) == (False, ["EHLO", "STARTTLS"])


def test_what_was_said_before_tls_is_forgotten(authority: Authority) -> None:
    """Extensions are taken from the EHLO under TLS (RFC 3207, section 4.2)."""
    script = {"EHLO 1": (b"250-x\r\n250-SMTPUTF8\r\n250 STARTTLS\r\n",)}
    outcome = attempt(secure(authority, "starttls", script), tls="starttls", ca=authority.ca)
    assert b"SIZE=" in outcome.seen.commands[3]
    assert outcome.seen.verbs()[:3] == ["EHLO", "STARTTLS", "EHLO"]


def test_words_slipped_in_before_tls_are_dropped(authority: Authority) -> None:
    """Plain text behind the answer to STARTTLS does not reach the encrypted session."""
    script = {"STARTTLS": (b"220 ready\r\n250 slipped in\r\n",)}
    outcome = attempt(secure(authority, "starttls", script), tls="starttls", ca=authority.ca)
    assert outcome.accepted == Accepted(250, "2.0.0 queued as 4711")


@pytest.mark.parametrize("host", ["mail.provider.example", "192.0.2.1"])
def test_no_tls_is_for_loopback_only(host: str) -> None:
    """A password or a letter never crosses a network in the clear, whatever the configuration says."""
    with pytest.raises(ServerError, match="loopback") as caught:
        asyncio.run(SmtpSession.open(SmtpLogin(host, 25, "none")))
    assert caught.value.permanent


def test_sign_in_with_umlauts(authority: Authority) -> None:
    """Names and passwords go as UTF-8 (RFC 4616)."""
    server = secure(authority, "implicit")
    outcome = attempt(server, tls="implicit", ca=authority.ca, username="büro", password="Grüße & ß€")
    assert outcome.accepted
    assert server.seen.sign_ins == [("büro", "Grüße & ß€")]


@pytest.mark.parametrize(
    "answer", [b"535 5.7.8 no, info@northwind.example\r\n", b"534 5.7.9 app password\r\n"]
)
def test_a_refused_sign_in_is_tried_once(answer: bytes) -> None:
    """One wrong password is one attempt, so that no account is locked; the message names nobody."""
    server = ScriptedSmtp({"AUTH": (answer,)}, extensions=("AUTH CRAM-MD5 LOGIN PLAIN",))
    error = refused(server, SignInRefusedError, username="info@northwind.example", password="falsch")
    assert server.seen.verbs() == ["EHLO", "AUTH"]
    assert (error.scope, error.permanent) == (Scope.ACCOUNT, True)
    assert "@" not in str(error)
    assert "falsch" not in str(error)


def test_another_mechanism_is_tried_only_where_one_is_unknown() -> None:
    """504 says nothing about the password (RFC 4954, section 4)."""
    server = ScriptedSmtp({"AUTH 1": (b"504 5.5.4 unknown\r\n",), "AUTH 2": (b"535 5.7.8 no\r\n",)})
    refused(server, SignInRefusedError, username="info", password="falsch")
    assert [line.split()[1] for line in server.seen.commands[1:]] == [b"PLAIN", b"LOGIN"]


@dataclass(frozen=True)
class Opening:
    """A way to fail before the first mail."""

    script: Script
    words: str
    permanent: bool = False


OPENINGS = [
    Opening({"AUTH": (b"454 4.7.0 later\r\n",)}, "refused at auth (454 4.7.0)"),
    Opening({"AUTH": (GOING, DROP)}, "refused at auth (421 4.3.2)"),
    Opening({"AUTH": (DROP,)}, "at auth"),
    Opening({"AUTH": (SILENCE,)}, "no answer in time at auth"),
    Opening({"AUTH": (b"rubbish\r\n",)}, "no SMTP reply at auth"),
    Opening({"EHLO": (b"250 plain\r\n",)}, "offers no sign-in", permanent=True),
    Opening({"EHLO": (b"550 5.7.1 go away\r\n",)}, "refused at ehlo (550 5.7.1)", permanent=True),
    Opening({"EHLO": (b"250-x\r\n" * 2_000_000,)}, "no SMTP reply at ehlo"),
    Opening({"greeting": (b"421 4.3.2 busy\r\n",)}, "refused at connect (421 4.3.2)"),
    Opening({"greeting": (b"554 5.7.1 blocked\r\n",)}, "refused at connect (554 5.7.1)", permanent=True),
    Opening({"greeting": (DROP,)}, "no connection at connect"),
    Opening({"greeting": (SILENCE,)}, "no answer in time at connect"),
    Opening({"greeting": (b"SSH-2.0-OpenSSH\r\n",)}, "no SMTP reply at connect"),
    Opening({"greeting": (b"220 " + b"x" * 10_000_000,)}, "no SMTP reply at connect"),
    Opening({"greeting": (b"220-x\r\n" * 1_500_000,)}, "no SMTP reply at connect"),
]


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda opening: opening.words.replace(" ", "-"))
def test_each_failure_to_open_is_told_apart(opening: Opening) -> None:
    """What stands in the way before the first mail is a ServerError: permanent only where the server said 5xx."""
    login = {"username": "info", "password": "geheim", "reply_timeout": 0.5, "connect_timeout": 0.5}
    error = refused(ScriptedSmtp(opening.script), **login)
    assert opening.words in str(error)
    assert not isinstance(error, SignInRefusedError)
    assert error.permanent is opening.permanent


def test_a_port_where_nobody_listens() -> None:
    """No server is a temporary failure that names host and reason."""
    server = ScriptedSmtp()

    async def scenario() -> int:
        async with server.running():
            return server.port

    port = asyncio.run(scenario())
    with pytest.raises(ServerError, match="accepts no connections") as caught:
        asyncio.run(SmtpSession.open(SmtpLogin("127.0.0.1", port, "none")))
    assert not caught.value.permanent


@pytest.mark.parametrize("ca", ["missing.pem", "empty.pem"])
def test_a_ca_file_that_cannot_be_used(ca: str, tmp_path: Path) -> None:
    """The admin's own file is at fault, and the message names it."""
    (tmp_path / "empty.pem").write_bytes(b"")
    with pytest.raises(ServerError, match=ca) as caught:
        asyncio.run(SmtpSession.open(SmtpLogin("127.0.0.1", 1, "implicit", ca=tmp_path / ca)))
    assert caught.value.permanent


def test_a_password_is_not_in_the_repr() -> None:
    """Logins end up in tracebacks."""
    assert "geheim" not in repr(SmtpLogin("127.0.0.1", 25, "none", "info", "geheim"))


A, R, M, S = Scope.ACCOUNT, Scope.RECIPIENT, Scope.MESSAGE, Scope.SERVER
MAIL, RCPT, DATA, DOT = Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT


@pytest.mark.parametrize(
    ("phase", "code", "text", "scope", "permanent"),
    [
        (RCPT, 550, "5.1.1 user unknown", R, True),
        (RCPT, 550, "Requested action not taken: mailbox unavailable", R, True),
        (RCPT, 450, "4.2.0 <a@kunde.example>: Recipient address rejected: Greylisted", R, False),
        (RCPT, 451, "4.7.1 Greylisting in action, please come back later", R, False),
        (RCPT, 550, "5.7.1 Sender is not allowed", A, True),
        (RCPT, 550, "5.1.8 Sender address rejected: Domain not found", A, True),
        (RCPT, 554, "Relay access denied", A, True),
        (RCPT, 530, "Authentication required", A, True),
        (RCPT, 552, "5.2.2 Mailbox full", R, True),
        (RCPT, 452, "4.2.2 The email account that you tried to reach is over quota", R, False),
        (RCPT, 552, "5.2.2 <a@kunde.example> Quota exceeded (mailbox for user is full)", R, True),
        (RCPT, 450, "4.2.1 The user is receiving mail at a rate that prevents additional messages", R, False),
        (RCPT, 550, "5.4.5 Daily user sending limit exceeded", A, False),
        (RCPT, 550, "5.1.90 Your message can't be sent because you've reached your daily limit", A, False),
        (
            RCPT,
            450,
            "Requested mail action not taken: mailbox unavailable. Mail send limit exceeded",
            A,
            False,
        ),
        (RCPT, 452, "4.5.3 Too many recipients", A, False),
        (RCPT, 451, "4.7.1 Ratelimit exceeded", A, False),
        (RCPT, 450, "Versandlimit erreicht", A, False),
        (RCPT, 421, "4.7.0 closing", S, False),
        (RCPT, 503, "5.5.1 need MAIL first", S, False),
        (MAIL, 550, "5.1.1 whatever", A, True),
        (MAIL, 451, "try later", A, False),
        (MAIL, 552, "5.3.4 Message size exceeds fixed limit", M, True),
        (MAIL, 552, "Message exceeds fixed maximum message size", M, True),
        (MAIL, 452, "4.3.4 not now", M, False),
        (DATA, 554, "5.5.1 no valid recipients", M, True),
        (DOT, 554, "5.7.1 rejected as spam", M, True),
        (DOT, 550, "The hourly limit of e-mails is reached", A, False),
        (DOT, 554, "5.2.0 SubmissionQuotaExceededException", A, False),
        (DOT, 451, "4.3.0 try again", M, False),
        (DOT, 552, "too much", M, True),
        (DOT, 550, "2.1.5 class and code disagree", M, True),
    ],
)
def test_what_a_refusal_is_about(phase: Phase, code: int, text: str, scope: Scope, permanent: bool) -> None:
    """Recipient, account, message or server, as the codes say; as the words say where the codes don't."""
    verdict = judge(phase, Reply(code, text))
    assert (verdict.scope, verdict.permanent) == (scope, permanent)


class Peer:
    """The handler of a real aiosmtpd: keeps what it gets."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with each whole mail."""
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


def test_a_real_server_takes_the_mail(authority: Authority) -> None:
    """aiosmtpd, with STARTTLS and sign-in required: two mails over one session, byte for byte."""
    peer = Peer()
    tokens: list[LoginPassword] = []

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _method: str, data: Any
    ) -> AuthResult:
        tokens.append(data)
        return AuthResult(success=data.password == "Grüße".encode(), handled=False)

    async def scenario() -> None:
        async with aiosmtpd(peer, authority, authenticate) as port:
            login = SmtpLogin("127.0.0.1", port, "starttls", "büro", "Grüße", ca=authority.ca)
            session = await SmtpSession.open(login)
            assert (await session.submit(SENDER, RECIPIENT, LETTER, agree)).code == 250
            assert (
                await session.submit(SENDER, "jürgen@kunde.example", EIGHT_BIT + b".\r\n", agree)
            ).code == 250
            await session.close()
            with pytest.raises(SignInRefusedError):
                await SmtpSession.open(replace(login, password="falsch"))

    asyncio.run(scenario())
    assert [envelope.content for envelope in peer.envelopes] == [LETTER, EIGHT_BIT + b".\r\n"]
    assert [envelope.rcpt_tos for envelope in peer.envelopes] == [[RECIPIENT], ["jürgen@kunde.example"]]
    assert tokens[0].login == "büro".encode()


@asynccontextmanager
async def aiosmtpd(peer: Peer, authority: Authority, authenticate: Callable[..., AuthResult]) -> Any:
    """A running aiosmtpd; yields its port."""

    def protocol() -> SMTP:
        return SMTP(
            peer,
            hostname="peer.example",
            enable_SMTPUTF8=True,
            require_starttls=True,
            auth_required=True,
            tls_context=authority.server_context(),
            authenticator=authenticate,
            timeout=20,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
