"""Pure rules of courses: how long reading may take, where sections lie on the time line, what a version's digest is."""
