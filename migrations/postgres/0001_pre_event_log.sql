-- The log: events, receipts of commands, epochs, and the one function that writes them.
--
-- The owner (whoever migrates) owns everything. `boxoffice_app` may read, and append by the
-- function alone; `boxoffice_reader` may read. Both are groups: grant them to login roles.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['boxoffice_app', 'boxoffice_reader'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then
        null;  -- Roles belong to the server: another database's migration was faster.
      end;
    end if;
  end loop;
  -- One URL for everything is enough for a small house: its user becomes the app role.
  if not pg_has_role(current_user, 'boxoffice_app', 'member') then
    begin
      grant boxoffice_app to current_user;
    exception when insufficient_privilege then
      null;  -- Then the app needs a login of its own; whoever made the roles grants it.
    end;
  end if;
end $$;

create table boxoffice.events (
  position bigint primary key with (fillfactor = 100),
  recorded_at timestamptz not null,
  stream uuid not null,
  version bigint not null,
  tag text not null check (tag <> ''),
  data bytea not null,
  meta bytea not null,
  hash bytea not null,
  -- Makes a double sale impossible; its first 12 bytes are the family, so a house is one range.
  constraint events_stream_version unique (stream, version)
);
comment on table boxoffice.events is 'The log. Append only, by boxoffice.append.';

create table boxoffice.receipts (
  command_id uuid primary key,
  request_hash bytea not null,
  renderer smallint not null,
  first_position bigint not null,
  last_position bigint not null,
  check (first_position <= last_position)
);
comment on table boxoffice.receipts is
  'Which events a command has: a repeated command is answered from them.';

create table boxoffice.epochs (
  epoch integer primary key,
  position bigint not null,
  began_at timestamptz not null default clock_timestamp()
);
comment on table boxoffice.epochs is 'A new one begins when history was set back.';
insert into boxoffice.epochs (epoch, position) values (1, 0);

create function boxoffice.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'The log is append only: % is refused.', tg_op
    using errcode = 'insufficient_privilege';
end $$;

create trigger events_are_for_ever before update or delete or truncate on boxoffice.events
  for each statement execute function boxoffice.refuse_change();
alter table boxoffice.events enable always trigger events_are_for_ever;

-- The eventsourcing library's columns: a stock recorder can read the log through it.
create view boxoffice.log_notifications as
  select stream as originator_id, version as originator_version, tag as topic, data as state,
         position as notification_id
  from boxoffice.events;

-- Why a call cannot be stored: a receipt wins over a stale guard. Called under the append lock.
create function boxoffice.refusal(
  command_ids uuid[], guard_streams uuid[], guard_versions bigint[],
  out outcome text, out culprits uuid[]
) language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  outcome := 'repeated';
  culprits := array(
    select r.command_id from boxoffice.receipts r where r.command_id = any (command_ids));
  if cardinality(culprits) > 0 then return; end if;
  outcome := 'stale';
  culprits := array(
    select g.stream from unnest(guard_streams, guard_versions) g (stream, version)
    where g.version <> coalesce((
      select e.version from boxoffice.events e
      where e.stream = g.stream order by e.version desc limit 1), -1));
  if cardinality(culprits) > 0 then return; end if;
  outcome := 'free';
end $$;

-- One call of the writer: everything is stored, or nothing. See ports.Append for the columns.
--
-- A command's events are neighbours; command_lasts says where each command's events end.
-- event_guards names an event's stream by its place among the guards, so what is written is
-- guarded. event_before names the place of the event before it in the same stream and call; it
-- is empty when no stream has two. The first new_guards guards are of streams that begin in this
-- call: the unique key alone guards them, since a stream begins with version 0.
--
-- The hash: see application/chain.py. It is computed for the whole call at once. Elements are
-- taken by their place, which is cheaper than to unnest the columns, twice, side by side.
--
-- Callers set enable_seqscan = off and plan_cache_mode = force_generic_plan: the tables grow from
-- nothing under cached plans, and no estimate may talk a plan out of its index. (Set here, the two
-- would cost every call.)
create function boxoffice.append(
  command_ids uuid[], request_hashes bytea[], command_lasts integer[], renderer smallint,
  asked_ids uuid[],
  guard_streams uuid[], guard_versions bigint[], new_guards integer,
  event_guards integer[], event_before integer[], event_versions bigint[], event_tags text[],
  event_datas bytea[], event_metas bytea[],
  out outcome text, out head bigint, out recorded_at timestamptz, out culprits uuid[]
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  lock_key constant bigint := 'boxoffice.events'::regclass::oid::bigint;
  wake_key constant bigint := lock_key + (1::bigint << 32);
  commands constant integer := cardinality(command_ids);
  events constant integer := cardinality(event_guards);
  link bytea;
  leaves bytea[];
  well_formed boolean;
begin
  perform pg_advisory_xact_lock(lock_key);
  select e.position, e.hash, greatest(clock_timestamp(), e.recorded_at)
    into head, link, recorded_at
    from boxoffice.events e order by e.position desc limit 1;
  if not found then
    head := 0;
    link := decode(repeat('00', 32), 'hex');
    recorded_at := clock_timestamp();
  end if;

  -- The way of most calls: look only at what cannot be left to the unique keys.
  if cardinality(asked_ids) > 0 then
    select 'repeated' into outcome from boxoffice.receipts r
      where r.command_id = any (asked_ids) limit 1;
  end if;
  if outcome is null and new_guards < cardinality(guard_streams) then
    select 'stale' into outcome
      from unnest(guard_streams[new_guards + 1:], guard_versions[new_guards + 1:])
        g (stream, version)
      where g.version <> coalesce((
        select e.version from boxoffice.events e
        where e.stream = g.stream order by e.version desc limit 1), -1)
      limit 1;
  end if;

  if outcome is null then
    begin
      -- That no version comes twice, and no column is too short, is left to the constraints.
      select array_agg(sha256(record_send(row(
               link, head + at, guard_streams[event_guards[at]], event_versions[at],
               event_tags[at], event_datas[at], event_metas[at], recorded_at)))),
             count(*) filter (where event_guards[at] <= new_guards and event_versions[at] = 0)
               = new_guards
             and coalesce(bool_and(
               event_versions[at] = 1 + coalesce(
                 event_versions[event_before[at]], guard_versions[event_guards[at]])
               and coalesce(event_before[at] < at
                 and event_guards[event_before[at]] = event_guards[at], true)), true)
             and events = coalesce(command_lasts[commands], 0)
             and events = all (array[
               cardinality(event_versions), cardinality(event_tags), cardinality(event_datas),
               cardinality(event_metas)])
             and commands = all (array[cardinality(command_lasts), cardinality(request_hashes)])
        into leaves, well_formed
        from generate_series(1, events) at;
      if well_formed is not true then
        raise exception 'The columns of a call do not fit together.'
          using errcode = 'data_exception';
      end if;
      if events > 0 then
        leaves[events] := sha256(array_send(leaves));
      end if;
      insert into boxoffice.events
        (position, recorded_at, stream, version, tag, data, meta, hash)
        select head + at, append.recorded_at, guard_streams[event_guards[at]],
               event_versions[at], event_tags[at], event_datas[at], event_metas[at], leaves[at]
        from generate_series(1, events) at;
      insert into boxoffice.receipts
        (command_id, request_hash, renderer, first_position, last_position)
        select command_ids[at], request_hashes[at], append.renderer,
               head + coalesce(command_lasts[at - 1], 0) + 1, head + command_lasts[at]
        from generate_series(1, commands) at;
      outcome := 'stored';
    exception when unique_violation then
      outcome := 'clash';
    end;
  end if;

  if outcome is distinct from 'stored' then
    select r.outcome, r.culprits into outcome, culprits
      from boxoffice.refusal(command_ids || asked_ids, guard_streams, guard_versions) r;
    if outcome = 'free' then
      raise exception 'A command or a version stands twice in one call.'
        using errcode = 'data_exception';
    end if;
    return;
  end if;

  head := head + events;
  -- Whoever sleeps holds this lock shared: only then is the wake-up worth its price.
  if events > 0 and not pg_try_advisory_xact_lock(wake_key) then
    perform pg_notify('boxoffice_log', '');
  end if;
end $$;
comment on function boxoffice.append is 'The only way into the log.';

revoke all on all tables in schema boxoffice from public;
revoke all on all functions in schema boxoffice from public;
grant usage on schema boxoffice to boxoffice_app, boxoffice_reader;
grant select on boxoffice.events, boxoffice.receipts, boxoffice.epochs, boxoffice.log_notifications
  to boxoffice_app, boxoffice_reader;
grant insert on boxoffice.epochs to boxoffice_app;
grant execute on function boxoffice.append to boxoffice_app;
