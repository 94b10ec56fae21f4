"""One settings file for every shape of Xueshi: laptop, tests, province.

Everything that differs between installations comes through `lms.env` (typed, with a clear error); nothing is
read from os.environ elsewhere.
"""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from lms import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir(BASE_DIR / "var")

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR)
# Former values of SECRET_KEY: logins, letters for passwords and addresses of segments that they signed stay good.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEYS_RETIRED", default=[])
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=[])
# The address that people type. With https cookies travel over TLS alone, and browsers are told to stay there.
BASE_URL = env.text("BASE_URL", default="http://127.0.0.1:8000")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = BASE_URL.startswith("https://")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BASE_URL.startswith("https://") else 0
# Whether others than this machine's own users are answered: then lms.wiring.safety refuses to start unsafely. Not a
# switch of its own, because whoever forgets one switch forgets the other.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
IS_PUBLIC = not {*ALLOWED_HOSTS, urlsplit(BASE_URL).hostname} <= LOOPBACK

# What a public installation must give: values made here would lie beside what they protect, and vanish with it.
SECRETS_GIVEN = frozenset(filter(env.is_given, ("SECRET_KEY", "IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY")))

# Keys that protect people's data (lms.accounts.sealing). Losing IDENTITY_KEY loses the numbers.
IDENTITY_KEY = env.secret("IDENTITY_KEY", DATA_DIR)
IDENTITY_MAC_KEY = env.secret("IDENTITY_MAC_KEY", DATA_DIR)
# Former values of IDENTITY_KEY: they still open what they sealed (lms.accounts.sealing).
IDENTITY_KEYS_RETIRED = env.words("IDENTITY_KEYS_RETIRED", default=[])

INSTALLED_APPS = [
    "lms.wiring",
    "lms.api",
    "lms.exchange",
    "lms.exams",
    "lms.teachers",
    "lms.oversight",
    "lms.hours",
    "lms.enrollments",
    "lms.institutions",
    "lms.letters",
    "lms.accounts",
    "lms.audit",
    "courses",
    "media_pipeline",
    "wagtail.contrib.settings",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "lms.accounts.apps.UsersWithoutPeople",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "lms.institutions.apps.AdminWithoutLetters",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lms.wiring.middleware.ChineseFirst",
    "lms.api.middleware.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lms.wiring.middleware.OwnPartOnly",
    "lms.wiring.middleware.NotRightNow",
]

ROOT_URLCONF = "lms.wiring.urls"
ASGI_APPLICATION = "lms.wiring.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.accounts.context_processors.viewer_roles",
            ],
        },
    },
]

