import type { LoggedError } from "@auditflow/contracts";

/** Causes of causes are told down to here: an error may be its own cause. */
const deepest = 5;

/**
 * An error as a line shows it. The message holds those of its causes and of the errors it gathers, so that one field
 * tells the whole story; what was thrown may be anything.
 */
export function loggedError(thrown: unknown): LoggedError {
  if (!isErrorLike(thrown)) return { type: "Error", message: textOf(thrown) };
  const { code, stack } = thrown as { code?: unknown; stack?: unknown };
  return {
    type: typeof thrown.name === "string" && thrown.name !== "" ? thrown.name : "Error",
    message: errorMessage(thrown),
    ...(typeof code === "string" || typeof code === "number" ? { code: String(code) } : {}),
    ...(typeof stack === "string" ? { stack } : {}),
  };
}

/** The messages of an error and its causes, one after the other. */
export function errorMessage(thrown: unknown): string {
  return joined(messagesOf(thrown, deepest), ": ") || "no message";
}

type ErrorLike = { readonly name?: unknown; readonly message: string };

function isErrorLike(thrown: unknown): thrown is ErrorLike {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    typeof (thrown as { message?: unknown }).message === "string"
  );
}

function messagesOf(thrown: unknown, depth: number): string[] {
  if (thrown === undefined || depth === 0) return [];
  if (!isErrorLike(thrown)) return [textOf(thrown)];
  const { errors, cause } = thrown as { errors?: unknown; cause?: unknown };
  // A connection that was tried on several addresses fails with one error for each and a message of its own that is empty.
  const gathered = Array.isArray(errors)
    ? errors.slice(0, deepest).map((error) => joined(messagesOf(error, depth - 1), ": "))
    : [];
  return [thrown.message, joined(gathered, "; "), ...messagesOf(cause, depth - 1)];
}

/** Each text once, without those that say nothing. */
function joined(texts: readonly string[], by: string): string {
  return [...new Set(texts)].filter((text) => text !== "").join(by);
}

function textOf(thrown: unknown): string {
  return typeof thrown === "string" ? thrown : `not an error: ${typeof thrown}`;
}
