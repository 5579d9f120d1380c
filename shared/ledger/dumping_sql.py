"""The statements with which a ledger is dumped and made anew."""

ONE_MOMENT = "set transaction isolation level repeatable read, read only"

TABLES = """
select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname <> 'migrations'
  and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by c.relname order by c.relname
"""

MIGRATIONS = "select name from migrations order by name"

SEQUENCES = """
select sequencename as name, last_value from pg_sequences
where schemaname = current_schema() and last_value is not null order by sequencename
"""

SET_SEQUENCE = "select setval(quote_ident(%(name)s)::regclass, %(last)s)"

HAS_TABLES = "select where to_regclass('targets') is not null and to_regclass('sources') is not null"

HAS_ROWS = "select where exists (select from targets) or exists (select from sources)"

CLEAR = """
set local lock_timeout = '30s';
do $$ begin
    execute format('drop schema %1$I cascade; create schema %1$I', current_schema());
end $$
"""

# Migrations put rows into some tables; those of the dump come in their place.
EMPTY = """
do $$ begin
    execute (select 'truncate ' || string_agg(oid::regclass::text, ', ') from pg_class
             where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname <> 'migrations');
end $$
"""

# What is taken off and put on again, in an order in which nothing is needed any more when it goes.
EXTRAS = """
select format('alter table %s drop constraint %I', conrelid::regclass, conname) as off,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as on
from pg_constraint
where contype = 'f' and connamespace = current_schema()::regnamespace
union all
select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relnamespace = current_schema()::regnamespace and not i.indisunique
union all
select distinct format('alter table %s disable trigger user', tgrelid::regclass),
       format('alter table %s enable trigger user', tgrelid::regclass)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = current_schema()::regnamespace and not tgisinternal
"""

# Readers of the events take only those of transactions that are over, by their number, and another server counts
# its transactions anew: events with a number of the old server would be passed over in silence until the new one
# has come so far. So their transactions are numbered 2, 4, 6 in their old order; a reader's place that is between
# two of them gets an odd number. A server that is ahead of all of them keeps the numbers as they are.
RENUMBER = """
create temporary table old_numbers on commit drop as
select written_in, (2 * dense_rank() over (order by written_in))::text::xid8 as number
from (select distinct written_in from events) e
where (select max(written_in) from (select written_in from events union all select written_in from webhooks
       union all select written_in from event_readers) n) >= pg_snapshot_xmin(pg_current_snapshot());
create unique index on old_numbers (written_in);
analyze old_numbers;
create function pg_temp.new_number(old xid8) returns xid8 language sql stable as $$
    select coalesce((
        select case when o.written_in = old then o.number else (o.number::text::bigint + 1)::text::xid8 end
        from old_numbers o where o.written_in <= old order by o.written_in desc limit 1
    ), '0')
$$;
do $$ declare is_behind boolean := exists (select from old_numbers); begin
    update events e set written_in = o.number from old_numbers o where o.written_in = e.written_in;
    update event_readers set written_in = pg_temp.new_number(written_in) where is_behind;
    update webhooks set written_in = pg_temp.new_number(written_in) where is_behind;
end $$
"""

# A subtransaction that writes takes a number of its own, and one that is rolled back leaves nothing else.
LET_TRANSACTIONS_GO_BY = """
create temporary table passed (number int) on commit drop;
create function pg_temp.pass_transactions(wanted bigint) returns void language plpgsql as $$
begin
    for n in pg_snapshot_xmin(pg_current_snapshot())::text::bigint .. wanted loop
        begin
            insert into passed values (1);
            raise exception 'passed';
        exception when raise_exception then null;
        end;
    end loop;
end $$
"""
