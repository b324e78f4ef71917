import type { KyselyPlugin } from "kysely";
import type { Database, Transaction } from "../src/database/database.ts";

/** A database that counts the statements of its transactions, begin and commit not among them. */
export function countedDatabase(database: Database): { database: Database; statements: () => number } {
  let statements = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const counted = (transaction: Transaction): Transaction => ({
    db: transaction.db.withPlugin(plugin),
    given: (kinds, rows) => transaction.given(kinds, rows),
    position: () => transaction.position(),
    upsert: (plan, rows) => {
      statements += 1;
      return transaction.upsert(plan, rows);
    },
  });
  const write: Database["write"] = (work, options) =>
    database.write((transaction) => work(counted(transaction)), options);
  return {
    database: Object.assign(Object.create(database) as Database, { write }),
    statements: () => statements,
  };
}
