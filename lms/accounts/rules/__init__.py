"""Pure rules about people: identity numbers, phone numbers, what a role opens."""
