"""Answers no good server gives: each ends in one of our errors, never in a hang, a wrong value or a repeated word."""

import logging
import select
import socket
from collections.abc import Callable

import pytest

from maild.edge.imap import FolderStatus, ImapLogin, Mailbox
from maild.errors import FolderError, Scope, ServerError
from tests.servers.scripted_imap import CUT, ScriptedImap

SECRET = "anna@kunde.example"


def sign_in(server: ScriptedImap, read_timeout: float = 5) -> Mailbox:
    """A session on a scripted server, INBOX not selected."""
    login = ImapLogin(
        "127.0.0.1", server.port, "none", "info@kanzlei.example", "geheim", read_timeout=read_timeout
    )
    return Mailbox.connect(login)


OPERATIONS: dict[str, Callable[[Mailbox], object]] = {
    "NOOP": lambda box: box.uids_from(1),
    "SELECT": lambda box: box.select("Andere"),
    "STATUS": lambda box: box.status("Andere"),
    "LIST": lambda box: box.folders(),
    "UID SEARCH": lambda box: box.find("Subject", "x"),
    "UID FETCH": lambda box: box.headers([1]),
    "UID STORE": lambda box: box.add_flags([1], ["\\Seen"]),
    "UID MOVE": lambda box: box.move([1], "Andere"),
    "UID COPY": lambda box: box.copy([1], "Andere"),
    "UID EXPUNGE": lambda box: box.remove(1),
    "APPEND": lambda box: box.append("Andere", b"Subject: x\r\n\r\n"),
}


@pytest.mark.parametrize(
    "answer", [b"%t BAD " + SECRET.encode() + b"\r\n", CUT, b"* BYE later\r\n", b"nonsense\r\n"]
)
@pytest.mark.parametrize("command", OPERATIONS)
def test_protocol_faults_end_the_session(command: str, answer: bytes) -> None:
    """A protocol error, a cut and a farewell are the server's temporary fault; afterwards the session is closed."""
    with ScriptedImap({"UID STORE": b"%t OK done\r\n"}) as server, sign_in(server, read_timeout=0.5) as box:
        box.select("INBOX")
        server.answers[command] = answer
        with pytest.raises(ServerError) as caught:
            OPERATIONS[command](box)
        assert (caught.value.scope, caught.value.permanent) == (Scope.SERVER, False)
        assert SECRET not in str(caught.value)
        sent = len(server.commands)
        with pytest.raises(ServerError, match="is closed"):
            box.select("INBOX")
        assert len(server.commands) == sent


@pytest.mark.parametrize("command", sorted(OPERATIONS.keys() - {"LIST", "NOOP"}))
def test_refusals_keep_the_session(command: str) -> None:
    """A NO concerns the folder, shows the response code but none of the server's words, and the session goes on."""
    with ScriptedImap({"UID STORE": b"%t OK done\r\n"}) as server, sign_in(server) as box:
        box.select("INBOX")
        sane = server.answers.get(command, b"")
        server.answers[command] = b"%t NO [OVERQUOTA] " + SECRET.encode() + b" has no room\r\n"
        with pytest.raises(FolderError, match="OVERQUOTA") as caught:
            OPERATIONS[command](box)
        assert not caught.value.permanent
        assert SECRET not in str(caught.value)
        server.answers[command] = sane
        assert box.select("INBOX").messages == 1


def test_refused_list_is_no_folders_fault() -> None:
    """A refusal that concerns no folder is the account's."""
    with ScriptedImap({"LIST": b"%t NO not now\r\n"}) as server, sign_in(server) as box:
        with pytest.raises(ServerError) as caught:
            box.folders()
        assert caught.value.scope is Scope.ACCOUNT


@pytest.mark.parametrize("part", [b"* 1 EXI", b"* 1 FETCH (UID 1 FLAGS () BODY[HEADER]<0> {400}\r\nSubj"])
def test_stall_in_mid_answer(part: bytes) -> None:
    """A server that stops in the middle of a line or a literal costs the timeout, and the session is dead."""
    with ScriptedImap({"UID FETCH": part}) as server, sign_in(server, read_timeout=0.3) as box:
        box.select("INBOX")
        with pytest.raises(ServerError, match="does not answer in time"):
            box.headers([1])
        with pytest.raises(ServerError, match="is closed"):
            box.headers([1])


