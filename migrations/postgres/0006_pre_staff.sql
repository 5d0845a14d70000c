-- Who works here: events name the id, and only this table knows whose it is.
--
-- Two tokens of one person have one id, so that one person is not taken for two. A token that
-- older code makes meanwhile has no id and is no good to newer code: make it anew.

create table boxoffice.staff (
  folded text primary key,
  id text not null unique,
  person text not null
);
comment on table boxoffice.staff is 'By the name as it reads without case and spaces.';

alter table boxoffice.staff_tokens add column staff text;
comment on column boxoffice.staff_tokens.staff is 'The id of the person.';

insert into boxoffice.staff (folded, id, person)
  select distinct on (lower(person))
         lower(person), replace(gen_random_uuid()::text, '-', ''), person
    from boxoffice.staff_tokens order by lower(person), created_at;
update boxoffice.staff_tokens t set staff = s.id
  from boxoffice.staff s where s.folded = lower(t.person);

revoke all on boxoffice.staff from public;
grant select, insert, update on boxoffice.staff to boxoffice_app;
grant delete on boxoffice.staff_tokens to boxoffice_app;
