import { execFile } from "node:child_process";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../../packages/server/testing/free-ports.ts";
import { findProgram } from "./find-program.ts";
import { startGuarded } from "./guarded-process.ts";
import { type LocalServer, type LocalServerKind, launchServer, randomPassword } from "./local-server.ts";
import { untilReady } from "./readiness.ts";

const run = promisify(execFile);

// Commit times are what the benches measure the age of an alert by.
const settings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=200",
  "track_commit_timestamp=on",
];

/** PostgreSQL with SCRAM passwords, one superuser and one database `auditflow`. */
export const postgres: LocalServerKind = {
  name: "PostgreSQL",
  variable: "AUDITFLOW_TEST_POSTGRES_URL",
  aptPackage: "postgresql",
  installed: () => program("postgres") !== undefined && program("initdb") !== undefined,
  start,
};

// Debian keeps initdb and postgres out of PATH.
function program(name: string): string | undefined {
  return findProgram(name, "/usr/lib/postgresql/*/bin");
}

async function start(folder: string): Promise<LocalServer> {
  const [port = 0] = await freePorts(1);
  const password = randomPassword();
  const data = join(folder, "data");
  const owner = await unprivilegedOwner();
  await initialize(folder, data, { password, owner });
  return launchServer({
    url: `postgres://auditflow:${password}@127.0.0.1:${port}/auditflow`,
    program: (more) =>
      startGuarded({
        name: "PostgreSQL",
        program: program("postgres") ?? "postgres",
        args: ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting]), ...more],
        ...(owner === undefined ? {} : { owner }),
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
        endSignal: "INT",
        logFile: join(folder, "log"),
      }),
    ready: (server) =>
      untilReady("PostgreSQL", server, { ask: () => createDatabase(port, password), seconds: 60 }),
    orderly: "SIGINT",
  });
}

/** PostgreSQL refuses to run as root: then it gets the user that its package brought. */
async function unprivilegedOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

async function initialize(
  folder: string,
  data: string,
  access: { password: string; owner: { uid: number; gid: number } | undefined },
): Promise<void> {
  const passwordFile = join(folder, "password");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, access.password, { mode: 0o600 });
  if (access.owner !== undefined) {
    const { uid, gid } = access.owner;
    await Promise.all([folder, data, passwordFile].map((path) => chown(path, uid, gid)));
  }
  const args = ["-D", data, "-U", "auditflow", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  await run(program("initdb") ?? "initdb", [...args, "--encoding=UTF8", "--locale=C", "--no-sync"], {
    cwd: "/",
    timeout: 120_000,
    ...access.owner,
  });
}

async function createDatabase(port: number, password: string): Promise<boolean> {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-U", "auditflow", "auditflow"];
  const environment = { PATH: process.env["PATH"] ?? "", PGPASSWORD: password };
  try {
    await run(program("createdb") ?? "createdb", args, { cwd: "/", timeout: 10_000, env: environment });
    return true;
  } catch (error) {
    return String(error).includes("already exists");
  }
}
