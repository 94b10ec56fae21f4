"""Measurements: what the study path does in a second, and what each beat costs, beside simpler ways in the same run."""
