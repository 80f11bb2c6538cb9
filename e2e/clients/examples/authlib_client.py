import os

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebToken
from authlib.oidc.core import CodeIDToken

issuer, client_id = os.environ["ISSUER"], os.environ["CLIENT_ID"]
provider = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
client = OAuth2Session(
    client_id,
    os.environ["CLIENT_SECRET"],
    redirect_uri=os.environ["REDIRECT_URI"],
    scope="openid profile email",
    code_challenge_method="S256",
)


def begin():
    """Where to send somebody, and what to remember until they are back."""
    kept = {"verifier": generate_token(48), "nonce": generate_token()}
    url, kept["state"] = client.create_authorization_url(
        provider["authorization_endpoint"], code_verifier=kept["verifier"], nonce=kept["nonce"]
    )
    return url, kept


def finish(address, kept):
    """Who it is that came back to this address, and the tokens."""
    tokens = client.fetch_token(
        provider["token_endpoint"],
        authorization_response=address,
        state=kept["state"],
        code_verifier=kept["verifier"],
    )
    keys = requests.get(provider["jwks_uri"], timeout=10).json()
    claims = JsonWebToken(["RS256"]).decode(
        tokens["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        claims_params={"nonce": kept["nonce"], "client_id": client_id},
    )
    claims.validate()
    return claims, tokens
