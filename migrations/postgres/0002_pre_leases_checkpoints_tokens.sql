-- Who may act, how far readers have come, and the staff's tokens.

create table boxoffice.leases (
  name text primary key,
  owner text not null,
  fence bigint not null,
  until timestamptz not null
);
comment on table boxoffice.leases is 'One active owner per name; the fence grows with every owner.';

create table boxoffice.checkpoints (
  name text primary key,
  epoch integer not null,
  position bigint not null,
  hash bytea not null,
  sent jsonb not null
);
comment on table boxoffice.checkpoints is 'How far a relay or a process manager has come.';

create table boxoffice.staff_tokens (
  digest bytea primary key,
  person text not null,
  role text not null,
  venue text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
comment on table boxoffice.staff_tokens is
  'By the SHA-256 of the secret; the secret is never stored.';

revoke all on boxoffice.leases, boxoffice.checkpoints, boxoffice.staff_tokens from public;
grant select, insert, update on boxoffice.leases, boxoffice.checkpoints, boxoffice.staff_tokens
  to boxoffice_app;
grant select on boxoffice.leases, boxoffice.checkpoints to boxoffice_reader;
