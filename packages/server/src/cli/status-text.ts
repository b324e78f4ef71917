import type { Health, HealthStatus, ServiceHealth } from "@auditflow/contracts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

/** Where the report is from and when it is looked at. */
export interface StatusView {
  readonly url: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

type Check = Health["checks"][string];

const words: Readonly<Record<HealthStatus, string>> = {
  pass: "everything works",
  warn: "works in part",
  fail: "does not work",
};

/** A health report for a person: the services, what they depend on, and what does not work because of it. */
export function statusText(health: Health, view: StatusView): string {
  const services = health.services ?? [asService(health)];
  const dependencies = dependenciesOf(services, health);
  const version = health.version === "" ? "" : ` ${health.version}`;
  const parts = [
    `AuditFlow${version} at ${view.url}: ${words[health.status]}\n`,
    table(
      serviceHead,
      services.map((service) => serviceRow(service, view.now)),
    ),
    table(
      dependencyHead,
      dependencies.map((dependency) => dependencyRow(dependency, view.now)),
    ),
    impairments(services, health),
  ];
  return parts.filter((part) => part !== undefined).join("\n");
}

function table(head: readonly string[], rows: readonly string[][]): string | undefined {
  return rows.length === 0
    ? undefined
    : formatTable(
        head,
        rows.map((row) => row.map(printable)),
      );
}

function asService({ service, status, version, since, checks }: Health): ServiceHealth {
  return { service, status, version, ...(since === undefined ? {} : { since }), checks };
}

const serviceHead = ["SERVICE", "STATUS", "VERSION", "SINCE", "LAST ERROR"];

function serviceRow(
  { service, status, version, since, last_error, checks }: ServiceHealth,
  now: number,
): string[] {
  const faults = Object.values(checks).filter((check) => check.status !== "pass");
  const error = last_error ?? faults.map(({ name, last_error: why }) => `${name}: ${why ?? ""}`).join("; ");
  return [service, status, version ?? "", sinceText(since, now), error];
}

/** One dependency as all those see it that see it alike. */
interface Seen {
  readonly key: string;
  readonly check: Check;
  readonly services: string[];
}

const badness: Readonly<Record<HealthStatus, number>> = { fail: 0, warn: 1, pass: 2 };

/** The worst first; one that the services see differently is there once for each view. */
function dependenciesOf(services: readonly ServiceHealth[], health: Health): Seen[] {
  const seen = new Map<string, Seen>();
  const note = (key: string, check: Check, service: string): void => {
    const view = `${key} ${check.status}`;
    const before = seen.get(view);
    if (before === undefined) seen.set(view, { key, check, services: [service] });
    else before.services.push(service);
  };
  for (const { service, checks } of services)
    for (const [key, check] of Object.entries(checks)) note(key, check, service);
  const known = new Set([...seen.values()].map(({ key }) => key));
  for (const [key, check] of Object.entries(health.checks))
    if (!known.has(key)) note(key, check, health.service);
  return [...seen.values()].toSorted((a, b) => badness[a.check.status] - badness[b.check.status]);
}

const dependencyHead = ["DEPENDENCY", "STATUS", "LATENCY", "SINCE", "NEXT TRY", "USED BY", "LAST ERROR"];

function dependencyRow({ key, check, services }: Seen, now: number): string[] {
  const { status, latency_ms, since, next_try_at, last_error = "" } = check;
  const [need = key] = key.split(":");
  const latency =
    latency_ms === undefined ? "" : `${latency_ms >= 10 ? Math.round(latency_ms) : latency_ms.toFixed(1)} ms`;
  const users = services.length > 2 ? `${services.length} services` : services.join(", ");
  return [
    `${check.name} (${need})`,
    status,
    latency,
    sinceText(since, now),
    nextText(next_try_at, now),
    users,
    last_error,
  ];
}

function impairments(services: readonly ServiceHealth[], health: Health): string | undefined {
  const own = { service: health.service, checks: health.checks };
  const lines: string[] = [];
  const told = new Set<string>();
  for (const one of [...services, own]) {
    const { impaired_features = [] } = one as ServiceHealth;
    const features = [
      ...impaired_features,
      ...Object.values(one.checks).flatMap((check) => check.impaired_features),
    ];
    for (const feature of features) {
      if (!told.has(feature)) lines.push(`  ${printable(`${one.service}: ${feature}`)}\n`);
      told.add(feature);
    }
  }
  return lines.length === 0 ? undefined : `Impaired:\n${lines.join("")}`;
}

function sinceText(since: string | undefined, now: number): string {
  if (since === undefined) return "";
  const at = Date.parse(since);
  return Number.isNaN(at) ? since : `${duration(now - at)} ago`;
}

function nextText(next: string | undefined, now: number): string {
  if (next === undefined) return "";
  const ms = Date.parse(next) - now;
  return ms > 0 ? `in ${duration(ms)}` : "now";
}

const units: readonly (readonly [size: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** The two largest units that are not zero, such as `2 h 5 min`. */
function duration(ms: number): string {
  const first = units.findIndex(([size]) => ms >= size);
  if (first === -1) return "1 s";
  const parts: string[] = [];
  let rest = ms;
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(" ");
}
