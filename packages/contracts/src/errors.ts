/** What each code means, the HTTP status it answers with, and whether trying again can help. */
export interface ErrorEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
  readonly fix: string;
}

/** The one table of error codes; `docs/reference/errors.md` is generated from it. */
export const errorTable = {
  malformed_json: {
    status: 400,
    retryable: false,
    title: "The text is not valid JSON",
    fix: "Send UTF-8 JSON (RFC 8259): one object, one array, or one object a line",
  },
  invalid_utf8: {
    status: 400,
    retryable: false,
    title: "The bytes are not valid UTF-8",
    fix: "Encode the text as UTF-8; AuditFlow never replaces bytes silently",
  },
  unsafe_json: {
    status: 422,
    retryable: false,
    title: "The JSON cannot be kept without changing it or is unsafe to process",
    fix: "Remove what `detail` names: duplicate or reserved keys, NUL, lone surrogates, integers beyond 2^53, deep nesting",
  },
  invalid_event: {
    status: 422,
    retryable: false,
    title: "The object is not an audit event",
    fix: "Compare it with the AuditEvent schema; `errors` points at each field",
  },
  invalid_alert: {
    status: 422,
    retryable: false,
    title: "The object is not an alert",
    fix: "Compare it with the Alert schema; `errors` points at each field",
  },
  conflicting_alert: {
    status: 409,
    retryable: false,
    title: "The same alert id and revision came with other content",
    fix: "Look for two producers that make alerts with one id",
  },
  unstorable_record: {
    status: 422,
    retryable: false,
    title: "The database refused this record",
    fix: "`detail` holds what the database said; repair the record and replay it",
  },
  handler_failed: {
    status: 500,
    retryable: false,
    title: "A service failed on this record again and again",
    fix: "This is a fault of AuditFlow: report it with the stack in `detail`",
  },
  too_large: {
    status: 413,
    retryable: false,
    title: "The request or one event in it is over the limit",
    fix: "Send at most 10,000 events or 4 MiB a request and 256 KiB an event",
  },
  invalid_request: {
    status: 400,
    retryable: false,
    title: "The request does not fit the API",
    fix: "`errors` points at each parameter or field; the OpenAPI document has the whole contract",
  },
  invalid_filter: {
    status: 400,
    retryable: false,
    title: "The filter cannot be understood",
    fix: "`errors` points at each part by its place in the text; docs/reference/filters.md has the language",
  },
  state_conflict: {
    status: 409,
    retryable: false,
    title: "The request does not fit what is there now",
    fix: "Read it again, see what changed, and decide anew; nothing was changed",
  },
  precondition_failed: {
    status: 412,
    retryable: false,
    title: "It was changed since it was read",
    fix: "Read it again and send the new ETag in If-Match; nothing was changed",
  },
  idempotency_mismatch: {
    status: 422,
    retryable: false,
    title: "The Idempotency-Key was used for another request",
    fix: "Use a new key for each request, and the same only to repeat it as it was",
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: "The content type is not taken here",
    fix: "Send application/json or application/x-ndjson",
  },
  unauthorized: {
    status: 401,
    retryable: false,
    title: "The request carries no valid token",
    fix: "Sign in on the page, or send `Authorization: Bearer <token>`; `auditflow token` prints that of a data folder",
  },
  forbidden: {
    status: 403,
    retryable: false,
    title: "This caller may not do that",
    fix: "Use a token with the access that the route declares, or a host name this server answers to",
  },
  not_found: {
    status: 404,
    retryable: false,
    title: "There is nothing at this address",
    fix: "Check the path and the id",
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    title: "This address does not take that method",
    fix: "Use one of the methods in the Allow header",
  },
  request_timeout: {
    status: 408,
    retryable: true,
    title: "The request did not arrive whole in time",
    fix: "Send head and body within 30 seconds, or smaller parts",
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    title: "The address and headers of the request are over the limit",
    fix: "Keep them under 16 KiB together",
  },
  rate_limited: {
    status: 429,
    retryable: true,
    title: "This caller asks more often than it may",
    fix: "Try again after the seconds in Retry-After; the RateLimit headers tell what is left",
  },
  overloaded: {
    status: 429,
    retryable: true,
    title: "More arrives than can be passed on",
    fix: "Try again after the seconds in Retry-After",
  },
  disk_full: {
    status: 503,
    retryable: true,
    title: "The disk of the data folder is full",
    fix: "Try again after the seconds in Retry-After; `detail` says what whoever runs the server can do",
  },
  draining: {
    status: 503,
    retryable: true,
    title: "The service is stopping",
    fix: "Try again; another replica or the restarted service takes it",
  },
  transport_unavailable: {
    status: 503,
    retryable: true,
    title: "The message transport does not answer",
    fix: "See /healthz; the service reconnects by itself",
  },
  windows_unavailable: {
    status: 503,
    retryable: true,
    title: "The window store does not answer",
    fix: "See /healthz; the service reconnects by itself",
  },
  database_unavailable: {
    status: 503,
    retryable: true,
    title: "The database does not answer",
    fix: "See /healthz; the service reconnects by itself",
  },
  upstream_unavailable: {
    status: 503,
    retryable: true,
    title: "The service behind this address does not answer",
    fix: "`detail` names the service; see /healthz, and try again once it is back",
  },
  invalid_config: {
    status: 500,
    retryable: false,
    title: "The configuration has faults",
    fix: "Each fault is listed with its path; `auditflow serve --print-config` shows what was understood",
  },
  port_in_use: {
    status: 500,
    retryable: false,
    title: "The port is taken by another program",
    fix: "Set another port with --port or AUDITFLOW_PORT",
  },
  data_folder_locked: {
    status: 500,
    retryable: false,
    title: "Another AuditFlow process holds the data folder",
    fix: "Stop that process, or give this one another folder with --data",
  },
  backup_unusable: {
    status: 500,
    retryable: false,
    title: "The backup cannot be made or restored as it is",
    fix: "The message names the file and what is wrong with it; use another backup, or the version of AuditFlow that made it",
  },
  internal: {
    status: 500,
    retryable: false,
    title: "AuditFlow failed",
    fix: "This is a fault of AuditFlow: report it with the request id and the log line",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** The `type` of a problem: a path that every process answers with what the code means and what to do about it. */
export function problemType(code: ErrorCode): string {
  return `/api/problems/${code}`;
}

/** The details of an AuditFlowError: which fields or settings are at fault, as JSON Pointers. */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * The one error class of AuditFlow. `retryable` says that outside trouble caused it and the same call may work
 * later; it comes from the table and cannot be set apart.
 */
export class AuditFlowError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly FieldFault[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; faults?: readonly FieldFault[] } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "AuditFlowError";
    this.code = code;
    this.faults = options.faults ?? [];
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}
