"""PostgreSQL itself keeps what was published: evidence of learning stands on renditions, windows and durations."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION media_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM media_pipeline_asset WHERE id = NEW.asset_id AND state = 'ready';
        IF NOT FOUND THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'published media does not change (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER rendition_stays BEFORE INSERT OR UPDATE OR DELETE ON media_pipeline_rendition
    FOR EACH ROW EXECUTE FUNCTION media_published_stays();
CREATE TRIGGER key_window_stays BEFORE INSERT OR UPDATE OR DELETE ON media_pipeline_keywindow
    FOR EACH ROW EXECUTE FUNCTION media_published_stays();

CREATE FUNCTION media_ready_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ready asset keeps its state, duration and identity'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ready_asset_stays BEFORE UPDATE ON media_pipeline_asset
    FOR EACH ROW WHEN (OLD.state = 'ready' AND (
        NEW.state <> 'ready' OR NEW.duration_ms IS DISTINCT FROM OLD.duration_ms OR NEW.uuid <> OLD.uuid))
    EXECUTE FUNCTION media_ready_stays();
CREATE TRIGGER ready_asset_is_kept BEFORE DELETE ON media_pipeline_asset
    FOR EACH ROW WHEN (OLD.state = 'ready') EXECUTE FUNCTION media_ready_stays();
"""

BACKWARD = """
DROP TRIGGER ready_asset_is_kept ON media_pipeline_asset;
DROP TRIGGER ready_asset_stays ON media_pipeline_asset;
DROP TRIGGER key_window_stays ON media_pipeline_keywindow;
DROP TRIGGER rendition_stays ON media_pipeline_rendition;
DROP FUNCTION media_ready_stays();
DROP FUNCTION media_published_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("media_pipeline", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
