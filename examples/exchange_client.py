"""How an exam system reads Xueshi: a token, what changed since a cursor, and an attestation that is verified offline.

Needs httpx and PyJWT with cryptography. Keep the cursor and the keys between runs; the manual is docs/exchange.md.

    XUESHI_CLIENT_ID=... XUESHI_CLIENT_SECRET=... python exchange_client.py https://hours.example.cn [PERSON SITTING]
"""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import jwt

TYPE = "xueshi-attestation+jwt"
ALGORITHM = "EdDSA"
CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti", "eligible", "rule_version", "inputs_digest"]
CLOCKS_DIFFER_S_MAX = 60

log = logging.getLogger("exchange_client")


class NotGenuine(Exception):
    """What was given is no valid attestation for us; nobody is admitted on it."""


class ExchangeClient:
    """One client of one Xueshi. `http` is given by tests; otherwise it is made for `address`."""

    def __init__(self, address: str, client_id: str, secret: str, http: httpx.Client | None = None) -> None:
        self.client_id = client_id
        self._secret = secret
        self._http = http or httpx.Client(base_url=address, timeout=30, headers={"Accept-Language": "en"})
        self._token = ""

    def hours(self, cursor: str = "") -> Iterator[tuple[dict[str, Any], str]]:
        """Every change of confirmed hours behind the cursor, each with the cursor to keep once its page is stored."""
        for page in self._pages("/api/v1/exchange/hours", cursor):
            for change in page["changes"]:
                yield change, page["next"]

    def eligibility(self, person: str, sitting: str) -> dict[str, Any]:
        """How the person stands now; `requirements_met` is for whoever has a seat already."""
        page = self._get("/api/v1/exchange/eligibility", person=person, sitting=sitting)
        standing: dict[str, Any] = page["standings"][0]
        return standing

    def standings(self, cursor: str = "") -> Iterator[tuple[dict[str, Any], str]]:
        """Whoever may stand differently before a sitting than at the cursor, as they stand now, with the cursor to keep
        once its page is stored."""
        for page in self._pages("/api/v1/exchange/eligibility", cursor):
            for standing in page["standings"]:
                yield standing, page["next"]

    def attestation(self, person: str, sitting: str) -> str:
        answer = self._get("/api/v1/exchange/attestations", person=person, sitting=sitting)
        return str(answer["attestation"])

    def keys(self) -> dict[str, Any]:
        """The public keys by their kid. Fetch them ahead of time and again for an unknown kid; then go offline."""
        answer = self._http.get("/.well-known/jwks.json")
        answer.raise_for_status()
        return {each["kid"]: jwt.PyJWK(each, algorithm=ALGORITHM).key for each in answer.json()["keys"]}

    def _pages(self, path: str, cursor: str) -> Iterator[dict[str, Any]]:
        has_more = True
        while has_more:
            try:
                page = self._get(path, since=cursor)
            except httpx.HTTPStatusError as refused:
                # Without a cursor there is nothing that could be gone.
                if refused.response.status_code != httpx.codes.GONE or not cursor:
                    raise
                log.warning("%s: this cursor is gone; drop what was kept, the feed is read anew", path)
                cursor = ""
                continue
            cursor, has_more = page["next"], page["has_more"]
            yield page

    def _get(self, path: str, **query: str) -> Any:
        answer = self._http.get(path, params=query, headers=self._authorization())
        if answer.status_code == 401:
            # Tokens last an hour and end at once when a client is revoked: one new one, then give up.
            self._token = ""
            answer = self._http.get(path, params=query, headers=self._authorization())
        answer.raise_for_status()
        return answer.json()

    def _authorization(self) -> dict[str, str]:
        if not self._token:
            form = {"grant_type": "client_credentials"}
            answer = self._http.post("/identity/o/api/token", data=form, auth=(self.client_id, self._secret))
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self._token}"}


def verify(attestation: str, *, keys: dict[str, Any], issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of a genuine attestation for this client that has not expired. Raises NotGenuine.

    The algorithm is ours to say, never the token's: whoever may choose it chooses `none`, or signs with the public key.
    """
    try:
        header = jwt.get_unverified_header(attestation)
        if header.get("typ") != TYPE or header.get("kid") not in keys:
            raise NotGenuine("another type of token, or a key that is not published (fetch the keys anew, once)")
        claims: dict[str, Any] = jwt.decode(
            attestation,
            keys[header["kid"]],
            algorithms=[ALGORITHM],
            audience=client_id,
            issuer=issuer,
            leeway=CLOCKS_DIFFER_S_MAX,
            options={"require": CLAIMS},
        )
    except jwt.PyJWTError as error:
        raise NotGenuine(str(error)) from error
    return claims


def main() -> None:
    address, *asked = sys.argv[1:]
    client = ExchangeClient(address, os.environ["XUESHI_CLIENT_ID"], os.environ["XUESHI_CLIENT_SECRET"])
    for change, _cursor in client.hours():
        print(change["person"], change["module"], change["kind"], change["confirmed_hours"])
    for standing, _cursor in client.standings():
        print(standing["person"], standing["sitting"], standing["seat"], standing["requirements_met"])
    if asked:
        person, sitting = asked
        keys = client.keys()
        claims = verify(client.attestation(person, sitting), keys=keys, issuer=address, client_id=client.client_id)
        print(claims["sub"], "may sit" if claims["requirements_met"] else claims["unmet"])


if __name__ == "__main__":
    main()
