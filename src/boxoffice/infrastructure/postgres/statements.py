"""Every statement that the log's adapters send, in one place."""

from __future__ import annotations

APPEND = """
select * from boxoffice.append(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""

READ = """
select position, uuid_send(stream), version, tag, data, meta, recorded_at, hash
from boxoffice.events
where position > %b order by position limit %b
"""

TAGGED = """
select position, uuid_send(stream), version, tag, data, meta, recorded_at, hash
from boxoffice.events
where position > %b and position <= %b and tag = any(%b) order by position
"""

FAMILY = """
select position, uuid_send(stream), version, tag, data, meta, recorded_at, hash
from boxoffice.events
where stream between %b and %b
"""

HEAD = """
select (select max(epoch) from boxoffice.epochs), last.position, last.hash
from (select 1) always
left join (select position, hash from boxoffice.events order by position desc limit 1)
  last on true
"""

LENGTH = "select coalesce(max(position), 0) from boxoffice.events"

LOCK = "select pg_advisory_xact_lock('boxoffice.events'::regclass::oid::bigint)"
"""The append lock; see the append function."""

AWAIT_APPENDS = (
    "select pg_advisory_xact_lock_shared('boxoffice.events'::regclass::oid::bigint)"
)

RECEIPTS = """
select uuid_send(command_id), request_hash, renderer, first_position, last_position
from boxoffice.receipts where command_id = any(%b)
"""

LAST_RECEIPT = """
select uuid_send(command_id), request_hash, renderer, first_position, last_position
from boxoffice.receipts order by last_position desc limit 1
"""

FORGET_RECEIPTS = "select reached, forgotten from boxoffice.forget_receipts(%b, %b, %b)"

NOW = "select clock_timestamp()"

NEW_EPOCH = """
insert into boxoffice.epochs (epoch, position)
select (select max(epoch) + 1 from boxoffice.epochs),
       (select coalesce(max(position), 0) from boxoffice.events)
returning epoch
"""

LISTEN = "listen boxoffice_log"
FALL_ASLEEP = """
select pg_advisory_lock_shared(
  'boxoffice.events'::regclass::oid::bigint + (1::bigint << 32))
"""
"""While it is held, appends send a wake-up."""
WAKE_UP = """
select pg_advisory_unlock_shared(
  'boxoffice.events'::regclass::oid::bigint + (1::bigint << 32));
unlisten boxoffice_log
"""

ACQUIRE_LEASE = """
insert into boxoffice.leases as held (name, owner, fence, until)
values (%(name)s, %(owner)s, 1, clock_timestamp() + %(ttl)s)
on conflict (name) do update set
  owner = excluded.owner,
  fence = held.fence + (held.until <= clock_timestamp())::int,
  until = excluded.until
where held.owner = excluded.owner or held.until <= clock_timestamp()
returning fence
"""

RELEASE_LEASE = """
update boxoffice.leases set until = clock_timestamp()
where name = %s and owner = %s and fence = %s and until > clock_timestamp()
"""

LOAD_CHECKPOINT = """
select epoch, position, hash, sent::text from boxoffice.checkpoints where name = %s
"""

SAVE_CHECKPOINT = """
with mine as (
  select name from boxoffice.leases
  where name = %(name)s and owner = %(owner)s and fence = %(fence)s
  for no key update
)
insert into boxoffice.checkpoints (name, epoch, position, hash, sent)
select name, %(epoch)s, %(position)s, %(hash)s, %(sent)s::jsonb from mine
on conflict (name) do update set
  epoch = excluded.epoch, position = excluded.position,
  hash = excluded.hash, sent = excluded.sent
"""

IDENTIFY_STAFF = """
insert into boxoffice.staff (folded, id, person) values (%s, %s, %s)
on conflict (folded) do update set id = staff.id
returning id
"""
"""The update changes nothing: it waits for whoever is first and gives their id."""

NAMES_OF_STAFF = "select id, person from boxoffice.staff"

STORE_STAFF = """
insert into boxoffice.staff_tokens
  (digest, staff, person, role, venue, created_at, revoked_at)
values (%s, %s, %s, %s, %s, %s, %s) on conflict (digest) do nothing
"""

FIND_STAFF = """
select staff, person, role, venue, created_at, revoked_at
from boxoffice.staff_tokens where digest = %s and staff is not null
"""

ALL_STAFF = """
select staff, person, role, venue, created_at, revoked_at
from boxoffice.staff_tokens where staff is not null order by created_at
"""

REVOKE_STAFF = """
update boxoffice.staff_tokens set revoked_at = %s
where staff = %s and revoked_at is null
"""

REMOVE_STAFF = "delete from boxoffice.staff_tokens where digest = %s"

PERSON_KEY = """
insert into boxoffice.person_keys (person, key) values (%s, %s)
on conflict (person) do update set key = person_keys.key
returning key
"""
"""The update changes nothing: it waits for whoever is first and gives their key."""

KEEP_PERSON = """
insert into boxoffice.persons (person, sealed) values (%s, %s)
on conflict (person) do update set sealed = excluded.sealed
"""

FORGET_PERSONS = "select boxoffice.forget_persons(%s)"

OPEN_PERSONS = """
select person, key, sealed
from boxoffice.persons join boxoffice.person_keys using (person)
where person = any(%s)
"""
