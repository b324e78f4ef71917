import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Health } from "@auditflow/contracts";
import { until } from "../../../packages/server/testing/until.ts";
import { type Engine, told } from "./engine.ts";
import type { Pod } from "./pods.ts";

/** What a pod is run with here. */
export interface Surroundings {
  readonly engine: Engine;
  readonly image: string;
  /** A folder for the files that are mounted into it. */
  readonly folder: string;
  /** The values of the secret's keys. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of the other services, which all are on this machine. */
  readonly hosts: readonly string[];
}

/** How a container ended, and how long that took from the signal on. */
export interface Ending {
  readonly code: number;
  readonly seconds: number;
}

/** One service in a container, run as its rendered pod says. */
export class RunningPod {
  readonly pod: Pod;
  readonly name: string;
  readonly #engine: Engine;
  /** When it was started first, by `performance.now()`. */
  readonly started: number;

  private constructor(pod: Pod, name: string, engine: Engine) {
    this.pod = pod;
    this.name = name;
    this.#engine = engine;
    this.started = performance.now();
  }

  static async start(pod: Pod, surroundings: Surroundings): Promise<RunningPod> {
    const { engine, image } = surroundings;
    const name = `auditflow-check-${pod.service}`;
    await engine.command(["rm", "--force", name]);
    const options = [...hardening(pod, engine), ...(await mountOptions(pod, surroundings))];
    const env = Object.entries(pod.env).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
    const hosts = surroundings.hosts.map((host) => `--add-host=${host}:127.0.0.1`);
    const network = ["--network=host", ...hosts];
    await told(engine, "run", "--detach", "--name", name, ...network, ...options, ...env, image, ...pod.args);
    return new RunningPod(pod, name, engine);
  }

  /** Answers of its own port; undefined while it cannot be reached. */
  async get(path: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.pod.port}${path}`, {
        signal: AbortSignal.timeout(3000),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }

  async health(): Promise<Health | undefined> {
    const answer = await this.get("/healthz");
    return answer === undefined ? undefined : (JSON.parse(answer.text) as Health);
  }

  /** Waits until it answers ready; rejects with its last lines when it does not. */
  async untilReady(seconds = 20): Promise<void> {
    try {
      await until(
        async () => (await this.get(this.pod.readyPath))?.status === 200,
        "it is ready",
        seconds * 1000,
      );
    } catch {
      throw new Error(
        `${this.name} is not ready after ${seconds} s; its last lines:\n${(await this.lines()).slice(-4).join("\n")}`,
      );
    }
  }

  /** What it has logged. */
  async lines(): Promise<string[]> {
    const { output } = await this.#engine.command(["logs", this.name]);
    return output.split("\n").filter((line) => line !== "");
  }

  /** One line of `/proc/1/status`, of its first process as the kernel sees it. */
  async processStatus(): Promise<Readonly<Record<string, string>>> {
    const program = "process.stdout.write(require('fs').readFileSync('/proc/1/status','utf8'))";
    const text = await this.execute("/usr/local/bin/node", "-e", program);
    return Object.fromEntries(text.split("\n").map((line) => line.split(/:\s*/) as [string, string]));
  }

  /** Runs a program beside it in its container; rejects when that fails. */
  execute(...command: readonly string[]): Promise<string> {
    return told(this.#engine, "exec", this.name, ...command);
  }

  /** Whatever the engine says of it. */
  inspect(format: string): Promise<string> {
    return told(this.#engine, "inspect", "--format", format, this.name);
  }

  /** Paths that differ from the image. */
  async changes(): Promise<string[]> {
    return (await told(this.#engine, "diff", this.name)).split("\n").filter((line) => line !== "");
  }

  /** Sends a signal and waits for the end, at most as long as the pod's grace lasts; then it is killed, as there. */
  async end(signal: "SIGTERM" | "SIGINT", graceSeconds: number): Promise<Ending> {
    const begun = performance.now();
    await told(this.#engine, "kill", "--signal", signal, this.name);
    const waiting = this.#engine.command(["wait", this.name], graceSeconds + 30);
    const killing = setTimeout(() => {
      void this.#engine.command(["kill", "--signal", "SIGKILL", this.name]);
    }, graceSeconds * 1000);
    const { output } = await waiting;
    clearTimeout(killing);
    return { code: Number(output.trim()), seconds: (performance.now() - begun) / 1000 };
  }

  /** Starts it once more after it ended. */
  async startAgain(): Promise<void> {
    await told(this.#engine, "start", this.name);
  }

  /** Ends it at once and removes it. */
  async remove(): Promise<void> {
    await this.#engine.command(["rm", "--force", this.name]);
  }
}

function hardening(pod: Pod, engine: Engine): string[] {
  // Podman would mount folders to write to, which a pod does not have.
  const readOnly = engine.name === "podman" ? ["--read-only", "--read-only-tmpfs=false"] : ["--read-only"];
  return [
    ...(pod.readOnly ? readOnly : []),
    ...(pod.dropsAll ? ["--cap-drop=ALL"] : []),
    ...(pod.noNewPrivileges ? ["--security-opt=no-new-privileges"] : []),
    ...(pod.seccomp === "RuntimeDefault" ? [] : ["--security-opt=seccomp=unconfined"]),
    ...[`--user=${pod.user}`, `--memory=${pod.memoryBytes}`, `--memory-swap=${pod.memoryBytes}`],
    "--pids-limit=256",
  ];
}

async function mountOptions(pod: Pod, { folder, secrets }: Surroundings): Promise<string[]> {
  const scratch = Object.entries(pod.scratch).map(
    ([path, size]) => `--tmpfs=${path}:rw,size=${size},mode=1777`,
  );
  const [uid = 0, gid = 0] = pod.user.split(":").map(Number);
  const mounted = Object.entries(pod.mounts).map(async ([path, files], at) => {
    const source = join(folder, pod.service, String(at));
    await mkdir(source, { recursive: true });
    await chmod(source, 0o755);
    for (const file of files) {
      const value = file.secretKey === undefined ? file.text : secrets[file.secretKey];
      if (value === undefined)
        throw new Error(`${pod.service} mounts the key ${file.secretKey}, which no secret has`);
      const target = join(source, file.path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, value, { mode: 0o400 });
      if (process.getuid?.() === 0) await chown(target, uid, gid);
    }
    return `--volume=${source}:${path}:ro`;
  });
  return [...scratch, ...(await Promise.all(mounted))];
}
