import type { Logsource } from "@auditflow/sigma";

/** Where the taxonomy of the specification puts an event of a Windows channel. */
export type WindowsTaxonomy = (event: {
  readonly Channel: unknown;
  readonly EventID: unknown;
}) => readonly Logsource[];

interface Row {
  readonly logsource: Logsource;
  readonly channels: readonly string[];
  /** Empty: every event of the channel. */
  readonly ids: readonly string[];
}

/**
 * Reads the Windows tables of the specification's appendix on taxonomy. An event is of the service whose channel it
 * comes from, and of each category whose channel and EventID it has. Sources without a channel (ETW) are left out.
 */
export function readWindowsTaxonomy(text: string): WindowsTaxonomy {
  const rows = text.split("\n").flatMap(readRow);
  if (rows.length === 0) throw new Error("the appendix on taxonomy has no table of Windows channels");
  return ({ Channel, EventID }) => {
    const fitting = rows.filter(
      ({ channels, ids }) =>
        channels.includes(String(Channel)) && (ids.length === 0 || ids.includes(String(EventID))),
    );
    const service = fitting.find(({ logsource }) => logsource.service !== undefined)?.logsource;
    const categories = fitting.filter(({ logsource }) => logsource.category !== undefined);
    const known = categories.map(({ logsource }): Logsource => ({ ...service, ...logsource }));
    return known.length > 0 ? known : [service ?? { product: "windows" }];
  };
}

/** `| windows | product: windows<br>category: x | EventID: 1<br>Channel: y |`, with lists as `<br> - y`. */
function readRow(line: string): Row[] {
  const [, product, logsource, description] = line.split("|").map((cell) => cell.trim());
  if (product !== "windows" || logsource === undefined || description === undefined) return [];
  const [, key, name = ""] = /<br>(category|service): (\S+)/.exec(logsource) ?? [];
  const channels = valuesOf(description, "Channel");
  if (key === undefined || channels.length === 0) return [];
  return [{ logsource: { product, [key]: name }, channels, ids: valuesOf(description, "EventIDs?") }];
}

function valuesOf(description: string, label: string): string[] {
  const [, text = ""] = new RegExp(`${label}: *((?:(?!<br>[A-Z]\\w*:).)*)`).exec(description) ?? [];
  return text
    .split("<br>")
    .map((part) => part.replace(/^ *- /, "").trim())
    .filter((part) => part !== "");
}
