import { once } from "node:events";
import { createServer } from "node:net";
import type { Health } from "@auditflow/contracts";
import { type Check, type Found, fail, ok } from "./finding.ts";

/** Where the process is to listen, and under which name. */
export interface PortPlace {
  readonly host: string;
  readonly port: number;
  readonly service: string;
}

/** Whether the port is free, or held by the very service that is looked after. */
export function checkPort(place: PortPlace): Check {
  return {
    area: "port",
    fix: "Set another address with AUDITFLOW_HOST and AUDITFLOW_PORT.",
    run: async () => [await look(place)],
  };
}

async function look(place: PortPlace): Promise<Found> {
  const { host, port } = place;
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
    return ok(port === 0 ? "any free port is taken" : `${host}:${port} is free`);
  } catch (error) {
    return await refused(place, error as NodeJS.ErrnoException);
  } finally {
    server.close();
  }
}

async function refused({ host, port, service }: PortPlace, error: NodeJS.ErrnoException): Promise<Found> {
  const where = `${host}:${port}`;
  if (error.code === "EADDRINUSE") {
    const holder = await serviceAt(host, port);
    if (holder === service) return ok(`${where} is held by a running ${service}`);
    const fix = `Set another with AUDITFLOW_PORT, or end what listens: \`ss -ltnp 'sport = :${port}'\` shows it.`;
    return fail(
      `${where} is in use by ${holder === undefined ? "another program" : `AuditFlow's ${holder}`}`,
      fix,
    );
  }
  if (error.code === "EACCES") {
    const fix =
      "Set AUDITFLOW_PORT to 1024 or more, or give the program the right: `setcap cap_net_bind_service=+ep NODE`.";
    return fail(`${where} may not be listened on`, fix);
  }
  const fix =
    "Set AUDITFLOW_HOST to an address of this machine (`ip -brief address`), or to 0.0.0.0 for all.";
  return fail(`${where} cannot be listened on: ${error.message}`, fix);
}

async function serviceAt(host: string, port: number): Promise<string | undefined> {
  const name =
    host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  try {
    const answer = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return ((await answer.json()) as Partial<Health>).service;
  } catch {
    return undefined;
  }
}
