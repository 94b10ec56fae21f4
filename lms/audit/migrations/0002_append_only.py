"""Make the audit log append-only in the database itself.

`xueshi_refuse_change()` is shared: other append-only tables hang their own triggers on it. It is FOR EACH ROW, so
that flushing a test database (TRUNCATE) still works; the runtime role of an installation has no TRUNCATE right.
"""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION xueshi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted; write a new one', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
"""

# The function stays while anything hangs on it: DROP FUNCTION without CASCADE refuses by itself.
DROP = """
DROP TRIGGER audit_event_append_only ON audit_event;
DROP FUNCTION xueshi_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
