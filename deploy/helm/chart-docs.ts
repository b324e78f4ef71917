import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brokerUsers, rightsOf } from "./rabbitmq-rights.ts";
import { type ValueRow, type ValueSection, valueSections } from "./values-comments.ts";
import { valuesSchema } from "./values-schema.ts";

const chart = join(import.meta.dirname, "auditflow");

/** The generated files of the chart, by their names: what values.yaml says, as a page and as a schema. */
export function chartDocs(): Map<string, string> {
  const sections = valueSections(readFileSync(join(chart, "values.yaml"), "utf8"));
  const words = readFileSync(join(import.meta.dirname, "chart-readme.md"), "utf8");
  const page = words
    .replace("<!-- rights -->\n", () => rightsTable())
    .replace("<!-- values -->\n", () => sections.map(valuesTable).join("\n"));
  return new Map([
    ["README.md", page],
    ["values.schema.json", `${JSON.stringify(valuesSchema(sections), null, 2)}\n`],
  ]);
}

function rightsTable(): string {
  const rows = brokerUsers.flatMap((user) => {
    const { configure, write, read } = rightsOf(user);
    return [["configure", configure] as const, ["write", write] as const, ["read", read] as const].map(
      ([right, names]) => `| ${user} | ${right} | \`${cell(names)}\` |\n`,
    );
  });
  return `| user | right | names |\n|---|---|---|\n${rows.join("")}`;
}

function valuesTable({ key, heading, rows }: ValueSection): string {
  const lines = rows.map(
    ({ path, value, comment }) => `| \`${path}\` | ${shown(value)} | ${cell(comment)} |\n`,
  );
  return `### ${key}\n\n${heading}.\n\n| value | default | what it is |\n|---|---|---|\n${lines.join("")}`;
}

function shown(value: ValueRow["value"]): string {
  return `\`${cell(JSON.stringify(value))}\``;
}

const cell = (words: string): string => words.replaceAll("|", "\\|");

function main(isCheck: boolean): void {
  for (const [name, content] of chartDocs()) {
    const path = join(chart, name);
    const isFresh = existsSync(path) && readFileSync(path, "utf8") === content;
    if (!isCheck && !isFresh) writeFileSync(path, content);
    if (isCheck && !isFresh) {
      process.stderr.write(`deploy/helm/auditflow/${name} is stale: run node deploy/helm/chart-docs.ts\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main(process.argv.includes("--check"));
