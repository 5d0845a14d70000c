-- The vault: what is known of people, and each person's key, apart from the log.
--
-- Two tables, so that they can be backed up, kept and guarded differently: without its key a
-- sealed text says nothing. Readers of the log have no business with either.

create table boxoffice.person_keys (
  person text primary key,
  key bytea not null
);
comment on table boxoffice.person_keys is
  'One key per person, made when the person is kept first; see infrastructure/sealing.py.';

create table boxoffice.persons (
  person text primary key,
  sealed bytea not null
);
comment on table boxoffice.persons is 'Name and e-mail address, sealed under the person''s key.';

revoke all on boxoffice.person_keys, boxoffice.persons from public;
grant select, insert, update on boxoffice.person_keys, boxoffice.persons to boxoffice_app;
