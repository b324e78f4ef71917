import type { Health } from "@auditflow/contracts";
import type { RunServers } from "../../../faults/system/run-servers.ts";
import { roleTable } from "../../../packages/server/src/app/role-table.ts";
import { version } from "../../../packages/server/src/app/version.ts";
import { lineFault } from "../../../packages/server/testing/log-lines.ts";
import { until } from "../../../packages/server/testing/until.ts";
import { explain } from "./exit-codes.ts";
import type { Pod } from "./pods.ts";
import { insist, type Report } from "./report.ts";
import { RunningPod, type Surroundings } from "./running.ts";
import { SteadyLoad } from "./steady-load.ts";

/** The server behind each need, as `/healthz` names it. */
const dependencies = { transport: "rabbitmq", windows: "redis", database: "postgres" } as const;
type Need = keyof typeof dependencies;

/** What the checks of the services share. */
export interface ServiceBench {
  readonly report: Report;
  readonly surroundings: Surroundings;
  readonly pods: readonly Pod[];
  readonly servers: RunServers;
  readonly token: string;
}

/** Runs every service as its rendered pod says, takes away what it stands on, gives it back, and ends it. */
export async function checkServices(bench: ServiceBench): Promise<void> {
  const { report, surroundings, pods, servers } = bench;
  for (const server of [servers.rabbitmq, servers.redis, servers.postgres]) await server.kill();
  const running: RunningPod[] = [];
  try {
    for (const pod of pods) {
      await report.check(pod.service, "starts while all it stands on is down, and says so", async () => {
        const one = await RunningPod.start(pod, surroundings);
        running.push(one);
        return await startsAlone(one);
      });
    }
    await servers.heal();
    for (const one of running) await checkHealed(report, one);
    for (const need of Object.keys(dependencies) as Need[]) await checkLoss(bench, running, need);
    await checkUnderLoad(bench, running);
    for (const one of running) await checkIdleEnd(bench, one);
    for (const one of running) await checkTraces(report, one);
  } finally {
    for (const one of running) await one.remove();
    await servers.heal();
  }
}

const needsOf = (pod: Pod): Need[] =>
  Object.keys(roleTable[pod.service as keyof typeof roleTable].needs) as Need[];

async function startsAlone(one: RunningPod): Promise<string> {
  await one.untilReady();
  const seconds = (performance.now() - one.started) / 1000;
  const needs = needsOf(one.pod);
  const health = await until(
    async () => downFor(await one.health(), needs),
    "its health names what is down",
    20_000,
  );
  const live = await one.get(one.pod.livePath);
  insist(live?.status === 200, `${one.pod.livePath} answers ${live?.status}`);
  return `ready after ${seconds.toFixed(1)} s; ${needs.length === 0 ? "it needs no server" : `${health.status}: ${needs.join(", ")} down`}`;
}

/** The health when exactly these needs do not pass, each with what that impairs. */
function downFor(health: Health | undefined, needs: readonly Need[]): Health | undefined {
  if (health === undefined) return undefined;
  const down = Object.entries(health.checks).filter(([, check]) => check.status !== "pass");
  const expected = needs.map((need) => `${need}:${dependencies[need]}`).sort();
  const isSo =
    JSON.stringify(down.map(([name]) => name).sort()) === JSON.stringify(expected) &&
    down.every(([, check]) => check.impaired_features.length > 0 && check.last_error !== undefined);
  return isSo ? health : undefined;
}

async function checkHealed(report: Report, one: RunningPod): Promise<void> {
  const { pod } = one;
  await report.check(pod.service, "heals by itself when all is there", async () => {
    await until(async () => downFor(await one.health(), []), "every dependency passes", 60_000);
    return "";
  });
  await report.check(pod.service, "runs as its pod says: user, rights, memory", () => checkConfinement(one));
  await report.check(pod.service, "can write nowhere but its own scratch", () => checkFiles(one));
  await report.check(pod.service, "answers metrics of its version", async () => {
    const answer = await one.get("/metrics");
    insist(answer?.status === 200, `/metrics answers ${answer?.status}`);
    insist(
      answer.text.includes(`auditflow_build_info{version="${version}"} 1`),
      "it does not name its version",
    );
    return `${answer.text.split("\n").filter((line) => /^\w/.test(line)).length} series`;
  });
}

/** The bytes of a line of `/proc/1/status` that counts in kB. */
function kibibytes(text = ""): number {
  return Number(/\d+/.exec(text)?.[0] ?? 0) * 1024;
}

function MiB(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

async function checkConfinement(one: RunningPod): Promise<string> {
  const { pod } = one;
  const status = await one.processStatus();
  const [uid] = pod.user.split(":");
  insist(status["Uid"]?.split("\t")[0] === uid, `its user is ${status["Uid"]}, not ${uid}`);
  insist(uid !== "0", "it is root");
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    insist(
      /^0+$/.test(status[set] ?? ""),
      `${set} is ${status[set]}: the pod does not drop every capability`,
    );
  }
  insist(status["NoNewPrivs"] === "1", "it may gain privileges");
  insist(status["Seccomp"] === "2", "no seccomp filter is on");
  insist(
    status["Name"] === "node" || status["Name"] === "MainThread",
    `process 1 is ${status["Name"]}, not node`,
  );
  const memory = Number(await one.inspect("{{.HostConfig.Memory}}"));
  insist(memory === pod.memoryBytes && memory > 0, `its memory limit is ${memory}, not ${pod.memoryBytes}`);
  const resident = kibibytes(status["VmRSS"]);
  return `uid ${uid}, no capability, no new privileges, seccomp; ${MiB(resident)} of ${MiB(memory)}`;
}

