import { type AlertStatus, alertStatuses } from "@auditflow/contracts";

/** What the list of incidents is narrowed to; it stands in the address. */
export interface IncidentsSearch {
  /** Statuses parted by commas; left out: whatever is not closed. */
  readonly status?: string;
  /** In the filter language: incidents with an alert that matches. */
  readonly filter?: string;
}

/** What is shown unless somebody asks otherwise: all that may still need a person. */
const usualStatuses: readonly AlertStatus[] = alertStatuses.filter((status) => status !== "closed");

/** Reads a search from whatever stands in an address; what is none of it is left out. */
export function readIncidentsSearch(search: Readonly<Record<string, unknown>>): IncidentsSearch {
  const given = [search["status"]].flat().flatMap((value) => String(value).toLowerCase().split(","));
  const filter = typeof search["filter"] === "string" ? search["filter"].trim() : "";
  return {
    ...statusPart(alertStatuses.filter((status) => given.includes(status))),
    ...(filter === "" ? {} : { filter }),
  };
}

/** The statuses that a search shows. */
export function statusesOf({ status }: IncidentsSearch): readonly AlertStatus[] {
  if (status === undefined) return usualStatuses;
  return alertStatuses.filter((one) => status.split(",").includes(one));
}

/** The search with one status added, or taken away if it was there; without any it shows the usual ones. */
export function toggleStatus(search: IncidentsSearch, status: AlertStatus): IncidentsSearch {
  const shown = statusesOf(search);
  const { status: _, ...rest } = search;
  return { ...rest, ...statusPart(alertStatuses.filter((one) => shown.includes(one) !== (one === status))) };
}

/** The search with another filter; an empty one lets all through. */
export function withIncidentFilter(search: IncidentsSearch, filter: string): IncidentsSearch {
  const { filter: _, ...rest } = search;
  return filter.trim() === "" ? rest : { ...rest, filter: filter.trim() };
}

function statusPart(statuses: readonly AlertStatus[]): Pick<IncidentsSearch, "status"> {
  const usual = statuses.length === 0 || statuses.join() === usualStatuses.join();
  return usual ? {} : { status: statuses.join(",") };
}
