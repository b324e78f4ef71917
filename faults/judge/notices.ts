import type { Incident } from "@auditflow/contracts";
import type { Delivery } from "../oracle/record.ts";

/** What is wrong with the calls of the webhook sink, and how many were tries beyond the first. */
export interface NoticeFindings {
  readonly problems: readonly string[];
  readonly again: number;
  /** Incidents of which nobody was told. */
  readonly untold: number;
}

/** Each incident must be told of, under one delivery id and in the same bytes on each try, signed. */
export function noticeProblems(
  deliveries: readonly Delivery[],
  incidents: readonly Incident[],
): NoticeFindings {
  const notices = deliveries.filter(({ type }) => type !== "test");
  const problems = notices.flatMap(({ webhook_id, problem }) =>
    problem === undefined ? [] : [`delivery ${webhook_id}: ${problem}`],
  );
  for (const [what, ids] of grouped(
    notices,
    (one) => `${one.type} of incident ${one.incident_id}`,
    "webhook_id",
  ))
    if (ids.size > 1) problems.push(`${what} was told under ${ids.size} delivery ids`);
  for (const [id, bodies] of grouped(notices, (one) => one.webhook_id, "body"))
    if (bodies.size > 1) problems.push(`delivery ${id} came with ${bodies.size} bodies`);
  const untold = untoldOf(notices, incidents);
  if (untold.length > 0) problems.push(`${untold.length} incidents were never told of, such as ${untold[0]}`);
  const known = new Set(incidents.map(({ incident_id }) => incident_id));
  const unknown = notices.filter(({ incident_id }) => !known.has(incident_id));
  if (unknown.length > 0) problems.push(`${unknown.length} notices are of incidents that nobody knows`);
  return {
    problems,
    untold: untold.length,
    again: notices.length - new Set(notices.map(({ webhook_id }) => webhook_id)).size,
  };
}

/** Incidents of which no notice was answered with a success. */
function untoldOf(deliveries: readonly Delivery[], incidents: readonly Incident[]): string[] {
  const told = new Set(
    deliveries
      .filter(({ answered }) => answered >= 200 && answered < 300)
      .map(({ incident_id }) => incident_id),
  );
  return incidents.map(({ incident_id }) => incident_id).filter((id) => !told.has(id));
}

function grouped(
  deliveries: readonly Delivery[],
  keyOf: (delivery: Delivery) => string,
  value: "webhook_id" | "body",
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const delivery of deliveries) {
    const key = keyOf(delivery);
    groups.set(key, (groups.get(key) ?? new Set()).add(delivery[value]));
  }
  return groups;
}
