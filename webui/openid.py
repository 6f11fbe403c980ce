"""Signing in with an OpenID Connect provider: code flow with PKCE, state and nonce, by Authlib."""

from __future__ import annotations

import logging
from typing import Any, cast

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as BaseResponse

from kb.config import Config
from kb.errors import InvalidAccount, NotSignedIn
from kb.sentences import preferred
from kb.services.identities import Claims
from webui import context
from webui.account import admit, refused
from webui.limits import limited

SECONDS = 10
"""How long the provider may be silent."""

SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that only the provider can make; neither none nor one made with a secret that this site has too."""

GOES_ON = "openid-next"
FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError)
"""All that a provider's answers can be wrong with: refused, forged, late, or not what they should look like."""

log = logging.getLogger(__name__)
blueprint = Blueprint("openid", __name__, url_prefix="/sign-in/openid")


def register(app: Flask, config: Config) -> None:
    """Let people sign in with the provider of the settings, if there is one; nothing is asked of it yet."""
    if not config.oidc_issuer:
        return
    secret = config.oidc_client_secret
    client = OAuth(app).register(
        name="provider",
        client_id=config.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=f"{config.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
            **({} if secret else {"token_endpoint_auth_method": "none"}),
        },
    )
    app.extensions["openid"] = client


@blueprint.get("")
@limited("search")
def begin() -> BaseResponse | tuple[str, int]:
    """Lead to the provider; by a link, because browsers let no form lead to another site under our policy."""
    try:
        client = _client()
        answer = client.authorize_redirect(_back(), ui_locales=context.language())
    except FAILURES as error:
        return _failed(error)
    session[GOES_ON] = request.args.get("next", "")
    return cast(BaseResponse, answer)


@blueprint.get("/back")
@limited("sign-in")
def back() -> BaseResponse | tuple[str, int]:
    """Where the provider leads back to: take its word, and begin a session."""
    goes_on = str(session.get(GOES_ON, ""))
    try:
        claims = _claims(_client())
        who = context.kb().identities.account(claims)
    except NotSignedIn as error:
        return refused(str(error.facts.get("why", "provider")), goes_on)
    except (*FAILURES, InvalidAccount) as error:
        return _failed(error)
    return admit(who, goes_on)


def _client() -> Any:
    """The client, once the provider has said where its parts are; it is asked again only after a failure."""
    client = current_app.extensions.get("openid")
    if client is None:
        abort(404)
    known = client.load_server_metadata()
    if str(known.get("issuer", "")).rstrip("/") != context.kb().config.oidc_issuer:
        client.server_metadata.clear()
        raise ValueError("the provider's own name is not KB_OIDC_ISSUER")
    offered = known.get("id_token_signing_alg_values_supported") or ["RS256"]
    known["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNED]
    return client


def _claims(client: Any) -> Claims:
    """What the provider vouches for: its ID token, checked by Authlib, and the rest from where it tells the rest."""
    token = client.authorize_access_token()
    told = dict(token["userinfo"])
    if "email" not in told and client.server_metadata.get("userinfo_endpoint"):
        more = dict(client.userinfo(token=token))
        if more.get("sub") != told["sub"]:
            raise ValueError("the provider told of somebody else")
        told = {**more, **told}
    return Claims(
        issuer=str(told["iss"]),
        subject=str(told["sub"])[:250],
        email=str(told.get("email", "")),
        email_verified=told.get("email_verified") is True,
        name=str(told.get("name", "")),
        language=preferred(str(told.get("locale", "")), context.language()),
    )


def _back() -> str:
    site = context.kb().config.public_url
    return f"{site}{url_for('openid.back')}" if site else url_for("openid.back", _external=True)


def _failed(error: Exception) -> tuple[str, int]:
    # The class alone: messages of these errors can hold codes, tokens and addresses.
    log.warning("Signing in with the provider failed: %s", type(error).__name__)
    return refused("provider")
