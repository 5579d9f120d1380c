-- What the requests of a source go through.

alter table sources
    -- An address without credentials, or a name that the fetcher's settings give one; empty: asked directly.
    add column proxy text not null default '';
