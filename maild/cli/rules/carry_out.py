"""Has a job on past mail done: by the daemon where one runs, else here; and tells how far it has come."""

from collections.abc import Iterator
from time import sleep

import typer

from maild.cli.progress import progress
from maild.cli.rules.mailbox import opened, stoppable
from maild.daemon import Places, one_desk
from maild.flow.jobs import work_alone
from maild.store.orders import Job, JobState, Order
from maild.store.store import ClientStore, LockedError
from maild.store.wake import tap

_GLANCE = 0.5  # seconds between two looks at how far the daemon has come
_PATIENCE = 20  # seconds after which it is said that the daemon hasn't begun


def carry_out(places: Places, client: str, order: Order) -> None:
    """Do what is ordered, and say how it ended. Exit code 1: it failed; 130: Ctrl+C, and the job goes on."""
    try:
        with opened(places, client, alone=True) as here:
            jobs = here.desk.store.jobs
            job_id = jobs.add(order, here.desk.clock())
            _follow(client, job_id, work_alone(here.desk, here.mailbox, here.folders, job_id), order.total)
            _tell(jobs.find(job_id))
    except LockedError:
        with one_desk(places, client) as desk:
            job_id = desk.store.jobs.add(order, desk.clock())
            tap(places.state, client)
            _follow(client, job_id, _glances(desk.store, job_id), order.total)
            _tell(desk.store.jobs.find(job_id))


def _glances(store: ClientStore, job_id: int) -> Iterator[Job]:
    """How the job stands, time and again until it is closed."""
    glances = 0
    while (job := store.jobs.find(job_id)) is not None and job.is_open:
        yield job
        glances += 1
        if glances * _GLANCE == _PATIENCE and job.state is JobState.QUEUED:
            typer.echo(
                "The daemon has not begun yet; `maild status` tells whether it reaches the mailbox.", err=True
            )
        sleep(_GLANCE)


def _follow(client: str, job_id: int, standing: Iterator[Job], total: int) -> None:
    how = f"`maild rules jobs --client {client}` tells how far it has come"
    left = f"Job {job_id} is not finished: the daemon goes on with it. {how}."
    with stoppable(left), progress(f"Job {job_id}", total) as tell:
        for job in standing:
            tell(job.done)


def _tell(job: Job | None) -> None:
    if job is None:
        raise typer.Exit(1)
    if job.state is JobState.FAILED:
        typer.echo(f"Job {job.id} failed after {job.done} of {job.total} mails: {job.reason}", err=True)
        raise typer.Exit(1)
    but = f" But: {job.reason}." if job.reason else ""
    typer.echo(f"Job {job.id} is done.{but}")
