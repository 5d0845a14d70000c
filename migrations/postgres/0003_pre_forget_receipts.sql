-- Receipts of requests are forgotten after a while; those of processes stay for ever.
--
-- One page: of the events above `after`, at most `at_most` are looked at, in order, up to the
-- first that was recorded at `before` or later. The receipts of buyers' and staff's commands that
-- end among them are deleted: see application/forgetting.py for the marks in a meta. They are
-- found by their key, so that no append pays for an index that tells their age.
--
-- A command that was forgotten and came again has a receipt that reaches further, and keeps it.
create function boxoffice.forget_receipts(
  after bigint, before timestamptz, at_most integer,
  out reached bigint, out forgotten bigint
) language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
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
    from page p where p.recorded_at < before;
  delete from boxoffice.receipts r
    where r.command_id = any (commands) and r.last_position <= reached;
  get diagnostics forgotten = row_count;
end $$;
comment on function boxoffice.forget_receipts is 'The only way to get rid of a receipt.';

revoke all on function boxoffice.forget_receipts from public;
grant execute on function boxoffice.forget_receipts to boxoffice_app;