def test_missing_numbers() -> None:
    """A server without UIDVALIDITY gives 0; UIDNEXT is then asked for by STATUS."""
    answers = {
        "SELECT": b"* 3 EXISTS\r\n%t OK [READ-WRITE] done\r\n",
        "STATUS": b"* STATUS INBOX (MESSAGES 3 UIDNEXT 9)\r\n%t OK done\r\n",
    }
    with ScriptedImap(answers) as server, sign_in(server) as box:
        assert box.select("INBOX") == FolderStatus(uidvalidity=0, uidnext=9, messages=3)


def test_read_only_folder() -> None:
    """A folder that may only be read is refused by name, and another can be selected."""
    read_only = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n%t OK [READ-ONLY] done\r\n"
    with ScriptedImap({"SELECT": read_only}) as server, sign_in(server) as box:
        with pytest.raises(FolderError, match=r"'Archiv'.* is read only") as caught:
            box.select("Archiv")
        assert caught.value.permanent
        del server.answers["SELECT"]
        server.answers["SELECT"] = b"* 4 EXISTS\r\n* OK [UIDNEXT 5] x\r\n%t OK [READ-WRITE] done\r\n"
        assert box.select("INBOX").messages == 4


def test_folder_that_becomes_read_only() -> None:
    """Rights taken away while a folder is selected do not keep it from being read."""
    answers = {
        "NOOP": b"* OK [READ-ONLY] sorry\r\n%t OK done\r\n",
        "UID SEARCH": b"* SEARCH 1 2\r\n%t OK done\r\n",
        "UID STORE": b"%t NO [NOPERM] no\r\n",
    }
    with ScriptedImap(answers) as server, sign_in(server) as box:
        box.select("INBOX")
        for _ in range(2):
            assert box.uids_from(1) == [1, 2]
        with pytest.raises(FolderError, match="NOPERM"):
            box.add_flags([1], ["\\Seen"])


def test_news_in_passing_is_no_answer() -> None:
    """What a server tells unasked, by sequence number, is not taken for the flags of the mail with that UID."""
    answers = {
        "NOOP": b"* 5 FETCH (FLAGS (\\Deleted))\r\n%t OK done\r\n",
        "UID FETCH": b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n%t OK done\r\n",
    }
    with ScriptedImap(answers) as server, sign_in(server) as box:
        box.select("INBOX")
        assert box.flags([5, 1]) == {5: {"\\Seen"}}


def test_old_copyuid_is_not_taken_for_new() -> None:
    """A MOVE that names no UIDs moved nothing, even if an earlier one did."""
    with (
        ScriptedImap({"UID MOVE": b"* OK [COPYUID 7 1 90] x\r\n%t OK done\r\n"}) as server,
        sign_in(server) as box,
    ):
        box.select("INBOX")
        assert box.move([1], "Andere") == {1: 90}
        server.answers["UID MOVE"] = b"%t OK done\r\n"
        assert box.move([1], "Andere") == {}


def test_partial_move_is_told() -> None:
    """If a later chunk is refused, what the earlier ones moved is reported."""
    uids = list(range(100_000, 100_300))
    first = f"{uids[0]}:{uids[141]}"
    with ScriptedImap() as server, sign_in(server) as box:
        box.select("INBOX")
        chunk = b"* OK [COPYUID 7 " + first.encode() + b" 1:142] x\r\n%t OK done\r\n"
        server.answers["UID MOVE"] = iter([chunk, b"%t NO [OVERQUOTA] full\r\n"]).__next__
        assert box.move(uids, "Andere") == {uid: number for number, uid in enumerate(uids[:142], 1)}


