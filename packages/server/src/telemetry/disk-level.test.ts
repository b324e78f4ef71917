import { describe, expect, test } from "vitest";
import { type DiskUse, diskLevel, diskWords, inWords } from "./disk-level.ts";

const gigabyte = 1e9;
const roomy: DiskUse = { used: 0, reusable: 0, free: 90 * gigabyte, size: 100 * gigabyte };

function statusAt(used: number, wasFull = false): string {
  return diskLevel({ ...roomy, used: used * gigabyte }, 10 * gigabyte, wasFull).status;
}

describe("the level of the disk", () => {
  test("warns from 80 % of the budget and closes from 95 %", () => {
    expect([7.9, 8, 9.4, 9.5, 11].map((used) => statusAt(used))).toEqual([
      "pass",
      "warn",
      "warn",
      "fail",
      "fail",
    ]);
  });

  test("once closed it opens only below 90 %", () => {
    expect([9.4, 9, 8.9, 7].map((used) => statusAt(used, true))).toEqual(["fail", "fail", "warn", "pass"]);
  });

  test("space that the files will fill again counts as free, of the budget and of the file system", () => {
    const use = { ...roomy, used: 9.9 * gigabyte, reusable: 5 * gigabyte };
    expect(diskLevel(use, 10 * gigabyte, true).status).toBe("pass");
    const full = { used: 96 * gigabyte, reusable: 40 * gigabyte, free: 4 * gigabyte, size: 100 * gigabyte };
    expect(diskLevel(full, undefined, true)).toMatchObject({ status: "pass", limit: "file system" });
  });

  test("space inside the files is of no use when not even a journal can be written", () => {
    const full = { used: 99 * gigabyte, reusable: 40 * gigabyte, free: 1_000_000, size: 100 * gigabyte };
    expect(diskLevel(full, undefined, false).status).toBe("fail");
  });

  test("a full file system closes whatever the budget, and the nearer limit is named", () => {
    const full = { ...roomy, free: 3 * gigabyte };
    const level = diskLevel(full, 10 * gigabyte, false);
    expect(level).toMatchObject({ status: "fail", limit: "file system" });
    expect(diskWords(level, full, 10 * gigabyte)).toBe(
      "The file system of the data folder is full to 97 %, 3.0 GB are free; no events are taken in until it is below 90 %: make room on the file system, or lower AUDITFLOW_RETENTION_DAYS",
    );
  });

  test("the words name the setting to raise", () => {
    const use = { ...roomy, used: 8.3 * gigabyte };
    expect(diskWords(diskLevel(use, 10 * gigabyte, false), use, 10 * gigabyte)).toBe(
      "The data folder takes 8.3 GB of its budget of 10.0 GB (83 %); from 95 % on no events are taken in: raise AUDITFLOW_DISK_BUDGET, or lower AUDITFLOW_RETENTION_DAYS",
    );
  });

  test("bytes are written as people write them", () => {
    expect([0, 999, 1000, 123_456, 1.5e9, 2e15].map(inWords)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.0 kB",
      "123 kB",
      "1.5 GB",
      "2000 TB",
    ]);
  });
});
