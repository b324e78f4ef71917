import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { kubernetesVersion, schemaOptions } from "./kube-schemas.ts";
import { checkout } from "./tracked-files.ts";
import { kubernetesFiles } from "./yaml-files.ts";

const unreachable = " failed validation: failed downloading schema at ";

// kubeconform over every tracked file with Kubernetes objects. No kind is skipped: one without a schema is a fault.
const files = kubernetesFiles();
if (files.length === 0) {
  process.stdout.write("no tracked file holds Kubernetes objects\n");
} else {
  const { status, output } = kubeconform(files);
  const lines = output.split("\n");
  const missed = lines.filter((line) => line.includes(unreachable));
  process.stdout.write(lines.filter((line) => !line.includes(unreachable)).join("\n"));
  if (missed.length > 0) {
    const [file, address] = (missed[0] ?? "").split(unreachable);
    process.stdout.write(
      `${missed.length} schemas could not be fetched, such as that of ${file} from ${address?.split(": ")[0]}\n` +
        "Without network, name the folder they are in: KUBE_SCHEMAS\n",
    );
  }
  process.exitCode = status;
}

function kubeconform(paths: readonly string[]): { status: number; output: string } {
  mkdirSync(join(checkout, ".tools", "schemas"), { recursive: true });
  const options = ["-strict", "-summary", "-kubernetes-version", kubernetesVersion];
  const { status, stdout, stderr, error } = spawnSync(
    join(checkout, "deploy", "tools", "run"),
    ["kubeconform", ...options, ...schemaOptions(process.env["KUBE_SCHEMAS"]), ...paths],
    { cwd: checkout, encoding: "utf8", timeout: 600_000 },
  );
  return {
    status: status ?? 1,
    output: `${stdout}${stderr}${error === undefined ? "" : `${error.message}\n`}`,
  };
}
