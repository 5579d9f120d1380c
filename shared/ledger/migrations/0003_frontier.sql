-- The frontier for millions of waiting targets: narrow rows, few indexes, and hosts that say when to ask them.

-- A number for each host, because every target carries its host and an index leads with it.
alter table hosts
    add column host_id  integer generated always as identity unique,
    add column ready_at timestamptz not null default '-infinity',  -- asking what is due here is idle before this
    add column penalty  interval not null default '0 seconds';     -- kept on top of the delay, grows and decays
create index hosts_ready on hosts (ready_at) where held_by is null;
create index hosts_held on hosts (held_by) where held_by is not null;

-- Where targets were found: thousands of links of one list share its address.
create table referrers (
    referrer_id integer generated always as identity primary key,
    url         text not null unique
);
insert into referrers (url) select distinct via from targets where via is not null;

-- Without foreign keys to hosts and sources: both are added before their targets, nothing deletes them, and
-- each check costs a look-up and a lock on a row that claims want.
drop index targets_due;
alter table targets
    drop constraint targets_source_id_target_id_key,
    drop constraint targets_source_id_fkey,
    add column host_id     integer,
    add column referrer_id integer,
    alter column url_key type uuid using encode(url_key, 'hex')::uuid;
update targets set host_id = (select host_id from hosts where hosts.host = targets.host),
                   referrer_id = (select referrer_id from referrers where referrers.url = targets.via);
alter table targets
    alter column host_id set not null,
    drop column host,
    drop column via;
create index targets_due on targets (host_id, priority desc, due_at) where due_at is not null;
create index targets_suspect on targets (host_id) where lost_leases > 0;
