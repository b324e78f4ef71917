import { SqliteTransport, type SqliteTransportOptions } from "./sqlite.ts";
import type { Transport } from "./transport.ts";

/** As for SQLite, without a file. */
export type MemoryTransportOptions = Omit<SqliteTransportOptions, "path" | "maxFileBytes">;

const defaultMaxBytes = 64 * 1024 * 1024;

/**
 * The transport for tests and single runs: SQLite without a file, so that it keeps every promise of the file but one:
 * what it holds ends with the process. Holds 64 MiB by default, then publishing is refused with `overloaded`.
 */
export function memoryTransport(options: MemoryTransportOptions): Transport {
  return new SqliteTransport("memory", { maxBytes: defaultMaxBytes, ...options, path: ":memory:" });
}
