-- Who is signed in at the operators' pages. A session stands on a token and ends with it.

create table sessions (
    digest     text primary key,               -- SHA-256 of the cookie, which is random: no salt is needed
    token_id   text not null references tokens on delete cascade,
    opened_at  timestamptz not null default now(),
    ends_at    timestamptz not null
);
