import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

/** The oldest rows of a table: all at or before a position in the order of time, then key. */
export interface PrunePlan<T extends keyof Schema> {
  readonly table: T;
  readonly key: keyof Schema[T] & string;
  /** The last row to go: its `at`, epoch milliseconds, and its key. */
  readonly through: { readonly at: number; readonly key: string };
}

/** Rows deleted in one transaction: few enough that a write waits no longer for it than for another write. */
const perTransaction = 1000;

/** Deletes the oldest rows, a thousand a transaction, and says how many. */
export async function prune<T extends keyof Schema>(
  database: Pick<Database, "write">,
  { table, key, through }: PrunePlan<T>,
): Promise<number> {
  const [name, id] = [sql.ref(table), sql.ref(key)];
  const oldest = sql`select ${id} from ${name} where (at, ${id}) <= (${through.at}, ${through.key})
    order by at, ${id} limit ${sql.lit(perTransaction)}`;
  let deleted = 0;
  for (let last = perTransaction; last === perTransaction; deleted += last) {
    const { numAffectedRows } = await database.write(({ db }) =>
      sql`delete from ${name} where ${id} in (${oldest})`.execute(db),
    );
    last = Number(numAffectedRows ?? 0);
  }
  return deleted;
}
