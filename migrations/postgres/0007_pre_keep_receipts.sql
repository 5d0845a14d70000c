-- No receipt of a request is forgotten before its time, whoever asks: without it a request that
-- is repeated is done twice. The app says how old receipts must be, and can only say older.
create function boxoffice.receipts_kept() returns interval
language sql immutable set search_path = pg_catalog, pg_temp as $$ select interval '7 days' $$;
comment on function boxoffice.receipts_kept is
  'How long at least a receipt lives; BOXOFFICE_RECEIPTS_DAYS may say longer.';
revoke all on function boxoffice.receipts_kept from public;

-- As in 0003, but for `due`.
create or replace function boxoffice.forget_receipts(
  after bigint, before timestamptz, at_most integer,
  out reached bigint, out forgotten bigint
) language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  due constant timestamptz := least(before, clock_timestamp() - boxoffice.receipts_kept());
  commands uuid[];
begin
  with page as materialized (
    select e.position, e.recorded_at, e.meta from boxoffice.events e
    where e.position > after order by e.position limit at_most
  )
  select coalesce(max(p.position), after),
         array_agg(substring(encode(p.meta, 'escape') from '"command":"([0-9a-f]{32})"')::uuid)
           filter (where position('"actor":"buyer:'::bytea in p.meta) > 0
                      or position('"actor":"staff:'::bytea in p.meta) > 0)
    into reached, commands
    from page p where p.recorded_at < due;
  delete from boxoffice.receipts r
    where r.command_id = any (commands) and r.last_position <= reached;
  get diagnostics forgotten = row_count;
end $$;
