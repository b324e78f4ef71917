import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openapiDocument } from "../packages/server/src/app/openapi.ts";
import { generatedFiles, staleFiles } from "./generated-files.ts";
import { pageClient } from "./page-client.ts";
import { root } from "./root.ts";

async function write(files: ReadonlyMap<string, string>): Promise<void> {
  for (const path of staleFiles(root, files)) {
    const text = files.get(path);
    if (text === undefined) await rm(join(root, path));
    else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    process.stdout.write(`${text === undefined ? "removed" : "wrote"} ${path}\n`);
  }
}

if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const documents = generatedFiles(version, await openapiDocument());
  const files = new Map([...documents, ...(await pageClient(documents))]);
  if (process.argv.includes("--check")) {
    const stale = staleFiles(root, files);
    for (const path of stale) process.stdout.write(`${path} is stale: run npm run generate\n`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else await write(files);
}
