import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OracleClient } from "./oracle-client.ts";

const secret = `whsec_${Buffer.from("a secret of tests, long enough").toString("base64")}`;
let folder: string;
let oracle: OracleClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-oracle-"));
  oracle = await OracleClient.start({ path: join(folder, "record"), run: "0badcafe", secret });
});
afterEach(async () => {
  await oracle.stop();
  await rm(folder, { recursive: true });
});

async function deliver(body: string, key = secret): Promise<number> {
  const at = new Date();
  const headers = {
    "webhook-id": "d1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(key).sign("d1", at, body),
  };
  return (await fetch(oracle.sink, { method: "POST", headers, body })).status;
}

test("mints each id once, and has on the disk what it answered", async () => {
  const first = await oracle.claim({ canary: 2, group: 3 });
  const second = await oracle.claim({ canary: 1, group: 0 });
  expect(new Set([...first, ...second]).size).toBe(6);
  await oracle.acked(first.slice(0, 2), true);
  await oracle.acked(first.slice(0, 3), false);
  const lines = (await readFile(join(folder, "record"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual([
    "claimed",
    "claimed",
    "acked",
    "acked",
  ]);
  const report = await oracle.report();
  expect(report).toMatchObject({
    claimed: [...first, ...second],
    acked: first.slice(0, 3),
    acked_in_fault: 2,
  });
});

test("keeps what its sink is sent, with a signature that does not fit as a problem", async () => {
  const body = JSON.stringify({ type: "incident.opened", incident: { incident_id: "i1" } });
  expect(await deliver(body)).toBe(204);
  expect(
    await deliver(body, `whsec_${Buffer.from("another secret, just as long as it").toString("base64")}`),
  ).toBe(204);
  const { deliveries } = await oracle.report();
  expect(deliveries).toMatchObject([
    { webhook_id: "d1", incident_id: "i1", type: "incident.opened", answered: 204 },
    { problem: expect.stringContaining("signature") },
  ]);
  expect(deliveries[0]).not.toHaveProperty("problem");
});

test("its sink answers as it is told, so many times", async () => {
  await oracle.answer(500, 1);
  expect([await deliver("{}"), await deliver("{}")]).toEqual([500, 204]);
});
