"""Every limit and timing of the media pipeline, each with its reason."""

# What may come in. A lecture of six hours at 1080p from a common recorder stays below ten gigabytes.
SOURCE_BYTES_MAX = 10 * 1024**3
SOURCE_NAME_CHARS_MAX = 200
# In one request, without JavaScript: an interrupted one is lost in whole, so large files come in parts.
FORM_BYTES_MAX = 1024**3

# Uploads in parts. A request's body lies in a temporary file before it is read (Django), so a part is bounded: what a
# bad connection loses is at most one.
PART_BYTES_MAX = 16 * 1024**2
# What the page sends at once: small enough for a phone's memory, large enough that fsync and commit do not count.
PART_BYTES = 8 * 1024**2
# Read and written piece by piece, so that no request holds more than this.
PIECE_BYTES = 256 * 1024
# A closed laptop, a weekend, a sick day; then the disk is worth more.
UPLOAD_KEPT_S = 7 * 24 * 3600
# Of one person at a time. Ten gigabytes each are promised to them.
UNFINISHED_UPLOADS_MAX = 5
# Never promised to uploads: the workers need space for what they make of what is there.
DISK_KEPT_FREE_BYTES = 2 * 1024**3
# A part in private storage without an upload is the rest of a crash; young ones may be about to get theirs.
STRAY_PART_S = 3600
# At most this many uploads are expired or woken in one sweep.
SWEEP_UPLOADS_MAX = 200

# One attempt may fail by bad luck (a killed worker, a full disk); the third failure is no luck any more.
ATTEMPTS_MAX = 3
# A worker that has not reported for this long is taken for dead; five pulses may get lost before.
LEASE_S = 120
# A thread of the worker renews the lease this often, whatever the step that runs has to say.
PULSE_EVERY_S = 20.0
# A step that says nothing for this long hangs: its lease is not renewed any more, and another worker takes over.
SILENCE_S_MAX = 3600.0
# Progress is written at most this often, so that a long job costs one small row update a second.
REPORT_EVERY_S = 1.0
# A job still waiting after this long has lost its wake-up call (the broker forgets; the row does not).
WAKE_AGAIN_S = 60
# At most this many jobs are looked at in one sweep, so that a sweep stays short after an outage.
SWEEP_JOBS_MAX = 200

# So many wake-up calls leave when a lecture is split. Each chunk ends with the next call: other videos come in between.
CHUNK_LANES_MAX = 16
# Folders younger than this belong to somebody who has not come to locking or naming them yet.
ORPHAN_MIN_AGE_S = 300
# An original without a row may be an upload under way; after a day it is none.
SOURCE_ORPHAN_AGE_S = 86_400
# What was published longer ago has been looked at by every sweep of a day and is not listed again.
SWEPT_AFTER_S = 86_400

# Programs. Probing reads headers only; transcoding gets real time times ten, at least five minutes.
PROBE_TIMEOUT_S = 60
TRANSCODE_TIMEOUT_MIN_S = 300
TRANSCODE_TIMEOUT_PER_MEDIA_S = 10
PROGRAM_OUTPUT_BYTES_MAX = 8 * 1024**2
LOG_TAIL_CHARS = 4000
# What is read of a detector's report. Six hours of loudness, once a second, are nine megabytes.
DETECTOR_BYTES_MAX = 32 * 1024**2

# A segment, poster or sheet that a program left is taken into memory; 4 s of the highest rendition are two megabytes.
MADE_BYTES_MAX = 64 * 1024**2

# What the published duration, counted from its frames, may differ from the sum of its segments.
DURATION_TOLERANCE_MS = 500

# Media in a bucket: how long the bucket itself gives a file to whoever holds its address. Long enough for a slow phone
# to begin, and short, because that address is bound to nobody.
BUCKET_ADDRESS_S = 300


def timeout_for_s(media_ms: int) -> float:
    """How long a program may take over so much of a film, in seconds."""
    return max(TRANSCODE_TIMEOUT_MIN_S, media_ms / 1000 * TRANSCODE_TIMEOUT_PER_MEDIA_S)
