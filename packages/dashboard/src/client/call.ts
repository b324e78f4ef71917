/** An answer that is not 2xx, with what the service said of it (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do about it, in the service's words. */
  readonly fix: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(text(problem["detail"]) ?? text(problem["title"]) ?? `The service answered ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.code = text(problem["code"]) ?? "unknown";
    this.fix = text(problem["fix"]);
    this.requestId = text(problem["request_id"]);
  }
}

/** The service did not answer at all: it is down, or the network between is. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("AuditFlow does not answer", { cause });
    this.name = "UnreachableError";
  }
}

/** `/healthz` says 503 with a body that is as good as any other. */
const bodiesOf503 = new Set(["/healthz"]);

/**
 * Every call of the generated client.
 * @throws ProblemError for an answer that is no success, UnreachableError for none.
 */
export async function call<T>(url: string, options: RequestInit): Promise<T> {
  const answer = await fetch(url, options).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new UnreachableError(error);
  });
  const body: unknown = await answer.json().catch(() => ({}));
  if (answer.ok || (answer.status === 503 && bodiesOf503.has(url))) return body as T;
  throw new ProblemError(answer.status, (body ?? {}) as Record<string, unknown>);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
