import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../scripts/run-command.ts";
import { findProgram } from "../../../scripts/servers/find-program.ts";
import { installPackages } from "../../../scripts/servers/install.ts";
import { dockerEngine, type Engine, podmanEngine } from "./engine.ts";
import { makeLocalBase } from "./local-base.ts";

/** Programs, and the Debian packages that bring them. */
const programs = {
  buildah: "buildah",
  podman: "podman",
  runc: "runc",
  netavark: "netavark",
  "aardvark-dns": "aardvark-dns",
  iptables: "iptables",
  catatonit: "catatonit",
  mmdebstrap: "mmdebstrap",
} as const;

/** The image that the Dockerfile begins with. */
const baseImage = "node:24-bookworm-slim";

/** The name by which the engine has it. */
export async function baseImageOf(engine: Engine): Promise<string> {
  if (engine.name === "docker") return baseImage;
  const local = `localhost/${baseImage}`;
  return (await engine.command(["image", "exists", local])).code === 0
    ? local
    : `docker.io/library/${baseImage}`;
}

/**
 * Docker when its daemon answers, else buildah and podman with everything they keep in `folder`.
 * Rejects with a sentence that says what to install where there is neither.
 */
export async function findEngine(folder: string, install: boolean): Promise<Engine> {
  if ((await runCommand(["docker", "info"], { output: "keep", seconds: 20 })).code === 0)
    return dockerEngine();
  const missing = Object.entries(programs).filter(
    ([name]) => findProgram(name, "/usr/lib/podman", "/usr/libexec/podman") === undefined,
  );
  if (missing.length > 0) {
    const packages = missing.map(([, name]) => name);
    if (!install) throw new Error(advice(packages));
    await installPackages(packages);
  }
  return await podmanIn(folder);
}

function advice(packages: readonly string[]): string {
  return (
    "there is no builder of images: neither a Docker daemon that answers, nor all of buildah and podman. Start Docker, " +
    `or install them: \`apt-get install --no-install-recommends ${packages.join(" ")}\`, ` +
    "which `npm run check:container -- --install` does"
  );
}

// runc because crun refuses version 1 of cgroups; limits by name because a container may not be given more than its
// starter has; a file for events because there may be no journal.
const configuration = `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[network]
network_backend = "netavark"
`;

async function podmanIn(folder: string): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  const containersConf = join(folder, "containers.conf");
  await writeFile(containersConf, configuration);
  const place = {
    options: [
      "--root",
      join(folder, "store"),
      "--runroot",
      join(folder, "run"),
      "--storage-driver",
      "overlay",
    ],
    env: { CONTAINERS_CONF: containersConf },
    cwd: folder,
  };
  const engine = podmanEngine({ ...place, localBase: true });
  const has = async (image: string): Promise<boolean> =>
    (await engine.command(["image", "exists", image])).code === 0;
  if (await has(`docker.io/library/${baseImage}`)) return podmanEngine({ ...place, localBase: false });
  if (await has(`localhost/${baseImage}`)) return engine;
  const pull = await engine.command(["pull", "--quiet", `docker.io/library/${baseImage}`], 120);
  if (pull.code === 0) return podmanEngine({ ...place, localBase: false });
  await makeLocalBase(engine, join(folder, "base"), baseImage);
  return engine;
}
