#!/bin/sh
# Run once by the postgres image, on an empty volume: a table of customers, and a user who can read it and nothing else.
set -eu
export READER_PASSWORD_FILE="${READER_PASSWORD_FILE:-/run/secrets/reader-password}"
psql --set ON_ERROR_STOP=1 --username postgres --dbname customers <<'SQL'
\set reader `cat "$READER_PASSWORD_FILE"`
create table customer (
  id text primary key,
  name text not null,
  email text not null default '',
  language text not null default 'en',
  zone text not null default 'Europe/Madrid',
  segment text not null,
  consent boolean not null default false
);
insert into customer (id, name, email, language, zone, segment, consent) values
  ('NW-1', 'Alice Green', 'alice.green@example.com', 'en', 'Europe/London', 'payers', true),
  ('NW-2', 'José Ortiz', 'jose.ortiz@example.net', 'es', 'Europe/Madrid', 'payers', true),
  ('NW-3', 'Emily Dunne', 'emily.dunne@example.org', 'en', 'Europe/Dublin', 'payers', false);
create role reader login password :'reader' connection limit 5;
alter role reader set default_transaction_read_only = on;
grant connect on database customers to reader;
grant select on customer to reader;
SQL
