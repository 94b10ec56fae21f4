"""Pages of the roster: the teacher's own, those of who employs and who supervises teachers, and the public search."""
