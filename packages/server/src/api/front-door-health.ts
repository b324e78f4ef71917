import { Health, type HealthStatus, type Service, type ServiceHealth, services } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { Upstreams } from "./front-door.ts";

/** What the health of a front door is put together from. */
export interface FrontDoorHealthOptions {
  /** What this process says of itself: its name, version and dependencies. */
  readonly process: () => Health;
  /** Each service of this process; must answer at once. */
  readonly own: Readonly<Partial<Record<Service, () => ServiceHealth>>>;
  /** The services of other processes; those without an address are left out. */
  readonly upstreams: Upstreams;
  /** In words, what does not work while a service of another process cannot be asked. */
  readonly impairedWithout?: (service: Service) => readonly string[];
  readonly clock: Clock;
  /** Milliseconds between an answer and the next question, and how long an answer may take. */
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

/**
 * The health of all services as the front door knows it: `pass` when each one passes, `fail` when each one fails,
 * else `warn`. `health` asks nobody: the upstreams' `/healthz` are asked in the background, each on its own, until
 * `stop`. One that cannot be asked is `fail` with the reason; until its first answer it is `warn`.
 */
export function frontDoorHealth(options: FrontDoorHealthOptions): { health(): Health; stop(): void } {
  const { process, own, upstreams } = options;
  const watched = entriesOf(upstreams)
    .filter(([service]) => own[service] === undefined)
    .map(([service, url]) => new WatchedUpstream(service, url, options));
  return {
    health: () => {
      const report = process();
      const all = [...entriesOf(own).map(([, health]) => health()), ...watched.map(({ health }) => health)];
      return { ...report, status: together(report.status, all), services: inOrder(all) };
    },
    stop: () => {
      for (const upstream of watched) upstream.stop();
    },
  };
}

function entriesOf<T>(table: Readonly<Partial<Record<Service, T>>>): [Service, T][] {
  return services.flatMap((service) => {
    const value = table[service];
    return value === undefined ? [] : [[service, value] as [Service, T]];
  });
}

function inOrder(all: readonly ServiceHealth[]): ServiceHealth[] {
  const place = ({ service }: ServiceHealth): number => (services as readonly string[]).indexOf(service);
  return all.toSorted((a, b) => place(a) - place(b));
}

function together(own: HealthStatus, all: readonly ServiceHealth[]): HealthStatus {
  const [only = own, ...others] = new Set(all.map(({ status }) => status));
  // What no service needs, such as room on the disk, is this process's own trouble.
  return others.length > 0 || (only === "pass" && own !== "pass") ? "warn" : only;
}

const isHealth = new Ajv({ allErrors: false }).compile<Health>(Health);

/** One upstream that is asked again and again, one question at a time. */
class WatchedUpstream {
  readonly #service: Service;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #timeoutMs: number;
  readonly #impaired: readonly string[];
  readonly #stopping = new AbortController();
  #next: NodeJS.Timeout | undefined;
  #health: ServiceHealth;

  constructor(
    service: Service,
    url: string,
    { clock, everyMs = 2_000, timeoutMs = 1_000, impairedWithout }: FrontDoorHealthOptions,
  ) {
    this.#service = service;
    this.#url = new URL("/healthz", url);
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#timeoutMs = timeoutMs;
    this.#impaired = impairedWithout?.(service) ?? [];
    const since = this.#now();
    const last_error = "It has not been asked yet";
    this.#health = { service, status: "warn", since, last_error, next_try_at: since, checks: {} };
    void this.#watch();
  }

  get health(): ServiceHealth {
    return this.#health;
  }

  stop(): void {
    this.#stopping.abort();
    clearTimeout(this.#next);
  }

  async #watch(): Promise<void> {
    const health = await this.#look();
    if (this.#stopping.signal.aborted) return;
    this.#health = health;
    // A process with nothing but this to do may end.
    this.#next = setTimeout(() => void this.#watch(), this.#everyMs).unref();
  }

  async #look(): Promise<ServiceHealth> {
    const began = performance.now();
    try {
      const { status, since, version, checks } = await this.#ask();
      const latency_ms = Math.round((performance.now() - began) * 1000) / 1000;
      // Of the service's own words the time is older than ours: it knew of the change first.
      return {
        service: this.#service,
        status,
        version,
        since: since ?? this.#since(status),
        latency_ms,
        checks,
      };
    } catch (error) {
      return {
        ...{ service: this.#service, status: "fail", since: this.#since("fail"), checks: {} },
        ...{ last_error: reasonOf(error), impaired_features: [...this.#impaired] },
        ...{ next_try_at: formatTimestamp(this.#clock.now() + this.#everyMs) },
        ...(this.#health.version === undefined ? {} : { version: this.#health.version }),
      };
    }
  }

  /** The beginning of a status that the service does not date itself: one that lasts keeps its own. */
  #since(status: HealthStatus): string {
    const isSame = this.#health.status === status && this.#health.since !== undefined;
    return isSame ? (this.#health.since as string) : this.#now();
  }

  #now(): string {
    return formatTimestamp(this.#clock.now());
  }

  async #ask(): Promise<Health> {
    const signal = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#stopping.signal]);
    const answer = await fetch(this.#url, {
      signal,
      redirect: "manual",
      headers: { accept: "application/json" },
    });
    const report: unknown = await answer.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) throw new Error(notHealth(answer.status));
      throw error;
    });
    if (!isHealth(report)) throw new Error(notHealth(answer.status));
    if (isOther(report.service, this.#service)) throw new Error(`At its address answers ${report.service}`);
    return report;
  }
}

function notHealth(status: number): string {
  return `Its address answers ${status} without a health report`;
}

/** Whether a service was asked and another one answered; a process of several has a name of its own. */
function isOther(name: string, wanted: Service): boolean {
  return name !== wanted && (services as readonly string[]).includes(name);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "It cannot be asked";
  if (error.name === "TimeoutError") return "It did not answer in time";
  const { code, message = error.message } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return code === undefined ? message : `It cannot be asked: ${code}`;
}
