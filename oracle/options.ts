import { parseArgs } from "node:util";
import { plants } from "./plants.ts";
import { type OracleType, oracleTypes } from "./rule-spec.ts";
import { type Adapter, adapters } from "./window-adapters.ts";

/** What is judged. */
export interface OracleOptions {
  readonly seeds: readonly number[];
  /** About so many in each stream. */
  readonly events: number;
  readonly types: readonly OracleType[];
  readonly adapters: readonly Adapter[];
  readonly replicas: readonly number[];
  /** The name of a fault that is put into the product. */
  readonly plant: string | undefined;
  readonly json: boolean;
}

/** How the command is used. */
export const usage = `npm run oracle -- [--seed N | --seeds N] [--events N] [--type TYPE] [--adapter NAME] [--replicas LIST] [--plant NAME] [--json]
  --seed N         the stream and the rules of this seed (default 1)
  --seeds N        those of the seeds 1 to N, one after the other
  --events N       about so many events in each stream (default 20000, of several seeds 2000)
  --type TYPE      all (default), or some of ${oracleTypes.join(", ")}, with commas between
  --adapter NAME   all (default), or some of ${adapters.join(", ")}
  --replicas LIST  how many replicas share the store, one run each (default 1,2,5)
  --plant NAME     puts a fault into the product, which has to be found (then the exit code is 1): ${Object.keys(plants).join(", ")}
  --json           one JSON document
Servers: AUDITFLOW_TEST_POSTGRES_URL and AUDITFLOW_TEST_REDIS_URL where they are set, else its own.
`;

const known = {
  seed: { type: "string" },
  seeds: { type: "string" },
  events: { type: "string" },
  type: { type: "string" },
  adapter: { type: "string" },
  replicas: { type: "string" },
  plant: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Reads the command line: `help` where that is asked for, a sentence where something is wrong. */
export function readOptions(args: readonly string[]): OracleOptions | "help" | { readonly fault: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: known });
    if (values.help === true) return "help";
    if (values.seed !== undefined && values.seeds !== undefined)
      throw new Error("--seed is one seed and --seeds are several; drop one of them");
    const seeds = values.seeds === undefined ? undefined : number("--seeds", values.seeds);
    if (values.plant !== undefined) oneOf("--plant", values.plant, Object.keys(plants));
    return {
      seeds:
        seeds === undefined
          ? [number("--seed", values.seed ?? "1")]
          : Array.from({ length: seeds }, (_, n) => n + 1),
      events: number("--events", values.events ?? (seeds === undefined ? "20000" : "2000")),
      types: some("--type", values.type, oracleTypes),
      adapters: some("--adapter", values.adapter, adapters),
      replicas: (values.replicas ?? "1,2,5").split(",").map((text) => number("--replicas", text)),
      plant: values.plant,
      json: values.json === true,
    };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`${name} takes whole numbers of at least 1, not "${text}"`);
}

function oneOf<T extends string>(name: string, text: string, all: readonly T[]): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw new Error(`${name} is one of ${all.join(", ")}, not "${text}"`);
  return found;
}

function some<T extends string>(name: string, text: string | undefined, all: readonly T[]): readonly T[] {
  if (text === undefined || text === "all") return all;
  return text.split(",").map((one) => oneOf(name, one, all));
}
