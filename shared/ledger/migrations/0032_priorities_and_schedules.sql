-- What an operator wants to come first. A source's precedence moves the priority of its targets by ten for each
-- step, so that the index of what is due has them in order; a host's is the greatest of its sources', unless an
-- operator has said otherwise.

alter table sources
    add column precedence smallint not null default 0 check (precedence between -1 and 1);
alter table hosts
    add column precedence smallint not null default 0 check (precedence between -1 and 1),
    add column precedence_stated boolean not null default false;

drop index hosts_ready;
create index hosts_ready on hosts (precedence, ready_at) where held_by is null;
