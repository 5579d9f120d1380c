"""The commands of those who run an archive: hold it back, try again, see what is at work and who ordered what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.admin.cli import DryRun, Json, OfSource, actor, carried_out, ordered, say, show, tools
from services.admin.endings import FAILED, PARTLY
from services.admin.operating.pausing import PauseThing, ResumeThing, SetRate
from services.admin.operating.rebuilding import RebuildLedger
from services.admin.operating.retrying import DropQuarantined, RetryFailures, RetryQuarantined
from services.admin.printing import print_json, print_json_lines
from services.admin.tools import Tools
from shared.errors import SettingsError
from shared.ledger.audit import Audit, AuditHead
from shared.ledger.jobs import JobState
from shared.ledger.pauses import Pauses, PauseScope
from shared.ledger.quarantine import Quarantine
from shared.ledger.tokens import Tokens, TokenScope
from shared.ledger.tracing import Tracing
from shared.logs import escape_controls

__all__ = ["add_operating_commands"]

quarantine_commands = typer.Typer(no_args_is_help=True, help="Messages that could not be worked on.")
token_commands = typer.Typer(no_args_is_help=True, help="Who may use the API, and for what.")
audit_commands = typer.Typer(no_args_is_help=True, help="Who ordered what, in a chain that shows any change.")

Scope = Annotated[PauseScope, typer.Argument(help="source, host or everything.")]
Subject = Annotated[str, typer.Argument(help="The source's id, or the host as https://example.org.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many.")]
Ids = Annotated[list[int] | None, typer.Argument(help="Their numbers.")]
OfQueue = Annotated[str | None, typer.Option("--queue", help="All of this queue.")]
Holding = Annotated[str | None, typer.Option("--reason", help="All whose reason holds this text.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]


def add_operating_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (pause, resume, pauses, rate, retry, rebuild, jobs, job, trace):
        app.command()(command)
    app.add_typer(quarantine_commands, name="quarantine")
    app.add_typer(token_commands, name="tokens")
    app.add_typer(audit_commands, name="audit")


def pause(
    scope: Scope,
    subject: Subject = "",
    *,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for whoever finds it paused.")],
    lasting: Annotated[
        str | None, typer.Option("--for", help="How long, such as 30m, 6h or 2d; else until resumed.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Ask a source, a host or nothing at all any more. It outlives every restart.

    What a fetcher is asking at this moment is finished; what it has not begun is given back.
    """
    with tools() as kit:
        action = ordered(PauseThing, scope=scope, subject=subject, reason=reason, lasting=lasting)
        _tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


def resume(scope: Scope, subject: Subject = "", *, dry_run: DryRun = False, as_json: Json = False) -> None:
    """End a pause. What is due by now is asked at once."""
    with tools() as kit:
        action = ordered(ResumeThing, scope=scope, subject=subject)
        _tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


def pauses(
    *,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that have ended.")] = False,
    as_json: Json = False,
) -> None:
    """List what is paused, why, until when, and by whom."""
    with tools() as kit:
        ledger = Pauses(kit.database)
        rows = [one.as_json() for one in (ledger.history(1000) if ended else ledger.in_force())]
    columns = ("scope", "subject", "reason", "until", "paused_by", "paused_at", "ended_at")
    show(rows, as_json=as_json, columns=columns)


