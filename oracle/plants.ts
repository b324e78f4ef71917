import type { RuleSet } from "@auditflow/sigma";
import type { GroupCommit, GroupStep, Member, Windows } from "../packages/server/src/windows/windows.ts";
import { altered } from "../packages/server/testing/altered-windows.ts";

/** A fault that is put into the product to see whether the judge finds it. */
export interface Plant {
  /** What is wrong with it, in a few words. */
  readonly breaks: string;
  readonly rules: (rules: RuleSet) => RuleSet;
  readonly windows: (windows: Windows) => Windows;
}

const sound = { rules: (rules: RuleSet) => rules, windows: (windows: Windows) => windows };

/** The plants by name. */
export const plants: Readonly<Record<string, Plant>> = {
  "off-by-one": {
    ...sound,
    breaks: "windows are a millisecond too short: they leave out what lies exactly one timespan before",
    rules: ({ rules, ...rest }) => ({ ...rest, rules: rules.map(shorter) }),
  },
  "late-as-new": {
    ...sound,
    breaks: "events later than the lateness are counted",
    windows: (windows) =>
      altered(windows, {
        step: (steps) => windows.step(steps.map((step) => ({ ...step, ...endless }))),
        commit: (commits) => windows.commit(commits.map(neverClosing)),
      }),
  },
  "double-count": {
    ...sound,
    breaks: "an event that is delivered again is counted again",
    windows: (windows) => {
      const seen = new Set<string>();
      return altered(windows, {
        step: (steps) => windows.step(steps.map((step) => withFreshIds(step, seen))),
      });
    },
  },
};

/** Its id and version stay as they are, and so do the ids of its alerts. */
function shorter(rule: RuleSet["rules"][number]): RuleSet["rules"][number] {
  return rule.kind === "correlation" ? { ...rule, timespan: rule.timespan - 1 } : rule;
}

function neverClosing({ closedTo: _closedTo, ...commit }: GroupCommit): GroupCommit {
  return commit;
}

const endless = { lateness: 2 ** 50, keep: 2 ** 50 };

function withFreshIds(step: GroupStep, seen: Set<string>): GroupStep {
  const members = step.members.map((member) => {
    const name = `${step.key} ${member.id}`;
    if (!seen.has(name)) {
      seen.add(name);
      return member;
    }
    return fresh(member, seen.size);
  });
  return { ...step, members };
}

/** Another event, of the same mark; where the first 14 digits say what it was. */
function fresh(member: Member, n: number): Member {
  const tail = (n % 2 ** 32).toString(16).padStart(12, "0");
  return { ...member, id: `${member.id.slice(0, 24)}${tail}${member.id.slice(36)}` };
}
