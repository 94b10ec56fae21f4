"""Everything at once against a few sittings: the ground, the writers, layers that can be taken away, and the books."""
