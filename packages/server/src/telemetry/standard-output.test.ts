import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { lineFault } from "../../testing/log-lines.ts";

const writer = fileURLToPath(new URL("../../testing/log-writer-child.ts", import.meta.url));
const running: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** Starts the process that writes 10,000 lines; nobody reads them yet. */
function startWriter(): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ["--conditions=auditflow-source", writer]);
  running.push(child);
  return child;
}

/** What the process says when it has written its last line. */
async function written(child: ChildProcessWithoutNullStreams): Promise<{ written: number; lost: number }> {
  const [chunk] = (await once(child.stderr, "data")) as [Buffer];
  return JSON.parse(String(chunk)) as { written: number; lost: number };
}

async function endOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  const exited = once(child, "exit");
  child.stdin.write("end\n");
  const [code] = (await exited) as [number | null];
  return code;
}

/** The end, and what the process had written by then: read from the moment of the exit on, else node throws it away. */
function endUnread(child: ChildProcessWithoutNullStreams) {
  const ended = Promise.withResolvers<{ code: number | null; output: Promise<string> }>();
  child.once("exit", (code) => ended.resolve({ code, output: text(child.stdout) }));
  child.stdin.write("end\n");
  return ended.promise;
}

function recordsOf(output: string): Record<string, unknown>[] {
  expect(output.endsWith("\n")).toBe(true);
  const lines = output.slice(0, -1).split("\n");
  for (const line of lines) expect(lineFault(line)).toBeUndefined();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("a reader that keeps up gets every line in order, those of the exit too", async () => {
  const child = startWriter();
  const output = text(child.stdout);
  expect(await written(child)).toMatchObject({ written: 10_000, lost: 0 });
  expect(await endOf(child)).toBe(0);
  const records = recordsOf(await output);
  expect(records.slice(0, -1).map(({ n }) => n)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  expect(records.at(-1)).toMatchObject({ "event.name": "writer.ended" });
});

test("a reader that stands still holds up neither the process nor its end, and gets whole lines only", async () => {
  const child = startWriter();
  const { lost } = await written(child);
  expect(lost).toBeGreaterThan(0);
  const { code, output } = await endUnread(child);
  expect(code).toBe(0);
  const records = recordsOf(await output);
  expect(records.map(({ n }) => n)).toEqual(records.map((_, n) => n));
});

test("a reader that comes back gets what was kept, and how many lines were lost", async () => {
  const child = startWriter();
  const { lost } = await written(child);
  let read = "";
  const told = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      read += String(chunk);
      if (read.includes("log.dropped")) resolve();
    });
  });
  await told;
  const ended = once(child.stdout, "end");
  expect(await endOf(child)).toBe(0);
  await ended;
  const records = recordsOf(read);
  expect(records.find((record) => record["event.name"] === "log.dropped")).toMatchObject({ dropped: lost });
  expect(records.filter((record) => record["event.name"] === "writer.wrote")).toHaveLength(10_000 - lost);
});

test("a reader that is gone does not end the process", async () => {
  const child = startWriter();
  child.stdout.destroy();
  expect(await written(child)).toMatchObject({ written: 10_000, lost: expect.any(Number) });
  expect(await endOf(child)).toBe(0);
});
