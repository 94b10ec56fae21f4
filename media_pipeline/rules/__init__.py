"""Pure rules of the media pipeline: no Django, no clock, no randomness, no input or output."""
