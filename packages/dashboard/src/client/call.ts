/** What is wrong with one field of a request. */
export interface FieldFault {
  /** JSON pointer to it, such as `/url`. */
  readonly pointer: string;
  readonly detail: string;
}

/** What the service said of one field of a request. */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that is not 2xx, with what the service said of it (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do about it, in the service's words. */
  readonly fix: string | undefined;
  readonly requestId: string | undefined;
  /** What is wrong with single fields of the request, each by its JSON pointer. */
  readonly errors: readonly FieldFault[];

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(text(problem["detail"]) ?? text(problem["title"]) ?? `The service answered ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.code = text(problem["code"]) ?? "unknown";
    this.fix = text(problem["fix"]);
    this.requestId = text(problem["request_id"]);
    this.errors = Array.isArray(problem["errors"]) ? problem["errors"].filter(isFieldFault) : [];
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

/** An answer with its headers. */
export interface Whole<T> {
  readonly body: T;
  readonly headers: Headers;
}

/**
 * Every call of the generated client.
 * @throws ProblemError for an answer that is no success, UnreachableError for none.
 */
export async function call<T>(url: string, options: RequestInit): Promise<T> {
  return (await callWhole<T>(url, options)).body;
}

/** The same for who needs a header of the answer, such as its ETag. */
export async function callWhole<T>(url: string, options: RequestInit): Promise<Whole<T>> {
  const answer = await fetch(url, options).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new UnreachableError(error);
  });
  const body: unknown = await answer.json().catch(() => ({}));
  const isGood = answer.ok || (answer.status === 503 && bodiesOf503.has(url));
  if (isGood) return { body: body as T, headers: answer.headers };
  throw new ProblemError(answer.status, (body ?? {}) as Record<string, unknown>);
}

function isFieldFault(value: unknown): value is FieldFault {
  const { pointer, detail } = (value ?? {}) as Record<string, unknown>;
  return typeof pointer === "string" && typeof detail === "string";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
