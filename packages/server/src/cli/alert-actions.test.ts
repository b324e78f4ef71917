import type { History, Incident, Operation } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqliteSite } from "../../testing/database-sites.ts";
import { runCommand } from "../../testing/process.ts";
import { alertId, alertOf, TriageSite } from "../../testing/triage-site.ts";
import { alertsRoutes } from "../api/alerts-routes.ts";

let site: TriageSite;
let url: string;

beforeEach(async () => {
  site = new TriageSite(await sqliteSite());
  alertsRoutes(site.http, site);
  url = await site.http.listen({ host: "127.0.0.1", port: 0 });
  await site.store(alertOf(1), alertOf(2, { severity: "LOW" }), alertOf(3, { severity: "LOW", actor: 1 }));
});

afterEach(() => site.end());

const alerts = (...args: string[]) => runCommand(["alerts", ...args, "--url", url]);
const incidents = (...args: string[]) => runCommand(["incidents", ...args, "--url", url]);

describe("auditflow alerts ack, resolve, close, reopen, assign, note, undo", { timeout: 60_000 }, () => {
  test("acts on the alerts that are named, and prints how to undo it", async () => {
    const { code, stdout } = await alerts(
      "close",
      alertId(1),
      alertId(2),
      "--reason",
      "duplicate",
      "--note",
      "same",
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("close: 2 of 2 alerts changed\n")]);
    expect(await site.statuses()).toEqual(["closed", "closed", "open"]);
    const undo = /Undo: auditflow alerts undo (\S+)/.exec(stdout)![1]!;
    expect(await alerts("undo", undo)).toMatchObject({
      code: 0,
      stdout: "undo: 2 of 2 alerts are as they were\n",
    });
    expect(await site.statuses()).toEqual(["open", "open", "open"]);
    expect(await alerts("undo", undo)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("undone already"),
    });
  });

  test("with --filter says how many match and what it looked for, and asks unless --yes", async () => {
    const unasked = await alerts("ack", "--filter", "severity:low");
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("say --yes") });
    expect(unasked.stderr).toContain('2 alerts match "severity:low"');
    expect(await site.statuses()).toEqual(["open", "open", "open"]);
    const done = await alerts(
      "ack",
      "--filter",
      "severity:low",
      "--to",
      "2026-03-01T12:00:03Z",
      "--yes",
      "--json",
    );
    expect(JSON.parse(done.stdout) as Operation).toMatchObject({
      action: "acknowledge",
      matched: 1,
      changed: 1,
    });
    expect(await site.statuses()).toEqual(["open", "acknowledged", "open"]);
    const none = await alerts("ack", "--filter", "user:nobody", "--yes");
    expect(none).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("0 alerts match") });
  });

  test("an assignee, a note and the history of an alert", async () => {
    await alerts("assign", alertId(1), "--assignee", "Alice", "--note", "is hers");
    await alerts("note", alertId(1), "--note", "seen \u001b[31mbefore");
    await alerts("assign", alertId(1), "--nobody");
    const { stdout } = await alerts("history", alertId(1));
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/).slice(1));
    expect(lines).toEqual([
      ["ACTION", "CHANGE", "WHO", "NOTE"],
      ["assign", "nobody -> Alice", "anonymous", "is hers"],
      ["note", "-", "anonymous", "seen \ufffd[31mbefore"],
      ["assign", "Alice -> nobody", "anonymous"],
    ]);
    const json = (await alerts("history", alertId(1), "--json")).stdout.trimEnd().split("\n");
    expect(json.map((line) => (JSON.parse(line) as History["history"][0]).version)).toEqual([2, 3, 4]);
  });

  test("ids that are not there end with 1, wrong use with 2 and what is right", async () => {
    const missing = await alerts("ack", alertId(1), alertId(99));
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("1 of the ids") });
    expect(missing.stdout).toContain("acknowledge: 1 of 1");
    const wrong: [string[], string][] = [
      [["ack"], "by --filter"],
      [["ack", alertId(1), "--filter", "x"], "not by both"],
      [["close", alertId(1)], "--reason"],
      [["close", alertId(1), "--reason", "bored"], "false_positive"],
      [["assign", alertId(1)], "--nobody"],
      [["note", alertId(1)], "--note"],
    ];
    for (const [args, said] of wrong) {
      expect(await alerts(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
    }
    for (const filter of [
      await alerts("ack", "--filter", "host:a sev:low"),
      await incidents("--filter", "sev:low"),
    ]) {
      expect(filter).toMatchObject({ code: 2, stderr: expect.stringMatching(/ \^+ .*severity/s) });
    }
  });
});

describe("auditflow incidents", { timeout: 60_000 }, () => {
  test("lists, shows and settles incidents", async () => {
    const { stdout } = await incidents();
    expect(stdout).toMatch(/^INCIDENT +STATUS +SEVERITY +ALERTS +LAST SEEN +WHAT\n/);
    expect(stdout).toMatch(/open +HIGH +2 +2026-03-01T12:00:02.000Z +Brute force {2}user0 {2}web-1\n/);
    const listed = (await incidents("--filter", "user:user1", "--json")).stdout;
    const { incident_id } = JSON.parse(listed) as Incident;
    const closed = await incidents("close", incident_id, "--reason", "handled", "--note", "done");
    expect(closed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Incident ${incident_id} is closed, 1 alerts`),
    });
    const shown = await incidents("show", incident_id);
    expect(shown.stdout).toMatch(/status +closed\n/);
    expect(shown.stdout).toMatch(/close +open -> closed +anonymous +done\n/);
    expect(
      (await incidents("--status", "open,acknowledged", "--json")).stdout.trimEnd().split("\n"),
    ).toHaveLength(1);
    const undo = /Undo: auditflow alerts undo (\S+)/.exec(closed.stdout)![1]!;
    expect(await alerts("undo", undo)).toMatchObject({ code: 0 });
    expect(JSON.parse((await incidents("show", incident_id, "--json")).stdout)).toMatchObject({
      status: "open",
      history: [{ action: "close" }, { action: "undo" }],
    });
    expect(await incidents("ack", alertId(1))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no incident"),
    });
    expect(await incidents("--status", "ajar")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("resolved"),
    });
  });

  test("the help of every action has examples", async () => {
    for (const command of [["alerts", "ack"], ["alerts", "close"], ["incidents"]]) {
      const { code, stdout } = await runCommand([...command, "--help"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`$ auditflow ${command.join(" ")}`)]);
    }
  });
});
