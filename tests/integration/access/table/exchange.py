"""Programs of others: nobody's login opens what they read. Keys and addresses are for everybody to read."""

from tests.integration.access.rows import Row

ROWS = {
    "exchange_token": Row("405: *", "400: *"),
    "jwks": Row("200: *", "405: *"),
    "oauth_metadata": Row("200: *", "405: *"),
    "api-v1:exchange_hours": Row("401: *", "405: *"),
    "api-v1:exchange_eligibility": Row("401: *", "405: *"),
    "api-v1:exchange_attestations": Row("401: *", "405: *"),
}
