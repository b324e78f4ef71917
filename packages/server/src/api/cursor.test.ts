import { expect, test } from "vitest";
import { decodeCursor, decodeStreamPlace, encodeCursor, encodeStreamPlace, linkNext } from "./cursor.ts";

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

test("a place in the stream comes back as it was, and is no cursor of a list, nor the other way round", () => {
  const place = { position: 12_345_678_901, id: "0190a000-0000-5000-8000-000000000001" };
  expect(decodeStreamPlace(encodeStreamPlace(place))).toEqual(place);
  expect(() => decodeCursor(encodeStreamPlace(place), anything)).toThrow("cursor");
  const cursor = encodeCursor({ at: place.position, id: place.id });
  expect(() => decodeStreamPlace(cursor)).toThrow(
    expect.objectContaining({
      code: "invalid_request",
      faults: [expect.objectContaining({ pointer: "/after" })],
    }),
  );
});

test("the link keeps the other parameters of the page", () => {
  expect(linkNext("/api/v1/alerts?limit=5&cursor=old&severity=HIGH", "new")).toBe(
    '</api/v1/alerts?limit=5&cursor=new&severity=HIGH>; rel="next"',
  );
});
