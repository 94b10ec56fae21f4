"""Years of continuing education, caps, claims and their evidence, and what PostgreSQL holds of them by itself.

* A year's figures never change, and neither does evidence; a claim says for ever what it said.
* Claimed hours in the ledger are those of one claim, which was waiting, word for word.
* Whoever decides, by the claim's row and by the ledger's entry alike, is of the authority above, and neither the
  claimant nor a colleague of theirs.
"""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import lms.hours.models.ledger
import media_pipeline.storage
import uuid
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE TRIGGER teachers_educationyear_append_only BEFORE UPDATE OR DELETE ON teachers_educationyear
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER teachers_categorycap_append_only BEFORE UPDATE OR DELETE ON teachers_categorycap
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();
CREATE TRIGGER teachers_evidence_append_only BEFORE UPDATE OR DELETE ON teachers_evidence
    FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change();

CREATE FUNCTION xueshi_year_of_teachers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM enrollments_trainingclass AS c
            JOIN enrollments_syllabusversion AS v ON v.id = c.syllabus_version_id
            JOIN enrollments_syllabus AS s ON s.id = v.syllabus_id
        WHERE c.id = NEW.training_class_id AND s.training = 'continuing'
            AND c.starts_on = make_date(NEW.year, 1, 1) AND c.ends_on = make_date(NEW.year, 12, 31)
    ) THEN
        RAISE EXCEPTION 'a year is a class of continuing education from its first day to its last'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_year_is_a_class_of_teachers';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_educationyear_class BEFORE INSERT ON teachers_educationyear
    FOR EACH ROW EXECUTE FUNCTION xueshi_year_of_teachers();

CREATE FUNCTION xueshi_category_of_year(year_id bigint, module_id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM teachers_educationyear AS y JOIN enrollments_trainingclass AS c ON c.id = y.training_class_id
            JOIN enrollments_module AS m ON m.syllabus_version_id = c.syllabus_version_id
        WHERE y.id = year_id AND m.id = module_id
    )
$$;

-- A cap comes with its year: once somebody takes part, nothing that counted may stop to.
CREATE FUNCTION xueshi_cap_of_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT xueshi_category_of_year(NEW.education_year_id, NEW.module_id) OR EXISTS (
        SELECT 1 FROM teachers_educationyear AS y
            JOIN enrollments_enrollment AS e ON e.training_class_id = y.training_class_id
        WHERE y.id = NEW.education_year_id
    ) THEN
        RAISE EXCEPTION 'a cap is of a category of its year, and written before anybody takes part'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_cap_comes_with_its_year';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_categorycap_year BEFORE INSERT ON teachers_categorycap
    FOR EACH ROW EXECUTE FUNCTION xueshi_cap_of_year();

-- An authority of the year's region or above, who is not the claimant and works for no institution for which the
-- claimant works: neither now nor when the claim was made.
CREATE FUNCTION xueshi_may_review(reviewer bigint, claimant bigint, year_id bigint, claimed timestamptz)
    RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT reviewer <> claimant
        AND EXISTS (SELECT 1 FROM accounts_user WHERE id = reviewer AND is_active)
        AND EXISTS (
            SELECT 1 FROM accounts_rolegrant WHERE person_id = reviewer AND role = 'authority' AND ended_at IS NULL
        )
        AND EXISTS (
            SELECT 1 FROM institutions_authoritypost AS post
                JOIN institutions_region AS above ON above.id = post.region_id
                JOIN teachers_educationyear AS y ON y.id = year_id
                JOIN institutions_region AS own ON own.id = y.region_id
            WHERE post.person_id = reviewer AND post.ended_at IS NULL AND starts_with(own.code, above.code)
        )
        AND NOT EXISTS (
            SELECT 1 FROM institutions_membership AS theirs
                JOIN institutions_membership AS own ON own.institution_id = theirs.institution_id
            WHERE theirs.person_id = reviewer AND own.person_id = claimant
                AND (theirs.ended_at IS NULL OR (theirs.started_at <= claimed AND theirs.ended_at > claimed))
                AND (own.ended_at IS NULL OR (own.started_at <= claimed AND own.ended_at > claimed))
        )
$$;

-- Both people's rows are locked before it is asked: a membership that is being written is waited for.
CREATE FUNCTION xueshi_require_reviewer(reviewer bigint, claimant bigint, year_id bigint, claimed timestamptz)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_user WHERE id IN (reviewer, claimant) ORDER BY id FOR SHARE;
    IF xueshi_may_review(reviewer, claimant, year_id, claimed) IS NOT TRUE THEN
        RAISE EXCEPTION 'person % may not decide on a claim of person %', reviewer, claimant
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_claim_is_reviewed_from_outside';
    END IF;
