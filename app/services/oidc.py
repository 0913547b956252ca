"""Sign-in by an OpenID Connect provider of the office (authorization code with PKCE; OpenID Connect Core 1.0).

The browser is sent to the provider, comes back with a code, and the server fetches the identity token: signature,
issuer, audience, expiry and nonce are checked. Whom a subject means is kept; by mail address only when that is allowed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException
from sqlalchemy import func, select

from app.models.account import ExternalIdentity
from app.models.identity import User
from app.services.context import Context
from app.services.errors import NotFound, NotPermitted
from app.services.settings import Settings

SECONDS = 10
SCOPE = "openid profile email"
ALGORITHMS = ["RS256", "ES256", "PS256"]


class ProviderFailed(NotPermitted):
    """The provider did not answer, or not as it must."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"统一身份认证失败：{reason}", f"Single sign-on failed: {reason}")


class Unlinked(NotPermitted):
    """The provider knows the person, but no account here belongs to it."""

    def __init__(self) -> None:
        super().__init__(
            "该身份没有关联本系统账户，请先用密码登录，在“我的账户”中关联。",
            "This identity belongs to no account here. Sign in with your password and link it under “My account”.",
        )


@dataclass(frozen=True)
class Departure:
    """Where to send the browser, and what must be remembered until it is back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who the provider says has come."""

    issuer: str
    subject: str
    email: str = ""  # verified, or empty


def is_configured(settings: Settings) -> bool:
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def depart(settings: Settings, redirect_uri: str) -> Departure:
    """Begin a sign-in. Raises NotFound without a provider, ProviderFailed."""
    if not is_configured(settings):
        raise NotFound
    facts, nonce, verifier = _discover(settings), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    client = _client(settings, redirect_uri)
    url, state = client.create_authorization_url(
        facts["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    return Departure(url, state, nonce, verifier)


def arrive(settings: Settings, redirect_uri: str, departure: Departure, code: str) -> Identity:
    """Fetch and check the identity token for this code. Raises NotFound, ProviderFailed."""
    if not is_configured(settings):
        raise NotFound
    facts = _discover(settings)
    try:
        client = _client(settings, redirect_uri)
        token = client.fetch_token(
            facts["token_endpoint"], code=code, code_verifier=departure.verifier, timeout=SECONDS
        )
        answer = client.request("GET", facts["jwks_uri"], withhold_token=True, timeout=SECONDS)
        keys = KeySet.import_key_set(answer.json())
        claims = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS).claims
        _check(settings, claims, departure.nonce)
    except (JoseError, AuthlibBaseError, RequestException, ValueError, KeyError) as error:
        raise ProviderFailed(type(error).__name__) from error
    email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
    return Identity(settings.oidc_issuer, str(claims["sub"]), email)


def account_of(context: Context, identity: Identity) -> User:
    """The account of this identity; found by mail address once, if that is allowed. Raises Unlinked."""
    session = context.session
    row = session.get(ExternalIdentity, (identity.issuer, identity.subject))
    if row is not None and row.user.is_active:
        return row.user
    if row is None and context.settings.oidc_link_by_email and identity.email:
        query = select(User).where(func.lower(User.email) == identity.email.lower(), User.is_active)
        found = session.scalars(query.limit(2)).all()
        if len(found) == 1:
            link(context.acting_as(found[0]), identity)
            return found[0]
    raise Unlinked


def is_linked(context: Context) -> bool:
    """Whether an identity of the provider opens the actor's account."""
    if context.actor is None:
        return False
    query = select(ExternalIdentity.subject).where(
        ExternalIdentity.issuer == context.settings.oidc_issuer, ExternalIdentity.user_id == context.actor.id
    )
    return context.session.scalars(query.limit(1)).first() is not None


def link(context: Context, identity: Identity) -> None:
    """Let this identity open the actor's account from now on. Raises NotPermitted when it opens another."""
    user, session = context.actor, context.session
    if user is None:
        raise NotFound
    row = session.get(ExternalIdentity, (identity.issuer, identity.subject))
    if row is not None and row.user_id != user.id:
        raise NotPermitted("该身份已关联其他账户。", "This identity is linked to another account.")
    if row is None:
        session.add(
            ExternalIdentity(
                issuer=identity.issuer, subject=identity.subject, user_id=user.id, linked_at=context.now
            )
        )
        session.flush()


def _check(settings: Settings, claims: Mapping[str, Any], nonce: str) -> None:
    registry = jwt.JWTClaimsRegistry(
        leeway=60,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        sub={"essential": True},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(dict(claims))


def _client(settings: Settings, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _discover(settings: Settings) -> dict[str, Any]:
    """What the provider says about itself; its issuer must be the one we were told (mix-up of providers)."""
    url = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        facts: dict[str, Any] = (
            OAuth2Session().request("GET", url, withhold_token=True, timeout=SECONDS).json()
        )
    except (RequestException, ValueError) as error:
        raise ProviderFailed(type(error).__name__) from error
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if facts.get("issuer") != settings.oidc_issuer or not all(isinstance(facts.get(k), str) for k in needed):
        raise ProviderFailed("unexpected discovery document")
    return facts
