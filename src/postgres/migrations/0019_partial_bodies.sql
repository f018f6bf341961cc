-- Whether a route's request passes of whose body its gateway has seen a part only.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

alter table routes add column partial_body boolean not null default false;

reset role;
