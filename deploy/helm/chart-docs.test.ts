import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chartDocs } from "./chart-docs.ts";
import { valueSections } from "./values-comments.ts";
import { valuesSchema } from "./values-schema.ts";

const chart = join(import.meta.dirname, "auditflow");
const values = readFileSync(join(chart, "values.yaml"), "utf8");

test("README and schema of the chart are what values.yaml says", () => {
  for (const [name, content] of chartDocs()) {
    expect(readFileSync(join(chart, name), "utf8"), name).toBe(content);
  }
});

test("a section has the words above it, and each setting the comment above it with its default", () => {
  const yaml =
    "# Of the file.\n\n## Who comes\ndoor:\n  # Whether it is open.\n  isOpen: true\n  lock:\n    # Its key;\n    # none: any.\n    key: {}\n";
  expect(valueSections(yaml)).toEqual([
    {
      key: "door",
      heading: "Who comes",
      rows: [
        { path: "door.isOpen", value: true, comment: "Whether it is open." },
        { path: "door.lock.key", value: {}, comment: "Its key; none: any." },
      ],
    },
  ]);
});

test("a setting of the schema that values.yaml does not explain is a fault", () => {
  const sections = valueSections(values.replace(/ {2}# Name of the image\.\n/, ""));
  expect(() => valuesSchema(sections)).toThrow("image.repository has no comment in values.yaml");
});

test("no map of the schema is open but those whose keys are the user's own", () => {
  const open: string[] = [];
  const look = (part: unknown, path: string): void => {
    if (typeof part !== "object" || part === null) return;
    const { properties, additionalProperties } = part as {
      properties?: object;
      additionalProperties?: unknown;
    };
    if (properties !== undefined && additionalProperties !== false) open.push(path);
    for (const [key, value] of Object.entries(part)) look(value, `${path}/${key}`);
  };
  look(valuesSchema(valueSections(values)), "");
  expect(open).toEqual([]);
});
