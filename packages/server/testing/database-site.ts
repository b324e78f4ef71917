import type { Database } from "../src/database/database.ts";

/** A place for data that a test has to itself. */
export interface DatabaseSite {
  /** A database on this site's data, as many as the test wants; closed by `end` when the test did not. */
  open(): Database;
  /** A database whose server or file is not there until `heal`. */
  openDown(): Promise<{ readonly database: Database; heal(): Promise<void> }>;
  /** Brings the empty place to a migration of the past; what it gives runs SQL there, beside the product. */
  openOld(migration: string): Promise<(statement: string) => Promise<void>>;
  /** Stops what is open and removes the data. */
  end(): Promise<void>;
}
