"""Media: an `Asset` is one uploaded video and its job; its `Rendition`s and `KeyWindow`s are what was published.

The job row rules: the broker only wakes workers. A worker holds an asset, or one `Chunk` of a long one, by
`attempt_token` until `lease_until`; whoever comes with another token is refused (fenced). Once an asset is ready,
PostgreSQL refuses to change its renditions, its windows and its duration (triggers in the migrations): evidence of
learning stands on them.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import Collection
from wagtail.models.media import get_root_collection_id

from media_pipeline.limits import SOURCE_NAME_CHARS_MAX
from media_pipeline.rules import states, tus, uploading
from media_pipeline.rules.captions import LANGUAGES
from media_pipeline.storage import private_storage


class AssetState(models.TextChoices):
    UPLOADED = states.UPLOADED, pgettext_lazy("video", "Waiting")
    PROBING = states.PROBING, pgettext_lazy("video", "Being examined")
    SPLIT = states.SPLIT, pgettext_lazy("video", "Being prepared in parts")
    TRANSCODING = states.TRANSCODING, pgettext_lazy("video", "Being prepared")
    READY = states.READY, pgettext_lazy("video", "Ready")
    REJECTED = states.REJECTED, pgettext_lazy("video", "Not accepted")
    QUARANTINED = states.QUARANTINED, pgettext_lazy("video", "Quarantined")


class Stage(models.TextChoices):
    """What the worker does now; finer than the state, and only for people to read."""

    WAITING = "waiting", _("Waiting for a free worker")
    PROBING = "probing", _("Examining the file")
    TRANSCODING = "transcoding", _("Converting picture and sound")
    JOINING = "joining", _("Joining the parts")
    STORING = "storing", _("Encrypting and storing")
    CHECKING = "checking", _("Checking the result")
    DONE = "done", _("Finished")


class Asset(models.Model):
    """One uploaded video. `duration_ms` is measured from what was published, never the file's own claim.

    `collection` says whose it is: Wagtail's rights on collections decide who sees it (`queries.assets_for`).
    """

    # Not a page with links in it: without this Wagtail would look for references at every heartbeat.
    wagtail_reference_index_ignore = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=255)
    source = models.FileField(storage=private_storage, max_length=120, editable=False)
    source_name = models.CharField(_("file name"), max_length=SOURCE_NAME_CHARS_MAX)
    bytes = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    collection = models.ForeignKey(
        Collection,
        default=get_root_collection_id,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("collection"),
    )

    state = models.CharField(_("state"), max_length=12, choices=AssetState.choices, default=AssetState.UPLOADED)
    reasons = models.JSONField(default=list, blank=True)
    log_tail = models.TextField(blank=True)

    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    speed = models.FloatField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    begun_percent = models.PositiveSmallIntegerField(default=0)

    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField()

    duration_ms = models.PositiveBigIntegerField(_("duration"), null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    poster = models.CharField(max_length=200, blank=True)
    sprites = models.JSONField(null=True, blank=True, help_text="rules.sprites.to_json; None for older videos")
    stretches = models.JSONField(default=list, blank=True, help_text="[kind, from_ms, to_ms] of each")
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "woken_at"], name="asset_unfinished", condition=~Q(state__in=states.SETTLED)),
            models.Index(fields=["state"], name="assets_by_state"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=states.STATES), name="asset_state_known"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="asset_percent_at_most_100"),
            models.CheckConstraint(
                condition=~Q(state=states.READY) | Q(duration_ms__gt=0, ready_at__isnull=False),
                name="a_ready_asset_is_measured",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=states.WORKING) | Q(attempt_token__isnull=False, lease_until__isnull=False),
                name="a_working_asset_is_leased",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_settled(self) -> bool:
        return self.state in states.SETTLED


class ChunkState(models.TextChoices):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"


class Chunk(models.Model):
    """One job of a long lecture: the pictures of one span, or (ordinal 0) all of the sound.

    Rows exist while the asset is `split` or joined; they go in the transaction that settles it. `result` is the folder
    in private storage that holds what a finished one made; `done_ms` of `work_ms` is how far it is.
    """

    wagtail_reference_index_ignore = True

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="chunks")
    ordinal = models.PositiveSmallIntegerField()
    from_ms = models.PositiveBigIntegerField()
    to_ms = models.PositiveBigIntegerField()
    work_ms = models.PositiveBigIntegerField()
    done_ms = models.PositiveBigIntegerField(default=0)
    speed = models.FloatField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=ChunkState.choices, default=ChunkState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    waits_until = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "ordinal"], name="one_chunk_per_ordinal"),
            models.CheckConstraint(condition=Q(state__in=ChunkState.values), name="chunk_state_known"),
            models.CheckConstraint(condition=Q(to_ms__gt=models.F("from_ms")), name="a_chunk_lasts"),
            models.CheckConstraint(
                condition=~Q(state=ChunkState.WORKING) | Q(attempt_token__isnull=False, lease_until__isnull=False),
                name="a_working_chunk_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(state=ChunkState.DONE) ^ Q(result=""), name="a_chunk_is_done_when_it_has_a_result"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.from_ms}-{self.to_ms}"


class UploadState(models.TextChoices):
    RECEIVING = uploading.RECEIVING, pgettext_lazy("upload", "Being sent")
    CHECKING = uploading.CHECKING, pgettext_lazy("upload", "Being checked")
    DONE = uploading.DONE, pgettext_lazy("upload", "Complete")
    SPOILED = uploading.SPOILED, pgettext_lazy("upload", "Not accepted")
    ABANDONED = uploading.ABANDONED, pgettext_lazy("upload", "Given up")
    EXPIRED = uploading.EXPIRED, pgettext_lazy("upload", "Expired")


class Upload(models.Model):
    """A file on its way in, part by part; when it is complete and checked, the asset with the same uuid.

    The first `received` bytes are durable: they were on the disk before anybody was told so. Bytes beyond them in the
    file are the rest of a crash and are cut off by the next part.
    """

    wagtail_reference_index_ignore = True

    uuid = models.UUIDField(unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # A collection may go meanwhile; the video then goes into the first one that its owner may upload into.
    collection = models.ForeignKey(Collection, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=255)
    source_name = models.CharField(max_length=SOURCE_NAME_CHARS_MAX)
    metadata = models.CharField(max_length=tus.METADATA_CHARS_MAX, blank=True)
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.RECEIVING)
    reason = models.CharField(max_length=32, blank=True)

    bytes_total = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    sha256_expected = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    checked = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField()

    class Meta:
        ordering = ["-touched_at", "-pk"]
        indexes = [
            models.Index(
                fields=["state", "expires_at"],
                name="upload_unfinished",
                condition=Q(state__in=uploading.UNFINISHED),
            ),
            models.Index(fields=["created_by", "state"], name="upload_of_person"),
            models.Index(fields=["state"], name="uploads_by_state"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=uploading.STATES), name="upload_state_known"),
            models.CheckConstraint(
                condition=Q(bytes_total__gt=0, received__lte=models.F("bytes_total")), name="an_upload_has_an_end"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(uploading.CHECKING, uploading.DONE, uploading.SPOILED))
                | Q(received=models.F("bytes_total")),
                name="only_a_whole_upload_is_checked",
            ),
            models.CheckConstraint(
                condition=~Q(state=uploading.DONE) | ~Q(sha256=""), name="a_done_upload_has_its_checksum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name}: {self.received}/{self.bytes_total}"

    @property
    def percent(self) -> int:
        """What has arrived, in whole percent."""
        return uploading.percent_of(self.received, self.bytes_total)


class UploadPart(models.Model):
    """What one acknowledged part hashed to as it came in; the check reads the file against it.

    From `from_byte` (inclusive) to `to_byte` (exclusive). Kept until the upload has ended.
    """

    wagtail_reference_index_ignore = True

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    from_byte = models.PositiveBigIntegerField()
    to_byte = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["from_byte"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "from_byte"], name="one_part_from_a_byte"),
            models.CheckConstraint(condition=Q(to_byte__gt=models.F("from_byte")), name="a_part_has_bytes"),
        ]

    def __str__(self) -> str:
        return f"{self.from_byte}-{self.to_byte}"


class Rendition(models.Model):
    """One quality of an asset. `segments` is a list of [file in default storage, duration in ms]."""

    wagtail_reference_index_ignore = True

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="renditions")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bandwidth = models.PositiveIntegerField(help_text="Highest bit rate of any segment, in bit/s")
    codecs = models.CharField(max_length=60)
    segments = models.JSONField()

    class Meta:
        ordering = ["height"]
        constraints = [models.UniqueConstraint(fields=["asset", "height"], name="one_rendition_per_height")]

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class KeyWindow(models.Model):
    """Media from `from_ms` (inclusive) to `to_ms` (exclusive) under one key, shared by all renditions."""

    wagtail_reference_index_ignore = True

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="key_windows")
    ordinal = models.PositiveIntegerField()
    from_ms = models.PositiveBigIntegerField()
    to_ms = models.PositiveBigIntegerField()
    sealed_key = models.BinaryField(editable=False)

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "ordinal"], name="one_window_per_ordinal"),
            models.CheckConstraint(condition=Q(to_ms__gt=models.F("from_ms")), name="a_window_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.from_ms}-{self.to_ms}"


class CaptionVersion(models.Model):
    """Captions of a video in one language, as somebody saved them; the highest number is what is shown.

    Only ever added: changed captions are a further version, and withdrawn ones are a further version without cues
    (PostgreSQL refuses UPDATE and DELETE). Captions hang on the video and not on a lesson's version: they are no
    evidence of learning, and a mistake in them is mended for everybody at once. `cues` are [start ms, end ms, text].
    """

    wagtail_reference_index_ignore = True

    uuid = models.UUIDField(unique=True, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="caption_versions")
    language = models.CharField(_("language"), max_length=12)
    number = models.PositiveIntegerField()
    is_withdrawn = models.BooleanField(default=False)
    cues = models.JSONField(default=list)
    cue_count = models.PositiveIntegerField()
    source_name = models.CharField(_("file name"), max_length=SOURCE_NAME_CHARS_MAX, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["asset", "language", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "language", "number"], name="one_caption_version_per_number"),
            models.CheckConstraint(
                condition=Q(is_withdrawn=True, cue_count=0) | Q(is_withdrawn=False, cue_count__gt=0),
                name="captions_are_withdrawn_or_there",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.number}"

    @property
    def own_name(self) -> str:
        """The language as its readers call it."""
        return LANGUAGES[self.language].own_name if self.language in LANGUAGES else self.language
