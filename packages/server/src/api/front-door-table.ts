import type { Service } from "@auditflow/contracts";

/** Requests of these methods (left out: all) to the prefix or below it belong to the service. */
interface Row {
  readonly methods?: readonly string[];
  readonly prefix: string;
  readonly service: Service;
}

const reading = ["GET", "HEAD"];

/** Who answers what. The first row that fits counts. */
const rows: readonly Row[] = [
  { methods: ["POST"], prefix: "/api/v1/events", service: "audit-event-gateway" },
  { prefix: "/api/v1/ingest", service: "audit-event-gateway" },
  { methods: reading, prefix: "/api/v1/events", service: "audit-event-archive" },
  { prefix: "/api/v1/backtests", service: "audit-event-archive" },
  { prefix: "/api/v1/ledger", service: "audit-event-archive" },
  { prefix: "/api/v1/generator", service: "audit-event-generator" },
  { methods: ["POST"], prefix: "/generate_event", service: "audit-event-generator" },
  { prefix: "/api/v1/rules", service: "audit-log-analysis" },
  { prefix: "/api/v1", service: "notification-service" },
];

/** Every service that has an address of its own in the API. */
export const apiServices: readonly Service[] = [...new Set(rows.map(({ service }) => service))];

/** The route patterns under which all of the table lies. */
export const apiPatterns: readonly string[] = ["/api/v1/*", "/generate_event"];

/** The service that a request belongs to; undefined: to none. The URL is a path with or without a query. */
export function serviceFor(method: string, url: string): Service | undefined {
  const path = url.split("?", 1)[0] ?? url;
  return rows.find(
    ({ methods, prefix }) =>
      (methods?.includes(method) ?? true) && (path === prefix || path.startsWith(`${prefix}/`)),
  )?.service;
}
