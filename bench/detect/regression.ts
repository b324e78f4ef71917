import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { flattenWindowsEvent, readWindowsEvents } from "../../conformance/windows-event.ts";
import type { MadeEvent } from "./made-stream.ts";
import { processCreation } from "./windows-stream.ts";

/** Recorded attacks, and the rule that they were recorded for. */
export interface Recording {
  readonly events: readonly MadeEvent[];
  readonly ruleId: string;
  /** So many of the events match it, or more. */
  readonly least: number;
}

/** SigmaHQ's regression data as far as it is about starts of Windows processes. */
export function recordedStarts(folder: string): Recording[] {
  const files = globSync("sigmahq/regression_data/**/process_creation/**/info.yml", { cwd: folder });
  return files.map((file) => {
    const info = parse(readFileSync(join(folder, file), "utf8")) as Info;
    const place = join(folder, dirname(file));
    const events = globSync("*.json", { cwd: place })
      .flatMap((name) => readWindowsEvents(readFileSync(join(place, name), "utf8")))
      .map((event) => ({ line: JSON.stringify(flattenWindowsEvent(event)), logsource: processCreation }));
    const [test] = info.regression_tests_info;
    return { events, ruleId: info.rule_metadata[0]!.id, least: test?.match_count ?? 1 };
  });
}

interface Info {
  readonly rule_metadata: readonly { readonly id: string }[];
  readonly regression_tests_info: readonly { readonly match_count?: number }[];
}