_database = dj_database_url.parse(env.database_url(DATA_DIR), conn_max_age=60, conn_health_checks=True)
DATABASES = {
    "default": {
        **_database,
        "OPTIONS": {**env.DATABASE_LIMITS, **_database.get("OPTIONS", {})},
        "TEST": {"TEMPLATE": env.text("TEST_TEMPLATE", default="") or None},
    }
}
# Who this process is in the database (lms.env.addresses), and whom migrations give their rights to.
DATABASE_ROLE = "owner" if env.acts_as_owner() else "runtime"
DATABASE_HAS_OWNER = env.has_owner()
DATABASE_RUNTIME_ROLE = env.runtime_role(DATA_DIR)
REDIS_URL = env.redis_url(DATA_DIR)
IS_DATABASE_PRIVATE, IS_BROKER_PRIVATE = not env.is_given("DATABASE_URL"), not env.is_given("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
# No read timeout: the layer waits by blocking reads, and a timeout would look like a broken server.
LAYER = {"address": REDIS_URL, "socket_timeout": None}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [LAYER]}}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "lms.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# Nobody signs up (the adapter is closed); allauth's checks want a login method to be required here.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Mail to addresses that nobody has would make the reset form a way to send mail to strangers.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[学时 Xueshi] "
# Who has only a phone comes in by a code in a text. Six digits and three guesses; what is asked for is limited below.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 5 * 60
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# A class of 25 logs in at the same moment behind one address, with mistakes; one account takes 10 guesses in 5 min.
# Whoever holds an invitation may register; slowly enough that nobody tries identity numbers out.
# Texts cost money, and annoy whoever has the phone. A program asks for a token about once an hour; hashing its secret
# is made slow, so that many requests would keep the machine busy. An identity number is looked up for the person at the
# desk, one in some minutes; by hand nobody is faster, and a program that tries numbers out is.
ACCOUNT_RATE_LIMITS = {
    "login": "150/m/ip",
    "login_failed": "100/m/ip,10/300s/key",
    "invited_sign_up": "60/600s/ip",
    "request_login_code": "60/m/ip,3/600s/key",
    "exchange_token": "30/m/ip,10/m/key",
    "find_person": "15/m/user,200/d/user",
    "add_person": "20/m/user,500/d/user",
}
# The address on which a web process listens. Whoever reaches it passes by the proxy and its limits.
LISTEN = env.text("LISTEN", default="127.0.0.1")
# Processes beside each web process that do what is not a beat; 0: threads of its own do it (docs/scale.md).
STUDY_CLERKS = env.integer("STUDY_CLERKS", default=2, at_least=0, at_most=64)
# Addresses or networks of the proxy: only from there X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES = env.text("TRUSTED_PROXIES", default="127.0.0.1")
# How many reverse proxies add to X-Forwarded-For; wrong, everybody would share or choose an address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", default=0, at_least=0)
HEADLESS_CLIENTS = ("app", "browser")
USERSESSIONS_TRACK_ACTIVITY = False
# Rows that survive a restart of the cache, read from the cache.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# Without a mail server the letters lie in DATA_DIR/mail, where the operator can read them.
EMAIL_BACKEND = env.text("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST, EMAIL_PORT = env.text("EMAIL_HOST", default="localhost"), env.integer("EMAIL_PORT", default=25, at_least=1)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
    env.text("EMAIL_HOST_USER", default=""),
    env.text("EMAIL_HOST_PASSWORD", default=""),
)
EMAIL_USE_TLS, EMAIL_USE_SSL = env.boolean("EMAIL_USE_TLS", default=False), env.boolean("EMAIL_USE_SSL", default=False)
# Shorter than a letter is left to one worker (lms.letters.limits).
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", default=f"xueshi@{urlsplit(BASE_URL).hostname or 'localhost'}")
# Where people write whom a letter reached by mistake; told in the letters, and their Reply-To.
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", default="")
# A link to choose a password. Longer than Django's three days: who is entered on a Friday opens it after a holiday.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600
# Where texts to phones are handed over (lms.accounts.gateway); without it they lie in DATA_DIR/texts.
SMS_URL, SMS_TOKEN = env.text("XUESHI_SMS_URL", default=""), env.text("XUESHI_SMS_TOKEN", default="")
SMS_FILE_PATH = DATA_DIR / "texts"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "zh-hans"
# Moments in English: 24 hours, as in Chinese, so that no sentence ends in "a.m..".
FORMAT_MODULE_PATH = ["lms.wiring.formats"]
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# The one zone in which days, caps and years are counted; fixed per installation.
TIME_ZONE = env.text("TIME_ZONE", default="Asia/Shanghai")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    ("vendor/hls", BASE_DIR / "node_modules" / "hls.js" / "dist"),
    ("vendor/tus", BASE_DIR / "node_modules" / "tus-js-client" / "dist"),
]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Uploaded originals: never under MEDIA_ROOT, never served.
PRIVATE_ROOT = DATA_DIR / "private"
# Both instead in a bucket of any storage that speaks S3 (media_pipeline.buckets). Half of this is refused (checks).
MEDIA_BUCKET = env.text("MEDIA_BUCKET", default="")
MEDIA_ENDPOINT, MEDIA_REGION = env.text("MEDIA_ENDPOINT", default=""), env.text("MEDIA_REGION", default="")
MEDIA_ADDRESSING = env.choice("MEDIA_ADDRESSING", ("auto", "virtual", "path"), default="auto")
# Without them the machine's own role at its provider is asked.
AWS_ACCESS_KEY_ID = env.text("AWS_ACCESS_KEY_ID", default="")
AWS_SECRET_ACCESS_KEY = env.text("AWS_SECRET_ACCESS_KEY", default="")
BUCKET = {
    "bucket_name": MEDIA_BUCKET,
    "endpoint_url": MEDIA_ENDPOINT or None,
    "region_name": MEDIA_REGION or None,
    "addressing_style": MEDIA_ADDRESSING,
    "access_key": AWS_ACCESS_KEY_ID or None,
    "secret_key": AWS_SECRET_ACCESS_KEY or None,
}
STORAGES: dict[str, dict[str, object]] = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {"BACKEND": "media_pipeline.storage.PrivateStorage"},
}
if MEDIA_BUCKET:
    STORAGES |= {
        "default": {"BACKEND": "media_pipeline.buckets.PublishedBucket", "OPTIONS": BUCKET},
        "private": {"BACKEND": "media_pipeline.buckets.PrivateBucket", "OPTIONS": BUCKET},
    }
