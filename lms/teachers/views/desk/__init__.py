"""The authority's side of the forty hours: its years, how teachers stand in them, and the claims it decides on."""
