-- Search reads an archive from its newest end, in spans of time that grow until enough is found. For that the index
-- has to know where in time, and of which source, a revision stands: marks beside the words of its vector say so.
-- No word of a text begins with @.

create function search_marks(of_article text) returns tsvector language sql stable as $$
    select concat_ws(' ',
        '''@y' || to_char(published_at at time zone 'UTC', 'YYYY') || ''':1A',
        '''@m' || to_char(published_at at time zone 'UTC', 'YYYYMM') || ''':1A',
        '''@d' || to_char(published_at at time zone 'UTC', 'YYYYMMDD') || ''':1A',
        '''@s' || source_id || ''':1A',
        case when revisions > 1 then '''@edited'':1A' end,
        case when state in ('GONE', 'SOFT404', 'REDIRECTED', 'REPLACED') then '''@removed'':1A' end)::tsvector
    from articles where article_id = of_article
$$;

create function mark_revision() returns trigger language plpgsql as $$
begin
    if new.search @@ '''@y'':*'::tsquery then
        new.search := ts_delete(new.search, array(
            select lexeme from unnest(tsvector_to_array(new.search)) as lexeme where lexeme ~ '^@[^v]'));
    end if;
    new.search := new.search || search_marks(new.article_id);
    return new;
end
$$;

create trigger revisions_marked before insert or update of search, article_id on revisions
    for each row execute function mark_revision();

create function mark_revisions_of_article() returns trigger language plpgsql as $$
begin
    update revisions set search = search where article_id = new.article_id;
    return null;
end
$$;

create trigger articles_marked after update of published_at, revisions, state on articles for each row
    when (old.published_at <> new.published_at
          or (old.revisions > 1) <> (new.revisions > 1)
          or (old.state in ('GONE', 'SOFT404', 'REDIRECTED', 'REPLACED'))
             <> (new.state in ('GONE', 'SOFT404', 'REDIRECTED', 'REPLACED')))
    execute function mark_revisions_of_article();

-- The words of titles alone (weight A), for what is asked of them only.
create index revisions_title_search on revisions using gin (ts_filter(search, '{a}'));

-- Whether every vector has its marks. What was archived before has them when `pressmark reindex` has been run;
-- until then search does without them, which is slow and not wrong.
create table search_index (
    only_row  boolean primary key default true check (only_row),
    is_marked boolean not null
);
insert into search_index (is_marked) select not exists (select from revisions);
