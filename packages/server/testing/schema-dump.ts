/** What PostgreSQL's catalog says of a schema, one line per column, constraint and index; the schema's name left out. */
export function postgresSchemaQuery(schema: string): string {
  const name = `'${schema}'`;
  return `
    select kind || ' ' || replace(line, ${name} || '.', '') as line from (
      select 1 as part, 'column' as kind, c.relname as of_table, a.attnum as n,
        c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attnotnull then ' not null' else '' end
          || case when l.collname = 'C' then ' collate "C"' else '' end as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_collation l on l.oid = a.attcollation
      where c.relnamespace = ${name}::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      union all
      select 0, 'table', relname, 0, relname || ' with ' || array_to_string(reloptions, ', ')
      from pg_class where relnamespace = ${name}::regnamespace and relkind = 'r' and reloptions is not null
      union all
      select 2, 'constraint', (select relname from pg_class where oid = conrelid), 0, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
      from pg_constraint where connamespace = ${name}::regnamespace
      union all
      select 3, 'index', tablename, 0, indexdef from pg_indexes where schemaname = ${name}
    ) as lines order by of_table collate "C", part, n, line collate "C"`;
}

/** What SQLite keeps of each table and index, in the order of their names. */
export const sqliteSchemaQuery = "select sql as line from sqlite_schema where sql is not null order by name";
