-- Every URL that was captured, by its key in CDX indexes: what replay, Memento and the CDX server look up.
-- The key is that of `shared.urls.surt`, for URLs in canonical form; a test holds the two against each other. It is
-- made here, and not by those who write, so that no way to a capture can forget it. What is longer than an index
-- can hold is cut; whoever reads compares the rest.

alter table targets
    drop constraint targets_kind_check,
    add constraint targets_kind_check
        check (kind in ('article', 'listing', 'feed', 'sitemap', 'robots', 'probe', 'requisite'));

create function bytes_unescaped(escaped text) returns text language plpgsql immutable strict parallel safe as $$
declare
    -- One letter for each byte; U+0100 stands for the zero byte, which no text may hold.
    plain text := escaped;
begin
    while plain ~ '%[0-9A-Fa-f]{2}' loop
        plain := regexp_replace(plain, '%(?:25)+(?=[0-9A-Fa-f]{2})', '%', 'g');
        plain := (
            select string_agg(
                case when piece[1] !~ '^%[0-9A-Fa-f]{2}$' then piece[1]
                     when piece[1] = '%00' then chr(256)
                     else chr(get_byte(decode(substr(piece[1], 2), 'hex'), 0)) end, '' order by place)
            from regexp_matches(plain, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality as found(piece, place));
    end loop;
    return plain;
end
$$;

create function bytes_escaped(plain text) returns text language sql immutable strict parallel safe as $$
    select coalesce(string_agg(
        case when piece[1] ~ '^[!"$&-~]' then piece[1]
             else '%' || lpad(to_hex(ascii(piece[1]) % 256), 2, '0') end, '' order by place), '')
    from regexp_matches(plain, '[!"$&-~]+|[^!"$&-~]', 'g') with ordinality as found(piece, place)
$$;

create function plain_path(path text) returns text language plpgsql immutable strict parallel safe as $$
declare
    kept text[] := '{}';
    segment text;
begin
    foreach segment in array (string_to_array(path, '/'))[2:] loop
        if segment = '..' and cardinality(kept) > 0 then
            kept := kept[:cardinality(kept) - 1];
        elsif segment <> '.' then
            kept := kept || segment;
        end if;
    end loop;
    if cardinality(kept) = 0 then
        return '/';
    end if;
    return '/' || coalesce((
        select string_agg(folder || '/', '' order by place)
        from unnest(kept[:cardinality(kept) - 1]) with ordinality as found(folder, place)
        where folder <> ''), '') || kept[cardinality(kept)];
end
$$;

create function surt_of(url text) returns text language plpgsql immutable strict parallel safe as $$
declare
    parts     text[] := regexp_match(url, '^https?://(\[[^\]/?#]*\]|[^/?#:]*)(:[0-9]*)?([^?#]*)(?:\?([^#]*))?');
    host      text := regexp_replace(btrim(trim(both '[]' from parts[1]), '.'), '^www[0-9]*\.', '');
    path      text;
    asked     text;
    session   text;
begin
    if parts is null then
        return url;
    end if;
    path := lower(bytes_escaped(plain_path(bytes_unescaped(parts[3]))) collate "C");
    path := regexp_replace(path, '^(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)$', '\1\2');
    path := regexp_replace(path, '^(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)$', '\1\2');
    asked := lower(bytes_escaped(bytes_unescaped(coalesce(parts[4], ''))) collate "C");
    foreach session in array array['jsessionid=[0-9a-z]{32}', 'phpsessid=[0-9a-z]{32}', 'sid=[0-9a-z]{32}',
                                   'aspsessionid[a-z]{8}=[a-z]{24}', 'cfid=[^&]+&cftoken=[^&]+'] loop
        asked := regexp_replace(asked, '^(.*)' || session || '(?:&(.*))?$', '\1\2');
    end loop;
    asked := (
        select string_agg(pair, '&' order by split_part(pair, '=', 1) collate "C", strpos(pair, '=') > 0,
                          substr(pair, strpos(pair, '=') + 1) collate "C")
        from unnest(string_to_array(asked, '&')) as found(pair));
    return (select string_agg(label, ',' order by place desc)
            from unnest(string_to_array(host, '.')) with ordinality as found(label, place))
        || case when length(parts[2]) > 1 then parts[2] else '' end || ')'
        || case when length(path) > 1 and right(path, 1) = '/' then left(path, -1) else path end
        || case when asked <> '' then '?' || asked else '' end;
end
$$;

create table captured_urls (
    target_id bigint primary key,
    surt      text collate "C" not null
);
insert into captured_urls (target_id, surt)
select target_id, left(surt_of(url), 2000) from targets
where exists (select from captures where captures.target_id = targets.target_id);
create index captured_urls_by_surt on captured_urls (surt, target_id);

create function note_captured_urls() returns trigger language plpgsql as $$
begin
    insert into captured_urls (target_id, surt)
    select target_id, left(surt_of(url), 2000) from targets
    where target_id in (select added.target_id from added)
      and not exists (select from captured_urls as known where known.target_id = targets.target_id)
    on conflict do nothing;
    return null;
end
$$;

create trigger captures_have_keys after insert on captures referencing new table as added
    for each statement execute function note_captured_urls();
