import { expect, test } from "vitest";
import { documentAt } from "./rule-document.ts";

const text = `---
title: One
detection: { s: { a: "---" } }
---

# Of two.
title: Two
description: |
  --- within a text
...
`;

test("each line leads to its document, without the marks", () => {
  const one = `title: One\ndetection: { s: { a: "---" } }`;
  const two = `# Of two.\ntitle: Two\ndescription: |\n  --- within a text`;
  expect([1, 2, 3].map((line) => documentAt(text, line))).toEqual([one, one, one]);
  expect([4, 5, 7, 9].map((line) => documentAt(text, line))).toEqual([two, two, two, two]);
});

test("a text without marks is the document, whatever its ends of lines", () => {
  expect(documentAt("title: One\r\nlevel: low\r\n", 1)).toBe("title: One\nlevel: low");
  expect(documentAt("title: One", 99)).toBe("title: One");
});
