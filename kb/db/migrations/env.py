"""Run the migrations on the connection that `Database.upgrade` hands over."""

from alembic import context

from kb.db.entities import Entity

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Entity.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
