import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Health } from "@auditflow/contracts";
import {
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../../packages/server/testing/fault-proxy.ts";
import { freePorts } from "../../packages/server/testing/free-ports.ts";
import { until } from "../../packages/server/testing/until.ts";
import type { Dependency, Links } from "../case.ts";
import { sumOf } from "./metrics-text.ts";
import { type PartProcess, type StartArguments, startPart } from "./part-process.ts";
import type { RunServers } from "./run-servers.ts";

/** Settings of each part by the names of their environment variables; `AUDITFLOW_FAILPOINT` also brings the failpoints. */
export type PartEnvironment = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a system is started with. */
export interface SystemOptions {
  readonly shape: "distributed" | "embedded";
  readonly servers: RunServers;
  readonly env: PartEnvironment;
  /** Options of `node` for every process, such as `--import` of a sabotage. */
  readonly nodeArguments: readonly string[];
}

/** The product, each part a process of its own with a fault proxy before each of its dependencies. */
export interface FaultSystem {
  /** The names of the services that run, and of replicas (`audit-log-analysis 2`); `auditflow` when all is one process. */
  readonly parts: readonly string[];
  /** The newest process of a part, also when it has ended. */
  process(part: string): PartProcess;
  /** The log lines of every process that the part ever was, oldest first. */
  logLines(part: string): readonly Record<string, unknown>[];
  /** SIGKILL; resolves when it is gone. */
  kill(part: string): Promise<void>;
  /** Asks it to end and resolves to its exit code (null: a signal killed it) and the milliseconds that took. */
  term(part: string, signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  /** Starts an ended part on its port; `env` is laid over its settings, for this start alone. Resolves to the milliseconds until it listened. */
  start(part: string, env?: Readonly<Record<string, string>>): Promise<number>;
  /** `kill` and `start`. */
  restart(part: string, env?: Readonly<Record<string, string>>): Promise<number>;
  /** One more process of a service, behind proxies of its own; resolves to its name. */
  replica(service: string, env?: Readonly<Record<string, string>>): Promise<string>;
  /** How a part is started, to start it by other means. */
  startArguments(part: string, env?: Readonly<Record<string, string>>): StartArguments;
  /** The proxies before a part's dependencies. */
  links(part: string): Links;
  /** The proxies of all parts, before one dependency or all. */
  allLinks(dependency?: Dependency): FaultProxy[];
  health(part: string): Promise<Health>;
  /** Statuses; 0 when there was no answer. */
  livez(part: string): Promise<number>;
  readyz(part: string): Promise<number>;
  /** The text of `/metrics`. */
  metrics(part: string): Promise<string>;
  /** The sum of a metric's values over the label sets that contain these; 0 when there is none. */
  metric(part: string, name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Base URLs: where events go in, where alerts come out, and the front door. */
  intake(): string;
  api(): string;
  page(): string;
  /** Lets every link pass and starts every part that does not run, with its settings. */
  heal(): Promise<void>;
  /** Resolves when every part is ready and says of itself that all is well. */
  healthy(ms?: number): Promise<void>;
  /** SIGTERM to all at once. */
  stop(): Promise<{ part: string; code: number | null; ms: number }[]>;
  /** Ends what still runs and removes what it left. */
  clean(): Promise<void>;
}

const main = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url));
const rules = fileURLToPath(new URL("../rules", import.meta.url));

const needs: Readonly<Record<string, readonly Dependency[]>> = {
  "audit-event-gateway": ["rabbitmq"],
  "audit-log-analysis": ["rabbitmq", "redis"],
  "notification-service": ["rabbitmq", "postgres"],
};
const frontDoor = "event-audit-dashboard";
const embedded = "auditflow";
const variables = { rabbitmq: "TRANSPORT_URL", redis: "WINDOWS_URL", postgres: "DATABASE_URL" } as const;

/** Starts every part; resolves when all listen. */
export async function startFaultSystem(options: SystemOptions): Promise<FaultSystem> {
  const system = new System(options);
  try {
    await system.begin();
  } catch (error) {
    await system.clean();
    throw error;
  }
  return system;
}

interface Part {
  readonly service: string;
  readonly port: number;
  readonly links: Links;
  readonly env: Readonly<Record<string, string>>;
  process: PartProcess | undefined;
  /** Every process it was, the present one last. */
  readonly history: PartProcess[];
}

class System implements FaultSystem {
  readonly #options: SystemOptions;
  readonly #parts = new Map<string, Part>();
  #data: string | undefined;

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    if (this.#options.shape === "embedded") {
      this.#data = await mkdtemp(join(tmpdir(), "auditflow-fault-"));
      await this.#add(embedded, embedded);
    } else for (const service of [...Object.keys(needs), frontDoor]) await this.#add(service, service);
    await Promise.all(this.parts.map((part) => this.start(part)));
  }

  get parts(): readonly string[] {
    return [...this.#parts.keys()];
  }

  process(name: string): PartProcess {
    const { process } = this.#part(name);
    if (process === undefined) throw new Error(`${name} was never started`);
    return process;
  }

  logLines(part: string): readonly Record<string, unknown>[] {
    return this.#part(part).history.flatMap(({ lines }) => lines);
  }

  async kill(part: string): Promise<void> {
    await this.process(part).end("SIGKILL");
  }

  async term(part: string, signal: NodeJS.Signals = "SIGTERM"): Promise<{ code: number | null; ms: number }> {
    const begun = performance.now();
    const code = await this.process(part).end(signal);
    return { code, ms: Math.round(performance.now() - begun) };
  }

  async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
    const part = this.#part(name);
    if (part.process !== undefined && !part.process.hasExited()) throw new Error(`${name} still runs`);
    const begun = performance.now();
    part.process = await startPart(this.startArguments(name, env));
    part.history.push(part.process);
    return Math.round(performance.now() - begun);
  }

  async restart(part: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
    await this.kill(part);
    return this.start(part, env);
  }

  async replica(service: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const count = [...this.#parts.values()].filter((part) => part.service === service).length;
    const name = `${service} ${count + 1}`;
    await this.#add(name, service);
    await this.start(name, env);
    return name;
  }

  startArguments(name: string, env: Readonly<Record<string, string>> = {}): StartArguments {
    const { service, port, env: own } = this.#part(name);
    const all = { ...own, ...env, AUDITFLOW_PORT: String(port) };
    const conditions = ["source", ...("AUDITFLOW_FAILPOINT" in all ? ["faults"] : [])];
    const role = service === embedded ? ["--data", this.#data ?? ""] : [service];
    return {
      program: process.execPath,
      args: [
        ...conditions.map((condition) => `--conditions=auditflow-${condition}`),
        ...[...this.#options.nodeArguments, main, "serve", ...role],
      ],
      env: { PATH: process.env["PATH"] ?? "", ...all },
    };
  }

  links(part: string): Links {
    return this.#part(part).links;
  }

  allLinks(dependency?: Dependency): FaultProxy[] {
    return [...this.#parts.values()].flatMap(({ links }) =>
      Object.entries(links).flatMap(([name, proxy]) =>
        dependency === undefined || name === dependency ? [proxy] : [],
      ),
    );
  }

  async health(part: string): Promise<Health> {
    return (await (await this.#ask(part, "/healthz")).json()) as Health;
  }

  livez(part: string): Promise<number> {
    return this.#status(part, "/livez");
  }

  readyz(part: string): Promise<number> {
    return this.#status(part, "/readyz");
  }

  async metrics(part: string): Promise<string> {
    return (await this.#ask(part, "/metrics")).text();
  }

  async metric(part: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return sumOf(await this.metrics(part), name, labels);
  }

  intake(): string {
    return this.#url(this.#options.shape === "embedded" ? embedded : "audit-event-gateway");
  }

  api(): string {
    return this.#url(this.#options.shape === "embedded" ? embedded : "notification-service");
  }

  page(): string {
    return this.#url(this.#options.shape === "embedded" ? embedded : frontDoor);
  }

  async heal(): Promise<void> {
    for (const proxy of this.allLinks()) {
      proxy.latency(0);
      await proxy.mode("pass");
    }
    for (const [name, part] of this.#parts) {
      if (part.process === undefined) continue;
      part.process.resumeOutput();
      if (part.process.hasExited()) await this.start(name);
    }
  }

  async healthy(ms = 60_000): Promise<void> {
    for (const part of this.parts) {
      let last = "";
      const isWell = async (): Promise<boolean> => {
        const health = await this.health(part).catch((error: unknown) => String(error));
        last = JSON.stringify(health);
        return typeof health !== "string" && health.status === "pass" && (await this.readyz(part)) === 200;
      };
      await until(isWell, "", ms).catch(() => {
        throw new Error(`${part} was not well within ${ms / 1000} s: ${last.slice(0, 600)}`);
      });
    }
  }

  async stop(): Promise<{ part: string; code: number | null; ms: number }[]> {
    const running = this.parts.filter((part) => !(this.#part(part).process?.hasExited() ?? true));
    return Promise.all(running.map(async (part) => ({ part, ...(await this.term(part)) })));
  }

  async clean(): Promise<void> {
    for (const { process, links } of this.#parts.values()) {
      if (process !== undefined && !process.hasExited()) await process.end("SIGKILL");
      for (const proxy of Object.values(links)) await proxy.stop();
    }
    if (this.#data !== undefined) await rm(this.#data, { recursive: true, force: true });
  }

  async #add(name: string, service: string): Promise<void> {
    const [port = 0] = await freePorts(1);
    const links: Partial<Record<Dependency, FaultProxy>> = {};
    const env: Record<string, string> = {
      AUDITFLOW_RULES: rules,
      AUDITFLOW_RATE_LIMIT: "0",
      AUDITFLOW_ALLOWED_RECEIVERS: "127.0.0.0/8",
    };
    for (const dependency of needs[service] ?? []) {
      const { servers } = this.#options;
      const url = dependency === "postgres" ? servers.databaseUrl() : servers[dependency].url;
      const proxy = await startFaultProxy({ target: targetOf(url, 0), port: (await freePorts(1))[0] ?? 0 });
      links[dependency] = proxy;
      env[variables[dependency]] = throughProxy(url, proxy);
    }
    if (service === frontDoor) Object.assign(env, this.#upstreams());
    Object.assign(env, this.#options.env[service]);
    this.#parts.set(name, { service, port, links, env, process: undefined, history: [] });
  }

  #upstreams(): Record<string, string> {
    const at = (name: string): string => `http://127.0.0.1:${this.#part(name).port}`;
    return {
      AUDITFLOW_GATEWAY_URL: at("audit-event-gateway"),
      AUDITFLOW_ANALYSIS_URL: at("audit-log-analysis"),
      AUDITFLOW_NOTIFICATION_URL: at("notification-service"),
    };
  }

  #part(name: string): Part {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`there is no part ${name}; there are ${this.parts.join(", ")}`);
    return part;
  }

  #url(name: string): string {
    return `http://127.0.0.1:${this.#part(name).port}`;
  }

  #ask(part: string, path: string): Promise<Response> {
    return fetch(`${this.#url(part)}${path}`, { signal: AbortSignal.timeout(10_000) });
  }

  async #status(part: string, path: string): Promise<number> {
    try {
      const answer = await this.#ask(part, path);
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }
}
