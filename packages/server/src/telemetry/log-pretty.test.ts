import { expect, test } from "vitest";
import { prettyLine } from "./log-pretty.ts";

const line = (fields: object): string =>
  JSON.stringify({
    ...{ severity_text: "WARN", severity_number: 13, timestamp: "2026-01-02T03:04:05.678Z" },
    ...{ "service.name": "s", "service.version": "0", "service.instance.id": "i", "event.name": "a.b" },
    ...{ module: "notify", body: "a thing happened", ...fields },
  });

test("a person sees time, level, module, text and fields in one line, and the stack below", async () => {
  const pretty = await prettyLine({ color: false });
  expect(pretty(line({ n: 3 }))).toMatch(
    /^\[\d\d:\d\d:\d\d\.678\] WARN: notify: a thing happened \{"n":3\}\n$/,
  );
  const error = { type: "Error", message: "broken", stack: "Error: broken\n    at here" };
  expect(pretty(line({ error })).split("\n").length).toBeGreaterThan(2);
});

test("nothing in a line drives the terminal", async () => {
  const pretty = await prettyLine({ color: false });
  const nasty = "a\u001b[2J\r\u009b2J\u202eb";
  const text = pretty(
    line({ body: nasty, nasty, error: { type: "E", message: nasty, stack: `${nasty}\n  at x` } }),
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).toContain("a\\u001b[2J");
});
