"""Words that people read and that are no page's: what the demo teaches."""
