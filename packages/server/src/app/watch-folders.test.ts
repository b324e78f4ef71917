import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RuleSetState } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { afterEach, describe, expect, test } from "vitest";
import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { openRules } from "../detect/live-rules.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { watchFolders } from "./watch-folders.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

function place(): string {
  const path = mkdtempSync(join(tmpdir(), "live-rules-"));
  ends.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const rule = (title: string): string => `title: ${title}
logsource: { category: test }
detection: { selection: { event_type: ${title} }, condition: selection }
`;
const broken = "title: [";

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

async function following(folder: string, { lookEvery = 500, settle = 30 } = {}) {
  const kept = keptLog({ level: "info" });
  const metrics = createMetrics("0");
  const states: Omit<RuleSetState, "since">[] = [];
  // The same watch as in the product, but quicker.
  const quick: typeof watchFolders = (options) => watchFolders({ ...options, settle, lookEvery });
  const live = await openRules({
    ...{ folders: [folder], watchFolders: quick, log: kept.log, metrics },
    onRuleSet: (state) => void states.push(state),
  });
  let set: RuleSet = live.rules;
  let uses = 0;
  const watch = live.follow((next) => {
    set = next;
    uses += 1;
  });
  ends.push(() => watch.stop());
  const titles = (): string => set.rules.map(({ title }) => title).join();
  return {
    ...{ states, titles, stop: () => watch.stop(), uses: () => uses, reload: () => watch.reload() },
    be: (wanted: string) => until(() => titles() === wanted, `the rules are ${wanted}`),
    events: (name: string) => kept.lines().filter((line) => line["event.name"] === name),
    reloads: async () =>
      Object.fromEntries(
        (await metrics.ruleReloads.get()).values.map(({ labels, value }) => [labels["outcome"], value]),
      ),
  };
}

describe("the rules follow their files", () => {
  test("as they are written, replaced by a rename, and removed", async () => {
    const folder = place();
    write(folder, { "a.yml": rule("a") });
    const { be, events, states } = await following(folder);
    write(folder, { "b.yml": rule("b") });
    await be("a,b");
    write(folder, { ".b.yml.swp": rule("c") });
    renameSync(join(folder, ".b.yml.swp"), join(folder, "b.yml"));
    await be("a,c");
    rmSync(join(folder, "a.yml"));
    await be("c");
    expect(events("rules.reloaded")).toMatchObject([
      { rules: 2, added: 1, changed: 0, removed: 0, problems: 0 },
      { rules: 2, added: 1, removed: 1 },
      { rules: 1, added: 0, removed: 1, rule_set: states.at(-1)?.version },
    ]);
    expect(new Set(states.map(({ version }) => version)).size).toBe(4);
  });

  test("in folders that are made later, and a folder that vanishes keeps its rules until it is back", async () => {
    const folder = join(place(), "rules");
    write(folder, { "a.yml": rule("a") });
    const { be, events, titles, states } = await following(folder);
    write(join(folder, "more"), { "b.yml": rule("b") });
    await be("a,b");
    rmSync(folder, { recursive: true });
    const fault = await until(() => events("rule.refused")[0], "a fault");
    expect(fault).toMatchObject({ file: folder, message: expect.stringContaining("ENOENT") });
    expect(titles()).toBe("a,b");
    expect(states.at(-1)).toMatchObject({ rules: 2, problems: 1 });
    write(folder, { "c.yml": rule("c") });
    await be("c");
    write(folder, { "d.yml": rule("d") });
    await be("c,d");
    expect(states.at(-1)).toMatchObject({ rules: 2, problems: 0 });
  });

  test("over the swapped link of a ConfigMap, each rule once", async () => {
    const mount = place();
    let version = 0;
    const publish = (files: Readonly<Record<string, string>>): void => {
      version += 1;
      write(join(mount, `..${version}`), files);
      symlinkSync(`..${version}`, join(mount, "..data_tmp"));
      renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
      if (version > 1) rmSync(join(mount, `..${version - 1}`), { recursive: true });
    };
    publish({ "a.yml": rule("a") });
    symlinkSync("..data/a.yml", join(mount, "a.yml"));
    const { be, states } = await following(mount);
    expect(states).toMatchObject([{ rules: 1, problems: 0 }]);
    for (const title of ["b", "c", "d"]) {
      publish({ "a.yml": rule(title) });
      await be(title);
    }
    expect(states.every(({ problems }) => problems === 0)).toBe(true);
  });

  test("when the folder itself is a link that is swapped", async () => {
    const home = place();
    write(join(home, "1"), { "a.yml": rule("a") });
    write(join(home, "2"), { "a.yml": rule("b") });
    symlinkSync("1", join(home, "rules"));
    const { be } = await following(join(home, "rules"));
    symlinkSync("2", join(home, "next"));
    renameSync(join(home, "next"), join(home, "rules"));
    await be("b");
  });

  test("while something else in the folder changes all the time", async () => {
    const folder = place();
    write(folder, { "a.yml": rule("a") });
    const { titles } = await following(folder, { lookEvery: 3_600_000 });
    write(folder, { "b.yml": rule("b") });
    await until(() => {
      write(folder, { "busy.log": String(Math.random()) });
      return titles() === "a,b";
    }, "the new rule");
  });

  test("also where nothing tells of a change", async () => {
    const [away, folder] = [place(), place()];
    write(away, { "a.yml": rule("a") });
    symlinkSync(join(away, "a.yml"), join(folder, "a.yml"));
    const { be } = await following(folder);
    write(away, { "a.yml": rule("b") });
    await be("b");
  });
});

describe("what is wrong with a file", () => {
  test("is one error, and all rules stay until it is repaired", async () => {
    const folder = place();
    write(folder, { "a.yml": rule("a"), "b.yml": rule("b") });
    const { be, events, titles, reloads, states } = await following(folder);
    write(folder, { "a.yml": broken, "b.yml": rule("c") });
    await until(() => events("rules.kept").length === 1, "the change is refused");
    expect(titles()).toBe("a,b");
    expect(events("rule.refused")).toMatchObject([
      { severity_text: "ERROR", file: join(folder, "a.yml"), line: 1 },
    ]);
    expect(states.at(-1)).toMatchObject({ rules: 2, problems: 1 });
    write(folder, { "a.yml": rule("a2") });
    await be("a2,c");
    expect(states.at(-1)).toMatchObject({ rules: 2, problems: 0 });
    expect(await reloads()).toEqual({ refused: 1, complete: 1 });
  });

  test("is told once of a link that leads nowhere, or a file that is not UTF-8", async () => {
    const folder = place();
    write(folder, { "a.yml": rule("a"), "b.yml": rule("b"), "c.yml": rule("c") });
    const { be, events, titles } = await following(folder);
    rmSync(join(folder, "a.yml"));
    symlinkSync("nowhere", join(folder, "a.yml"));
    writeFileSync(join(folder, "b.yml"), Buffer.from([...Buffer.from(rule("b2")), 0xff]));
    await until(() => events("rule.refused").length === 2, "two faults");
    write(folder, { "c.yml": rule("c2"), "b.yml": rule("b2") });
    await until(() => events("rules.kept").length === 2, "what is left of the faults refuses all the same");
    expect(titles()).toBe("a,b,c");
    write(folder, { nowhere: rule("a2") });
    await be("a2,b2,c2");
    expect(events("rule.refused")).toHaveLength(2);
  });
});

test("a reload that is asked for says what came of it, and what it says is in force", async () => {
  const folder = place();
  write(folder, { "a.yml": rule("a") });
  const { reload, titles, events } = await following(folder, { lookEvery: 3_600_000, settle: 3_600_000 });
  expect(await reload()).toBe("unchanged");
  write(folder, { "b.yml": rule("b") });
  expect(await Promise.all([reload(), reload()])).toEqual(["complete", "unchanged"]);
  expect(titles()).toBe("a,b");
  write(folder, { "b.yml": broken });
  expect([await reload(), await reload()]).toEqual(["refused", "refused"]);
  expect(events("rules.kept")).toHaveLength(1);
  write(folder, { "b.yml": rule("b") });
  expect(await reload()).toBe("complete");
});

test("a file that is touched, or written again as it was, is no change", async () => {
  const folder = place();
  write(folder, { "a.yml": rule("a") });
  const { be, events, uses } = await following(folder);
  write(folder, { "a.yml": rule("a"), "a.test.yml": "tests: []" });
  write(folder, { "b.yml": `# nothing\n` });
  await until(() => events("rules.reloaded").length === 1, "the new file is seen");
  expect(uses()).toBe(0);
  write(folder, { "b.yml": rule("b") });
  await be("a,b");
  expect(events("rules.reloaded")).toHaveLength(2);
});

test("after stop nothing changes any more", async () => {
  const folder = place();
  write(folder, { "a.yml": rule("a") });
  const [stopped, other] = [await following(folder), await following(folder)];
  stopped.stop();
  write(folder, { "b.yml": rule("b") });
  await other.be("a,b");
  expect(stopped.titles()).toBe("a");
});
