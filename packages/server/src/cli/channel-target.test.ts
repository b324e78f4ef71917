import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settingsFrom } from "./channel-target.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-target-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the target of a channel", () => {
  test("is a URL, addresses, or nothing, as the kind asks", () => {
    expect(settingsFrom("slack", "https://a.example/x", {})).toEqual({ url: "https://a.example/x" });
    const to = ["a@example.com", "b@example.com"];
    expect(settingsFrom("email", "a@example.com, b@example.com", { from: "c@example.com" })).toEqual({
      to,
      from: "c@example.com",
    });
    expect(settingsFrom("log", undefined, {})).toEqual({});
  });

  test("a URL and a secret come from the first line of a file", async () => {
    const [url, secret] = [join(folder, "url"), join(folder, "secret")];
    await writeFile(url, "\nhttps://a.example/token\r\nnote to self\n");
    await writeFile(secret, "whsec_abc\n");
    expect(settingsFrom("webhook", `@${url}`, { secretFile: secret })).toEqual({
      url: "https://a.example/token",
      secret: "whsec_abc",
    });
  });

  test("what is missing, not wanted or not readable is said in a sentence", async () => {
    const empty = join(folder, "empty");
    await writeFile(empty, "\n");
    const cases: [() => unknown, string][] = [
      [() => settingsFrom("slack", undefined, {}), "needs the URL of an incoming webhook"],
      [() => settingsFrom("log", "x", {}), "takes no target"],
      [() => settingsFrom("slack", "@/nowhere", {}), "/nowhere cannot be read"],
      [() => settingsFrom("slack", `@${empty}`, {}), "is empty"],
      [
        () => settingsFrom("slack", "https://a.example", { secretFile: "f" }),
        "--secret-file is for webhooks",
      ],
      [() => settingsFrom("slack", "https://a.example", { from: "f" }), "--from is for e-mail"],
      [() => settingsFrom("webhook", "-", { secretFile: "-" }), "cannot both be the standard input"],
    ];
    for (const [use, sentence] of cases) expect(use).toThrow(sentence);
  });
});
