import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AlertChanges, AlertList, AuditEvent } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { postEvents, tellingEvent } from "./telling-event.ts";

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "auditflow-backup-"));
  clean.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function serve(data: string): Promise<Running> {
  const service = await startService(["--data", data], { AUDITFLOW_RATE_LIMIT: "0" });
  clean.push(() => service.end("SIGKILL"));
  return service;
}

async function post(url: string, events: readonly AuditEvent[]): Promise<boolean> {
  const answer = await postEvents(url, events).catch(() => undefined);
  return answer?.status === 202;
}

/** The hosts of all alerts, as often as there are alerts. */
async function hosts(url: string): Promise<string[]> {
  const found: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const answer: Response = await fetch(`${url}/api/v1/alerts?limit=200${cursor}`);
    const page = (await answer.json()) as AlertList;
    found.push(...page.alerts.map((alert) => alert.impacted_resource.server_hostname ?? ""));
    next = page.next;
  }
  return found.sort();
}

async function changes(url: string, after?: string): Promise<AlertChanges> {
  const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
  return (await (await fetch(`${url}/api/v1/alerts/stream${query}`)).json()) as AlertChanges;
}

/** A stopped data folder with some alerts, and a backup of it. */
async function backedUp(alerts: readonly string[]): Promise<{ place: string; data: string; backup: string }> {
  const place = await folder();
  const [data, backup] = [join(place, "data"), join(place, "backup")];
  const service = await serve(data);
  expect(
    await post(
      service.url,
      alerts.map((host) => tellingEvent(host)),
    ),
  ).toBe(true);
  await expect.poll(() => hosts(service.url), { timeout: 15_000 }).toEqual([...alerts].sort());
  await service.end("SIGTERM");
  const made = await runCommand(["backup", backup, "--data", data]);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  return { place, data, backup };
}

