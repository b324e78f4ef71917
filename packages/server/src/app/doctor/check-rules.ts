import { loadRuleFolders } from "../../detect/rule-set.ts";
import { type Check, type Found, fail, ok, warn } from "./finding.ts";

/** Whether every rule of the folders can be used; each fault with its file and line. */
export function checkRules(folders: readonly string[]): Check {
  return {
    area: "rules",
    fix: `Correct AUDITFLOW_RULES; it names ${folders.join(", ")}.`,
    run: async () => {
      const { rules, problems } = await loadRuleFolders(folders);
      const faults = problems.map(({ file, line, column, field, message }): Found => {
        const place = `${file}:${line}:${column}`;
        return fail(
          `${place}: ${field === "" ? "" : `${field}: `}${message}`,
          `Correct ${place}; the other rules are used.`,
        );
      });
      const fix =
        "Name folders with rules in AUDITFLOW_RULES, or leave it out for the pack that comes along.";
      return [
        rules.length === 0 ? warn("there is no rule", fix) : ok(`${rules.length} rules are used`),
        ...faults,
      ];
    },
  };
}
