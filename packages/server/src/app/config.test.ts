import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { type Config, type ConfigSources, mask, printableConfig, readConfig } from "./config.ts";

const read = (sources: Partial<ConfigSources>): Config =>
  readConfig({ roles: [], flags: {}, env: {}, ...sources });

function faultsOf(sources: Partial<ConfigSources>): readonly { pointer: string; detail: string }[] {
  try {
    read(sources);
  } catch (error) {
    if (error instanceof AuditFlowError) return error.faults;
  }
  throw new Error("the configuration was taken");
}

const servers = {
  TRANSPORT_URL: "amqp://u:p@mq",
  WINDOWS_URL: "redis://cache",
  DATABASE_URL: "postgres://u:p@db/auditflow",
};

describe("configuration", () => {
  test("with nothing set, all services run in one process on loopback with one data folder", () => {
    const config = read({});
    expect(config.roles).toHaveLength(5);
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 8080,
      data: "./data",
      anonymousAccess: "operator",
    });
    expect(Object.values(config.urls).every((url) => url.startsWith("sqlite:"))).toBe(true);
  });

  test("nothing synthetic is made unless told, by flag or environment", () => {
    expect(read({}).demo).toBe(false);
    expect(read({ flags: { demo: true } }).demo).toBe(true);
    expect(read({ env: { AUDITFLOW_DEMO: "true" } }).demo).toBe(true);
    expect(faultsOf({ env: { AUDITFLOW_DEMO: "perhaps" } })[0]?.pointer).toBe("AUDITFLOW_DEMO");
  });

  test("the front door alone needs no server, only the addresses of the services", () => {
    const config = read({
      roles: ["event-audit-dashboard"],
      env: { AUDITFLOW_GENERATOR_URL: "http://generator:5000" },
    });
    expect(config).toMatchObject({
      port: 8080,
      data: undefined,
      upstreams: { "audit-event-generator": "http://generator:5000" },
    });
    expect(read({ env: { AUDITFLOW_GENERATOR_URL: "http://generator:5000" } }).upstreams).toEqual({});
    for (const url of ["generator:5000", "http://generator:5000/deeper", "ftp://generator"]) {
      const faults = faultsOf({ roles: ["event-audit-dashboard"], env: { AUDITFLOW_GENERATOR_URL: url } });
      expect(faults[0]?.pointer).toBe("AUDITFLOW_GENERATOR_URL");
    }
  });

  test("a service alone listens on its own port and needs no data folder", () => {
    const config = read({ roles: ["audit-log-analysis"], env: servers });
    expect(config).toMatchObject({ port: 5001, data: undefined });
  });

  test("flags win over the environment, which wins over the file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "config-")), "auditflow.yml");
    writeFileSync(file, "port: 1111\nhost: 127.0.0.2\nlog_level: debug\n");
    const config = read({
      file,
      env: { AUDITFLOW_HOST: "127.0.0.3", AUDITFLOW_PORT: "2222" },
      flags: { port: "3333" },
    });
    expect(config).toMatchObject({ port: 3333, host: "127.0.0.3", logLevel: "debug" });
  });

  test("a secret can come from a file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "config-")), "token");
    writeFileSync(file, "a-token-of-some-length\n");
    expect(read({ env: { AUDITFLOW_API_TOKEN_FILE: file } }).apiToken).toBe("a-token-of-some-length");
  });

  test("all faults are listed at once, each with its path and value", () => {
    const faults = faultsOf({
      env: { AUDITFLOW_PORT: "http", AUDITFLOW_LOG_LEVEL: "loud", AUDITFLOW_PROT: "1" },
    });
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([
      "AUDITFLOW_LOG_LEVEL",
      "AUDITFLOW_PORT",
      "AUDITFLOW_PROT",
    ]);
    expect(faults.find(({ pointer }) => pointer === "AUDITFLOW_PORT")?.detail).toContain('"http"');
  });

  test.each([
    ["AUDITFLOW_DATABASE", "AUDITFLOW_DATA"],
    ["TRANSPORT_ULR", "TRANSPORT_URL"],
  ])("the unknown setting %s is an error that suggests %s", (wrong, right) => {
    const [fault] = faultsOf({ env: { [wrong]: "x" } });
    expect(fault).toMatchObject({ pointer: wrong });
    expect(fault?.detail).toContain(`did you mean ${right}?`);
  });

  test("a failpoint is refused where the program has none in it", () => {
    const [fault] = faultsOf({ env: { AUDITFLOW_FAILPOINT: "notify.committed:kill" } });
    expect(fault?.pointer).toBe("AUDITFLOW_FAILPOINT");
    expect(fault?.detail).toContain("--conditions=auditflow-faults");
  });

  test("an unknown key in the file is an error that suggests the right one", () => {
    const file = join(mkdtempSync(join(tmpdir(), "config-")), "auditflow.yml");
    writeFileSync(file, "log_levle: debug\n");
    expect(faultsOf({ file })[0]?.detail).toContain("did you mean log_level?");
  });

  test("an unknown service is an error that suggests one", () => {
    expect(faultsOf({ roles: ["audit-log-analisys"] })[0]?.detail).toContain(
      "did you mean audit-log-analysis?",
    );
  });

  test("sqlite: is refused when a service outside this process needs the same store", () => {
    const [fault] = faultsOf({ roles: ["audit-event-gateway"] });
    expect(fault).toMatchObject({ pointer: "TRANSPORT_URL" });
    expect(fault?.detail).toContain("audit-log-analysis");
  });

  test("listening beyond loopback without a token is refused where there is no data folder to make one in", () => {
    const env = { ...servers, AUDITFLOW_HOST: "0.0.0.0" };
    expect(faultsOf({ env })[0]).toMatchObject({ pointer: "AUDITFLOW_API_TOKEN" });
    expect(faultsOf({ env, roles: ["event-audit-dashboard"] })).toHaveLength(1);
    const token = { AUDITFLOW_API_TOKEN: "0123456789abcdef" };
    expect(read({ env: { ...env, ...token } }).anonymousAccess).toBe("none");
    expect(read({ env: { ...env, AUDITFLOW_ANONYMOUS_ACCESS: "viewer" } }).anonymousAccess).toBe("viewer");
  });

  test("listening beyond loopback with a data folder lets in only who has the token made there", () => {
    const config = read({ env: { AUDITFLOW_HOST: "0.0.0.0" } });
    expect(config).toMatchObject({ data: "./data", apiToken: undefined, anonymousAccess: "none" });
  });

  test("what is printed masks passwords and tokens, also in a fault", () => {
    const printed = JSON.stringify(
      printableConfig(read({ env: { ...servers, AUDITFLOW_API_TOKEN: "0123456789abcdef" } })),
    );
    expect(printed).not.toMatch(/:p@|0123456789abcdef/);
    expect(mask("databaseUrl", "postgres://bob:hunter2@db/x")).toBe("postgres://bob:***@db/x");
    expect(faultsOf({ env: { DATABASE_URL: "mysql://bob:hunter2@db/x" } })[0]?.detail).not.toContain(
      "hunter2",
    );
  });
});
