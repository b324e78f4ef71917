import { AuditFlowError } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { printableConfig, readConfig } from "./config.ts";

const read = (env: Record<string, string>) => readConfig({ roles: [], flags: {}, env });

test("without an endpoint there is no tracing, whatever else is said of it", () => {
  expect(read({}).tracing).toBeUndefined();
  expect(read({ OTEL_TRACES_SAMPLER: "always_on", OTEL_SERVICE_NAME: "x" }).tracing).toBeUndefined();
});

test("an endpoint gets the path of traces, one for traces is taken whole", () => {
  const general = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };
  expect(read(general).tracing).toEqual({
    ...{ url: "http://collector:4318/v1/traces", sampler: "parentbased_always_on", samplerRatio: 1 },
    resource: {},
  });
  const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/otlp" };
  expect(read({ ...general, ...own }).tracing?.url).toBe("https://traces.example/otlp");
});

test("the sampler, the name and the attributes are OpenTelemetry's", () => {
  const { tracing } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_SERVICE_NAME: "mine",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other, deployment.environment=a%20b,bad=%zz,",
  });
  expect(tracing).toMatchObject({
    ...{ sampler: "parentbased_traceidratio", samplerRatio: 0.25 },
    resource: { "service.name": "mine", "deployment.environment": "a b", bad: "%zz" },
  });
});

test.each([
  ["OTEL_SDK_DISABLED", "true"],
  ["OTEL_TRACES_EXPORTER", "none"],
])("%s=%s switches them off", (name, value) => {
  expect(
    read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", [name]: value }).tracing,
  ).toBeUndefined();
});

test("what cannot be is told with its name, and other variables of OpenTelemetry are nobody's mistake", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  expect(() =>
    read({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: "a=b", OTEL_METRICS_EXPORTER: "none" }),
  ).not.toThrow();
  const faults = (env: Record<string, string>): string[] => {
    try {
      read({ ...endpoint, ...env });
      return [];
    } catch (error) {
      return error instanceof AuditFlowError ? error.faults.map(({ pointer }) => pointer) : [];
    }
  };
  expect(faults({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" })).toEqual([]);
  expect(faults({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual(["OTEL_EXPORTER_OTLP_PROTOCOL"]);
  expect(faults({ OTEL_TRACES_SAMPLER: "sometimes" })).toEqual(["OTEL_TRACES_SAMPLER"]);
  expect(faults({ OTEL_TRACES_SAMPLER_ARG: "2" })).toEqual(["OTEL_TRACES_SAMPLER_ARG"]);
  expect(faults({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" })).toEqual(["OTEL_EXPORTER_OTLP_ENDPOINT"]);
});

test("a password in the endpoint is never shown", () => {
  const config = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:secret@collector:4318" });
  expect(printableConfig(config)["traces"]).toBe("http://me:***@collector:4318/v1/traces");
});
