"""Works off what a person asked for past mail: `rules apply` and `rules undo`, a portion at each look.

Between two portions the mailbox is looked at as ever, so that nobody's new mail or letter waits for a job. A portion
stands in the store, whole, before the first mail is touched; what is done then is `act`'s business, as always.
"""

from collections.abc import Iterator, Mapping

from maild import maillog
from maild.core.action import Keep, action_name, action_value
from maild.edge.imap import Mailbox
from maild.errors import FolderError, ServerError
from maild.flow.act import act
from maild.flow.desk import IMAP, Desk, Folders
from maild.flow.past import Outlook, PastError, Selection, judge_past
from maild.flow.undo import find_returns
from maild.store.orders import Apply, Job, JobState, PastMail, Portion, Undo, Which
from maild.store.records import OPEN_EFFECTS, EffectState, NewEffect

PORTION = 200
"""Mails of a job that are worked off in one look."""
_TRIES = 3  # after so many broken connections at one mail the job goes on with the next


def work(desk: Desk, mailbox: Mailbox, folders: Folders) -> bool:
    """Work off a portion of the job that is next; True: there is more, come back at once."""
    job = desk.store.jobs.next()
    if job is None:
        return False
    try:
        _write_down(desk, mailbox, folders, job)
    except (FolderError, PastError) as error:
        _end(desk, job, JobState.FAILED, str(error))
    except ServerError as error:
        _stumble(desk, job, str(error))
        raise
    act(desk, mailbox, folders)
    _end_if_done(desk, job)
    return desk.store.jobs.next() is not None


def work_alone(desk: Desk, mailbox: Mailbox, folders: Folders, job_id: int) -> Iterator[Job]:
    """Work off everything up to this job, where no daemon runs; tells how it stands after each portion."""
    while (job := desk.store.jobs.find(job_id)) is not None and job.is_open:
        work(desk, mailbox, folders)
        yield desk.store.jobs.find(job_id) or job


def _write_down(desk: Desk, mailbox: Mailbox, folders: Folders, job: Job) -> None:
    """Write down what is done with the next portion, if any is left."""
    if job.done >= job.total:
        return
    order = desk.store.jobs.order(job.id)
    if isinstance(order, Apply):
        _apply(desk, mailbox, folders, job, order)
    else:
        _undo(desk, mailbox, job, order)


def _apply(desk: Desk, mailbox: Mailbox, folders: Folders, job: Job, order: Apply) -> None:
    """Judge a portion and write down what is to be done; by the rules, and on the mails, that were shown."""
    if desk.client.rules.version != order.version:
        raise PastError(
            "the rules have been changed since; look at the preview and run `maild rules apply` again"
        )
    if mailbox.examine(order.folder).uidvalidity != order.uidvalidity:
        raise PastError(f"folder {order.folder!r} was numbered anew since; run `maild rules apply` again")
    done = job.done + (1 if job.done < job.careful_until else PORTION)
    mails = mailbox.outlines(order.uids[job.done : done])
    in_order = {uid: place for place, uid in enumerate(order.uids[job.done : done])}
    selection = Selection(
        order.folder, order.uidvalidity, tuple(sorted(mails, key=lambda mail: in_order[mail.uid]))
    )
    outlooks = list(judge_past(desk, mailbox, folders, selection, order.now))
    portion = Portion(
        account=IMAP,
        folder=order.folder,
        uidvalidity=order.uidvalidity,
        version=order.version,
        mails=tuple(_past_mail(outlook) for outlook in outlooks if outlook.judged),
    )
    desk.store.jobs.plan(job, portion, min(done, job.total), desk.clock())


def _past_mail(outlook: Outlook) -> PastMail:
    effects = tuple(
        NewEffect(step.rule, action_name(step.action), action_value(step.action))
        for step in outlook.steps
        if not isinstance(step.action, Keep)
    )
    return PastMail(outlook.mail_id, outlook.arrival, outlook.rules, effects)


def _undo(desk: Desk, mailbox: Mailbox, job: Job, order: Undo) -> None:
    """Look once more which mails still lie where they were put, and write down that these go back."""
    done = min(job.done + PORTION, job.total)
    effects = tuple(effect for chain in order.chains[job.done : done] for effect in chain)
    back, _ = find_returns(mailbox, desk.store.moves.done(Which(effects=effects)))
    desk.store.jobs.plan_undo(job, [each.order for each in back], done, desk.clock())


def _stumble(desk: Desk, job: Job, reason: str) -> None:
    """The connection broke. One mail after the other from here on; at last, without the one at which it breaks."""
    if desk.store.jobs.stumble(job, reason, job.done + PORTION, desk.clock()) >= _TRIES:
        desk.store.jobs.skip(job, desk.clock())


def _end_if_done(desk: Desk, job: Job) -> None:
    now = desk.store.jobs.find(job.id) or job
    if now.is_open and now.done >= now.total:
        outcome = desk.store.jobs.outcome(job.id)
        if not any(outcome.get(state) for state in OPEN_EFFECTS):
            _end(desk, now, JobState.DONE, _summary(now, outcome))


def _end(desk: Desk, job: Job, state: JobState, reason: str) -> None:
    desk.store.jobs.end(job.id, state, reason, desk.clock())
    maillog.job_ended(desk.slug, job.id, job.kind, state, job.done, job.total)


def _summary(job: Job, outcome: Mapping[EffectState, int]) -> str:
    """What did not come out as asked; empty where all did."""
    stayed = job.total - sum(outcome.values()) if job.kind == "undo" else 0
    said = {
        "could not be carried out; see `maild status`": outcome.get(EffectState.FAILED, 0),
        "found the mail taken away": outcome.get(EffectState.GONE, 0),
        "could not be read, for the connection broke again and again": job.unread,
        "stayed, having been moved on or deleted meanwhile": stayed,
    }
    return "; ".join(f"{count} {words}" for words, count in said.items() if count)
