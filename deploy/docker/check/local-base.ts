import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../../scripts/root.ts";
import { type RunResult, runCommand } from "../../../scripts/run-command.ts";
import { type Engine, told } from "./engine.ts";

/** The npm that the local base image has. */
const npm = "npm@11.6.2";

const dockerfile = `FROM localhost/debian:bookworm-slim
COPY node /usr/local/bin/node
ADD npm.tgz /tmp/npm
RUN mkdir -p /usr/local/lib/node_modules \\
 && mv /tmp/npm/package /usr/local/lib/node_modules/npm \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && echo cafile=/etc/ssl/certs/ca-certificates.crt > /usr/local/lib/node_modules/npm/npmrc
`;

/**
 * Makes an image that stands in for the official one of Node where no registry of images can be reached: Debian by
 * its own packages, the Node that the lock file names, and npm. It has the official one's name, under `localhost`.
 */
export async function makeLocalBase(engine: Engine, folder: string, image: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tree = join(folder, "debian.tar");
  await must(["mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", tree], folder);
  await told(engine, "import", "--quiet", tree, "localhost/debian:bookworm-slim");
  await copyFile(process.execPath, join(folder, "node"));
  const packed = await must(["npm", "pack", "--silent", npm], folder);
  await copyFile(join(folder, packed.output.trim().split("\n").at(-1) ?? ""), join(folder, "npm.tgz"));
  await writeFile(join(folder, "Dockerfile"), dockerfile);
  const build = {
    tag: `localhost/${image}`,
    dockerfile: join(folder, "Dockerfile"),
    context: folder,
    args: {},
  };
  const { code, output } = await engine.build(build);
  if (code !== 0) throw new Error(`the local base image was not built:\n${output}`);
}

async function must(command: readonly string[], cwd: string): Promise<RunResult> {
  const result = await runCommand(command, { cwd, output: "keep", seconds: 300 });
  if (result.code !== 0)
    throw new Error(`${command.join(" ").replaceAll(root, ".")}: ${result.output.trim()}`);
  return result;
}
