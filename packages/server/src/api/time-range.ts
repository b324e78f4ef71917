import { AuditFlowError } from "@auditflow/contracts";
import type { BucketedSpan } from "../alerts/histogram.ts";

/** Most buckets in one answer. */
const mostBuckets = 1000;

/**
 * Reads a time of a query, epoch milliseconds.
 * @throws AuditFlowError invalid_request, pointing at the parameter, when the calendar has no such time.
 */
export function timeOf(text: string, parameter: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw refusal(parameter, `${text} is not a time of the calendar`);
}

/**
 * Reads a span and its buckets; the buckets start at multiples of their width since 1970, so the first and the last
 * may reach beyond the span.
 * @throws AuditFlowError invalid_request when the span is empty or has more than 1,000 buckets.
 */
export function bucketedSpan(query: {
  readonly from: string;
  readonly to: string;
  readonly bucket_seconds: number;
}): BucketedSpan {
  const from = timeOf(query.from, "from");
  const to = timeOf(query.to, "to");
  const width = query.bucket_seconds * 1000;
  if (to <= from) throw refusal("to", "must be later than `from`");
  const buckets = Math.floor((to - 1) / width) - Math.floor(from / width) + 1;
  if (buckets > mostBuckets) {
    throw refusal("bucket_seconds", `makes ${buckets} buckets of this span; ${mostBuckets} are the most`);
  }
  return { from, to, width };
}

function refusal(parameter: string, detail: string): AuditFlowError {
  return new AuditFlowError("invalid_request", `${parameter}: ${detail}`, {
    faults: [{ pointer: `/${parameter}`, detail }],
  });
}
