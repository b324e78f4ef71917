import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as others } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { RuleKeeper } from "./rule-keeper.ts";

const folder = mkdtempSync(join(tmpdir(), "auditflow-keeper-"));
afterEach(() => rmSync(folder, { recursive: true }));

const files = 40;
let generation = 0;

/** A set whose files all carry its number, brought as a ConfigMap is. */
function publish(): void {
  generation += 1;
  const own = join(folder, `..${generation}`);
  mkdirSync(own);
  for (let n = 0; n < files; n += 1) {
    const text = `title: ${n} of ${generation}\nlogsource: { category: test }\ndetection: { a: { b: c }, condition: a }\n`;
    writeFileSync(join(own, `${n}.yml`), text);
    if (generation === 1) symlinkSync(`..data/${n}.yml`, join(folder, `${n}.yml`));
  }
  symlinkSync(`..${generation}`, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  if (generation > 1) rmSync(join(folder, `..${generation - 1}`), { recursive: true });
}

test("a link that is swapped while its files are read never gives some of each set", async () => {
  publish();
  const keeper = new RuleKeeper([folder]);
  await keeper.look();
  for (let swaps = 1; swaps <= 40; swaps += 1) {
    const looking = keeper.look();
    // Each time a little later in the reading.
    for (let turn = 0; turn < swaps * 4; turn += 1) await others();
    publish();
    await looking;
    const { rules, problems } = keeper.edition;
    expect(problems).toEqual([]);
    expect(rules).toHaveLength(files);
    expect(new Set(rules.map(({ title }) => title.split(" of ")[1])).size).toBe(1);
  }
  await keeper.look();
  expect(keeper.edition.rules[0]?.title).toBe(`0 of ${generation}`);
});
