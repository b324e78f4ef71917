import { Kysely, PostgresDialect, PostgresIntrospector, sql, type TableMetadata } from "kysely";
import type pg from "pg";

/**
 * Kysely for the migrator, over a pool: it sees the tables of one schema alone. To look at those of everybody would take
 * long on a large server, and fail whenever somebody drops a schema at that moment.
 */
export function migratingKysely(pool: pg.Pool, schema: string): Kysely<unknown> {
  return new Kysely({ dialect: new OneSchemaDialect(pool, schema) });
}

class OneSchemaDialect extends PostgresDialect {
  readonly #schema: string;

  constructor(pool: pg.Pool, schema: string) {
    super({ pool });
    this.#schema = schema;
  }

  override createIntrospector(db: Kysely<unknown>): PostgresIntrospector {
    return new OneSchemaIntrospector(db, this.#schema);
  }
}

class OneSchemaIntrospector extends PostgresIntrospector {
  readonly #db: Kysely<unknown>;
  readonly #schema: string;

  constructor(db: Kysely<unknown>, schema: string) {
    super(db);
    this.#db = db;
    this.#schema = schema;
  }

  /** The names alone: the migrator looks at nothing else. */
  override async getTables(): Promise<TableMetadata[]> {
    const tables = sql<{
      name: string;
    }>`select relname as name from pg_class join pg_namespace n on n.oid = relnamespace
      where nspname = ${this.#schema} and relkind in ('r', 'p')`;
    const { rows } = await tables.execute(this.#db);
    return rows.map(({ name }) => ({
      name,
      schema: this.#schema,
      isView: false,
      isForeign: false,
      columns: [],
    }));
  }
}