END
$$;

CREATE FUNCTION xueshi_claim_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_posted boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a claim is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NOT xueshi_category_of_year(NEW.education_year_id, NEW.module_id) THEN
            RAISE EXCEPTION 'a claim begins by waiting, in a category of its year'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'a_claim_begins_by_waiting';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state = 'waiting' OR
        (OLD.uuid, OLD.person_id, OLD.education_year_id, OLD.module_id, OLD.kind, OLD.from_at, OLD.to_at, OLD.title,
            OLD.place, OLD.text, OLD.claimed_at)
        IS DISTINCT FROM
        (NEW.uuid, NEW.person_id, NEW.education_year_id, NEW.module_id, NEW.kind, NEW.from_at, NEW.to_at, NEW.title,
            NEW.place, NEW.text, NEW.claimed_at)
    THEN
        RAISE EXCEPTION 'a claim is decided once, and says for ever what it said' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IN ('accepted', 'refused') THEN
        PERFORM xueshi_require_reviewer(NEW.decided_by_id, NEW.person_id, NEW.education_year_id, NEW.claimed_at);
    END IF;
    SELECT EXISTS (
        SELECT 1 FROM hours_entry WHERE learner_id = NEW.person_id AND uuid = NEW.uuid AND sort = 'claim'
            AND (NEW.state <> 'accepted' OR (id = NEW.entry_id AND posted_by_id = NEW.decided_by_id))
    ) INTO is_posted;
    IF is_posted <> (NEW.state = 'accepted') THEN
        RAISE EXCEPTION 'an accepted claim has its entry, and no other has one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_accepted_claim_has_its_entry';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_claim_step BEFORE INSERT OR UPDATE OR DELETE ON teachers_claim
    FOR EACH ROW EXECUTE FUNCTION xueshi_claim_step();

CREATE FUNCTION xueshi_evidence_of_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    claim_state text;
BEGIN
    SELECT state INTO claim_state FROM teachers_claim WHERE id = NEW.claim_id FOR NO KEY UPDATE;
    IF claim_state <> 'waiting' OR (SELECT count(*) FROM teachers_evidence WHERE claim_id = NEW.claim_id) >= 5 THEN
        RAISE EXCEPTION 'a claim takes at most five files, while it waits'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_comes_before_the_decision';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER teachers_evidence_claim BEFORE INSERT ON teachers_evidence
    FOR EACH ROW EXECUTE FUNCTION xueshi_evidence_of_claim();

CREATE FUNCTION xueshi_entry_of_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    claim teachers_claim%ROWTYPE;
BEGIN
    SELECT * INTO claim FROM teachers_claim WHERE uuid = NEW.uuid AND state = 'waiting' FOR NO KEY UPDATE;
    IF NOT FOUND OR
        (claim.person_id, claim.module_id, claim.kind::text, claim.from_at, claim.to_at)
            IS DISTINCT FROM (NEW.learner_id, NEW.module_id, NEW.kind::text, NEW.from_at, NEW.to_at)
        OR NOT EXISTS (
            SELECT 1 FROM enrollments_enrollment AS e
                JOIN teachers_educationyear AS y ON y.training_class_id = e.training_class_id
            WHERE e.id = NEW.enrollment_id AND e.learner_id = NEW.learner_id AND y.id = claim.education_year_id
        )
    THEN
        RAISE EXCEPTION 'claimed hours are those of a claim that waits'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claimed_hours_rest_on_a_claim';
    END IF;
    PERFORM xueshi_require_reviewer(NEW.posted_by_id, NEW.learner_id, claim.education_year_id, claim.claimed_at);
    RETURN NEW;
END
$$;
CREATE TRIGGER hours_entry_of_claim BEFORE INSERT ON hours_entry
    FOR EACH ROW WHEN (NEW.sort = 'claim') EXECUTE FUNCTION xueshi_entry_of_claim();
