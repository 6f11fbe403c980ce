"""A real OpenID Connect provider in a process of its own: `python -m tests.support.provider PORT`.

It speaks discovery, authorize, token (code with PKCE), jwks and userinfo. What the next person is like, and what is to
go wrong, is posted to `/play` as JSON: `claims`, `wrong` (nonce, audience, issuer, key, expired, none, hs256, at_hash),
`silent` (claims are told by userinfo alone).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.wrappers import Response

from tests.web.serving import free_port

CLIENT, SECRET = "agora", "client-secret"
ROOT = Path(__file__).parents[2]


def create_provider(issuer: str) -> Flask:  # noqa: C901 - its views share what they remember
    """The provider as an application."""
    app = Flask(__name__)
    key, other = (RSAKey.generate_key(2048, {"kid": "one"}) for _ in range(2))
    asked: dict[str, dict[str, str]] = {}
    tokens: dict[str, dict[str, Any]] = {}
    play: dict[str, Any] = {"claims": {}, "wrong": "", "silent": False}

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            jwks_uri=f"{issuer}/jwks",
            userinfo_endpoint=f"{issuer}/userinfo",
            response_types_supported=["code"],
            id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
        )

    @app.post("/play")
    def set_play() -> str:
        play.update({"wrong": "", "silent": False, **request.get_json()})
        return "ok"

    @app.get("/authorize")
    def authorize() -> Response:
        given = request.args.to_dict()
        if given.get("code_challenge_method") != "S256" or "openid" not in given.get("scope", ""):
            abort(400)
        if not given.get("nonce") or not given.get("state") or given.get("client_id") != CLIENT:
            abort(400)
        code = secrets.token_urlsafe(16)
        asked[code] = given
        return redirect(f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}")

    @app.post("/token")
    def token() -> Response:
        given = request.form
        known = asked.pop(given.get("code", ""), None)
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        credentials = request.authorization
        if known is None or credentials is None or (credentials.username, credentials.password) != (CLIENT, SECRET):
            abort(401)
        if challenge != known["code_challenge"] or given["redirect_uri"] != known["redirect_uri"]:
            abort(400)
        access = secrets.token_urlsafe(16)
        tokens[access] = play["claims"]
        return jsonify(access_token=access, token_type="Bearer", id_token=_id_token(known, access))  # noqa: S106

    def _id_token(known: dict[str, str], access: str) -> str:
        wrong = play["wrong"]
        claims = {
            "iss": "https://other.example" if wrong == "issuer" else issuer,
            "aud": "other" if wrong == "audience" else CLIENT,
            "iat": int(time.time()) - (4000 if wrong == "expired" else 0),
            "exp": int(time.time()) + (-3000 if wrong == "expired" else 300),
            "nonce": "other" if wrong == "nonce" else known["nonce"],
            "sub": play["claims"]["sub"],
            **({} if play["silent"] else play["claims"]),
        }
        if wrong == "at_hash":
            claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"
        if wrong == "none":
            return ".".join([_part({"alg": "none"}), _part(claims), ""])
        if wrong == "hs256":
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other if wrong == "key" else key)

    def _part(value: object) -> str:
        return base64.urlsafe_b64encode(str(app.json.dumps(value)).encode()).rstrip(b"=").decode()

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(keys=[key.as_dict(private=False)])

    @app.get("/userinfo")
    def userinfo() -> Response:
        access = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return jsonify({**tokens[access], **({"sub": "somebody-else"} if play["wrong"] == "userinfo" else {})})

    return app


@contextmanager
def provider() -> Iterator[str]:
    """Start the process and wait until it answers; yields its issuer."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.support.provider", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            yield issuer
        finally:
            process.terminate()


def set_play(issuer: str, **play: object) -> None:
    """Say who signs in next and what is to go wrong."""
    assert requests.post(f"{issuer}/play", json=play, timeout=5).text == "ok"


if __name__ == "__main__":
    from waitress import create_server

    listening = int(sys.argv[1])
    server = create_server(create_provider(f"http://127.0.0.1:{listening}"), host="127.0.0.1", port=listening)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.run()
