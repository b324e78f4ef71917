import type { Alert } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { countedRules } from "./counted-rules.ts";
import { loadSources } from "./load-sources.ts";

const text = `title: Failed login
name: failed
author: Ada Lovelace
logsource: { category: test }
detection: { selection: { action_result: FAILURE }, condition: selection }
---
title: Password spraying
name: spraying
correlation: { type: value_count, rules: [failed], group-by: [client_ip], timespan: 1m, condition: { field: user_id, gt: 4 } }
---
title: Spraying and more
correlation: { type: temporal, rules: [spraying, failed], group-by: [client_ip], timespan: 1h }
`;

const { rules } = await loadSources([{ file: "rules.yml", text }]);
const [failed, spraying, more] = rules;
const alertOf = ({ id, version } = rules[0]!): Alert =>
  ({ analysis_rule: { rule_id: id, version }, metadata: { window_ms: 1 } }) as unknown as Alert;

test("an alert of a correlation says which rules it counts, of what kind, and how many it takes", () => {
  const counted = countedRules(rules);
  expect(counted.on([alertOf(spraying), alertOf(more)]).map(({ metadata }) => metadata)).toEqual([
    {
      window_ms: 1,
      counts: {
        ...{ type: "value_count", at_least: 5, fields: ["user_id"] },
        rules: [{ rule_id: failed!.id, rule_name: "Failed login", author: "Ada Lovelace" }],
      },
    },
    {
      window_ms: 1,
      counts: {
        ...{ type: "temporal", at_least: 2 },
        rules: [
          { rule_id: spraying!.id, rule_name: "Password spraying" },
          { rule_id: failed!.id, rule_name: "Failed login", author: "Ada Lovelace" },
        ],
      },
    },
  ]);
});

test("a condition that no least number says is told by its bounds, or in words", async () => {
  const { rules: other, problems } = await loadSources([{ file: "rules.yml", text: otherKinds }]);
  expect(problems).toEqual([]);
  const counted = countedRules(other);
  const said = counted.on(other.slice(1).map(alertOf)).map(({ metadata }) => metadata["counts"]);
  expect(said).toMatchObject([
    { type: "value_percentile", bounds: { gt: 0.5, lte: 9 }, percentile: 95, fields: ["ms"] },
    { type: "event_count", bounds: { gte: 2, lt: 4 } },
    { type: "temporal", words: "failed and not (few or slow)" },
  ]);
});

const otherKinds = `title: Failed login
name: failed
logsource: { category: test }
detection: { selection: { action_result: FAILURE }, condition: selection }
---
title: Slow
name: slow
correlation: { type: value_percentile, rules: [failed], timespan: 1m, condition: { field: ms, percentile: 95, gt: 0.5, lte: 9 } }
---
title: Few
name: few
correlation: { type: event_count, rules: [failed], timespan: 1m, condition: { gte: 2, lt: 4 } }
---
title: Alone
correlation: { type: temporal, timespan: 1m, condition: failed and not (few or slow) }
`;

test("an alert of any other rule stays as it is", () => {
  const alert = alertOf(failed);
  expect(countedRules(rules).on([alert])[0]).toBe(alert);
});

test("the last word of a rule that was removed says it too", () => {
  const counted = countedRules(rules);
  counted.use([]);
  expect(counted.on([alertOf(spraying)])[0]?.metadata).toHaveProperty("counts");
});
