"""The packages that we build on: prefixes whose addresses are not walked one by one, each with its doors.

Below a prefix, what is ours has rows all the same (walker.OUR_ROOTS).
"""

from tests.integration.access.rows import Row

PREFIXES: dict[str, dict[str, str]] = {
    "admin/": {
        "/admin/": "200: staff rival reviewer admin; enter: *",
        "/admin/pages/": "302: staff rival reviewer; 200: admin; enter: *",
        "/admin/users/": "404: staff rival reviewer; 302: admin; enter: *",
        "/admin/groups/": "404: staff rival reviewer; 302: admin; enter: *",
        "/admin/images/": "200: staff rival admin; 302: reviewer; enter: *",
        "/admin/documents/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/reports/site-history/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/reports/workflow/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/choose-page/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/api/main/pages/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/workflows/list/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/sites/": "404: staff rival reviewer; 200: admin; enter: *",
        "/admin/account/": "302: *",
        "/admin/login/": "login: *",
    },
    "django-admin/": {
        "/django-admin/": "200: admin; 302: *",
        "/django-admin/auth/group/": "200: admin; 302: *",
        "/django-admin/login/": "login: *",
    },
    "accounts/": {
        "/accounts/login/": "200: nobody; 302: *",
        "/accounts/login/code/": "200: nobody; 302: *",
        "/accounts/login/code/confirm/": "login: nobody; 302: *",
        "/accounts/logout/": "302: nobody; 200: *",
        "/accounts/signup/": "200: nobody; 302: *",
        "/accounts/password/change/": "login: nobody; 302: *",
        "/accounts/password/reset/": "200: *",
        "/accounts/email/": "403: *",
        "/accounts/2fa/": "404: *",
        "/accounts/sessions/": "404: *",
        "/accounts/reauthenticate/": "login: nobody; 403: *",
    },
    "_allauth/": {
        "/_allauth/app/v1/config": "200: *",
        "/_allauth/browser/v1/config": "200: *",
        "/_allauth/app/v1/auth/session": "401: *",
        "/_allauth/browser/v1/auth/session": "401: nobody; 200: *",
    },
    "learn/": {
        "/learn/": "200: *",
        "/learn/electricians/first-aid/release/": "200: *",
        "/learn/_util/login/": "200: *",
    },
}
ROWS: dict[str, Row] = {}
