import django.db.models.deletion
import tenants.scope
from django.db import migrations, models


class Migration(migrations.Migration):
    """An identity costs one index and no look at its tenant: there is one for every row that ever came in a stream."""

    dependencies = [
        ('audit', '0008_expected'),
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='identity',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, default=tenants.scope.current, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant'),
        ),
        migrations.RunSQL(
            'alter table audit_identity drop constraint if exists audit_identity_tenant_key',
            migrations.RunSQL.noop,
        ),
    ]
