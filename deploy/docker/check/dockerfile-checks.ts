import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../scripts/root.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { dockerfileFaults } from "../../checks/check-dockerfile.ts";
import { insist, type Report } from "./report.ts";

const file = "deploy/docker/Dockerfile";

/** Lints the Dockerfile with hadolint, and by the rules of ours that it does not know. */
export async function checkDockerfile(report: Report): Promise<void> {
  await report.check("Dockerfile", "hadolint has nothing to say", async () => {
    const command = ["bash", join(root, "deploy/tools/run"), "hadolint", file];
    const { code, output } = await runCommand(command, { output: "keep", seconds: 300 });
    insist(code === 0, output.trim());
    return "";
  });
  await report.check(
    "Dockerfile",
    "a numeric user, exec form, exact bases, no secret, nothing fetched by ADD",
    () => {
      const faults = dockerfileFaults(file, readFileSync(join(root, file), "utf8"));
      insist(faults.length === 0, faults.map((fault) => `${fault.file} ${fault.message}`).join("\n"));
      return "";
    },
  );
}
