import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";
import {
  type FilterFieldEntry,
  type FilterKind,
  filterFieldNames,
  filterFields,
  filterLimits,
} from "./filter-fields.ts";

const reference = readFileSync(new URL("../../../docs/reference/filters.md", import.meta.url), "utf8");

const kinds: Readonly<Record<FilterKind, string>> = {
  pattern: "text, wildcards",
  choice: "",
  uuid: "UUID",
  number: "whole number",
  time: "time, see below",
};

function rowOf(field: string, { help, kind, choices, ordered, example }: FilterFieldEntry): string {
  const values = choices === undefined ? kinds[kind] : choices.map((choice) => `\`${choice}\``).join(" ");
  return `| \`${field}\` | ${help} | ${values} | ${ordered ? "yes" : ""} | \`${example}\` |`;
}

describe("the table of fields", () => {
  it("stands in docs/reference/filters.md as it is in the code", () => {
    const rows = Object.entries(filterFields).map(([field, entry]) => rowOf(field, entry));
    expect(reference.split("\n").filter((line) => /^\| `\w+` \| .*\|.*\|.*\|/.test(line))).toEqual(rows);
  });

  it("has its limits in the reference", () => {
    const { length, terms, values } = filterLimits;
    const written = `${length.toLocaleString("en")} characters, ${terms} terms, and ${values} values in a term`;
    expect(reference).toContain(written);
  });

  it("has examples that are valid, and other names that are not also fields or used twice", () => {
    const others = Object.values(filterFields).flatMap(({ alsoCalled }) => alsoCalled);
    expect(new Set([...others, ...filterFieldNames]).size).toBe(others.length + filterFieldNames.length);
    for (const { example } of Object.values(filterFields)) {
      expect(parseFilter(example), example).toHaveProperty("filter");
    }
  });
});
