"""Organisations, their contact points and their keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.api.kit import Answer, Blueprint, Caller, Page, PageRequest, Query, Reply, Schema, deps, fields, permit
from piket.organisations import rules, service
from piket.organisations.service import ContactPointInfo, Info, SecretInfo, TestInfo

blp = Blueprint("organisations", description="Who takes part, where they can be reached, and their keys.")


class OrganisationIn(Schema):
    """An organisation that takes part."""

    code = fields.Code(required=True, metadata={"description": "As nl-dr, cdk-nl-dr, vr03 or gm1950."})
    kind = fields.Choice(*rules.KINDS, required=True)
    name = fields.Str(1, 200, required=True)
    province = fields.Code(metadata={"description": "Due for a safety region; otherwise the code says it."})


class OrganisationOut(Answer):
    """An organisation."""

    code = fields.Code()
    kind = fields.Choice(*rules.KINDS)
    name = fields.Str()
    province = fields.Code(allow_none=True)


class OrganisationQuery(Query):
    """Which organisations."""

    kind = fields.Choice(*rules.KINDS)
    province = fields.Code()


class ContactPointIn(Schema):
    """Where a desk, not a person, can be reached."""

    channel = fields.Choice(*rules.CHANNELS, required=True)
    address = fields.Str(
        1, 500, required=True, metadata={"description": "An e-mail address, a web address or a number."}
    )
    hours = fields.Choice(*rules.HOURS, load_default="always")
    minimum_level = fields.Choice(*rules.LEVELS, load_default="watch")
    language = fields.Choice(*rules.LANGUAGES, load_default="nl")
    purpose = fields.Str(1, 200)


class ContactPointOut(Answer):
    """A contact point. `secret` is only there in the answer that made a webhook."""

    id = fields.Id()
    organisation = fields.Code()
    channel = fields.Choice(*rules.CHANNELS)
    address = fields.Str()
    hours = fields.Choice(*rules.HOURS)
    minimum_level = fields.Choice(*rules.LEVELS)
    language = fields.Choice(*rules.LANGUAGES)
    purpose = fields.Str(allow_none=True)
    state = fields.Choice(*rules.STATES)
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_none=True)


class NewContactPointOut(ContactPointOut):
    """A new contact point, with the secret of a webhook: shown this once."""

    secret = fields.Secret(allow_none=True)


class ContactPointQuery(Query):
    """Which contact points."""

    include_ended = fields.Bool(load_default=False)


class TestOut(Answer):
    """A test message, and the alert by which it can be followed."""

    id = fields.Id()
    contact_point = fields.Id()
    alert = fields.Id()
    requested_by = fields.Code()
    created_at = fields.Moment()


class SecretOut(Answer):
    """A version of a webhook's secret, without the secret. All that have not ended sign."""

    contact_point = fields.Id()
    version = fields.Int()
    requested_by = fields.Code(allow_none=True, metadata={"description": "Null for the first."})
    created_at = fields.Moment()
    signs_until = fields.Moment(allow_none=True, metadata={"description": "Null for the newest."})


class NewSecretOut(SecretOut):
    """A new version, with its secret: shown this once."""

    secret = fields.Secret(allow_none=True)


class KeyIn(Schema):
    """What the new key may do, and until when."""

    label = fields.Str(1, 100, metadata={"description": "By which you know it again."})
    read_only = fields.Bool(load_default=False)
    expires_at = fields.Moment(allow_none=True, load_default=None)


class KeyOut(Answer):
    """A key, without the key itself."""

    id = fields.Id()
    organisation = fields.Code()
    label = fields.Str(allow_none=True)
    read_only = fields.Bool()
    created_at = fields.Moment()
    expires_at = fields.Moment(allow_none=True)
    revoked_at = fields.Moment(allow_none=True)


class NewKeyOut(KeyOut):
    """A new key: `key` is shown this once."""

    key = fields.Secret(allow_none=True)


