import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import swagger from "@fastify/swagger";
import { createHttp, probeRoutes } from "../api/server.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { readConfig } from "./config.ts";
import { connect } from "./connect.ts";
import { startRole } from "./roles.ts";
import { systemClock } from "./system-clock.ts";
import { version } from "./version.ts";

/**
 * The OpenAPI 3.1 document of all services together, made from the routes as they are registered, schemas in place.
 * Starts the roles on stores in a temporary folder and stops them again.
 */
export async function openapiDocument(): Promise<Record<string, unknown>> {
  const data = await mkdtemp(join(tmpdir(), "auditflow-openapi-"));
  try {
    return await describeRoutes(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function describeRoutes(data: string): Promise<Record<string, unknown>> {
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
  await http.register(swagger as never, { openapi: head, transform: markAccess, refResolver } as never);
  const transport = await connect("transport", "memory:", { clock, metrics });
  const windows = await connect("windows", "memory:", { clock, metrics });
  const database = await connect("database", config.urls.database, { clock, metrics });
  probeRoutes(http, {
    ready: () => true,
    health: () => ({ status: "pass", service: "", version, checks: {} }),
    metrics,
  });
  const resources = { transport, windows, database, config, http, clock, log, metrics };
  const stages = await Promise.all(config.roles.map(async (role) => startRole[role](resources)));
  await http.ready();
  const document = (http as unknown as { swagger(): Record<string, unknown> }).swagger();
  await Promise.all(stages.map((stage) => stage.stop()));
  await Promise.all([transport.stop(), windows.stop(), database.stop(), http.close()]);
  return structuredClone(document);
}

const identity = { service: "auditflow", version, instance: "openapi" };

const head = {
  openapi: "3.1.0",
  info: {
    title: "AuditFlow",
    version,
    description:
      "Events in, alerts out. Errors are RFC 9457 problems whose `code` is in docs/reference/errors.md.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
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
  schema: Record<string, unknown>;
  url: string;
  route: { method: string | string[]; config?: { access?: string } };
}

/** Shows in the document what each route declares: who may call it. */
function markAccess({ schema, url, route }: Transformed): { schema: Record<string, unknown>; url: string } {
  const access = route.config?.access ?? "public";
  const security = access === "public" ? [] : [{ bearer: [] }, {}];
  return {
    schema: { ...schema, operationId: operationId(route.method, url), security, "x-access": access },
    url,
  };
}

/** What generated clients call the operation: method and path, such as `putGeneratorRate`. */
function operationId(method: string | string[], url: string): string {
  const words = url.replace(/^\/api\/v1/, "").split(/[^A-Za-z0-9]+/);
  return [
    [method].flat()[0]?.toLowerCase() ?? "",
    ...words.filter((word) => word !== "").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`),
  ].join("");
}
