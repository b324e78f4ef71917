import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { RuleSet } from "@auditflow/sigma";
import { parse } from "yaml";
import { type Engine, engineOf, missedByIndex, plainEngineOf } from "./engine.ts";
import type { FieldDropper } from "./field-dropper.ts";
import { type Fault, type Outcome, outcomeOf, type PartResult } from "./outcome.ts";
import { readWindowsTaxonomy, type WindowsTaxonomy } from "./taxonomy.ts";
import { flattenWindowsEvent, readWindowsEvents, type WindowsEvent } from "./windows-event.ts";

interface Info {
  readonly rule_metadata: readonly { readonly id: string; readonly title: string }[];
  /** Absent where the test is commented out. */
  readonly regression_tests_info?: readonly {
    readonly type: string;
    readonly path: string;
    readonly match_count?: number;
  }[];
}

interface Run {
  readonly folder: string;
  readonly set: RuleSet;
  readonly engine: Engine;
  readonly plain: Engine;
  readonly taxonomy: WindowsTaxonomy;
  readonly dropper: FieldDropper;
  /** How often a rule matched an event that was recorded for another. */
  others: number;
  events: number;
}

/**
 * Replays the events that SigmaHQ recorded beside its rules, all rules at once: each event must match the rule it was
 * recorded for, found by the logsource that the taxonomy gives the event and by the index.
 */
export function checkRegression(
  { corpus, set }: { readonly corpus: string; readonly set: RuleSet },
  dropper: FieldDropper,
): PartResult {
  const folder = join(corpus, "sigmahq");
  const appendix = join(corpus, "sigma-specification/specification/sigma-appendix-taxonomy.md");
  const taxonomy = readWindowsTaxonomy(readFileSync(appendix, "utf8"));
  const engines = { engine: engineOf(set.rules), plain: plainEngineOf(set.rules) };
  const run: Run = { folder, set, ...engines, taxonomy, dropper, others: 0, events: 0 };
  const infos = globSync(join(folder, "regression_data/**/info.yml")).sort();
  const tested = infos.map((file) => ({ file, info: parse(readFileSync(file, "utf8")) as Info }));
  const outcomes = tested.flatMap(({ file, info }) => testsOf(info, file, run));
  const notes = [
    `${set.rules.length} rules, ${run.events} recorded events; ${run.others} matches of rules that an event was not recorded for`,
  ];
  return { outcomes: [...outcomes, ...untested(run, tested)], notes };
}

function testsOf(info: Info, file: string, run: Run): Outcome[] {
  const { id, title } = info.rule_metadata[0]!;
  return (info.regression_tests_info ?? []).map((test) => {
    const place = { title, file: relative(run.folder, file), line: 1 };
    const recorded = join(dirname(file), `${id}.json`);
    const wanted = test.match_count ?? 1;
    const events = readWindowsEvents(readFileSync(recorded, "utf8"));
    const verdicts = events.map((event) => judge(event, id, run));
    const matched = verdicts.filter((verdict) => verdict.matched).length;
    const faults = verdicts.flatMap((verdict) => verdict.faults);
    if (matched < wanted) {
      const expected = `the rule ${id} matches at least ${wanted} of ${events.length} events`;
      faults.push({ expected, got: `${matched} matched` });
    }
    return outcomeOf(place, faults);
  });
}

function judge(event: WindowsEvent, id: string, run: Run): { matched: boolean; faults: Fault[] } {
  const whole = flattenWindowsEvent(event);
  // Where an event comes from is known to whoever takes it in, whatever field is dropped from it.
  const logsources = run.taxonomy({ Channel: whole["Channel"], EventID: whole["EventID"] });
  const observation = { record: run.dropper.drop(whole), logsources };
  const found = run.engine(observation);
  run.events += 1;
  run.others += found.size - (found.has(id) ? 1 : 0);
  return { matched: found.has(id), faults: missedByIndex(found, run.plain(observation)) };
}

/** A rule that names a test which is not there. */
function untested(
  { set, folder }: Run,
  tested: readonly { readonly file: string; readonly info: Info }[],
): Outcome[] {
  const known = new Set(tested.map(({ file }) => relative(folder, file)));
  return set.rules.flatMap(({ title, file, line, custom }) => {
    const path = custom["regression_tests_path"];
    if (path === undefined || known.has(String(path))) return [];
    const place = { title, file: relative(folder, file), line };
    return [outcomeOf(place, [{ expected: `the test ${String(path)}`, got: "there is no such file" }])];
  });
}
