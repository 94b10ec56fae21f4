"""The first page, oneself, and the pages of packages that are closed."""

from tests.integration.access.rows import Row

ROWS = {
    "home": Row("200: *", "405: *"),
    "set_language": Row("302: *", "302: *"),
    "me": Row("login: nobody; 200: *", "405: *"),
    "accounts/email/": Row("403: *", "403: *"),
    "accounts/password/set/": Row("403: *", "403: *"),
    "_allauth/app/v1/account/email": Row("403: *", "403: *"),
    "_allauth/app/v1/account/phone": Row("403: *", "403: *"),
    "_allauth/browser/v1/account/email": Row("403: *", "403: *"),
    "_allauth/browser/v1/account/phone": Row("403: *", "403: *"),
    "^admin/bulk/(?!(wagtailcore|wagtailimages|wagtaildocs|media_pipeline)/)": Row(
        "404: *", "404: *", address="/admin/bulk/auth/user/delete/"
    ),
}
