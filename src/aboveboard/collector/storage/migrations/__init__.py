"""Alembic migrations, shipped with the package and run when the collector starts."""
