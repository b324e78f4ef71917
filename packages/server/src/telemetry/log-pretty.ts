import type { LogLine } from "@auditflow/contracts";
import { pino } from "pino";
import type { LogOutput } from "./log-output.ts";
import { visible } from "./log-text.ts";

/** How a person reads lines. */
export interface PrettyOptions {
  readonly color: boolean;
}

/** An output that shows each line to a person, with every control character made visible. */
export async function prettyOutput(output: LogOutput, { color }: PrettyOptions): Promise<LogOutput> {
  const pretty = await prettyLine({ color });
  return {
    write: (line) => output.write(pretty(line)),
    close: (milliseconds) => output.close(milliseconds),
    set onDrop(count: (lost: number) => void) {
      output.onDrop = count;
    },
    set onFlow(tell: (lost: number) => void) {
      output.onFlow = tell;
    },
  };
}

/** Makes the text of a line for a person. The library is loaded here, for only who sits at a terminal needs it. */
export async function prettyLine({ color }: PrettyOptions): Promise<(line: string) => string> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({
    ...{ colorize: color, singleLine: true, translateTime: "SYS:HH:MM:ss.l", errorLikeObjectKeys: ["error"] },
  });
  return (line) => format(forPerson(JSON.parse(line, shown) as LogLine)) ?? "";
}

/** What the library knows by its own names; what only a machine asks for is left out. */
function forPerson(line: LogLine): Record<string, unknown> {
  const { timestamp, severity_text, severity_number: _number, body, module, ...others } = line;
  const fields = Object.entries(others).filter(
    ([key]) => !key.startsWith("service.") && key !== "event.name",
  );
  return {
    level: pino.levels.values[severity_text.toLowerCase()],
    time: timestamp,
    msg: module === undefined ? body : `${module}: ${body}`,
    ...Object.fromEntries(fields),
  };
}

function shown(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return key === "stack" ? value.split("\n").map(visible).join("\n") : visible(value);
}
