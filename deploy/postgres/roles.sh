#!/bin/sh
# Run once, by the container that makes the cluster: the role that serves beside the one that owns the tables. Its rights
# come with the first migration.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_RUNTIME_PASSWORD" --username "$POSTGRES_USER" "$POSTGRES_DB" <<'SQL'
CREATE ROLE xueshi_runtime LOGIN PASSWORD :'password';
SQL
