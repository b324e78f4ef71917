/**
 * What the judge works on, in a schema that is first in the search path. `matches` are what rules can count: events by
 * their kind, firings by the name of their rule. `grp` is the list of the group's values as JSON.
 */
export const tables = `
create unlogged table events (
  id text collate "C" primary key, at bigint not null, round int not null,
  advances boolean not null, kinds text[] not null, fields jsonb not null
);
create unlogged table rules (
  rule text primary key, span bigint not null, lateness bigint not null, gap bigint not null, suppress bigint not null
);
create unlogged table matches (
  source text not null, id text collate "C" not null, at bigint not null, round int not null,
  advances boolean not null, fields jsonb not null
);
create unlogged table members (
  rule text not null, grp text not null, id text collate "C" not null, at bigint not null,
  mark text collate "C" not null, is_late boolean not null
);
create unlogged table firings (rule text not null, grp text not null, id text collate "C" not null, at bigint not null);
create index on matches (source);
create index on members (rule, grp, at) where not is_late;
`;

/** Forgets everything of an earlier stream. */
export const emptyTables = "truncate events, rules, matches, members, firings";

/** Takes a stream in as one JSON list ($1), and its events as matches of their kinds. */
export const insertEvents = `
with given as (
  insert into events
  select * from jsonb_to_recordset($1::jsonb)
    as e (id text, at bigint, round int, advances boolean, kinds text[], fields jsonb)
  returning *
)
insert into matches select kind, id, at, round, advances, fields from given, unnest(kinds) as kind
`;

/** Takes the rules in as one JSON list ($1). */
export const insertRules = `
insert into rules
select * from jsonb_to_recordset($1::jsonb) as r (rule text, span bigint, lateness bigint, gap bigint, suppress bigint)
`;

/**
 * What others can count of the firings of a rule ($1) whose group-by fields are $2. They are never late, and make nothing
 * late: see chains-from.ts.
 */
export const matchesOfFirings = `
insert into matches
select rule, id, at, 0, false,
  (select coalesce(jsonb_object_agg(name, (grp::jsonb) ->> (n - 1)::int), '{}')
   from unnest($2::text[]) with ordinality as field (name, n))
from firings where rule = $1
`;
