import type { Health, HealthStatus, ServiceHealth } from "@auditflow/contracts";

/** What a service says of one thing it stands on. */
type Check = Health["checks"][string];

/** What the services need, as the keys of their checks name it. */
export type Need = "transport" | "windows" | "database";

const badness: Readonly<Record<HealthStatus, number>> = { pass: 0, warn: 1, fail: 2 };

/** The worst of some statuses; undefined of none. */
export function worstOf(statuses: readonly HealthStatus[]): HealthStatus | undefined {
  return statuses.toSorted((a, b) => badness[b] - badness[a])[0];
}

/** Every service that is spoken of: of a process that knows no others, itself. */
export function reportedServices(health: Health): readonly ServiceHealth[] {
  return health.services ?? [{ service: health.service, status: health.status, checks: health.checks }];
}

/** Since when a service is as it is: when the first of its troubles began, or the last one ended. */
export function sinceOf({ status, checks }: ServiceHealth): string | undefined {
  const all = Object.values(checks);
  if (status === "pass")
    return all
      .map(({ since }) => since)
      .toSorted()
      .at(-1);
  return all
    .filter((check) => check.status !== "pass")
    .map(({ since }) => since)
    .toSorted()[0];
}

/** What a service cannot do at the moment, each thing once. */
export function impairedIn({ checks }: ServiceHealth): string[] {
  const faulty = Object.values(checks).filter(({ status }) => status !== "pass");
  return [...new Set(faulty.flatMap(({ impaired_features }) => impaired_features))];
}

/** One thing that services stand on, as those who see it alike report it. */
export interface Dependency {
  readonly need: string;
  readonly product: string;
  readonly status: HealthStatus;
  readonly since: string;
  readonly lastError: string | undefined;
  readonly nextTryAt: string | undefined;
  readonly latencyMs: number | undefined;
  /** What does not work without it; empty while it works. */
  readonly impairs: readonly string[];
  /** Which services report it so. */
  readonly services: readonly string[];
}

/** Every dependency, the worst first; one that services see differently is there once for each view. */
export function dependenciesOf(health: Health): Dependency[] {
  const seen = reportedServices(health).flatMap(({ service, checks }) =>
    Object.entries(checks).map(([key, check]) => ({ key, service, check })),
  );
  const alone = Object.entries(health.checks)
    .filter(([key]) => !seen.some((view) => view.key === key))
    .map(([key, check]) => ({ key, service: health.service, check }));
  const views = Map.groupBy([...seen, ...alone], ({ key, check }) => `${key} ${check.status}`);
  return [...views.values()]
    .map((alike) =>
      together(
        alike[0]!.key,
        alike.map(({ check }) => check),
        alike.map(({ service }) => service),
      ),
    )
    .toSorted((a, b) => badness[b.status] - badness[a.status] || order(a.need) - order(b.need));
}

function order(need: string): number {
  const place = ["transport", "windows", "database"].indexOf(need);
  return place === -1 ? 3 : place;
}

function together(key: string, checks: readonly Check[], services: readonly string[]): Dependency {
  const [need = key, product = ""] = key.split(":", 2);
  const first = (times: readonly (string | undefined)[]): string | undefined =>
    times.filter((time) => time !== undefined).toSorted()[0];
  const latencies = checks.flatMap(({ latency_ms }) => (latency_ms === undefined ? [] : [latency_ms]));
  return {
    need,
    product: product === "" ? checks[0]!.name : product,
    status: checks[0]!.status,
    since: first(checks.map(({ since }) => since))!,
    lastError: checks.find(({ last_error }) => last_error !== undefined)?.last_error,
    nextTryAt: first(checks.map(({ next_try_at }) => next_try_at)),
    latencyMs: latencies.length === 0 ? undefined : Math.max(...latencies),
    impairs: [...new Set(checks.flatMap(({ impaired_features }) => impaired_features))],
    services: [...new Set(services)],
  };
}

/** What the map says of a need: the worst view of it, undefined while nobody reports it. */
export function needOf(dependencies: readonly Dependency[], need: Need): Dependency | undefined {
  return dependencies.find((dependency) => dependency.need === need);
}
