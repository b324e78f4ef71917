import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Problem } from "@auditflow/contracts";
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { logLevelRoutes } from "../api/log-level-routes.ts";
import { problemMediaType } from "../api/problem.ts";
import { createHttp, processRoutes } from "../api/server.ts";
import { sessionCookieName } from "../api/session-cookie.ts";
import { sessionRoutes } from "../api/session-routes.ts";
import { createLog } from "../telemetry/log.ts";
import { LogLevels } from "../telemetry/log-levels.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { readConfig } from "./config.ts";
import { connect } from "./connect.ts";
import { startControl } from "./control.ts";
import type { Stoppable } from "./resources.ts";
import { startRole } from "./roles.ts";
import { systemClock } from "./system-clock.ts";
import { version } from "./version.ts";

/**
 * The OpenAPI 3.1 document of all services together, made from the routes as they are registered, schemas in place.
 * Starts the roles on stores in a temporary folder and stops them again.
 */
export async function openapiDocument(): Promise<Record<string, unknown>> {
  const api = await startWholeApi();
  try {
    return api.document();
  } finally {
    await api.stop();
  }
}

/** Every route of every service on one server that does not listen, with stores of its own. */
export interface WholeApi extends Stoppable {
  readonly http: FastifyInstance;
  /** Each route as it was registered, methods apart, HEAD too. */
  readonly routes: readonly { readonly method: string; readonly url: string; readonly access?: string }[];
  /** What is told of them. */
  readonly document: () => Record<string, unknown>;
}

/** Starts all roles in a temporary folder, which `stop` takes away. */
export async function startWholeApi(): Promise<WholeApi> {
  const data = await mkdtemp(join(tmpdir(), "auditflow-openapi-"));
  const removeData = (): Promise<void> => rm(data, { recursive: true, force: true });
  try {
    const api = await startRoles(data);
    const stop = async (): Promise<void> => {
      await api.stop();
      await removeData();
    };
    return { ...api, stop };
  } catch (error) {
    await removeData();
    throw error;
  }
}

async function startRoles(data: string): Promise<WholeApi> {
  const config = readConfig({ roles: [], flags: { data }, env: {} });
  const clock = systemClock;
  const metrics = createMetrics(version);
  const log = createLog({
    clock,
    ...identity,
    level: "fatal",
    destination: new Writable({ write: (_c, _e, done) => done() }),
  });
  const http = createHttp({ ...config, token: undefined, log });
  const routes: WholeApi["routes"][number][] = [];
  http.addHook("onRoute", ({ method, url, config: { access } = {} }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, ...(access && { access }) });
  });
  await http.register(swagger as never, { openapi: head, transform: describeRoute, refResolver } as never);
  const transport = await connect("transport", "memory:", { clock, metrics });
  const windows = await connect("windows", "memory:", { clock, metrics });
  const database = await connect("database", config.urls.database, { clock, metrics });
  processRoutes(http, {
    ready: () => true,
    health: () => ({ status: "pass", service: "", version, checks: {} }),
    metrics,
  });
  sessionRoutes(http, { ...config, token: undefined });
  const own = { log, levels: new LogLevels(log, { clock }), instance: identity.instance };
  const control = startControl({ config, own, transport, database, clock });
  logLevelRoutes(http, control.logLevels);
  const resources = { ...control, transport, windows, database, config, http, clock, log, metrics };
  const stages = await Promise.all(config.roles.map(async (role) => startRole[role](resources)));
  await http.ready();
  return {
    http,
    routes,
    document: () => structuredClone((http as unknown as { swagger(): Record<string, unknown> }).swagger()),
    stop: async () => {
      await Promise.all(stages.map((stage) => stage.stop()));
      await control.stop();
      await Promise.all([transport.stop(), windows.stop(), database.stop(), http.close()]);
    },
  };
}

const identity = { service: "auditflow", version, instance: "openapi" };

const head = {
  openapi: "3.1.0",
  info: {
    title: "AuditFlow",
    version,
    description:
      "Events in, alerts out. Errors are RFC 9457 problems; their `type` is the address of a page about the code.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  components: {
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer" },
      session: { type: "apiKey", in: "cookie", name: sessionCookieName },
    },
  },
};

/** A schema that stands within another is referred to by its own name. */
const refResolver = {
  buildLocalReference: (...[{ $id, title }, , , n]: [NamedSchema, unknown, unknown, number]) =>
    $id ?? title ?? `def-${n}`,
};

interface NamedSchema {
  readonly $id?: string;
  readonly title?: string;
}

interface Transformed {
  schema: { response?: Record<string, unknown>; [name: string]: unknown };
  url: string;
  route: { method: string | string[]; config?: { access?: string } };
}

/** Shows in the document what each route declares: who may call it, and that whatever it refuses is a problem. */
function describeRoute({ schema, url, route }: Transformed): {
  schema: Record<string, unknown>;
  url: string;
} {
  const access = route.config?.access ?? "public";
  const security = access === "public" ? [] : [{ bearer: [] }, { session: [] }, {}];
  const response = { ...schema.response, default: refusal };
  return {
    schema: {
      ...schema,
      response,
      operationId: operationId(route.method, url),
      security,
      "x-access": access,
    },
    url,
  };
}

const refusal = {
  description: "Whatever was refused, and why",
  content: { [problemMediaType]: { schema: Problem } },
};

/** What generated clients call the operation: method and path, such as `putGeneratorRate`. */
function operationId(method: string | string[], url: string): string {
  const words = url.replace(/^\/api\/v1/, "").split(/[^A-Za-z0-9]+/);
  return [
    [method].flat()[0]?.toLowerCase() ?? "",
    ...words.filter((word) => word !== "").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`),
  ].join("");
}