"""
DROP = """
DROP TRIGGER hours_entry_of_claim ON hours_entry;
DROP FUNCTION xueshi_entry_of_claim();
DROP TRIGGER teachers_evidence_claim ON teachers_evidence;
DROP FUNCTION xueshi_evidence_of_claim();
DROP TRIGGER teachers_claim_step ON teachers_claim;
DROP FUNCTION xueshi_claim_step();
DROP FUNCTION xueshi_require_reviewer(bigint, bigint, bigint, timestamptz);
DROP FUNCTION xueshi_may_review(bigint, bigint, bigint, timestamptz);
DROP TRIGGER teachers_categorycap_year ON teachers_categorycap;
DROP FUNCTION xueshi_cap_of_year();
DROP FUNCTION xueshi_category_of_year(bigint, bigint);
DROP TRIGGER teachers_educationyear_class ON teachers_educationyear;
DROP FUNCTION xueshi_year_of_teachers();
DROP TRIGGER teachers_evidence_append_only ON teachers_evidence;
DROP TRIGGER teachers_categorycap_append_only ON teachers_categorycap;
DROP TRIGGER teachers_educationyear_append_only ON teachers_educationyear;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('enrollments', '0006_continuing_education'),
        ('audit', '0002_append_only'),
        ('hours', '0015_claimed_hours_hold'),
        ('institutions', '0006_training_and_examining_apart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EducationYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('year', models.PositiveSmallIntegerField()),
                ('required_hours', models.DecimalField(decimal_places=2, default=40, max_digits=6)),
                ('make_up_until', models.DateField()),
                ('carry_over_hours_max', models.DecimalField(decimal_places=2, default=0, max_digits=6)),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='education_years', to='institutions.region')),
                ('training_class', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='education_year', to='enrollments.trainingclass')),
            ],
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('online', 'Online'), ('classroom', 'Classroom'), ('workshop', 'Workshop')], max_length=10)),
                ('from_at', models.DateTimeField()),
                ('to_at', models.DateTimeField()),
                ('title', models.CharField(max_length=120)),
                ('place', models.CharField(max_length=120)),
                ('text', models.CharField(blank=True, max_length=2000)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for review'), ('accepted', 'Accepted'), ('refused', 'Not accepted'), ('taken_back', 'Taken back')], default='waiting', max_length=10)),
                ('claimed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hours.entry')),
                ('module', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.module')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('education_year', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='teachers.educationyear')),
            ],
        ),
        migrations.CreateModel(
            name='CategoryCap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hours_max', models.DecimalField(decimal_places=2, max_digits=6)),
                ('module', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollments.module')),
                ('education_year', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='caps', to='teachers.educationyear')),
            ],
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file', models.FileField(editable=False, max_length=120, storage=media_pipeline.storage.private_storage, upload_to='')),
                ('name', models.CharField(max_length=120)),
                ('content_type', models.CharField(max_length=20)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='teachers.claim')),
            ],
            options={
                'verbose_name_plural': 'evidence',
                'ordering': ['claim', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='educationyear',
            constraint=models.UniqueConstraint(fields=('region', 'year'), name='a_region_opens_a_year_once'),
        ),
        migrations.AddConstraint(
            model_name='educationyear',
            constraint=models.CheckConstraint(condition=models.Q(('carry_over_hours_max__gte', 0), ('required_hours__gt', 0)), name='a_year_asks_some_hours'),
        ),
        migrations.AddConstraint(
            model_name='educationyear',
            constraint=models.CheckConstraint(condition=models.Q(('make_up_until__year__gt', models.F('year'))), name='made_up_after_the_year_that_was_missed'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(fields=['person', '-claimed_at'], name='claims_of_a_teacher'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['education_year', 'claimed_at'], name='claims_that_wait'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['classroom', 'workshop'])), name='a_claim_is_of_a_place'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('to_at__gt', models.F('from_at'))), name='a_claim_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('claimed_at__gte', models.F('to_at'))), name='a_claim_comes_after_its_time'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('entry__isnull', True), ('state', 'waiting')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', True), ('entry__isnull', True), ('state', 'taken_back')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('entry__isnull', False), ('state', 'accepted')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('entry__isnull', True), ('state', 'refused'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='a_claim_ends_with_a_name'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('person')), _negated=True), _connector='OR'), name='nobody_decides_their_own_claim'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['waiting', 'accepted'])), expressions=[('person', '='), (lms.hours.models.ledger.TimeSpan('from_at', 'to_at', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='no_time_is_claimed_twice'),
        ),
        migrations.AddConstraint(
            model_name='categorycap',
            constraint=models.UniqueConstraint(fields=('education_year', 'module'), name='one_cap_for_a_category'),
        ),
        migrations.AddConstraint(
            model_name='categorycap',
            constraint=models.CheckConstraint(condition=models.Q(('hours_max__gt', 0)), name='a_cap_lets_something_count'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('claim', 'sha256'), name='a_file_once_in_a_claim'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('content_type__in', ['application/pdf', 'image/jpeg', 'image/png'])), name='evidence_is_a_document_or_a_picture'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
