import type { Alert } from "@auditflow/contracts";
import type { RuleSet, SigmaRule } from "@auditflow/sigma";
import type { Analyser, AnalyserOptions } from "./analyser.ts";
import type { ExpectedAlert, RuleTest } from "./read-rule-tests.ts";

/** What a case is played with. */
export interface RuleTestSurroundings {
  /** Every rule of the set: a correlation rule may count matches of a rule in another file. */
  readonly rules: RuleSet;
  /** Makes an analyser over a fresh, empty window store. */
  readonly open: (options: Pick<AnalyserOptions, "rules" | "onMatch">) => Analyser;
}

/** What a case expected and did not get. */
export interface Miss {
  /** What it is about, such as `alerts` or `event 3`. */
  readonly what: string;
  readonly line: number;
  readonly expected: string;
  readonly got: string;
}

/** What came of a case; it has passed when nothing is missed. */
export interface RuleTestResult {
  readonly test: RuleTest;
  readonly misses: readonly Miss[];
  /** The standing alerts of the rules that the case is about, in order of time. */
  readonly alerts: readonly Alert[];
}

/** The rules that a test file is about: those of the file beside it. */
export function testedRules(test: Pick<RuleTest, "file">, { rules }: RuleSet): readonly SigmaRule[] {
  const stem = test.file.replace(/\.test\.ya?ml$/, "");
  return rules.filter(({ file }) => file === `${stem}.yml` || file === `${stem}.yaml`);
}

/** Plays a case and judges it. */
export async function playRuleTest(test: RuleTest, around: RuleTestSurroundings): Promise<RuleTestResult> {
  const beside = testedRules(test, around.rules);
  if (beside.length === 0) {
    const expected = `a sound rule in ${test.file.replace(/\.test(\.ya?ml)$/, "$1")}`;
    const miss = { what: "rules", line: test.line, expected, got: "none was loaded" };
    return { test, misses: [miss], alerts: [] };
  }
  const isMeant = (rule: SigmaRule): boolean => beside.includes(rule) || namesIn(test).some(isCalled(rule));
  const meant = new Set(around.rules.rules.filter(isMeant));
  const matched = new Map<object, SigmaRule[]>();
  const analyser = around.open({
    rules: { ...around.rules, rules: connected(around.rules.rules, meant) },
    onMatch: ({ event, rule }) => matched.set(event, [...(matched.get(event) ?? []), rule]),
  });
  const events = test.events.map(({ event }) => event);
  const revisions = [...(await analyser.take(events)), ...(await analyser.flush())];
  const ids = new Set([...meant].map(({ id }) => id));
  const alerts = standing(revisions).filter(({ analysis_rule }) => ids.has(analysis_rule.rule_id));
  const matches = test.events.map(({ event }) =>
    (matched.get(event) ?? []).filter((rule) => meant.has(rule)),
  );
  return { test, alerts, misses: [...missedMatches(test, matches), ...missedAlerts(test, alerts)] };
}

/** The last word of each alert that has not become part of another, in order of time. */
function standing(revisions: readonly Alert[]): Alert[] {
  const latest = new Map(revisions.map((alert) => [alert.alert_id, alert]));
  return [...latest.values()]
    .filter(({ merged_into }) => merged_into === undefined)
    .sort(
      (a, b) => a.first_event_at.localeCompare(b.first_event_at) || a.alert_name.localeCompare(b.alert_name),
    );
}

/** The rules that a case names, besides those of the file beside it. */
function namesIn({ events, alerts }: RuleTest): string[] {
  const inMatches = events.flatMap(({ matches }) => (typeof matches === "object" ? matches : []));
  const inAlerts = typeof alerts === "object" ? alerts.flatMap(({ rule }) => rule ?? []) : [];
  return [...inMatches, ...inAlerts];
}

function isCalled({ id, name, title }: Pick<SigmaRule, "id" | "name" | "title">): (word: string) => boolean {
  return (word) => [id, name, title].includes(word) || word.toLowerCase() === id;
}

