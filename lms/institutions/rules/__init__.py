"""Pure rules about regions."""
