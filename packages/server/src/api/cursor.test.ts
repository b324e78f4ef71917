import { expect, test } from "vitest";
import { decodeCursor, encodeCursor, linkNext } from "./cursor.ts";

const anything = /^.+$/s;

test("a cursor comes back as the place it was made from", () => {
  for (const place of [
    { at: 1_700_000_000_000, id: "a" },
    { at: -62_167_219_200_000, id: 'ü/"😀' },
  ]) {
    expect(decodeCursor(encodeCursor(place), anything)).toEqual(place);
    expect(encodeCursor(place)).toMatch(/^[\w-]+$/);
  }
});

test.each([
  "",
  "x",
  "!!",
  btoa("[1]"),
  btoa('["1","a"]'),
  btoa('[1e99,"a"]'),
  btoa('[1.5,"a"]'),
  btoa('[1,"\\u0000"]'),
  btoa('[1,"\\ud800"]'),
  btoa("{}"),
  btoa("null"),
])("%s is refused with a pointer", (cursor) => {
  const faults = [{ pointer: "/cursor", detail: expect.any(String) }];
  expect(() => decodeCursor(cursor, anything)).toThrow(
    expect.objectContaining({ code: "invalid_request", faults }),
  );
});

test("a cursor of another list's form is refused", () => {
  expect(() => decodeCursor(encodeCursor({ at: 1, id: "a" }), /^b$/)).toThrow("cursor");
});

test("the link keeps the other parameters of the page", () => {
  expect(linkNext("/api/v1/alerts?limit=5&cursor=old&severity=HIGH", "new")).toBe(
    '</api/v1/alerts?limit=5&cursor=new&severity=HIGH>; rel="next"',
  );
});
