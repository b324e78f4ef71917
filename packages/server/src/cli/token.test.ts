import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand, startService } from "../../testing/process.ts";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-token-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe("auditflow token", { timeout: 60_000 }, () => {
  test("prints one line, the token that the server of the folder takes, also while that runs", async () => {
    const server = await startService(["--data", data, "--host", "0.0.0.0"]);
    const { code, stdout, stderr } = await runCommand(["token", "--data", data]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^\S{32,}\n$/);
    const url = new URL("/api/v1/alerts", server.url);
    url.hostname = "127.0.0.1";
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: `Bearer ${stdout.trim()}` } })).status).toBe(200);
    const told = server.lines.filter((line) => line["event.name"] === "token.needed");
    expect(told).toEqual([expect.objectContaining({ token_file: join(data, "token") })]);
    expect(JSON.stringify(server.lines)).not.toContain(stdout.trim());
    expect(await server.end("SIGTERM")).toBe(0);
  });

  test("reads the folder that AUDITFLOW_DATA names, and answers JSON when it is asked to", async () => {
    await writeFile(join(data, "token"), "made-by-the-server\n");
    const { stdout } = await runCommand(["token", "--json"], { AUDITFLOW_DATA: data });
    expect(JSON.parse(stdout)).toEqual({ token: "made-by-the-server", file: join(data, "token") });
  });

  test.each([[[]], [["--json"]]])(
    "with %j and no token there says how to get one, and exits with 1",
    async (more) => {
      const { code, stdout, stderr } = await runCommand(["token", "--data", data, ...more]);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toBe(
        `auditflow: There is no token in ${data}: \`auditflow serve --data ${data}\` makes one at its start; name another folder with --data\n`,
      );
    },
  );

  test("says when a server started here would take another token", async () => {
    await writeFile(join(data, "token"), "made-by-the-server\n");
    const env = { AUDITFLOW_DATA: data, AUDITFLOW_API_TOKEN: "set-by-the-operator" };
    const { code, stdout, stderr } = await runCommand(["token"], env);
    expect([code, stdout]).toEqual([0, "made-by-the-server\n"]);
    expect(stderr).toContain("AUDITFLOW_API_TOKEN is set");
  });
});
