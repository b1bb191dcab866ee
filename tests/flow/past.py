"""Orders for past mail, as the commands give them, and looks until they are carried out."""

from maild.flow.past import Outlook, Selection, Wish, judge_past, select_past
from maild.flow.undo import Staying, find_returns
from maild.store.orders import Apply, Job, JobState, Undo, Which
from tests.flow.room import Room


def preview(room: Room, folder: str = "", **wish) -> tuple[Selection, list[Outlook]]:
    """What would be done."""
    session = room.session or room.connect()
    selection = select_past(session.mailbox, session._folders, Wish(folder, **wish))
    return selection, list(judge_past(room.desk, session.mailbox, session._folders, selection, room.clock()))


def order_apply(room: Room, folder: str = "", **wish) -> tuple[int, list[Outlook]]:
    """Ask for what the preview shows; the number of the job."""
    selection, outlooks = preview(room, folder, **wish)
    uids = tuple(outlook.arrival.uid for outlook in outlooks)
    version = room.desk.client.rules.version
    order = Apply(selection.folder, selection.uidvalidity, uids, version, room.clock())
    return room.desk.store.jobs.add(order, room.clock()), outlooks


def order_undo(room: Room, **which) -> tuple[int, tuple[Staying, ...]]:
    """Ask for these moves to be undone; the number of the job, and what stays."""
    session = room.session or room.connect()
    back, staying = find_returns(session.mailbox, room.desk.store.moves.done(Which(**which)))
    order = Undo(tuple(each.order.effects for each in back))
    return room.desk.store.jobs.add(order, room.clock()), staying


def finish(room: Room, job_id: int, looks: int = 9) -> Job:
    """Look until a job is closed."""
    for _ in range(looks):
        room.look()
        job = room.desk.store.jobs.find(job_id)
        assert job is not None
        if not job.is_open:
            return job
    raise AssertionError(f"the job is still open: {job}")


def applied(room: Room, folder: str = "", **wish) -> list[Outlook]:
    """Apply the rules to a folder; what was shown before."""
    job_id, outlooks = order_apply(room, folder, **wish)
    job = finish(room, job_id)
    assert (job.state, job.reason) == (JobState.DONE, "")
    return outlooks
