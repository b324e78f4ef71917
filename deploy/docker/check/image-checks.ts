import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { version } from "../../../packages/server/src/app/version.ts";
import { root } from "../../../scripts/root.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { type Engine, told } from "./engine.ts";
import { insist, type Report } from "./report.ts";

/** The image and a folder for what is learnt of it. */
export interface ImageBench {
  readonly report: Report;
  readonly engine: Engine;
  readonly image: string;
  readonly folder: string;
}

/** What the image may take on disk, unpacked. */
const budgetMiB = 200;

/** A file of the image. */
export interface ImageFile {
  readonly mode: string;
  readonly bytes: number;
  /** From the root, without a slash at the front. */
  readonly path: string;
}

/** Builds the image from the project's own Dockerfile. */
export async function buildImage({ report, engine, image }: ImageBench): Promise<boolean> {
  return await report.check("image", "builds from deploy/docker/Dockerfile", async () => {
    const revision = (
      await runCommand(["git", "rev-parse", "HEAD"], { output: "keep", seconds: 10 })
    ).output.trim();
    const dockerfile = join(root, "deploy/docker/Dockerfile");
    const args = { VERSION: version, REVISION: revision };
    const { code, output } = await engine.build({ tag: image, dockerfile, context: root, args });
    insist(code === 0, `the build ended with code ${code}:\n${output.split("\n").slice(-12).join("\n")}`);
    return `with ${engine.name}`;
  });
}

interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Volumes?: Readonly<Record<string, unknown>>;
}

/** Looks at the image as it lies there. Answers its files. */
export async function checkImage(bench: ImageBench): Promise<readonly ImageFile[]> {
  const { report, engine, image } = bench;
  const [inspected] = JSON.parse(await told(engine, "image", "inspect", image)) as [
    { readonly Config: ImageConfig; readonly Size: number },
  ];
  const { Config: config, Size: size } = inspected;
  await report.check("image", "runs as a numeric user that is not root", () => {
    insist(/^[1-9]\d*:[1-9]\d*$/.test(config.User ?? ""), `its user is "${config.User}"`);
    return config.User ?? "";
  });
  await report.check("image", "starts node itself as process 1, with no shell and no npm between", () => {
    const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
    insist(command[0] === "/usr/local/bin/node", `it starts ${command.join(" ")}`);
    insist((config.StopSignal ?? "SIGTERM") === "SIGTERM", `it is ended by ${config.StopSignal}`);
    return command.join(" ");
  });
  await report.check("image", "has no secret in its environment", () => {
    const names = (config.Env ?? []).map((entry) => entry.split("=")[0] ?? "");
    const secret = names.filter((name) => /TOKEN|PASSWORD|SECRET|KEY|_URL/.test(name));
    insist(secret.length === 0, `it sets ${secret.join(", ")}`);
    return names.join(" ");
  });
  await report.check("image", "says what it is, by OCI labels", () => {
    const wanted = ["title", "description", "licenses", "version", "revision"];
    const missing = wanted.filter((name) => !config.Labels?.[`org.opencontainers.image.${name}`]);
    insist(missing.length === 0, `labels are missing: ${missing.join(", ")}`);
    insist(config.Labels?.["org.opencontainers.image.version"] === version, "its version is another one");
    return `version ${version}`;
  });
  await report.check("image", `takes at most ${budgetMiB} MiB`, () => {
    const MiB = size / 2 ** 20;
    insist(MiB <= budgetMiB, `it takes ${MiB.toFixed(0)} MiB`);
    return `${MiB.toFixed(0)} MiB`;
  });
  const files = await imageFiles(bench);
  await checkFiles(report, files);
  return files;
}

/** Every file of the image, by way of a container that never runs. */
async function imageFiles({ engine, image, folder }: ImageBench): Promise<ImageFile[]> {
  await mkdir(folder, { recursive: true });
  const name = "auditflow-check-files";
  const archive = join(folder, "image.tar");
  await engine.command(["rm", "--force", name]);
  await told(engine, "create", "--name", name, image);
  try {
    await told(engine, "export", "--output", archive, name);
  } finally {
    await engine.command(["rm", "--force", name]);
  }
  const listing = join(folder, "files.txt");
  const list = await runCommand(["sh", "-c", 'tar -tvf "$1" > "$2"', "sh", archive, listing], {
    output: "keep",
    seconds: 60,
  });
  insist(list.code === 0, list.output);
  await rm(archive);
  return (await readFile(listing, "utf8")).split("\n").flatMap((line) => {
    const [, mode = "", bytes = "0", path = ""] = /^(\S{10}) \S+ +(\d+) \S+ \S+ (.*)$/.exec(line) ?? [];
    return path === ""
      ? []
      : [{ mode, bytes: Number(bytes), path: path.replace(/ (?:->|link to) .*$/, "").replace(/^\.?\//, "") }];
  });
}

const unwanted: readonly (readonly [string, RegExp])[] = [
  ["a shell", /(?:^|\/)(?:bash|sh|dash|zsh|ash|busybox)$/],
  ["a package manager", /(?:^|\/)(?:npm|npx|corepack|yarn|apt|apt-get|dpkg|apk)$/],
  ["settings of npm", /(?:^|\/)\.npmrc$/],
  ["a Git repository", /(?:^|\/)\.git\//],
  ["TypeScript or source maps of ours", /^app\/packages\/.*\.(?:ts|tsx|map)$/],
  ["tests", /^app\/(?:packages|rules)\/.*\.test\./],
  [
    "tools for development",
    /^app\/node_modules\/(?:typescript|vitest|vite|@biomejs|playwright-core|node-linux-[^/]*)\//,
  ],
];

async function checkFiles(report: Report, files: readonly ImageFile[]): Promise<void> {
  await report.check("image", "has no file that gives another user's rights", () => {
    const found = files.filter(({ mode }) => /^-..[sS]|^-.{5}[sS]/.test(mode));
    insist(found.length === 0, found.map(({ path }) => path).join(", "));
    return `${files.length} files, none setuid or setgid`;
  });
  await report.check("image", "holds the product and nothing else", () => {
    const found = unwanted.flatMap(([what, pattern]) =>
      files
        .filter(({ path, mode }) => mode.startsWith("-") && pattern.test(path))
        .map(({ path }) => `${what}: ${path}`),
    );
    insist(found.length === 0, found.slice(0, 10).join("\n"));
    const writable = files.filter(
      ({ mode, path }) => mode[8] === "w" && mode.startsWith("-") && path !== "tmp/",
    );
    insist(writable.length === 0, `everybody may write to ${writable[0]?.path}`);
    return "no shell, no package manager, no tests, no sources";
  });
}
