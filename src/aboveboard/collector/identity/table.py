"""Every route and who may use it. guard.py enforces it: what is not in here does not exist.

who: "anyone"          no account, no token
     "laptop"          a device's token (Authorization: Bearer), for its own person's data
     "contributor"     a session that a laptop's token opened, for one's own data
     "reader"          a request signed by the reader of a grant; the handler checks it against the grant it names
     an account's role "representative", "steward", "researcher"
     "member"          anyone with an account

about: "public"        published, or about nobody
       "word"          a record that counts by the signatures in it, whoever brings it
       "own"           data about one person: for that person, and nobody else
       "granted"       sealed content under a grant: for its reader, and nobody else
       "account"       the caller's own account
       "programme"     drafts and how the programme stands: about no person recorded
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Who: TypeAlias = Literal[
    "anyone", "laptop", "contributor", "reader", "representative", "steward", "researcher", "member"
]
About: TypeAlias = Literal["public", "word", "own", "granted", "account", "programme"]
MEMBERS: frozenset[str] = frozenset({"representative", "steward", "researcher", "member"})
# What each kind of data may be opened by at most; test_every_route_and_role.py holds the table to it.
AT_MOST: dict[About, frozenset[str]] = {
    "public": frozenset(get_args(Who)),
    "word": frozenset({"anyone", "representative", "steward"}),
    "own": frozenset({"laptop", "contributor"}),
    "granted": frozenset({"reader"}),
    "account": frozenset({"member"}),
    "programme": frozenset({"representative", "steward", "researcher"}),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one route. why: in a few words, for whoever reads the table."""

    method: str
    path: str
    who: frozenset[str]
    about: About
    why: str

    @property
    def sign_in(self) -> str:
        """The page that signs in for it."""
        return "/me/sign-in" if "contributor" in self.who else "/sign-in"


def _rows(about: About, who: str, *lines: tuple[str, str, str]) -> tuple[Row, ...]:
    return tuple(Row(method, path, frozenset(who.split()), about, why) for method, path, why in lines)


