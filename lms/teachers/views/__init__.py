"""Pages and files of teachers: each translates, makes one call and translates back."""