describe("backup and restore of a data folder", () => {
  test("taken under load and restored after kill -9: what was acknowledged before it has its alert, once", async () => {
    const place = await folder();
    const [data, backup, other] = [join(place, "data"), join(place, "backup"), join(place, "other")];
    const first = await serve(data);
    const acknowledged: string[] = [];
    let isOver = false;
    const load = (async () => {
      for (let n = 0; !isOver; n += 1) {
        const names = Array.from({ length: 20 }, (_none, index) => `host-${n}-${index}`);
        if (
          await post(
            first.url,
            names.map((host) => tellingEvent(host)),
          )
        )
          acknowledged.push(...names);
      }
    })();
    await until(() => acknowledged.length >= 400, "some events are acknowledged");
    const before = acknowledged.length;
    const made = await runCommand(["backup", backup, "--data", data, "--json"]);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    await until(() => acknowledged.length >= before + 200, "more events are acknowledged afterwards");
    await first.end("SIGKILL");
    isOver = true;
    await load;

    const restored = await runCommand(["restore", backup, "--data", other]);
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    expect(restored.stdout).toContain(`Start it with: auditflow serve --data ${other}`);
    const second = await serve(other);
    const wanted = acknowledged.slice(0, before);
    await until(
      async () => {
        const there = new Set(await hosts(second.url));
        return wanted.every((host) => there.has(host));
      },
      "every event acknowledged before the backup has its alert",
      30_000,
    );
    const all = await hosts(second.url);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((host) => !acknowledged.includes(host))).toEqual([]);
    const files = (JSON.parse(made.stdout) as { files: { name: string }[] }).files.map(({ name }) => name);
    expect(files).toEqual(["transport.db", "windows.db", "auditflow.db", "token"]);
    expect(readFileSync(join(other, "token"), "utf8")).toBe(readFileSync(join(data, "token"), "utf8"));
    expect([join(backup, "token"), join(other, "token")].map((file) => statSync(file).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
    expect(readdirSync(place).sort()).toEqual(["backup", "data", "other"]);
  });

  test("whoever followed the stream past the backup misses no alert after the restore", async () => {
    const { place, data, backup } = await backedUp(["before"]);
    const first = await serve(data);
    for (const host of ["lost-1", "lost-2", "lost-3"]) {
      expect(await post(first.url, [tellingEvent(host)])).toBe(true);
      await until(async () => (await hosts(first.url)).includes(host), `${host} is stored`);
    }
    const { position } = await changes(first.url);
    await first.end("SIGKILL");

    const other = join(place, "other");
    expect(await runCommand(["restore", backup, "--data", other])).toMatchObject({ code: 0 });
    const second = await serve(other);
    expect(await post(second.url, [tellingEvent("after")])).toBe(true);
    await until(async () => (await hosts(second.url)).includes("after"), "the new alert is stored");
    const seen = (await changes(second.url, position)).alerts;
    expect(seen.map(({ impacted_resource }) => impacted_resource.server_hostname)).toEqual(["after"]);
  });

  test("a damaged, cut or incomplete backup is refused by the name of the file, and the folder stays as it was", async () => {
    const { place, backup } = await backedUp(["one"]);
    const restoreOf = async (name: string, spoil: (copy: string) => void): Promise<string> => {
      const [copy, target] = [join(place, name), join(place, `${name}-restored`)];
      await cp(backup, copy, { recursive: true });
      spoil(copy);
      const { code, stderr } = await runCommand(["restore", copy, "--data", target]);
      expect(code).toBe(1);
      expect(existsSync(target)).toBe(false);
      return stderr;
    };
    const flip = (file: string): void => {
      const bytes = readFileSync(file);
      bytes[5000] = (bytes[5000] ?? 0) ^ 0xff;
      writeFileSync(file, bytes);
    };
    expect(await restoreOf("flipped", (copy) => flip(join(copy, "auditflow.db")))).toMatch(
      /auditflow\.db is not what was backed up: its SHA-256 differs/,
    );
    expect(
      await restoreOf("cut", (copy) => {
        const file = join(copy, "windows.db");
        writeFileSync(file, readFileSync(file).subarray(0, 4096));
      }),
    ).toMatch(/windows\.db has 4096 bytes where the manifest says/);
    expect(await restoreOf("no-file", (copy) => rmSync(join(copy, "transport.db")))).toMatch(
      /transport\.db cannot be read/,
    );
    expect(await restoreOf("no-manifest", (copy) => rmSync(join(copy, "manifest.json")))).toMatch(
      /no whole backup/,
    );
    const change = (copy: string, words: object): void => {
      const file = join(copy, "manifest.json");
      const manifest = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...manifest, ...words }));
    };
    expect(await restoreOf("newer", (copy) => change(copy, { auditflow: "999.0.0" }))).toMatch(
      /was made by AuditFlow 999\.0\.0, and this is .*: install that version or a later one/,
    );
    expect(
      await restoreOf("escaping", (copy) => change(copy, { files: [{ name: "../x", bytes: 0 }] })),
    ).toMatch(/manifest\.json is no manifest of a backup/);
    expect(readdirSync(place).filter((name) => name.includes("restoring"))).toEqual([]);
  });

  test("tables of a later version are refused, whatever the version says", async () => {
    const { place, data } = await backedUp(["one"]);
    const db = new DatabaseSync(join(data, "auditflow.db"));
    db.exec("insert into kysely_migration (name, timestamp) values ('9999-later', '2030')");
    db.close();
    const later = join(place, "later");
    expect(await runCommand(["backup", later, "--data", data])).toMatchObject({ code: 0 });
    const { code, stderr } = await runCommand(["restore", later, "--data", join(place, "other")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/auditflow\.db in .* has tables of a later version \(9999-later\)/);
  });

  test("a folder that is used or not empty is left alone; --force moves what is in it aside", async () => {
    const { place, data, backup } = await backedUp(["one"]);
    const refused = await runCommand(["restore", backup, "--data", data]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("is not empty");

    const running = await serve(data);
    const locked = await runCommand(["restore", backup, "--data", data, "--force"]);
    expect(locked).toMatchObject({ code: 1 });
    expect(locked.stderr).toContain("Another AuditFlow process holds the data folder");
    expect(await hosts(running.url)).toEqual(["one"]);
    await running.end("SIGTERM");

    const forced = await runCommand(["restore", backup, "--data", data, "--force", "--json"]);
    expect(forced, forced.stderr).toMatchObject({ code: 0 });
    const { moved_aside } = JSON.parse(forced.stdout) as { moved_aside: string };
    expect(existsSync(join(moved_aside, "auditflow.db"))).toBe(true);
    expect(await hosts((await serve(data)).url)).toEqual(["one"]);

    const empty = join(place, "empty");
    await mkdir(empty);
    expect(await runCommand(["restore", backup, "--data", empty])).toMatchObject({ code: 0 });
  });

  test("a backup goes to a new folder only, and of a data folder only", async () => {
    const { place, data, backup } = await backedUp(["one"]);
    const again = await runCommand(["backup", backup, "--data", data]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain("exists already");
    const nothing = await runCommand(["backup", join(place, "b"), "--data", place]);
    expect(nothing.stderr).toContain("holds none of transport.db, windows.db, auditflow.db");
    const nowhere = await runCommand(["backup", join(place, "b"), "--data", join(place, "nowhere")]);
    expect(nowhere.stderr).toContain("cannot be read");
    const file = join(data, "windows.db");
    chmodSync(file, 0o600);
    writeFileSync(file, "no database");
    const damaged = await runCommand(["backup", join(place, "b"), "--data", data]);
    expect(damaged).toMatchObject({ code: 1 });
    expect(damaged.stderr).toContain("windows.db cannot be backed up: file is not a database");
    expect(readdirSync(place).sort()).toEqual(["backup", "data"]);
  });
});
