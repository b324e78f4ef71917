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
      return { ...report, status: together([report, ...all]), services: inOrder(all) };
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

function together([report, ...all]: readonly [
  { status: HealthStatus },
  ...{ status: HealthStatus }[],
]): HealthStatus {
  const statuses = new Set((all.length === 0 ? [report] : all).map(({ status }) => status));
  const [only = "pass", ...others] = statuses;
  return others.length === 0 ? only : "warn";
}

const isHealth = new Ajv({ allErrors: false }).compile<Health>(Health);

/** One upstream that is asked again and again, one question at a time. */
class WatchedUpstream {
  readonly #service: Service;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #timeoutMs: number;
  readonly #stopping = new AbortController();
  #next: NodeJS.Timeout | undefined;
  #failingSince: string | undefined;
  #health: ServiceHealth;

  constructor(
    service: Service,
    url: string,
    { clock, everyMs = 2_000, timeoutMs = 1_000 }: FrontDoorHealthOptions,
  ) {
    this.#service = service;
    this.#url = new URL("/healthz", url);
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#timeoutMs = timeoutMs;
    this.#health = { service, status: "warn", last_error: "It has not been asked yet", checks: {} };
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
    try {
      const { status, checks } = await this.#ask();
      this.#failingSince = undefined;
      return { service: this.#service, status, checks };
    } catch (error) {
      this.#failingSince ??= formatTimestamp(this.#clock.now());
      const lastError = `${reasonOf(error)} (since ${this.#failingSince})`;
      return { service: this.#service, status: "fail", last_error: lastError, checks: {} };
    }
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
