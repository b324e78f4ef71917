import { createHash } from "node:crypto";
import type { AuditEvent } from "@auditflow/contracts";

/** What an id says of its event: `canary`: one alert of its own; `group`: one of the events of a user. */
export type EventKind = "canary" | "group";

/** Events that one user has when all were minted. */
export const groupSize = 60;

const openGroups = 40;
const firstAt = Date.parse("2026-01-15T09:00:00.000Z");

/** The id of the nth event of a kind in a run; a run is 8 hex digits. */
export function eventIdOf(run: string, kind: EventKind, n: number): string {
  return `${run}-${kind === "canary" ? "000c" : "000d"}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** Run, kind and number that an id was made of; undefined when it was not made by us. */
export function partsOf(id: string): { run: string; kind: EventKind; n: number } | undefined {
  const [, run, kind, n] = /^([0-9a-f]{8})-000([cd])-7000-8000-([0-9a-f]{12})$/.exec(id) ?? [];
  if (run === undefined || n === undefined) return undefined;
  return { run, kind: kind === "c" ? "canary" : "group", n: Number.parseInt(n, 16) };
}

/** Who did it. Groups grow forty at a time, so that each fault finds groups that are neither new nor complete. */
export function userOf({ run, kind, n }: { run: string; kind: EventKind; n: number }): string {
  if (kind === "canary") return `canary-${run}-${n % 50}`;
  const band = Math.floor(n / (openGroups * groupSize));
  return `group-${run}-${band * openGroups + (n % openGroups)}`;
}

/** One of a hundred marks that are spread evenly over events of each kind, from `lot-00` to `lot-99`. */
export function lotOf(id: string): string {
  return `lot-${String((partsOf(id)?.n ?? 0) % 100).padStart(2, "0")}`;
}

/** The event with this id, always the same. */
export function eventOf(id: string): AuditEvent {
  const parts = partsOf(id);
  if (parts === undefined) throw new Error(`${id} is no id of the load`);
  const { run, kind, n } = parts;
  const noise = createHash("sha256").update(id).digest("hex");
  return {
    event_id: id,
    timestamp: new Date(firstAt + n).toISOString(),
    source_service: "ledger",
    server_hostname: `ledger-${n % 7}.example.com`,
    event_type: kind === "canary" ? "ledger_canary" : "ledger_group_event",
    severity: "INFO",
    user_id: userOf(parts),
    action_result: "SUCCESS",
    client_ip: `203.0.113.${n % 250}`,
    resource: `/srv/ledger/${noise.slice(0, 12)}`,
    logsource: { category: "ledger" },
    details: {
      ledger: run,
      lot: lotOf(id),
      n,
      noise,
      text: `Grüße – "${noise.slice(12, 24)}" \\ 東京 🗼`,
      nested: { list: [n, null, true] },
    },
  };
}

/** SHA-256 over all that the sender said of an event, whatever was added since and in whichever order it stands. */
export function contentHash(event: Readonly<Record<string, unknown>>, id: string): string {
  const said = Object.keys(eventOf(id)).map((key) => [key, sorted(event[key])]);
  return createHash("sha256").update(JSON.stringify(said)).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
