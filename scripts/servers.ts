import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { installMissing } from "./servers/install.ts";
import type { LocalServer, LocalServerKind } from "./servers/local-server.ts";
import { postgres } from "./servers/postgres.ts";
import { rabbitmq } from "./servers/rabbitmq.ts";
import { redis } from "./servers/redis.ts";

/** The servers that tests need. */
export const serverKinds: readonly LocalServerKind[] = [rabbitmq, redis, postgres];

/** Servers of our own, running. */
export interface Servers {
  /** The variables that tests read, for the servers that were started here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops them all and removes their files. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts every server of these kinds whose variable is not set, each in a new folder, on loopback, with a random password;
 * installs by apt what is missing. All or none: when one fails, the others are stopped before it rejects. They end
 * with this process, also when it is killed.
 */
export async function startServers(kinds: readonly LocalServerKind[] = serverKinds): Promise<Servers> {
  const wanted = kinds.filter((kind) => !process.env[kind.variable]);
  await installMissing(wanted);
  const folder = await mkdtemp(join(tmpdir(), "auditflow-servers-"));
  // PostgreSQL runs as another user than root and must be able to reach its folder.
  await chmod(folder, 0o711);
  const outcomes = await Promise.allSettled(wanted.map((kind) => startOne(kind, folder)));
  const started = outcomes
    .filter((outcome) => outcome.status === "fulfilled")
    .map((outcome) => outcome.value);
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ server }) => server.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed.length > 0) {
    await stop();
    throw new Error(failed.map((outcome) => String(outcome.reason)).join("\n"));
  }
  return {
    environment: Object.fromEntries(started.map(({ variable, server }) => [variable, server.url])),
    stop,
  };
}

async function startOne(
  kind: LocalServerKind,
  folder: string,
): Promise<{ variable: string; server: LocalServer }> {
  const own = join(folder, kind.variable);
  await mkdir(own, { mode: 0o700 });
  return { variable: kind.variable, server: await kind.start(own) };
}

/** A signal that fires when this process is asked to end, so that it can stop what it started first. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => controller.abort(name));
  return controller.signal;
}

/** With a command, runs it beside the servers; without one, prints the variables to set and waits to be ended. */
async function main(command: readonly string[]): Promise<number> {
  const signal = interruption();
  const servers = await startServers();
  try {
    if (signal.aborted) return 1;
    const environment = servers.environment;
    if (command.length > 0) {
      return (await runCommand(command, { env: environment, output: "show", seconds: 86_400, signal })).code;
    }
    for (const [name, url] of Object.entries(environment)) process.stdout.write(`export ${name}='${url}'\n`);
    const alive = setInterval(() => undefined, 60_000);
    await once(signal, "abort");
    clearInterval(alive);
    return 0;
  } finally {
    await servers.stop();
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