TABLE: tuple[Row, ...] = (
    *_rows(
        "public", "anyone",
        ("GET", "/healthz", "for whoever watches the server"),
        ("GET", "/readyz", "for whoever watches the server"),
        ("GET", "/openapi.json", "what the interface is"),
        ("GET", "/checkpoint", "the log is public"),
        ("GET", "/tile/{path:path}", "the log is public"),
        ("GET", "/published/{path:path}", "what stands beside the log is public"),
        ("GET", "/v1/leaves/{index}/proof", "the log is public"),
        ("GET", "/v1/charter", "the rules are public"),
        ("GET", "/v1/charters", "the rules are public"),
        ("GET", "/v1/policies", "the rules are public"),
        ("GET", "/v1/policies/current", "the rules are public"),
        ("GET", "/v1/exemptions", "the rules are public"),
        ("GET", "/v1/datasets/{manifest}", "whether a dataset is marked"),
        ("GET", "/v1/models/{model}", "whether a model is marked"),
        ("GET", "/v1/figures", "over ten or more people, the same for everybody"),
        ("GET", "/", "the programme at a glance"),
        ("GET", "/policy", "the rules are public"),
        ("GET", "/policies", "the rules are public"),
        ("GET", "/policies/{policy_id}", "the rules are public"),
        ("GET", "/policies/{policy_id}/notice", "the notice, to print and post"),
        ("GET", "/charter", "the rules are public"),
        ("GET", "/exemptions", "the rules are public"),
        ("GET", "/datasets", "what was built is public"),
        ("GET", "/datasets/{manifest}", "what the log says of a dataset, in words"),
        ("GET", "/models", "what was trained is public"),
        ("GET", "/models/{model}", "what the log says of a model, in words"),
        ("GET", "/stop", "how to pause, leave and delete; about nobody"),
        ("GET", "/log", "the log is public"),
        ("GET", "/log/{index}", "the log is public"),
        ("GET", "/uses", "who was given keys, and what came of it, is public"),
        ("GET", "/deletions", "deletions due and done are public"),
        ("GET", "/verify", "how to check everything"),
        ("GET", "/style.css", "the look"),
        ("GET", "/scripts/{name}", "our own scripts"),
        ("POST", "/theme", "light or dark, kept in the browser"),
        ("POST", "/language", "kept in the browser"),
        ("GET", "/me/sign-in", "to one's own page"),
        ("POST", "/me", "with a laptop's token"),
        ("GET", "/sign-in", "to an account"),
        ("POST", "/sign-in", "with a name, a password and a code"),
        ("GET", "/sign-in/provider", "by way of the organisation's identity provider"),
        ("GET", "/sign-in/provider/return", "back from it"),
        ("GET", "/set-up", "a new account's password"),
        ("POST", "/set-up", "with a code for setting up, once"),
    ),
    *_rows(
        "word", "anyone",
        ("POST", "/v1/charters", "only its signatures count"),
        ("POST", "/v1/policies", "only its signatures count"),
        ("POST", "/v1/exemptions", "only its signatures count"),
        ("POST", "/v1/invitations", "signed by a steward"),
        ("POST", "/v1/invitations/revocations", "signed by a steward"),
        ("POST", "/v1/grants/revocations", "signed by a steward or a representative"),
        ("POST", "/v1/enrol", "with an invitation's code"),
    ),
    *_rows(
        "own", "laptop",
        ("POST", "/v1/consents", "one's own word"),
        ("GET", "/v1/consents/{consent}/proof", "one's own word in the log"),
        ("PUT", "/v1/epochs/{epoch}", "half of one's own key"),
        ("PUT", "/v1/segments/{device_id}/{seq}", "one's own segments"),
        ("GET", "/v1/segments/{device}/{seq}/proof", "one's own segments in the log"),
        ("GET", "/v1/me/segments", "what is held of oneself"),
        ("GET", "/v1/me/segments/{seq}", "what is held of oneself"),
        ("GET", "/v1/me/accesses", "who was given one's keys"),
        ("GET", "/v1/me/datasets", "which datasets hold one's own"),
        ("GET", "/v1/me/devices", "one's own laptops"),
        ("POST", "/v1/me/devices/{device_id}/revocation", "sign off one's own laptop"),
        ("POST", "/v1/deletions", "delete one's own"),
        ("GET", "/v1/deletions/{name}", "how one's own deletion stands"),
    ),
    *_rows(
        "own", "contributor",
        ("GET", "/me", "what is held of oneself"),
        ("GET", "/me/consents/{consent}", "one's own word in the log"),
        ("GET", "/me/proofs/{consent}", "one's own word, checked in the browser"),
        ("GET", "/me/accesses/{index}", "one access to one's keys"),
        ("GET", "/me/everything", "all records of oneself"),
        ("POST", "/me/devices/{device_id}/revocation", "sign off one's own laptop"),
    ),
    *_rows("public", "anyone", ("POST", "/me/leave", "closes one's own page")),
    *_rows(
        "granted", "reader",
        ("POST", "/v1/grants", "signed by stewards; brought by its reader"),
        ("POST", "/v1/grants/{grant_id}/release", "after it stands in the log"),
        ("GET", "/v1/grants/{grant_id}/segments", "in the grant's scope"),
        ("GET", "/v1/grants/{grant_id}/segments/{segment}", "in the grant's scope"),
        ("PUT", "/v1/grants/{grant_id}/datasets/{manifest}/sources", "what a dataset holds, before the log has it"),
        ("POST", "/v1/datasets", "into the log"),
        ("POST", "/v1/models", "into the log"),
    ),
    *_rows(
        "account", "member",
        ("GET", "/account", "one's own account"),
        ("POST", "/account/sign-out", "ends the session"),
    ),
    *_rows(
        "programme", "representative steward",
        ("GET", "/representatives", "proposals, before they are in the log"),
        ("POST", "/representatives", "only its signatures count"),
        ("GET", "/representatives/{policy_id}", "proposals, before they are in the log"),
        ("GET", "/representatives/{policy_id}/file", "to be signed offline"),
        ("POST", "/representatives/{policy_id}/comments", "a word about a proposal, with one's name"),
    ),
    *_rows(
        "programme", "representative steward",
        ("GET", "/grants", "who reads, for what, until when; about no person recorded"),
        ("POST", "/grants", "only its signature counts"),
    ),
    *_rows(
        "programme", "steward",
        ("GET", "/stewards", "how the programme stands; no way to content"),
        ("GET", "/stewards/policy", "a form that writes a policy"),
        ("POST", "/stewards/policy", "a form that writes a policy; keeps nothing"),
        ("POST", "/stewards/policy/file", "the policy as a file; keeps nothing"),
    ),
    *_rows(
        "programme", "researcher steward",
        ("GET", "/researchers", "grants on their way, commands, cards"),
        ("POST", "/researchers", "only its signatures count"),
        ("POST", "/researchers/ask", "writes a grant to be signed; keeps nothing"),
        ("GET", "/researchers/{grant_id}/file", "to be signed offline"),
        ("POST", "/researchers/cards", "a manifest whose hash the log holds"),
    ),
)  # fmt: skip

BY_ROUTE: dict[tuple[str, str], Row] = {(row.method, row.path): row for row in TABLE}
if len(BY_ROUTE) != len(TABLE):
    raise RuntimeError("a route stands twice in the table of routes")
