import { type RunResult, runCommand } from "../../../scripts/run-command.ts";

/** What builds and runs images here: Docker's daemon, or buildah and podman. */
export interface Engine {
  readonly name: "docker" | "podman";
  /** Builds the Dockerfile of the project. */
  build(image: ImageBuild): Promise<RunResult>;
  /** Runs the engine's own command line (`run`, `inspect`, `wait`, ...), which both engines share. */
  command(args: readonly string[], seconds?: number): Promise<RunResult>;
}

/** What is built. */
export interface ImageBuild {
  readonly tag: string;
  readonly dockerfile: string;
  readonly context: string;
  /** Values of ARG. */
  readonly args: Readonly<Record<string, string>>;
}

/** Docker, whose daemon answers. */
export function dockerEngine(): Engine {
  return {
    name: "docker",
    build: (image) => runCommand(["docker", "build", ...buildOptions(image), image.context], patient),
    command: (args, seconds = 60) => runCommand(["docker", ...args], { output: "keep", seconds }),
  };
}

/** What sets our podman apart from the one a person uses on the same machine. */
export interface PodmanPlace {
  /** Options of podman and buildah: where they keep images and containers. */
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder it is started in: a container that runs out of memory leaves a file there. */
  readonly cwd: string;
  /** Whether the base images were made here, so that nothing may be pulled. */
  readonly localBase: boolean;
}

/** The bundle of certificate authorities that Debian keeps; a network may sign with one of its own. */
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** Podman for running, buildah for building, with a store of their own. */
export function podmanEngine({ options, env, cwd, localBase }: PodmanPlace): Engine {
  const local = localBase ? ["--pull-never", "--volume", `${authorities}:${authorities}:ro`] : [];
  return {
    name: "podman",
    build: (image) =>
      runCommand(
        [
          ...["buildah", ...options, "bud", "--isolation", "chroot", "--layers", ...local],
          ...buildOptions(image),
          image.context,
        ],
        { ...patient, env },
      ),
    command: (args, seconds = 60) =>
      runCommand(["podman", ...options, ...args], { output: "keep", seconds, env, cwd }),
  };
}

const patient = { output: "keep", seconds: 580 } as const;

function buildOptions({ tag, dockerfile, args }: ImageBuild): string[] {
  const values = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  return ["--file", dockerfile, "--tag", tag, ...values];
}

/** The output of a command of the engine, without white space around it. Rejects with what it said when it failed. */
export async function told(engine: Engine, ...args: readonly string[]): Promise<string> {
  const { code, output } = await engine.command(args);
  if (code !== 0) throw new Error(`${engine.name} ${args.join(" ")}: ${output.trim()}`);
  return output.trim();
}