def test_two_hundred_thousand_uids_in_one_line() -> None:
    """An answer longer than the library reads ends the session instead of losing UIDs."""
    answer = (
        b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(1_000_000, 1_200_000)) + b"\r\n%t OK done\r\n"
    )
    with ScriptedImap({"UID SEARCH": answer}) as server, sign_in(server) as box:
        box.select("INBOX")
        with pytest.raises(ServerError):
            box.uids_from(1)


def test_folder_name_in_broken_encoding() -> None:
    """One folder whose name can't be decoded does not hide the others."""
    names = (b'"/" "&&&"', b'"/" "A&-B"', b'"/" 2026', b"NIL INBOX")
    listing = b"".join(b"* LIST () " + name + b"\r\n" for name in names) + b"%t OK done\r\n"
    with ScriptedImap({"LIST": listing}) as server, sign_in(server) as box:
        assert {folder.name for folder in box.folders()} >= {"A&B", "2026", "INBOX"}


def test_idle_news_in_the_same_segment() -> None:
    """News right behind the continuation are reported at once: no selector would ever wake."""
    with ScriptedImap({"IDLE": b"+ idling\r\n* 2 EXISTS\r\n"}) as server, sign_in(server) as box:
        box.select("INBOX")
        assert box.idle() is True
        assert box.wake() is True


def test_idle_news_before_the_continuation() -> None:
    """News that come before the server is idling count as well."""
    with ScriptedImap({"IDLE": b"* 2 EXISTS\r\n+ idling\r\n"}) as server, sign_in(server) as box:
        box.select("INBOX")
        assert box.idle() is True


def test_idle_sign_of_life_is_no_news() -> None:
    """A server that only says it is still there wakes, but has no news."""
    with ScriptedImap() as server, sign_in(server) as box:
        box.select("INBOX")
        assert box.idle() is False
        server.say(b"* OK Still here\r\n")
        assert select.select([box], [], [], 5)[0]
        assert box.wake() is False


def test_idle_line_in_two_segments() -> None:
    """News cut in two by the network are read as one."""
    with ScriptedImap() as server, sign_in(server) as box:
        box.select("INBOX")
        box.idle()
        server.say(b"* 2 EX")
        assert select.select([box], [], [], 5)[0]
        server.say(b"ISTS\r\n")
        assert box.wake() is True


def test_idle_that_is_refused() -> None:
    """A server that offers IDLE and refuses it is polled on the same session."""
    with ScriptedImap({"IDLE": b"%t NO not today\r\n"}) as server, sign_in(server) as box:
        box.select("INBOX")
        with pytest.raises(FolderError):
            box.idle()
        assert box.select("INBOX").messages == 1


def test_idle_that_ends_by_itself() -> None:
    """A server that ends IDLE and hangs up ends the session."""
    with ScriptedImap() as server, sign_in(server) as box:
        box.select("INBOX")
        box.idle()
        server.answers["DONE"] = CUT
        server.say(b"* BYE restart\r\n")
        with pytest.raises(ServerError, match="was lost"):
            box.wake()


def test_close_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that doesn't answer LOGOUT is left."""
    monkeypatch.setattr("maild.edge.imap_session._CLOSING_PATIENCE", 0.1)
    with ScriptedImap({"LOGOUT": b"* OK hm\r\n"}) as server:
        box = sign_in(server)
        box.close()
        for act in (box.folders, box.wake, box.idle, box.fileno, lambda: box.move([1], "x")):
            with pytest.raises(ServerError, match="is closed"):
                act()


def test_nothing_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The library's log, which has user names and search terms in it, stays silent."""
    caplog.set_level(logging.DEBUG)
    with ScriptedImap({"UID SEARCH": b"* SEARCH\r\n%t OK done\r\n"}) as server, sign_in(server) as box:
        box.select("INBOX")
        box.find("From", SECRET)
    assert caplog.records == []


def test_small_commands_leave_at_once() -> None:
    """The connection does not wait to fill segments (Nagle), which cost a round trip per command."""
    with (
        ScriptedImap() as server,
        sign_in(server) as box,
        socket.socket(fileno=socket.dup(box.fileno())) as same,
    ):
        assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
