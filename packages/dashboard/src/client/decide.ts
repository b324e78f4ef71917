import { callWhole, UnreachableError } from "./call.ts";

/** What a write answered. */
export interface Decided<T> {
  readonly body: T;
  /** What undoes it, where the answer's header says so. */
  readonly operationId: string | undefined;
  /** The ETag of what it is now. */
  readonly tag: string | undefined;
}

/** What a write may carry beside its body. */
export interface DecideOptions {
  /** The ETag of what the reader saw: the service answers 412 when it is another by now. */
  readonly ifMatch?: string;
}

/**
 * Sends what a person decided. It carries a key, so that it is done once although it is sent again when no answer came.
 * @throws ProblemError for a refusal, UnreachableError when there was no answer twice.
 */
export async function decide<T>(
  url: string,
  deed: object,
  { ifMatch }: DecideOptions = {},
): Promise<Decided<T>> {
  const headers = {
    "content-type": "application/json",
    "idempotency-key": newKey(),
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
  };
  const send = () => callWhole<T>(url, { method: "POST", headers, body: JSON.stringify(deed) });
  const { body, headers: answered } = await send().catch((error: unknown) => {
    if (error instanceof UnreachableError) return send();
    throw error;
  });
  return {
    body,
    operationId: answered.get("operation-id") ?? undefined,
    tag: answered.get("etag") ?? undefined,
  };
}

/** Pages that came over plain HTTP from another machine have no `crypto.randomUUID`. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");
}
