import type { Flavour } from "../flavour.ts";

/** The trace that an alert and the telling of it belong to, beside them: a `traceparent` as W3C Trace Context writes it. */
export function traces({ prefix, text }: Flavour): string[] {
  return ["alerts", "deliveries"].map(
    (table) => `alter table ${prefix}${table} add column traceparent ${text}`,
  );
}
