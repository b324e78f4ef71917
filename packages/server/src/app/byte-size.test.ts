import { describe, expect, test } from "vitest";
import { byteSize, byteSizePattern } from "./byte-size.ts";

describe("sizes in settings", () => {
  test.each([
    ["500MB", 500e6],
    ["1kB", 1000],
    ["10GB", 10e9],
    ["2TB", 2e12],
    ["512 MiB", 512 * 1024 ** 2],
    ["2GiB", 2 * 1024 ** 3],
  ])("%s are %d bytes", (text, bytes) => {
    expect(text).toMatch(new RegExp(byteSizePattern));
    expect(byteSize(text)).toBe(bytes);
  });

  test.each(["10", "GB", "-1GB", "1,5GB", "10 gigs", "10Gb"])("%s is no size", (text) => {
    expect(text).not.toMatch(new RegExp(byteSizePattern));
  });
});