async function checkFiles(one: RunningPod): Promise<string> {
  const places = ["/", "/app", "/etc", "/usr/local/bin", "/data", "/app/node_modules"];
  const program = `for (const place of ${JSON.stringify(places)}) {
    try { require("fs").writeFileSync(place + "/probe", ""); console.log(place); } catch {}
  }
  require("fs").writeFileSync("/tmp/probe", ""); require("fs").unlinkSync("/tmp/probe");`;
  const open = (await one.execute("/usr/local/bin/node", "-e", program)).trim().split("\n").filter(Boolean);
  const wrong = open.filter((place) => place !== "/data");
  insist(wrong.length === 0, `it can write to ${wrong.join(", ")}`);
  return "read-only root; /tmp can be written";
}

/** Takes one server away and gives it back, with every service running. */
async function checkLoss(bench: ServiceBench, running: readonly RunningPod[], need: Need): Promise<void> {
  const server = bench.servers[dependencies[need]];
  await server.kill();
  for (const one of running.filter(({ pod }) => needsOf(pod).includes(need))) {
    await bench.report.check(one.pod.service, `goes on without ${dependencies[need]}`, async () => {
      const health = await until(
        async () => downFor(await one.health(), [need]),
        "its health names it",
        40_000,
      );
      const ready = await one.get(one.pod.readyPath);
      insist(
        ready?.status === 200,
        `${one.pod.readyPath} answers ${ready?.status}: the Service would be empty`,
      );
      return Object.values(health.checks).flatMap((check) => check.impaired_features)[0] ?? "";
    });
  }
  await server.startAgain();
  for (const one of running) {
    await bench.report.check(
      one.pod.service,
      `is whole again when ${dependencies[need]} is back`,
      async () => {
        await until(async () => downFor(await one.health(), []), "every dependency passes", 60_000);
        return "";
      },
    );
  }
}

/** Ends each service in turn while events come in; at the end every acknowledged event is an alert. */
async function checkUnderLoad(bench: ServiceBench, running: RunningPod[]): Promise<void> {
  const { report, servers } = bench;
  const gateway = bench.pods.find(({ service }) => service === "audit-event-gateway");
  const load = new SteadyLoad(`http://127.0.0.1:${gateway?.port}`, bench.token);
  for (const one of running) {
    await report.check(one.pod.service, "SIGTERM under load: exit 0 within the grace", async () => {
      const said = await endAsKubernetesDoes(one);
      await one.startAgain();
      await one.untilReady();
      return said;
    });
  }
  const hosts = await load.stop();
  await report.check("all services", "nothing that was acknowledged is lost", async () => {
    const alerts = async (): Promise<number> => {
      const rows = await servers.sql("select count(distinct host) as n from alerts where host = any($1)", [
        [...hosts],
      ]);
      return Number(rows[0]?.["n"]);
    };
    insist(hosts.size > 0, "no event was acknowledged");
    await until(async () => (await alerts()) === hosts.size, `${hosts.size} alerts are stored`, 60_000).catch(
      async (error: unknown) => {
        throw new Error(
          `${await alerts()} of ${hosts.size} acknowledged events became alerts (${String(error)})`,
        );
      },
    );
    return `${hosts.size} events, each an alert, through ${running.length} ends and starts`;
  });
}

async function endAsKubernetesDoes(one: RunningPod): Promise<string> {
  const { preStopSeconds, graceSeconds, memoryBytes } = one.pod;
  await new Promise((resolve) => setTimeout(resolve, preStopSeconds * 1000));
  const peak = kibibytes((await one.processStatus())["VmHWM"]);
  const { code, seconds } = await one.end("SIGTERM", graceSeconds - preStopSeconds);
  insist(code === 0, `exit code ${code} after ${seconds.toFixed(1)} s: ${explain(code)}`);
  const memory = `at most ${MiB(peak)} of ${MiB(memoryBytes)} resident`;
  return `${seconds.toFixed(1)} s after ${preStopSeconds} s of preStop, grace ${graceSeconds} s; ${memory}`;
}

async function checkIdleEnd({ report }: ServiceBench, one: RunningPod): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await report.check(one.pod.service, `${signal} while idle: exit 0`, async () => {
      await one.startAgain();
      await one.untilReady();
      const { code, seconds } = await one.end(signal, one.pod.graceSeconds);
      insist(code === 0, `exit code ${code} after ${seconds.toFixed(1)} s: ${explain(code)}`);
      return `${seconds.toFixed(1)} s`;
    });
  }
}

/** What a whole life left behind. */
async function checkTraces(report: Report, one: RunningPod): Promise<void> {
  await report.check(one.pod.service, "changed no file of its image", async () => {
    const changes = (await one.changes()).filter(
      (line) => !/^\w (?:\/tmp|\/data|\/etc|\/run|\/dev|\/proc|\/sys)(?:\/|$)/.test(line),
    );
    insist(changes.length === 0, changes.join(", "));
    return "";
  });
  await report.check(one.pod.service, "every log line is one JSON object of the log schema", async () => {
    const lines = await one.lines();
    const faults = lines.map(lineFault).filter((fault) => fault !== undefined);
    insist(faults.length === 0, `${faults.length} of ${lines.length} lines: ${faults[0]}`);
    insist(lines.length > 0, "it logged nothing");
    return `${lines.length} lines`;
  });
}
