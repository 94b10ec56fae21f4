"""Typed access to the environment; the only place that reads os.environ.

A missing or malformed value ends the program with one sentence that names the variable.
"""
