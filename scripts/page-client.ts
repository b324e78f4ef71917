import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.ts";
import { runCommand, tool } from "./run-command.ts";

const openapi = "packages/contracts/generated/openapi.json";
const folder = "packages/dashboard/src/client";

/**
 * The page's typed client by its path in the repository, made by orval from the OpenAPI document among `documents`.
 * Rejects with what orval said when it made none.
 */
export async function pageClient(
  documents: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const input = await mkdtemp(join(tmpdir(), "auditflow-client-"));
  // Beside the real one, so that what it imports has the same path.
  const output = await mkdtemp(join(root, folder, "new-"));
  try {
    await writeFile(join(input, "openapi.json"), documents.get(openapi) ?? "");
    const target = join(output, "auditflow.ts");
    const result = await runCommand([...tool("orval"), "--config", "orval.config.ts"], {
      cwd: join(root, "packages/dashboard"),
      env: { AUDITFLOW_OPENAPI: join(input, "openapi.json"), AUDITFLOW_CLIENT: target },
      output: "keep",
      seconds: 120,
    });
    const text = await readFile(target, "utf8").catch(() => undefined);
    if (result.code !== 0 || text === undefined) throw new Error(`orval made no client: ${result.output}`);
    return new Map([[`${folder}/generated/auditflow.ts`, text]]);
  } finally {
    await rm(input, { recursive: true, force: true });
    await rm(output, { recursive: true, force: true });
  }
}
