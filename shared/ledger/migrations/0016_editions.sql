-- Sources whose articles have one key when they are one story in several languages.

alter table sources add column editions text not null default '';   -- the name of their group; empty: none
create index articles_by_rule on articles (key) where key like 'key:%';
