-- What moved when two articles were made one, so that a wrong merge can be undone with everything kept.

create table article_merges (
    merge_id       bigint generated always as identity primary key,
    source_id      text not null references sources,
    winner         text not null references articles,
    loser          text not null references articles,
    merged_at      timestamptz not null default now(),
    merged_by      text not null default 'pressmark',  -- who: the archive itself, or an operator
    reason         text not null default '',
    -- Both articles and the loser's addresses as they were, its revisions with their numbers, the ids of its
    -- edits, and the articles that had been merged into it.
    moved          jsonb not null,
    unmerged_at    timestamptz,                        -- since then the two are two again
    unmerged_by    text,
    unmerge_reason text
);
create index article_merges_of_loser on article_merges (loser, merge_id);
create index article_merges_of_winner on article_merges (winner, merge_id);
