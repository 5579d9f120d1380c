-- What is remembered of a list stands beside the targets: one target in many thousands is a list, and every one
-- paid for the columns.

create table list_memories (
    target_id       bigint primary key references targets,
    -- Looks in a row at a list that brought nothing new; below zero, looks that did.
    unchanged_looks smallint not null default 0,
    -- Where a list redirects for good (301, 308), and how many looks in a row said so.
    moved_to        text,
    moved_looks     smallint not null default 0
);

insert into list_memories
select target_id, unchanged_looks, moved_to, moved_looks from targets
where unchanged_looks <> 0 or moved_to is not null or moved_looks <> 0;

alter table targets
    drop column unchanged_looks,
    drop column moved_to,
    drop column moved_looks;