@blp.get("/organisations", action="read", query=OrganisationQuery, answers=OrganisationOut, listed=True)
def list_organisations(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[Info]:
    """List organisations, newest first."""
    return service.paged(session, page, query.get("kind"), query.get("province"))


@blp.post("/organisations", action="add-organisation", body=OrganisationIn, answers=OrganisationOut)
def add_organisation(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Let an organisation take part.

    Its code must fit its kind: a municipality by its CBS code in the list of 1 January 2023, a safety region vr01 to vr25.
    """
    given = {"province": None, **body}
    added = service.add(session, now, caller.actor(), deps().settings, **given)
    return Reply(added, location=f"/v1/organisations/{added.code}")


@blp.get("/organisations/<code>", action="read", answers=OrganisationOut)
def show_organisation(session: Session, now: datetime, caller: Caller, code: str) -> Info:
    """Show one organisation."""
    return service.find(session, code)


@blp.get(
    "/organisations/<code>/contact-points",
    action="manage-contact-points",
    own="code",
    query=ContactPointQuery,
    answers=ContactPointOut,
    listed=True,
)
def list_contact_points(
    session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any], page: PageRequest
) -> Page[ContactPointInfo]:
    """List where an organisation can be reached, newest first."""
    service.find(session, code)
    return service.contact_points_paged(session, code, page, query["include_ended"])


@blp.post(
    "/organisations/<code>/contact-points",
    action="manage-contact-points",
    own="code",
    body=ContactPointIn,
    answers=NewContactPointOut,
)
def add_contact_point(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Let an organisation be reached here.

    E-mail and telephone are active at once. A webhook gets a test event at once and is active after a 2xx; its `secret`,
    with which every message is signed (Standard Webhooks), is shown in this answer only.
    """
    point, secret = alerts.add_contact_point(session, now, deps().settings, caller.actor(), code, **body)
    return Reply({**vars(point), "secret": secret}, location=f"/v1/contact-points/{point.id}")


@blp.get("/contact-points/<id>", action="manage-contact-points", answers=ContactPointOut)
def show_contact_point(session: Session, now: datetime, caller: Caller, id: str) -> ContactPointInfo:
    """Show one contact point, ended or not."""
    return _own_contact_point(session, caller, id, "manage-contact-points")


@blp.delete("/contact-points/<id>", action="manage-contact-points")
def end_contact_point(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """End a contact point: nothing is sent there any more.

    It stays readable, with the moment it ended.
    """
    _own_contact_point(session, caller, id, "manage-contact-points")
    service.end_contact_point(session, now, caller.actor(), id)


@blp.get("/contact-points/<id>/tests", action="test-contact-point", answers=TestOut, listed=True)
def list_tests(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[TestInfo]:
    """List the test messages to a contact point, newest first."""
    _own_contact_point(session, caller, id, "test-contact-point")
    return service.tests_of(session, id, page)


@blp.post("/contact-points/<id>/tests", action="test-contact-point", answers=TestOut)
def test_contact_point(session: Session, now: datetime, caller: Caller, id: str) -> TestInfo:
    """Send a test message, by the path that every alert takes.

    What became of it is in the deliveries of `alert`.
    """
    point = _own_contact_point(session, caller, id, "test-contact-point")
    return alerts.send_test(session, now, deps().settings, caller.actor(), point)


@blp.get("/contact-points/<id>/secrets", action="rotate-secret", answers=SecretOut, listed=True)
def list_secrets(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[SecretInfo]:
    """List the versions of a webhook's secret, newest first, without the secrets."""
    return service.secrets_of(session, _own_contact_point(session, caller, id, "rotate-secret"), page)


@blp.post("/contact-points/<id>/secrets", action="rotate-secret", answers=NewSecretOut)
def rotate_secret(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Make the secret of a webhook anew.

    The `secret` is shown in this answer only. For 24 hours (a setting) every message is signed with both, the new one
    first; then the former has ended.
    """
    point, settings = _own_contact_point(session, caller, id, "rotate-secret"), deps().settings
    overlap = timedelta(hours=settings.delivery.secret_overlap_hours)
    info, secret = service.rotate_secret(session, now, caller.actor(), point.id, overlap, settings.secret_key)
    return {**vars(info), "secret": secret}


@blp.get("/organisations/<code>/keys", action="manage-keys", own="code", answers=KeyOut, listed=True)
def list_keys(session: Session, now: datetime, caller: Caller, code: str, page: PageRequest) -> Page[Any]:
    """List the keys of an organisation, newest first, also those that ended."""
    service.find(session, code)
    return service.keys_paged(session, code, page)


@blp.post(
    "/organisations/<code>/keys", action="manage-keys", own="code", body=KeyIn, body_required=False, answers=NewKeyOut
)
def issue_key(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Give an organisation a new key.

    The `key` is shown in this answer only; what is kept is its hash.
    """
    info, token = service.issue_key(session, now, caller.actor(), code, **body)
    return Reply({**vars(info), "key": token}, location=f"/v1/keys/{info.id}")


@blp.get("/keys/<id>", action="manage-keys", answers=KeyOut)
def show_key(session: Session, now: datetime, caller: Caller, id: str) -> Any:
    """Show one key, without the key itself."""
    key = service.find_key(session, id)
    permit(caller, "manage-keys", of=key.organisation)
    return key


@blp.delete("/keys/<id>", action="manage-keys")
def revoke_key(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """Revoke a key: from now on it is refused."""
    permit(caller, "manage-keys", of=service.find_key(session, id).organisation)
    service.revoke_key(session, now, caller.actor(), id)


def _own_contact_point(session: Session, caller: Caller, id: str, action: str) -> ContactPointInfo:
    """A contact point, after asking whether the caller may do this to it."""
    point = service.find_contact_point(session, id)
    permit(caller, action, of=point.organisation)
    return point
