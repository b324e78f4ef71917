import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts } from "../../packages/server/testing/free-ports.ts";
import { findProgram } from "./find-program.ts";
import { startGuarded } from "./guarded-process.ts";
import { type LocalServer, type LocalServerKind, launchServer, randomPassword } from "./local-server.ts";
import { answers, untilReady } from "./readiness.ts";

/** Redis with its append-only file on, as AuditFlow asks of it in production. */
export const redis: LocalServerKind = {
  name: "Redis",
  variable: "AUDITFLOW_TEST_REDIS_URL",
  aptPackage: "redis-server",
  installed: () => findProgram("redis-server") !== undefined,
  start,
};

async function start(folder: string): Promise<LocalServer> {
  const [port = 0] = await freePorts(1);
  const password = randomPassword();
  const configuration = join(folder, "redis.conf");
  // In a file, because command lines are for everybody to read.
  const settings = ["bind 127.0.0.1", `port ${port}`, `dir ${folder}`, `requirepass ${password}`];
  await writeFile(configuration, [...settings, "appendonly yes", 'save ""', ""].join("\n"), { mode: 0o600 });
  const question = Buffer.from(`AUTH ${password}\r\nPING\r\n`);
  const ask = (): Promise<boolean> => answers(port, question, (answer) => answer.includes("+PONG"));
  return launchServer({
    url: `redis://:${password}@127.0.0.1:${port}`,
    program: (args) =>
      startGuarded({
        name: "Redis",
        program: findProgram("redis-server") ?? "redis-server",
        args: [configuration, ...args],
        endSignal: "TERM",
        logFile: join(folder, "log"),
      }),
    ready: (server) => untilReady("Redis", server, { ask, seconds: 30 }),
    orderly: "SIGTERM",
  });
}
