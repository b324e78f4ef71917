import type { ErrorCode } from "@auditflow/contracts";

/** What the gateway tells of its work, in numbers since the last call. */
export interface GatewayObserver {
  /** Events that came, whatever becomes of them; a body that cannot be read counts as one. */
  received(n: number): void;
  /** Events the transport took over. */
  accepted(n: number): void;
  /** Events refused, over HTTP and from the old queue; a body that cannot be read counts as one. */
  rejected(code: ErrorCode, n: number): void;
  /** Accepted timestamps that had both an offset and `Z`. */
  legacyTimestamps(n: number): void;
}