/** Every rule whose verdict depends on one of these, or on which theirs does: a large set is not played for one rule. */
function connected(rules: readonly SigmaRule[], start: ReadonlySet<SigmaRule>): SigmaRule[] {
  const ids = new Set([...start].map(({ id }) => id));
  const correlations = rules.filter((rule) => rule.kind === "correlation");
  for (let before = -1; before < ids.size; ) {
    before = ids.size;
    for (const rule of correlations.filter(({ id, rules: counted }) =>
      [id, ...counted].some((one) => ids.has(one)),
    ))
      for (const id of [rule.id, ...rule.rules]) ids.add(id);
  }
  return rules.filter(({ id }) => ids.has(id));
}

function missedMatches({ events }: RuleTest, matched: readonly (readonly SigmaRule[])[]): Miss[] {
  return events.flatMap(({ matches, line }, index) => {
    const rules = matched[index] ?? [];
    if (matches === undefined || fits(matches, rules)) return [];
    const got = rules.length === 0 ? "no match" : `a match of ${rules.map(nameOf).join(", ")}`;
    return [{ what: `event ${index + 1}`, line, expected: wanted(matches), got }];
  });
}

function fits(matches: boolean | readonly string[], rules: readonly SigmaRule[]): boolean {
  if (typeof matches === "boolean") return matches === rules.length > 0;
  return (
    rules.every((rule) => matches.some(isCalled(rule))) &&
    matches.every((word) => rules.some((rule) => isCalled(rule)(word)))
  );
}

function wanted(matches: boolean | readonly string[]): string {
  if (typeof matches === "boolean") return matches ? "a match" : "no match";
  return matches.length === 0 ? "no match" : `a match of ${matches.join(", ")}`;
}

function nameOf({ name, title }: SigmaRule): string {
  return name ?? title;
}

function missedAlerts(test: RuleTest, alerts: readonly Alert[]): Miss[] {
  const { alerts: expected, counts, line } = test;
  const miss = (what: string, wish: string, got: string): Miss => ({ what, line, expected: wish, got });
  if (expected === undefined) return [];
  const number = typeof expected === "number" ? expected : expected.length;
  if (alerts.length !== number) return [miss("alerts", String(number), inWords(alerts))];
  if (typeof expected === "object")
    return expected.flatMap((one, index) => missedAlert(one, index, { alerts, miss }));
  const got = alerts.map(({ count }) => count).join(", ");
  return counts === undefined || counts.join(", ") === got ? [] : [miss("counts", counts.join(", "), got)];
}

function inWords(alerts: readonly Alert[]): string {
  const told = alerts.slice(0, 3).map(({ alert_name, count }) => `${alert_name} (count ${count})`);
  const more = alerts.length > 3 ? [`${alerts.length - 3} more`] : [];
  return alerts.length === 0 ? "0" : `${alerts.length}: ${[...told, ...more].join(", ")}`;
}

const parts: Readonly<Record<Exclude<keyof ExpectedAlert, "rule">, (alert: Alert) => unknown>> = {
  severity: ({ severity }) => severity,
  count: ({ count }) => count,
  first: ({ first_event_at }) => first_event_at,
  last: ({ last_event_at }) => last_event_at,
  user: ({ triggered_by }) => (triggered_by.actor_type === "user" ? triggered_by.actor_id : ""),
  address: ({ triggered_by }) => triggered_by.client_ip ?? "",
  host: ({ impacted_resource }) => impacted_resource.server_hostname,
};

function missedAlert(
  expected: ExpectedAlert,
  index: number,
  {
    alerts,
    miss,
  }: { readonly alerts: readonly Alert[]; readonly miss: (...of: [string, string, string]) => Miss },
): Miss[] {
  const alert = alerts[index]!;
  const about = (part: string): string => `alert ${index + 1}, ${part}`;
  const { rule_id: id, rule_name: title } = alert.analysis_rule;
  const isItsRule = isCalled({ id, name: alert.alert_type, title });
  const misses =
    expected.rule === undefined || isItsRule(expected.rule)
      ? []
      : [miss(about("rule"), expected.rule, title)];
  const others = Object.entries(parts).flatMap(([part, read]) => {
    const wish = expected[part as keyof typeof parts];
    const got = read(alert);
    return wish === undefined || wish === got ? [] : [miss(about(part), String(wish), String(got))];
  });
  return [...misses, ...others];
}
