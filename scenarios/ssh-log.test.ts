import { join } from "node:path";
import type { Alert } from "@auditflow/contracts";
import { expect } from "vitest";
import { runCommand } from "../packages/server/testing/process.ts";
import { story } from "./story.ts";

const corpus = process.env["AUDITFLOW_CORPUS"];

story("a real sshd log gives the same alerts by scan and by send", async (s) => {
  if (corpus === undefined)
    throw new Error("AUDITFLOW_CORPUS is not set: it names the folder with openssh/OpenSSH_2k.log");
  const log = join(corpus, "openssh", "OpenSSH_2k.log");
  const scan = await runCommand(["scan", log, "--output", "jsonl"]);
  const wanted = scan.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as Alert).alert_id);
  expect(wanted.length).toBeGreaterThan(10);
  const sent = await runCommand(["send", log, "--url", s.system.intake()]);
  expect(sent.code).toBe(0);
  await expect
    .poll(async () => (await s.alerts()).map(({ alert_id }) => alert_id).sort(), {
      timeout: 60_000,
      interval: 200,
    })
    .toEqual(wanted.sort());
});
