import type {
  Alert,
  AlertChanges,
  AlertList,
  AlertSummary,
  Incident,
  IncidentList,
  QuarantinedRecord,
  QuarantineList,
} from "@auditflow/contracts";

/** Every alert that is not part of another one, as the list shows it, page by page. */
export function allAlerts(api: string): Promise<AlertSummary[]> {
  return pages<AlertList, "alerts">(`${api}/api/v1/alerts?limit=1000`, "alerts");
}

/** Every incident. */
export function allIncidents(api: string): Promise<Incident[]> {
  return pages<IncidentList, "incidents">(`${api}/api/v1/incidents?limit=200`, "incidents");
}

/** Every refused record. */
export function quarantined(api: string): Promise<QuarantinedRecord[]> {
  return pages<QuarantineList, "records">(`${api}/api/v1/quarantine?limit=200`, "records");
}

/** These alerts whole. */
export async function lookup(api: string, ids: readonly string[]): Promise<Alert[]> {
  const found: Alert[] = [];
  for (let start = 0; start < ids.length; start += 100) {
    const { alerts } = await ask<{ alerts: Alert[] }>(`${api}/api/v1/alerts/lookup`, {
      alert_ids: ids.slice(start, start + 100),
      detail: true,
    });
    found.push(...alerts);
  }
  return found;
}

/**
 * How many alerts changed after a position, and where the stream ends now. The end alone says nothing: it moves on with every
 * transaction of the database, whatever that was about.
 */
export async function changesAfter(
  api: string,
  after: string | undefined,
): Promise<{ readonly changes: number; readonly position: string }> {
  const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
  const { alerts, gone, position } = await ask<AlertChanges>(`${api}/api/v1/alerts/stream${query}`);
  return { changes: alerts.length + gone.length, position };
}

/** Asks for JSON, by POST when there is a body; rejects unless the answer is a success within 15 s. */
export async function ask<T>(url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    ...(body === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

async function pages<L extends { next: string | null } & Record<K, unknown[]>, K extends string>(
  address: string,
  key: K,
): Promise<L[K][number][]> {
  const all: L[K][number][] = [];
  let next: string | null = "";
  while (next !== null) {
    const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const page: L = await ask<L>(`${address}${cursor}`);
    all.push(...page[key]);
    next = page.next;
  }
  return all;
}
