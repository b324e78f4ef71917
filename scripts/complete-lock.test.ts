import { expect, it } from "vitest";
import { boundToServer, missingEntries, readLock } from "./complete-lock.ts";
import { root } from "./root.ts";

it("the lock file of this repository lacks nothing and names no server", () => {
  expect(missingEntries(readLock(root))).toEqual({});
  expect(boundToServer(readLock(root))).toEqual([]);
});

it("an entry that names a server is reported, a link to a workspace is not", () => {
  const resolved = "https://registry.example/tool.tgz";
  const packages = {
    "node_modules/tool": { resolved },
    "node_modules/auditflow": { resolved: "packages/server" },
  };
  expect(boundToServer({ packages })).toEqual(["node_modules/tool"]);
});

it("an optional platform package that is absent is added for its platform only", () => {
  const owner = {
    dev: true,
    optionalDependencies: { "@tool/linux-x64-musl": "1.2.3", "@tool/linux-x64-gnu": "1.2.3" },
  };
  const there = { version: "1.2.3", dev: true, optional: true };
  const packages = { "node_modules/@tool/main": owner, "node_modules/@tool/linux-x64-gnu": there };
  expect(missingEntries({ packages })).toEqual({
    "node_modules/@tool/linux-x64-musl": {
      version: "1.2.3",
      cpu: ["x64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    },
  });
});

it("a package in the folder of its owner, or around it, is not missing", () => {
  const owner = { optionalDependencies: { inner: "1.0.0", outer: "~1.0.0", beside: "^1.0.0" } };
  const place = "packages/server/node_modules/owner";
  const packages = {
    [place]: owner,
    [`${place}/node_modules/inner`]: {},
    "packages/server/node_modules/beside": {},
    "node_modules/outer": {},
  };
  expect(missingEntries({ packages })).toEqual({});
});

it("of a range the lowest version is written down, which satisfies it", () => {
  const packages = { "": { optionalDependencies: { fsevents: "~2.3.2" } } };
  expect(missingEntries({ packages })["node_modules/fsevents"]).toMatchObject({
    version: "2.3.2",
    optional: true,
  });
});
