import type { DatabaseFault } from "./database.ts";

/** The longest matching prefix of the SQLSTATE decides (PostgreSQL manual, appendix A). */
const byState: Readonly<Record<string, DatabaseFault>> = {
  "22": "bad_row",
  "23": "bad_row",
  "54": "bad_row",
  "53": "try_again",
  "40001": "try_again",
  "40P01": "try_again",
  // A lock or a statement took too long: the server is there and says so.
  "55P03": "try_again",
  "57014": "try_again",
};

/** How to treat what a call to PostgreSQL failed with. Whatever is not known means that the server is down. */
export function postgresFault(error: unknown): DatabaseFault {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  // The pool's words when all its connections stayed busy; the server may be well.
  if (message === "timeout exceeded when trying to connect") return "try_again";
  if (typeof code !== "string") return "down";
  return byState[code] ?? byState[code.slice(0, 2)] ?? "down";
}

/** Whether the server asks for the very same statement again. */
export function isSerializationFailure(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === "40001" || code === "40P01";
}
