"""Words that people read, by what they speak of."""
