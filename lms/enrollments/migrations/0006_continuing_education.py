"""Syllabi of the continuing education of teachers, beside initial training and refreshers."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrollments', '0005_lesson_aims'),
    ]

    operations = [
        migrations.AlterField(
            model_name='syllabus',
            name='training',
            field=models.CharField(choices=[('initial', 'Initial training'), ('refresher', 'Refresher'), ('continuing', 'Continuing education of teachers')], max_length=10),
        ),
    ]
