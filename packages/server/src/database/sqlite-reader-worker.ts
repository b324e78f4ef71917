import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** A query for the worker, and what it answers: the rows, or what SQLite said. */
export interface ReadJob {
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
}
/** What a reader answers to one query. */
export type ReadAnswer =
  | { readonly rows: readonly object[] }
  | { readonly error: { readonly message: string; readonly errcode: number | undefined } };

// A connection of its own: in WAL mode it neither waits for the writer nor makes it wait.
const db = new DatabaseSync(String(workerData), { readOnly: true, timeout: 1000 });

function answer({ sql, parameters }: ReadJob): ReadAnswer {
  try {
    return { rows: db.prepare(sql).all(...parameters) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { error: { message, errcode } };
  }
}

parentPort?.on("message", (job: ReadJob) => parentPort?.postMessage(answer(job)));
