-- What the schedule remembers of a target and of a source.

alter table targets
    -- Looks in a row at a list that brought nothing new; below zero, looks that did.
    add column unchanged_looks smallint not null default 0,
    -- Where a list redirects for good (301, 308), and how many looks in a row said so.
    add column moved_to text,
    add column moved_looks smallint not null default 0;

alter table sources
    -- Why robots.txt is not obeyed, as it is kept with the evidence; empty where it is obeyed.
    add column robots_reason text not null default '',
    -- The day whose random sample of known articles was planned last.
    add column sampled_on date;