def rate(
    source_id: str,
    *,
    delay: Annotated[str | None, typer.Option(help="Least time between two requests, such as 5s.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Connections to one host.", min=1, max=16)] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Change how often the hosts of a source are asked. It is written into the source's file in the ledger."""
    with tools() as kit:
        action = ordered(SetRate, source=source_id, delay=delay, concurrency=concurrency)
        _tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


def retry(
    *,
    reason: Annotated[
        str | None,
        typer.Option(help="How the reason begins; 'pressmark status' shows them. http_5: any 5xx."),
    ] = None,
    source: OfSource = None,
    host: Annotated[str | None, typer.Option(help="Only on this host, such as https://example.org.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Looked at since, in UTC."),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Look again now at targets whose last look failed; at all of them unless an option says which."""
    with tools() as kit:
        action = ordered(RetryFailures, reason=reason, source=source, host=host, since=since)
        _tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


def rebuild(*, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make a ledger that was lost anew of the object store alone: sources, captures, articles, history.

    What the ledger knows stays as it is. It may be killed at any moment, and goes on when it is run again. The
    normalizer must be running ('pressmark up'). Exit code 3 when some of the evidence could not be read.
    """
    with tools() as kit:
        done = carried_out(kit, ordered(RebuildLedger), dry_run=dry_run)
    _tell(done, as_json=as_json or dry_run)
    if not dry_run and done["batches"]["unreadable"]:
        raise typer.Exit(PARTLY)


def jobs(
    *,
    state: Annotated[JobState | None, typer.Option(help="Only jobs that stand so.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    with tools() as kit:
        rows = [one.as_json() for one in kit.desk.jobs.page(limit, state=state).items]
    if as_json:
        print_json_lines(rows)
        return
    for one in rows:
        done, total = one["progress"]["done"], one["progress"]["total"]
        far = f"{done} of {total}" if total else ""
        at = one["queued_at"].isoformat(sep=" ", timespec="seconds")
        typer.echo(f"{one['id']}  {one['state']:9}  {at}  {one['action']:16}  {far}".rstrip())


def job(
    job_id: str,
    *,
    cancel: Annotated[bool, typer.Option("--cancel", help="Ask for its end.")] = False,
    as_json: Json = False,
) -> None:
    """Show a job: how far it is, what it found, what came of it. Exit code 1 when it has failed."""
    with tools() as kit:
        found = kit.desk.cancel(job_id, actor=actor()) if cancel else kit.desk.jobs.get(job_id)
    _tell(found.as_json(), as_json=as_json)
    if found.state is JobState.FAILED:
        raise typer.Exit(FAILED)


def trace(url: str, as_json: Json = False) -> None:
    """Tell the whole life of a URL, step by step: found where, asked when, what came, what was made of it."""
    with tools() as kit:
        found = Tracing(kit.database).trace(url)
    if as_json:
        print_json(found)
        return
    due = found["next_look"] or "none is planned"
    say(escape(escape_controls(f"{found['url']}\n{found['kind']} of {found['source']}, {found['state']}")))
    say(f"robots.txt: {found['robots']['verdict']}; next look: {due}")
    for one in found["paused"]:
        say(escape(escape_controls(f"paused: {one['scope']} {one['subject']}: {one['reason']}")))
    rows = [{"trace": "", **step} for step in found["steps"]]
    show(rows, as_json=False, columns=("at", "what", "detail", "trace"))


@quarantine_commands.command("list")
def quarantine_list(*, after: int = 0, limit: Limit = 50, as_json: Json = False) -> None:
    """List the messages that are set aside, in the order in which they came."""
    with tools() as kit:
        rows = [one.as_json() for one in Quarantine(kit.database).page(limit, after=after)]
    show(rows, as_json=as_json, columns=("id", "at", "message", "attempts", "reason"))


@quarantine_commands.command("show")
def quarantine_show(number: int, as_json: Json = False) -> None:
    """Show a message with its body and the whole reason."""
    with tools() as kit:
        found = kit.desk.plan(ordered(RetryQuarantined, ids=[number]), actor=actor())
        if not found["messages"]:
            raise SettingsError(
                f"there is no message {number}; 'pressmark quarantine list' shows those there are"
            )
    _tell(found["examples"][0], as_json=as_json)


@quarantine_commands.command("retry")
def quarantine_retry(
    ids: Ids = None,
    *,
    queue: OfQueue = None,
    reason: Holding = None,
    everything: All = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send messages again. Exit code 3 when some are none that can be sent."""
    with tools() as kit:
        action = ordered(RetryQuarantined, ids=ids or (), queue=queue, reason=reason, all=everything)
        done = carried_out(kit, action, dry_run=dry_run)
    _tell(done, as_json=as_json or dry_run)
    if done.get("kept"):
        raise typer.Exit(PARTLY)


@quarantine_commands.command("drop")
def quarantine_drop(
    ids: Ids = None,
    *,
    queue: OfQueue = None,
    reason: Holding = None,
    everything: All = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Throw messages away. The audit keeps the first hundred of them."""
    with tools() as kit:
        action = ordered(DropQuarantined, ids=ids or (), queue=queue, reason=reason, all=everything)
        _tell(carried_out(kit, action, dry_run=dry_run), as_json=as_json or dry_run)


@token_commands.command("add")
def token_add(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for.")],
    *,
    scope: Annotated[TokenScope, typer.Option(help="read; operate may also order; admin may do all.")],
    as_json: Json = False,
) -> None:
    """Make a token for the API. It is shown now and never again: the ledger keeps its digest."""
    with tools() as kit:
        token, secret = Tokens(kit.database).make(name, scope, by=actor())
        _note(kit, "token.add", {"id": token.token_id, "name": name, "scope": str(scope)})
    if as_json:
        print_json(token.as_json() | {"token": secret})
    else:
        typer.echo(secret)


@token_commands.command("list")
def token_list(as_json: Json = False) -> None:
    """List the tokens, those that were revoked too."""
    with tools() as kit:
        rows = [one.as_json() for one in Tokens(kit.database).all()]
    show(rows, as_json=as_json, columns=("id", "name", "scope", "made_at", "last_used_at", "revoked_at"))


@token_commands.command("revoke")
def token_revoke(token_id: str, as_json: Json = False) -> None:
    """Let a token open nothing any more, from this moment on."""
    with tools() as kit:
        token = Tokens(kit.database).revoke(token_id)
        _note(kit, "token.revoke", {"id": token_id})
    _tell(token.as_json(), as_json=as_json)


@audit_commands.command("list")
def audit_list(
    *,
    before: Annotated[int | None, typer.Option(help="Only rows before this number.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what was ordered and what came of it, the newest first."""
    with tools() as kit:
        rows = [one.as_json() for one in Audit(kit.database).page(limit, before=before)]
    show(rows, as_json=as_json, columns=("number", "at", "actor", "action", "event", "detail"))


@audit_commands.command("verify")
def audit_verify(
    *,
    expect: Annotated[
        str | None, typer.Option(help="A head that this command printed earlier and that was kept elsewhere.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the chain and name each row that was changed, dropped or moved. Keep the printed head elsewhere."""
    with tools() as kit:
        audit = Audit(kit.database)
        found = [one.as_json() for one in audit.breaks(_head(expect))]
        head = audit.head().text
    if as_json:
        print_json({"head": head, "breaks": found})
    else:
        show(found, as_json=False, columns=("number", "kind", "detail"))
        typer.echo(f"{len(found)} breaks; head {head}")
    if found:
        raise typer.Exit(FAILED)


def _head(text: str | None) -> AuditHead | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise SettingsError(f"{text!r} is no head; give one as 'pressmark audit verify' prints it")
    return AuditHead(number=int(number), digest=digest)


def _note(kit: Tools, action: str, detail: Mapping[str, Any]) -> None:
    kit.desk.audit.add(actor=actor(), action=action, event="succeeded", job_id=None, detail=detail)


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: as JSON, or a line for each of its fields."""
    if as_json:
        print_json(dict(found))
        return
    for name, value in found.items():
        if value not in (None, "", [], {}):
            say(escape(escape_controls(f"{name}: {value}")))
