"""Words of the media pipeline that people read, by the codes of its rules."""