# Seals the keys of published videos (media_pipeline.sealing). Losing it means transcoding everything again.
MEDIA_KEY = env.secret("MEDIA_KEY", DATA_DIR)
# Keys that sign what others verify offline (lms.signing): one folder for all machines of an installation.
SIGNING_KEYS_DIR = Path(env.text("SIGNING_KEYS_DIR", default=str(DATA_DIR / "secrets" / "signing")))
# Other programs than those on PATH or in the wheel.
FFMPEG_BINARY = env.text("FFMPEG_BINARY", default="")
FFPROBE_BINARY = env.text("FFPROBE_BINARY", default="")
# Decodes AV1, which the ffmpeg in the wheel cannot.
FFMPEG_AV1_BINARY = env.text("FFMPEG_AV1_BINARY", default="")
# Whether these programs run confined (media_pipeline.programs): elsewhere than on a machine of one's own they must.
MEDIA_SANDBOX = env.choice(
    "MEDIA_SANDBOX", ("required", "where_possible", "off"), default="required" if IS_PUBLIC else "where_possible"
)

# Prometheus may come from this machine; from elsewhere with `Authorization: Bearer` and this.
METRICS_TOKEN = env.text("METRICS_TOKEN", default="")
LOGGING = logs.configuration(
    env.choice("LOG_FORMAT", logs.FORMATS, default="text"),
    env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"),
)

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
# Videos have workers of their own (`-Q media`): a long lecture holds up no letter and no seat.
CELERY_TASK_ROUTES = {
    "media_pipeline.transcode": {"queue": "media"},
    "media_pipeline.check_upload": {"queue": "media"},
}
# The worker runs with an embedded clock (`-B`): jobs of dead workers come back, lost wake-up calls are repeated.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "lms.wiring.tick", "schedule": 30.0, "options": {"expires": 30}},
    "send-letters": {"task": "lms.letters.send_letters", "schedule": 30.0, "options": {"expires": 30}},
    # Eight in the morning in China.
    "tell-what-waits": {"task": "lms.oversight.tasks.tell_what_waits", "schedule": crontab(hour=0, minute=0)},
    "remind-teachers": {"task": "lms.teachers.tasks.remind_teachers", "schedule": crontab(hour=0, minute=15)},
    "look-again-at-seats": {"task": "lms.exams.look_again", "schedule": 20.0, "options": {"expires": 20}},
    "seat-who-waits": {"task": "lms.exams.seat_waiting", "schedule": 60.0, "options": {"expires": 60}},
    "doubt-fallen-seats": {"task": "lms.exams.doubt_fallen", "schedule": crontab(hour=18, minute=45)},
    "requeue-roster-imports": {"task": "lms.enrollments.requeue_imports", "schedule": 30.0},
    "requeue-stale-videos": {"task": "media_pipeline.requeue_stale", "schedule": 30.0},
    "clear-orphaned-media": {
        "task": "media_pipeline.clear_orphans",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
    "wake-stale-checks": {"task": "media_pipeline.wake_stale_checks", "schedule": 30.0, "options": {"expires": 30}},
    "expire-uploads": {"task": "media_pipeline.expire_uploads", "schedule": 900.0, "options": {"expires": 900}},
    "verify-ledger": {"task": "lms.hours.tasks.verify_ledger", "schedule": crontab(hour=19, minute=0)},
    "forget-expired-logins": {"task": "lms.accounts.tasks.forget_expired", "schedule": crontab(hour=19, minute=30)},
    "close-idle-sessions": {"task": "lms.hours.tasks.close_idle", "schedule": 30.0},
    "close-closed-lessons": {"task": "lms.hours.tasks.close_closed", "schedule": 5.0, "options": {"expires": 5}},
    "settle-abandoned": {"task": "lms.hours.tasks.settle_abandoned", "schedule": crontab(hour=18, minute=30)},
    "fail-lapsed-checks": {"task": "lms.hours.tasks.fail_lapsed", "schedule": 30.0},
    "refresh-standings": {
        "task": "lms.oversight.tasks.refresh_running",
        "schedule": 120.0,
        "options": {"expires": 120},
    },
    "refresh-all-standings": {"task": "lms.oversight.tasks.refresh_all", "schedule": crontab(hour=17, minute=30)},
}

WAGTAIL_SITE_NAME = "学时 Xueshi"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_I18N_ENABLED = False
# People come in by one door (rate limits, one message) and are never edited in Wagtail. courses.views.admin_login
# sends them to that door, and tells those who are inside without access to the admin so, instead of going in circles.
WAGTAILADMIN_LOGIN_URL = "courses_admin_login"
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
# No hash of an e-mail address goes to a picture service, and no news of releases is fetched.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
