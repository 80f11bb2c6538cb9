"""Does with Authlib what it is asked to on a line, and says on a line what came of it, both as JSON."""

import json
import sys

from examples.authlib_client import begin, client, client_id, finish, provider

kept = None


def ask_to_begin(_):
    global kept
    url, kept = begin()
    return {"url": url}


def ask_to_finish(address):
    claims, tokens = finish(address, kept)
    return {"claims": claims, "tokens": tokens}


def ask_userinfo(_):
    reply = client.get(provider["userinfo_endpoint"], timeout=10)
    return {"status": reply.status_code, "claims": reply.json() if reply.ok else None}


def ask_to_refresh(token):
    return client.refresh_token(provider["token_endpoint"], refresh_token=token)


def ask_to_act(_):
    return client.fetch_token(provider["token_endpoint"], grant_type="client_credentials", scope="")


def ask_about(token):
    return client.introspect_token(provider["introspection_endpoint"], token=token).json()


def ask_to_revoke(token):
    return {"status": client.revoke_token(provider["revocation_endpoint"], token=token).status_code}


tasks = {
    "begin": ask_to_begin,
    "finish": ask_to_finish,
    "userinfo": ask_userinfo,
    "refresh": ask_to_refresh,
    "act": ask_to_act,
    "introspect": ask_about,
    "revoke": ask_to_revoke,
}
for line in sys.stdin:
    request = json.loads(line)
    try:
        outcome = tasks[request["task"]](request.get("about"))
    except Exception as error:
        outcome = {"refused": type(error).__name__, "error": getattr(error, "error", None)}
    print(json.dumps(outcome), flush=True)
