"""Every write of the media pipeline: uploads (`uploads`), the worker's attempts (`attempts`, `transcoding`)."""
