-- People whose order was refused leave nothing behind, and no other rows go with them.
create function boxoffice.forget_persons(who text[]) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  delete from boxoffice.person_keys k where k.person = any (who);
  delete from boxoffice.persons p where p.person = any (who);
$$;
comment on function boxoffice.forget_persons is
  'The only way to get rid of a person: the key goes first.';

revoke all on function boxoffice.forget_persons from public;
grant execute on function boxoffice.forget_persons to boxoffice_app;
