"""Every limit and timing of the media pipeline, each with its reason."""

# What may come in. A lecture of six hours at 1080p from a common recorder stays below eight gigabytes.
SOURCE_BYTES_MAX = 8 * 1024**3
SOURCE_NAME_CHARS_MAX = 200

# One attempt may fail by bad luck (a killed worker, a full disk); the third failure is no luck any more.
ATTEMPTS_MAX = 3
# A worker that has not reported for this long is taken for dead. Longer than the slowest step without a report.
LEASE_S = 120
# Progress is written at most this often, so that a long job costs one small row update a second.
REPORT_EVERY_S = 1.0
# A job still waiting after this long has lost its wake-up call (the broker forgets; the row does not).
WAKE_AGAIN_S = 60
# At most this many jobs are looked at in one sweep, so that a sweep stays short after an outage.
SWEEP_JOBS_MAX = 200

# Programs. Probing reads headers only; transcoding gets real time times ten, at least five minutes.
PROBE_TIMEOUT_S = 60
TRANSCODE_TIMEOUT_MIN_S = 300
TRANSCODE_TIMEOUT_PER_MEDIA_S = 10
PROGRAM_OUTPUT_BYTES_MAX = 8 * 1024**2
LOG_TAIL_CHARS = 4000

# What the published duration, counted from its frames, may differ from the sum of its segments.
DURATION_TOLERANCE_MS = 500

# Media in a bucket: how long the bucket itself gives a file to whoever holds its address. Long enough for a slow phone
# to begin, and short, because that address is bound to nobody.
BUCKET_ADDRESS_S = 300
