import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { until } from "../../testing/until.ts";
import { member, stepOn, take } from "../../testing/window-step.ts";
import { windowsContract } from "./contract.ts";
import { sqliteWindows } from "./sqlite.ts";

const clock = { now: () => 0 };
const folder = await mkdtemp(join(tmpdir(), "auditflow-windows-"));
let files = 0;

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

afterAll(() => rm(folder, { recursive: true }));

windowsContract("sqlite", async (options) => sqliteWindows({ path: newPath(), clock, ...options }), 30);

describe("sqlite: the file", () => {
  it("kill -9 keeps every window whose step was answered", async () => {
    const path = newPath();
    const adapter = fileURLToPath(new URL("./sqlite.ts", import.meta.url));
    const script = `
      import { sqliteWindows } from ${JSON.stringify(adapter)};
      const windows = sqliteWindows({ path: ${JSON.stringify(path)}, clock: { now: () => 0 } });
      for (let n = 0; ; n += 1) {
        const member = { id: "id" + n, at: n, advances: true };
        const step = { key: "g", members: [member], judging: { kind: "count", reach: 3 }, span: 1000, lateness: 9e9, keep: 9e9, expiresAt: 9e9, ranges: [] };
        const [view] = await windows.step([step]);
        if (n % 10 === 0) await windows.commit([{ key: "g", version: view.version, state: "state " + n, keepFrom: 0, dueAt: 1 }]);
        process.stdout.write(n + "\\n");
      }`;
    const child = spawn(process.execPath, [
      "--conditions=auditflow-source",
      "--input-type=module",
      "-e",
      script,
    ]);
    let output = "";
    let errors = "";
    child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      if (output.includes("\n25\n")) child.kill("SIGKILL");
    });
    const [code, signal] = await once(child, "close");
    expect({ code, signal, errors }).toMatchObject({ code: null, signal: "SIGKILL" });
    const answered = Number(output.trimEnd().split("\n").at(-1));
    const windows = sqliteWindows({ path, clock });
    const view = await take(windows, stepOn([], { ranges: [{ from: 0, to: 9e9, limit: 0 }] }));
    expect(view.ranges[0]!.count).toBeGreaterThanOrEqual(answered + 1);
    expect(Number(String(view.state).split(" ")[1])).toBeGreaterThanOrEqual(Math.floor(answered / 10) * 10);
    expect(await windows.due(1, 1, 1)).toEqual(["g"]);
    await windows.stop();
  });

  it("a file that is removed while it is in use is down, although it can be written, until it is put back", async () => {
    const path = newPath();
    const windows = sqliteWindows({ path, clock });
    await until(() => windows.health().latency_ms, "it was asked");
    await rename(path, `${path}.away`);
    await until(() => windows.health().status === "fail", "it is down");
    await take(windows, stepOn([]));
    expect(windows.health()).toMatchObject({
      status: "fail",
      last_error: expect.stringContaining("was removed or replaced") as string,
    });
    await rename(`${path}.away`, path);
    await until(() => windows.health().status === "pass", "it is up");
    await windows.stop();
  });

  it("a file of before, which lacks the newer columns, is read on", async () => {
    const path = newPath();
    const before = sqliteWindows({ path, clock });
    const { version } = await take(before, stepOn([member(1, 400), member(2, 600)]));
    await before.stop();
    const file = new DatabaseSync(path);
    for (const column of ["edition", "closed_to"])
      file.exec(`ALTER TABLE window_group DROP COLUMN ${column}`);
    file.close();
    const windows = sqliteWindows({ path, clock });
    const commit = {
      key: "g",
      version,
      edition: 0,
      state: "s",
      keepFrom: 0,
      closedTo: 500,
      dueAt: undefined,
    };
    expect(await windows.commit([commit])).toEqual([true]);
    expect(await take(windows, stepOn([member(1, 400), member(3, 499)]))).toMatchObject({
      late: [1],
      known: [0],
    });
    await windows.stop();
  });

  it("a file that is no window file is refused with windows_unavailable", async () => {
    const path = newPath();
    await writeFile(
      path,
      "something else entirely, and long enough to be looked at as a header of a file".repeat(20),
    );
    expect(() => sqliteWindows({ path, clock })).toThrow(
      expect.objectContaining({ code: "windows_unavailable" }),
    );
  });
});
