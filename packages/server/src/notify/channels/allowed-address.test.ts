import { describe, expect, it } from "vitest";
import { checkReceiver, isReceiverEntry, type Resolve } from "./allowed-address.ts";

/** A resolver that knows these names alone. */
function names(table: Readonly<Record<string, readonly string[]>>): Resolve {
  return async (host) => {
    const found = table[host];
    if (found === undefined) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    return found;
  };
}

const publicAddress = "93.184.215.14";
const known = names({
  "hooks.example.com": [publicAddress, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  "half.example.com": [publicAddress, "10.0.0.1"],
  "inside.example.com": ["10.0.0.1"],
  "empty.example.com": [],
  "odd.example.com": ["not an address"],
  "localhost.": ["127.0.0.1"],
  localhost: ["::1", "127.0.0.1"],
});

const check = (url: string, allowed: readonly string[] = []) => checkReceiver(url, allowed, known);

describe("a receiver", () => {
  it("is called at every address of its name when all are public", async () => {
    expect(await check("https://hooks.example.com/x")).toMatchObject({
      addresses: [publicAddress, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    });
  });

  it.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://2130706433/",
    "http://127.0.0.1./",
    "http://１２７.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[100::1]/",
    "http://[4000::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://l%6fcalhost/",
    "https://half.example.com/",
    "https://inside.example.com/",
    "https://odd.example.com/",
  ])("is refused, with the setting that would allow it, at %s", async (url) => {
    const answer = await check(url);
    expect(answer).toHaveProperty("refused");
    expect(JSON.stringify(answer)).toContain("AUDITFLOW_ALLOWED_RECEIVERS");
  });

  it.each([
    "",
    "hooks.example.com",
    "//hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://",
    "http://[::1%25eth0]/",
    "http://1.2.3.4.5.6/",
    "http://256.1.1.1/",
    "http://user@hooks.example.com/",
    "http://:password@hooks.example.com/",
    "http://hooks.example.com@127.0.0.1/",
    `http://hooks.example.com/${"x".repeat(2048)}`,
  ])("is refused for what the URL itself is: %s", async (url) => {
    expect(await check(url)).toHaveProperty("refused");
  });

  it("is told apart from one whose name does not resolve, which may be so for a while only", async () => {
    expect(await check("https://unknown.example.com/")).toEqual({
      unresolved: "The name unknown.example.com could not be resolved (ENOTFOUND).",
    });
    expect(await check("https://empty.example.com/")).toHaveProperty("unresolved");
  });

  it("is refused without a word about where its name leads inside", async () => {
    expect(JSON.stringify(await check("https://inside.example.com/"))).not.toContain("10.0.0.1");
  });
});

describe("a list of allowed receivers", () => {
  it.each([
    ["https://inside.example.com/", "inside.example.com"],
    ["https://INSIDE.example.com/", " Inside.Example.com "],
    ["http://localhost./", "localhost"],
    ["https://inside.example.com/", "10.0.0.0/8"],
    ["https://inside.example.com/", "10.0.0.1"],
    ["https://half.example.com/", "10.0.0.0/8"],
    ["http://localhost/", "::1,127.0.0.1"],
    ["http://[::1]/", "[::1]"],
    ["http://[fd00::5]/", "fd00::/8"],
    ["http://[::ffff:127.0.0.1]/", "127.0.0.0/8"],
    ["http://127.0.0.1./", "127.0.0.1"],
  ])("lets %s be called by %s", async (url, allowed) => {
    expect(await check(url, allowed.split(","))).toHaveProperty("addresses");
  });

  it.each([
    ["https://inside.example.com/", "example.com"],
    ["https://inside.example.com/", "10.0.0.0/33"],
    ["https://inside.example.com/", "*"],
    ["https://inside.example.com/", ""],
    ["http://localhost/", "127.0.0.0/8"],
    ["http://[::1]/", "127.0.0.0/8"],
    ["http://127.0.0.1/", "localhost"],
  ])("does not let %s be called by %s", async (url, allowed) => {
    expect(await check(url, [allowed])).toHaveProperty("refused");
  });

  it("knows what can be listed from what allows nothing", () => {
    const good = [
      "localhost",
      "web-1",
      "hooks.example.com",
      "a_b.svc.cluster.local",
      "10.0.0.1",
      "10.0.0.0/8",
      "[::1]",
      "fd00::/8",
    ];
    expect(good.filter((entry) => !isReceiverEntry(entry))).toEqual([]);
    const bad = [
      "",
      "*",
      "10.0.0.0/33",
      "10.0.0.256",
      "http://a/",
      "a b",
      "*.example.com",
      "fd00::/129",
      "a:80",
    ];
    expect(bad.filter(isReceiverEntry)).toEqual([]);
  });
});
