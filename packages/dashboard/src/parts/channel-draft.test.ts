import { expect, test } from "vitest";
import { draftFaults, emptyDraft, faultsByField, freeName, inputOf } from "./channel-draft.ts";

const draft = { ...emptyDraft, name: " soc ", url: " https://example.com/hook ", to: "a@b.c", from: "x@y.z" };

test("a request holds the settings of its own kind alone", () => {
  expect(inputOf({ ...draft, kind: "slack" })).toEqual({
    ...{ name: "soc", kind: "slack", min_severity: "HIGH" },
    settings: { url: "https://example.com/hook" },
  });
  expect(inputOf({ ...draft, kind: "webhook" }).settings).toEqual({ url: "https://example.com/hook" });
  expect(inputOf({ ...draft, kind: "log" }).settings).toEqual({});
  expect(inputOf({ ...draft, kind: "email" }).settings).toEqual({ to: ["a@b.c"], from: "x@y.z" });
});

test("addresses may be parted by commas, spaces and lines, and each counts once", () => {
  const to = "a@b.c, d@e.f;g@h.i\n a@b.c ,";
  expect(inputOf({ ...draft, kind: "email", to, from: " " }).settings).toEqual({
    to: ["a@b.c", "d@e.f", "g@h.i"],
  });
});

test("a name that is proposed is free", () => {
  expect(freeName("slack", [])).toBe("slack");
  expect(freeName("slack", ["Slack", "slack-2", "webhook"])).toBe("slack-3");
});

test("a fault stands at its field, wherever the service found it, and none is lost", () => {
  const errors = [
    { pointer: "/settings/url", detail: "is a private address" },
    { pointer: "/url", detail: "does not resolve" },
    { pointer: "/settings/to/0", detail: "is no address" },
    { pointer: "", detail: "No mail server is set" },
  ];
  expect(faultsByField(errors)).toEqual({
    fields: { url: "is a private address; does not resolve", to: "is no address" },
    others: ["No mail server is set"],
  });
});

test("what is plainly wrong is said in words before anything is sent", () => {
  expect(draftFaults({ ...draft, kind: "log", url: "" })).toEqual({});
  expect(draftFaults({ ...draft, kind: "slack", url: " " })).toHaveProperty("url");
  expect(draftFaults({ ...draft, kind: "webhook", url: "ftp://example.com" })).toHaveProperty("url");
  expect(draftFaults({ ...draft, kind: "webhook" })).toEqual({});
  expect(draftFaults({ ...draft, kind: "email", to: " " })).toHaveProperty("to");
  expect(draftFaults({ ...draft, kind: "email", to: "a@b.c, d e@f", from: "x" })).toEqual({
    to: "d: no mail address",
    from: "This is no mail address",
  });
  const many = Array.from({ length: 21 }, (_, n) => `a${n}@b.c`).join(",");
  expect(draftFaults({ ...draft, kind: "email", to: many }).to).toContain("20 are the most");
});

test("a channel without a name is named by the service, and a fault that comes twice is told once", () => {
  expect(inputOf({ ...draft, name: " " })).not.toHaveProperty("name");
  const twice = { pointer: "/settings/to/0", detail: "is no address" };
  expect(faultsByField([twice, { ...twice, pointer: "/settings/to/1" }]).fields).toEqual({
    to: "is no address",
  });
});
