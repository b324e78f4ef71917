import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";
import { runCommand, tool } from "./run-command.ts";

/**
 * Puts the hooks of .pre-commit-config.yaml into `folder`'s Git, and gives back the line to print; undefined where
 * there is nothing to do: in CI, and where the sources are no Git checkout. Whoever made hooks of their own keeps them.
 */
export async function installHooks(folder: string, ci: boolean): Promise<string | undefined> {
  if (ci || !existsSync(join(folder, ".git"))) return undefined;
  const command = [...tool("prek"), "install", "--quiet"];
  const { code, output } = await runCommand(command, { cwd: folder, output: "keep", seconds: 60 });
  if (code === 0) return "Git runs the hooks of .pre-commit-config.yaml before each commit";
  const [reason = ""] = output.trim().split("\n");
  return `the hooks were not installed (docs/how-to/pre-commit.md): ${reason}`;
}

if (import.meta.main) {
  // An install must not fail for want of hooks, so this ends well whatever happened.
  const line = await installHooks(root, (process.env["CI"] ?? "") !== "");
  if (line !== undefined) process.stdout.write(`${line}\n`);
}
