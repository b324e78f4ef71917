import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout, trackedFiles } from "../checks/tracked-files.ts";

const deployment = "deploy/manifests/audit-log-analysis/k8s-deployment.yaml";
const dockerfile = "deploy/docker/Dockerfile";
let copy = "";

beforeAll(() => {
  execFileSync(join(checkout, "deploy", "tools", "fetch"), { timeout: 900_000 });
  copy = mkdtempSync(join(tmpdir(), "auditflow-hooks-"));
  for (const file of trackedFiles())
    cpSync(join(checkout, file), join(copy, file), { verbatimSymlinks: true });
  for (const folder of ["node_modules", ".tools"]) symlinkSync(join(checkout, folder), join(copy, folder));
  git("init", "--quiet");
  writeFileSync(join(copy, ".git", "info", "exclude"), "/node_modules\n/.tools\n");
  git("add", "--all");
  git("-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "copy");
}, 1_000_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("the hooks find nothing in the tree as it is", () => {
  const { code, output } = hooks("--all-files");
  expect(code === 0 ? "" : output).toBe("");
}, 120_000);

interface Plant {
  readonly fault: string;
  readonly file: string;
  readonly plant: (text: string) => string;
  /** The hook that must fail, and what it must say beside the name of the file. */
  readonly hook: string;
  readonly says: RegExp;
}

const plants: readonly Plant[] = [
  {
    fault: "a bad indent",
    file: deployment,
    plant: (text) => text.replace(/^metadata:\n/m, "metadata:\n  finalizers:\n       - auditflow/planted\n"),
    hook: "yaml-style",
    says: /k8s-deployment\.yaml:\d+:8: .*wrong indentation/,
  },
  {
    fault: "an unknown field",
    file: deployment,
    plant: (text) => text.replace(/^spec:\n/m, "spec:\n  replicaCount: 3\n"),
    hook: "kubernetes-schemas",
    says: /'\/spec'.*'replicaCount' not allowed/,
  },
  {
    fault: "a wrong type",
    file: deployment,
    plant: (text) => text.replace(/containerPort: \d+/, "containerPort: http"),
    hook: "kubernetes-schemas",
    says: /'\/spec\/template\/spec\/containers\/0\/ports\/0\/containerPort'.*want .*integer/,
  },
  {
    fault: "a removed API version",
    file: deployment,
    plant: (text) => text.replace(/^apiVersion: apps\/v1$/m, "apiVersion: apps/v1beta1"),
    hook: "kubernetes-schemas",
    says: /could not find schema for Deployment/,
  },
  {
    fault: "a duplicate key",
    file: deployment,
    plant: (text) => text.replace(/^kind: Deployment$/m, "kind: Deployment\nkind: Deployment"),
    hook: "yaml-content",
    says: /k8s-deployment\.yaml:\d+:1: Map keys must be unique/,
  },
  {
    fault: "a missing selector",
    file: deployment,
    plant: (text) => text.replace(/^ {2}selector:\n(?: {4}.*\n)+/m, ""),
    hook: "kubernetes-schemas",
    says: /'\/spec'.*missing property 'selector'/,
  },
  {
    fault: "the tag latest",
    file: deployment,
    plant: (text) => text.replace(/(\bimage: "?[^\s":]+):[^\s"]+/, "$1:latest"),
    hook: "kubernetes-sense",
    says: /\/spec\/template\/spec\/containers\/0\/image: .*:latest has no exact tag/,
  },
  {
    fault: "the root user",
    file: deployment,
    plant: (text) => text.replaceAll(/runAsUser: \d+/g, "runAsUser: 0"),
    hook: "kubernetes-sense",
    says: /\/spec\/template\/spec\/containers\/0\/securityContext\/runAsUser: must be/,
  },
  {
    fault: "a CMD for a shell",
    file: dockerfile,
    plant: (text) => text.replace(/^CMD \[.*\]$/m, "CMD auditflow serve"),
    hook: "dockerfile",
    says: /deploy\/docker\/Dockerfile:\d+ DL3025/,
  },
  {
    fault: "root as the user of the image",
    file: dockerfile,
    plant: (text) => text.replace(/^USER .*$/m, "USER root"),
    hook: "dockerfile-start",
    says: /deploy\/docker\/Dockerfile:\d+: USER of the last stage/,
  },
  {
    fault: "a YAML file that nobody checks",
    file: "deploy/new-kind/unclaimed.yaml",
    plant: () => "key: value\n",
    hook: "yaml-content",
    says: /no row of deploy\/checks\/yaml-files\.ts claims it/,
  },
  {
    fault: "a password in a URL",
    file: "deploy/notes.txt",
    plant: () => `amqp:${"//"}auditflow:${"Xk29sdfSSq1"}@rabbitmq:5672\n`,
    hook: "passwords",
    says: /deploy\/notes\.txt:1: a password in a URL/,
  },
  {
    fault: "a private key",
    file: "deploy/key.txt",
    plant: () => pem("PRIVATE KEY"),
    hook: "secrets",
    says: /PrivateKey/,
  },
];

test.each(plants)(
  "$fault is reported with its file and place",
  ({ file, plant, hook, says }) => {
    const path = join(copy, file);
    const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    const planted = plant(before ?? "");
    expect(planted, "the fault was planted").not.toBe(before);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, planted);
      git("add", "--intent-to-add", file);
      const { code, output } = hooks("--files", file);
      expect(code).not.toBe(0);
      expect(output).toContain(`- hook id: ${hook}\n`);
      expect(output).toContain(file);
      expect(output.replaceAll(/\s+/g, " ")).toMatch(says);
    } finally {
      if (before === undefined) {
        git("rm", "--quiet", "--cached", file);
        rmSync(path);
      } else {
        writeFileSync(path, before);
      }
    }
  },
  60_000,
);

/** A block that looks like a key, put together here so that this file does not look like one. */
function pem(kind: string): string {
  const body = Array.from(
    { length: 12 },
    (_, line) => `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC${line}`,
  );
  return [`-----BEGIN ${kind}-----`, ...body, `-----END ${kind}-----`, ""].join("\n");
}

function hooks(...args: readonly string[]): { code: number; output: string } {
  const prek = join(checkout, "node_modules", ".bin", "prek");
  const { status, stdout, stderr } = spawnSync(prek, ["run", "--color=never", ...args], {
    cwd: copy,
    // Schemas are looked for beside the checkout, which the copy is not.
    env: { ...environment(), ...schemas(), PREK_HOME: join(copy, ".git", "prek") },
    encoding: "utf8",
    timeout: 120_000,
  });
  return { code: status ?? 1, output: `${stdout}${stderr}` };
}

function schemas(): Record<string, string> {
  const beside = join(checkout, "..", "shared", "data", "kube-schemas");
  const folder = process.env["KUBE_SCHEMAS"] ?? (existsSync(beside) ? beside : undefined);
  return folder === undefined ? {} : { KUBE_SCHEMAS: folder };
}

function git(...args: readonly string[]): void {
  execFileSync("git", args, { cwd: copy, env: environment(), stdio: ["ignore", "ignore", "inherit"] });
}

/** Our environment without what Git tells a hook about the repository that runs it. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
}
