from django.db import migrations, models

from tenants import rls


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0007_rates'),
    ]

    operations = [
        rls.OpenTables(),
        migrations.AddField(
            model_name='source',
            name='expected_hours',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('expected_hours', 0), _negated=True), name='source_expects_within_hours'),
        ),
        rls.SecureTables('audit'),
    ]
