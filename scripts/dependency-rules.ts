import { runCommand, tool } from "./run-command.ts";

/** What dependency-cruiser saw: how many modules of ours, and each broken rule by name. */
export interface DependencyVerdict {
  readonly modules: number;
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

/** Checks the sources under `folder` by its `.dependency-cruiser.cjs`. Rejects when nothing could be checked. */
export async function dependencyVerdict(folder: string, signal?: AbortSignal): Promise<DependencyVerdict> {
  const options = ["packages", "--config", ".dependency-cruiser.cjs", "--output-type", "json"];
  const { output } = await runCommand([...tool("depcruise"), ...options], {
    cwd: folder,
    output: "keep",
    seconds: 300,
    ...(signal === undefined ? {} : { signal }),
  });
  if (!output.startsWith("{")) throw new Error(output);
  const cruise = JSON.parse(output) as Cruise;
  return {
    // Modules of others stand in the list too: a count that includes them hides that none of ours was read.
    modules: cruise.modules.filter(({ source }) => /^packages\/.*\.tsx?$/.test(source)).length,
    violations: cruise.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}
