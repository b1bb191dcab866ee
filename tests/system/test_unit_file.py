"""The unit file: accepted by systemd, well shut, and still open enough for Python and the packages maild uses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from maild.edge.smtp import SmtpLogin

UNIT = Path(__file__).parents[2] / "systemd" / "maild.service"

# Applies what systemd makes of the unit's SystemCallFilter, RestrictAddressFamilies and MemoryDenyWriteExecute to
# this process, and becomes another one: arguments are the calls allowed, "--", and a command line. A fresh process,
# because an interpreter that is already running has mapped its modules.
CONFINE = """
import ctypes, os, sys
split = sys.argv.index("--")
allowed, command = sys.argv[1:split], sys.argv[split + 1:]
lib = ctypes.CDLL("libseccomp.so.2")
class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_init.argtypes = [ctypes.c_uint32]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
lib.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
ALLOW, EPERM, EQUAL, MASKED = 0x7FFF0000, 0x00050001, 4, 7
WRITE, EXEC, SHM_EXEC = 2, 4, 0o100000
def rule(context, action, name, *comparisons):
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        array = (Comparison * len(comparisons))(*comparisons)
        assert lib.seccomp_rule_add_array(context, action, number, len(comparisons), array) == 0, name
memory = lib.seccomp_init(ALLOW)
rule(memory, EPERM, "mmap", Comparison(2, MASKED, WRITE | EXEC, WRITE | EXEC))
rule(memory, EPERM, "mprotect", Comparison(2, MASKED, EXEC, EXEC))
rule(memory, EPERM, "pkey_mprotect", Comparison(2, MASKED, EXEC, EXEC))
rule(memory, EPERM, "shmat", Comparison(2, MASKED, SHM_EXEC, SHM_EXEC))
for family in range(64):
    if family not in (1, 2, 10):
        rule(memory, EPERM, "socket", Comparison(0, EQUAL, family))
assert lib.seccomp_load(memory) == 0
calls = lib.seccomp_init(EPERM)
for name in allowed:
    rule(calls, ALLOW, name)
assert lib.seccomp_load(calls) == 0
os.execv(command[0], command)
"""

WORK = """
import asyncio, concurrent.futures, importlib, mmap, socket, sqlite3, ssl, subprocess, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
import re2, Stemmer
assert re2.search(r"Angeb.t", "das Angebot")
assert Stemmer.Stemmer("german").stemWord("Angebote")
database = sqlite3.connect(sys.argv[1])
database.execute("pragma journal_mode=wal")
database.execute("pragma synchronous=full")
database.execute("create table mail (id integer)")
database.commit()
with concurrent.futures.ThreadPoolExecutor(8) as workers:
    assert list(workers.map(abs, range(-8, 0)))
assert ssl.create_default_context().verify_mode
async def talk():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
    assert await reader.read() == b""
    writer.close()
    server.close()
asyncio.run(talk())
import tempfile, watchfiles
with tempfile.TemporaryDirectory() as folder:
    for _ in watchfiles.watch(folder, yield_on_timeout=True, rust_timeout=100, step=10, recursive=False):
        break
assert subprocess.run(["/bin/true"]).returncode == 0
for forbidden in (
    lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
):
    try:
        forbidden()
    except PermissionError:
        continue
    raise SystemExit("the filter is not in force")
print("done")
"""

PACKAGES = (
    "aiosmtplib alembic.command apscheduler.schedulers.background babel.dates gnupg holidays imapclient inscriptis "
    "jinja2 mailparser pydantic re2 Stemmer rich.console sqlalchemy.orm structlog typer watchfiles "
    "ahocorasick_rs numpy py3langid.langid yaml ctypes maild"
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command's output, colours off, in English."""
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


def test_the_unit_is_well_shut() -> None:
    """systemd's own judgement of what a taken-over maild could do stays below 2.0 of 10."""
    judged = run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
    exposure = re.search(r"Overall exposure level for maild\.service: ([\d.]+)", judged.stdout)
    assert exposure, judged.stderr
    assert float(exposure[1]) < 2.0


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """No unknown key, no unreadable value; the program itself stands elsewhere here."""
    copy = tmp_path / "maild.service"
    copy.write_text(UNIT.read_text().replace("/opt/maild/bin/maild", sys.executable))
    verified = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy)
    assert (verified.returncode, "maild.service" in verified.stderr) == (0, False), verified.stderr


def test_a_wrong_line_would_be_noticed(tmp_path: Path) -> None:
    """The test above can fail."""
    copy = tmp_path / "maild.service"
    copy.write_text(
        UNIT.read_text().replace("/opt/maild/bin/maild", sys.executable).replace("UMask=", "Umask=")
    )
    assert "maild.service" in run("systemd-analyze", "verify", "--man=no", copy).stderr


def settings() -> dict[str, list[str]]:
    """All values of each key, in order; lines that are comments say nothing."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^([A-Za-z]+)=(.*)$", UNIT.read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def test_stopping_waits_for_the_longest_final_dot() -> None:
    """systemd kills no mail into doubt that the server might still answer."""
    minutes = re.fullmatch(r"(\d+)min", settings()["TimeoutStopSec"][0])
    assert minutes
    dot_timeout = SmtpLogin("mail.provider.example", 465, "implicit").dot_timeout
    assert int(minutes[1]) * 60 > dot_timeout


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecStart", "/opt/maild/bin/maild --home /etc/maild run"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("Restart", "on-failure"),
        ("StateDirectory", "maild"),
        ("StateDirectoryMode", "0700"),
    ],
)
def test_what_maild_relies_on(key: str, value: str) -> None:
    """The daemon reports when it is ready, reloads on SIGHUP and finds its state in $STATE_DIRECTORY."""
    assert settings()[key] == [value]


def test_python_and_its_packages_work_inside(tmp_path: Path) -> None:
    """Under the unit's filters every package loads, and database, threads, TLS, sockets and child processes work."""
    confined = run(
        sys.executable, "-c", CONFINE, *allowed_calls(), "--",
        sys.executable, "-c", WORK, tmp_path / "test.db", *PACKAGES.split(),
    )  # fmt: skip
    assert confined.stdout == "done\n", confined.stderr


def allowed_calls() -> list[str]:
    """The system calls that SystemCallFilter leaves, groups resolved by systemd itself."""
    calls: set[str] = set()
    for line in settings()["SystemCallFilter"]:
        denied = line.startswith("~")
        for group in line.removeprefix("~").split():
            calls = calls - members(group) if denied else calls | members(group) | members("@default")
    return sorted(calls)


def members(group: str) -> set[str]:
    """The calls in a group such as @system-service, and in the groups it names."""
    lines = run("systemd-analyze", "syscall-filter", group).stdout.splitlines()[1:]
    names = {line.strip() for line in lines if line.strip() and not line.strip().startswith("#")}
    return {call for name in names for call in (members(name) if name.startswith("@") else {name})}
