import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startRunServers } from "../../../faults/system/run-servers.ts";
import { root } from "../../../scripts/root.ts";
import { interruption } from "../../../scripts/servers.ts";
import { checkCompose } from "./compose-checks.ts";
import { checkDockerfile } from "./dockerfile-checks.ts";
import { checkEmbedded } from "./embedded-checks.ts";
import type { Engine } from "./engine.ts";
import { checkExitCodes, checkMemoryLimit } from "./exit-codes.ts";
import { baseImageOf, findEngine } from "./find-engine.ts";
import { buildImage, checkImage } from "./image-checks.ts";
import { renderedPods } from "./pods.ts";
import { Report, rowText } from "./report.ts";
import { checkServices } from "./service-checks.ts";
import { checkSettings } from "./settings-checks.ts";
import { checkSupply } from "./supply-checks.ts";

const usage = `npm run check:container -- [--install] [--strict] [--only PART] [--json]

Finds faults of the container before Kubernetes does: builds the real image, looks into it, and runs every service as
its rendered pod says.

  --install     install what builds and runs images by apt, where it is missing
  --strict      what could not be asked counts as failed
  --only PART   static, image, embedded, codes or services; may be given several times
  --json        one JSON object at the end instead of lines

Examples:
  npm run check:container -- --install
  npm run check:container -- --only embedded --only codes
`;

const parts = ["static", "image", "embedded", "codes", "services"] as const;
type Part = (typeof parts)[number];

/** Everything that is built and kept here lies in this folder, and in it alone. */
const folder = join(root, ".work/containers");
const image = "localhost/auditflow:check";

interface Choice {
  readonly install: boolean;
  readonly only: ReadonlySet<Part>;
}

async function runChecks(report: Report, { install, only }: Choice): Promise<void> {
  const pods = renderedPods(join(root, "deploy/manifests"));
  if (only.has("static")) {
    await checkDockerfile(report);
    await checkCompose(report);
    await checkSettings(report, pods);
  }
  if (parts.every((part) => part === "static" || !only.has(part))) return;
  let engine: Engine | undefined;
  await report.check("image", "there is something that builds and runs it", async () => {
    engine = await findEngine(folder, install);
    return engine.name;
  });
  if (engine === undefined) return;
  const bench = { report, engine, image, folder };
  if (!(await buildImage(bench))) return;
  if (only.has("image")) await checkSupply(bench, await checkImage(bench));
  if (only.has("embedded")) await checkEmbedded(report, engine, image);
  if (only.has("codes")) {
    await checkExitCodes(report, engine, await baseImageOf(engine));
    await checkMemoryLimit(report, engine, image);
  }
  if (only.has("services")) await runServices(report, engine, pods);
}

async function runServices(
  report: Report,
  engine: Engine,
  pods: ReturnType<typeof renderedPods>,
): Promise<void> {
  const servers = await startRunServers();
  try {
    await servers.fresh();
    const token = randomBytes(24).toString("hex");
    const secrets: Record<string, string> = {
      "api-token": token,
      "windows-url": servers.redis.url,
      "database-url": servers.databaseUrl(),
    };
    for (const { service } of pods) secrets[`transport-url.${service}`] = servers.rabbitmq.url;
    const own = join(folder, "mounted");
    await rm(own, { recursive: true, force: true });
    await mkdir(own, { recursive: true });
    const hosts = pods.map(({ service }) => `auditflow-${service}`);
    await checkServices({
      report,
      surroundings: { engine, image, folder: own, secrets, hosts },
      pods,
      servers,
      token,
    });
  } finally {
    await servers.stop();
  }
}

function chosen(names: readonly string[]): ReadonlySet<Part> {
  const unknown = names.find((name) => !(parts as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no part ${unknown}; the parts are ${parts.join(", ")}`);
  return new Set(names.length === 0 ? parts : (names as Part[]));
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      install: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const report = new Report((row) => {
    if (!values.json) process.stdout.write(`${rowText(row)}\n`);
  });
  // The containers of a run that is interrupted are removed by the next one; its servers end with this process.
  interruption().addEventListener("abort", () => process.exit(130));
  await runChecks(report, { install: values.install, only: chosen(values.only) });
  const warnings = report.count("warn");
  const failed = report.count("FAIL") + (values.strict ? warnings : 0);
  const counts = { passed: report.rows.length - failed, failed, skipped: 0, warnings };
  if (values.json) process.stdout.write(`${JSON.stringify({ checks: report.rows, ...counts })}\n`);
  else {
    if (warnings > 0) process.stdout.write(`${warnings} of them with a reservation (warn)\n`);
    process.stdout.write(`${counts.passed} passed, ${failed} failed, 0 skipped\n`);
  }
  return failed > 0 || counts.passed === 0 ? 1 : 0;
}

if (import.meta.main) {
  if (!existsSync(join(root, "node_modules"))) throw new Error("run npm ci first");
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  });
}
