import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../scripts/root.ts";
import { readOptions } from "./options.ts";

function run(args: readonly string[]) {
  const command = ["--conditions=auditflow-source", `${root}/oracle/run.ts`, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", cwd: "/" });
  return { status, stdout, stderr };
}

const small = [
  "--events",
  "400",
  "--adapter",
  "memory",
  "--replicas",
  "2",
  "--type",
  "event_count,value_count",
];

test("the alerts of the engine are those that PostgreSQL finds", () => {
  const { status, stdout, stderr } = run([...small, "--seeds", "2"]);
  expect({ status, end: stdout.trim().split("\n").at(-1), stderr }).toMatchObject({
    status: 0,
    end: "4 compared, all equal",
  });
}, 60_000);

test.each(["off-by-one", "late-as-new", "double-count"])(
  "%s in the product is found",
  (plant) => {
    const { status, stdout } = run([...small, "--events", "2000", "--seeds", "5", "--plant", plant]);
    expect(stdout).toContain(`plant ${plant}`);
    expect(stdout).toContain("was found: in ");
    expect(status).toBe(1);
  },
  60_000,
);

test("where a plant changes nothing the command says so and ends well", () => {
  const { status, stdout } = run([...small, "--events", "1", "--plant", "off-by-one"]);
  expect(stdout).toContain("was NOT found");
  expect(status).toBe(0);
}, 60_000);

test("a run that had nothing to compare does not pass", () => {
  const { status, stderr } = run([...small, "--events", "1"]);
  expect(stderr).toContain("Nothing to compare");
  expect(status).toBe(1);
}, 60_000);

test("with --json there is one JSON document", () => {
  const { stdout } = run([...small, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ seeds: [1], compared: 2, differences: [], plant: null });
}, 60_000);

test.each([
  [["--seed", "0"], "--seed takes whole numbers of at least 1"],
  [["--seed", "1", "--seeds", "2"], "drop one of them"],
  [["--type", "event_sum"], "--type is one of event_count"],
  [["--adapter", "postgres"], "--adapter is one of memory, sqlite, redis"],
  [["--replicas", "1,two"], '--replicas takes whole numbers of at least 1, not "two"'],
  [["--plant", "roses"], "--plant is one of off-by-one, late-as-new, double-count"],
  [["--seedz", "1"], "--seedz"],
])("%j is refused with a sentence", (args, sentence) => {
  expect(readOptions(args)).toEqual({ fault: expect.stringContaining(sentence) as string });
});

test("a command that is not understood shows the usage", () => {
  const { status, stderr } = run(["--type", "none"]);
  expect(status).toBe(2);
  expect(stderr).toContain("npm run oracle --");
});
