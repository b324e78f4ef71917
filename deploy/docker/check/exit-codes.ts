import { type Engine, told } from "./engine.ts";
import { insist, type Report } from "./report.ts";

/** What an exit code of a container says, and what to do. */
const meanings: Readonly<Record<number, string>> = {
  0: "it ended by itself, in order; Kubernetes shows Completed",
  1: "an error outside the program's plan, or npm that was told to end; Kubernetes shows Error. Read the last log lines; start node itself, not npm",
  2: "the configuration is wrong; the log names every fault",
  137: "killed by SIGKILL (128 + 9): over its memory limit (OOMKilled), or still running when the grace was over; Kubernetes shows Error or OOMKilled. Raise the memory limit or lower --max-old-space-size below it; or give process 1 a handler for SIGTERM",
  143: "ended by SIGTERM itself (128 + 15), because nothing handled it; Kubernetes shows Error. Handle SIGTERM and exit 0",
};

/** An exit code in words. */
export function explain(code: number): string {
  return (
    meanings[code] ??
    `no code of ours; ${code > 128 ? `signal ${code - 128} ended it` : "read its last log lines"}`
  );
}

/** One way to run a program in a container, and the code it ends with after SIGTERM. */
interface Habit {
  readonly name: string;
  readonly options: readonly string[];
  readonly command: readonly string[];
  readonly code: number;
}

const stays = "setInterval(() => {}, 1000); console.log('up')";
const handles = `${stays}; process.on('SIGTERM', () => process.exit(0))`;
const graceSeconds = 3;

/** The table of docs/how-to/check-containers.md. */
export const habits: readonly Habit[] = [
  { name: "node with a handler", options: [], command: ["node", "-e", handles], code: 0 },
  { name: "node without a handler, as process 1", options: [], command: ["node", "-e", stays], code: 137 },
  {
    name: "node without a handler, under an init",
    options: ["--init"],
    command: ["node", "-e", stays],
    code: 143,
  },
  {
    name: "a shell that starts node",
    options: [],
    command: ["sh", "-c", `node -e "${handles}"; echo over`],
    code: 137,
  },
  {
    name: "npm that starts node",
    options: [],
    command: ["npm", "exec", "--offline", "--call", `node -e "${stays}"`],
    code: 1,
  },
];

/** Ends a program in each of the ways that containers are started, and sees the code that the documentation names. */
export async function checkExitCodes(report: Report, engine: Engine, image: string): Promise<void> {
  for (const habit of habits) {
    await report.check("exit codes", `SIGTERM to ${habit.name}: ${habit.code}`, async () => {
      const { code, seconds } = await endOf(engine, image, habit);
      insist(code === habit.code, `the code is ${code} after ${seconds.toFixed(1)} s: ${explain(code)}`);
      return `after ${seconds.toFixed(1)} s; ${explain(code)}`;
    });
  }
}

async function endOf(
  engine: Engine,
  image: string,
  habit: Habit,
): Promise<{ code: number; seconds: number }> {
  const name = "auditflow-check-habit";
  await engine.command(["rm", "--force", name]);
  await told(
    engine,
    "run",
    "--detach",
    "--name",
    name,
    "--network=none",
    ...habit.options,
    image,
    ...habit.command,
  );
  await untilUp(engine, name);
  const begun = performance.now();
  await engine.command(["stop", "--time", String(graceSeconds), name]);
  const seconds = (performance.now() - begun) / 1000;
  const code = Number(await told(engine, "inspect", "--format", "{{.State.ExitCode}}", name));
  await engine.command(["rm", "--force", name]);
  return { code, seconds };
}

async function untilUp(engine: Engine, name: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    if ((await engine.command(["logs", name])).output.includes("up")) return;
    const state = await told(engine, "inspect", "--format", "{{.State.Status}}", name);
    insist(
      state === "running" || state === "created",
      `it is ${state}: ${(await engine.command(["logs", name])).output}`,
    );
    insist(performance.now() < deadline, "it did not come up");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Gives the program less memory than it needs, and sees the kernel end it. */
export async function checkMemoryLimit(report: Report, engine: Engine, image: string): Promise<void> {
  await report.check("exit codes", "over the memory limit: 137", async () => {
    const name = "auditflow-check-memory";
    const limit = ["--memory=96m", "--memory-swap=96m", "--network=none"];
    const program = "const kept = []; for (;;) kept.push(Buffer.alloc(1e6, 1))";
    const command = [
      "run",
      "--name",
      name,
      ...limit,
      "--entrypoint",
      "/usr/local/bin/node",
      image,
      "-e",
      program,
    ];
    await engine.command(["rm", "--force", name]);
    await engine.command(command);
    const code = Number(await told(engine, "inspect", "--format", "{{.State.ExitCode}}", name));
    await engine.command(["rm", "--force", name]);
    insist(code === 137, `the code is ${code}: ${explain(code)}`);
    return explain(code);
  });
}
