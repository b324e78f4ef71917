import type { FieldFault } from "@auditflow/contracts";
import { samplerNames } from "../telemetry/sampler-names.ts";
import { type SettingName, settings } from "./settings.ts";

/** Where and how traces are sent. */
export interface TracingSettings {
  /** Where spans are posted to, with its path. */
  readonly url: string;
  readonly sampler: (typeof samplerNames)[number];
  readonly samplerRatio: number;
  /** Attributes of the resource, as the environment gives them; `service.name` among them when it is set. */
  readonly resource: Readonly<Record<string, string>>;
}

type Values = Readonly<Partial<Record<SettingName, unknown>>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what OpenTelemetry's variables say; undefined without an endpoint, or when they switch traces off. */
export function tracingSettings(values: Values, env: Environment): TracingSettings | undefined {
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || env["OTEL_TRACES_EXPORTER"] === "none")
    return undefined;
  const url = endpointOf(values);
  if (url === undefined) return undefined;
  const sampler = samplerNames.find((name) => name === values.tracesSampler) ?? "parentbased_always_on";
  const { otelServiceName: service } = values;
  return {
    url,
    sampler,
    samplerRatio: Number(values.tracesSamplerArg ?? 1),
    resource: {
      ...resourceOf(String(values.resourceAttributes ?? "")),
      ...(service === undefined ? {} : { "service.name": String(service) }),
    },
  };
}

function endpointOf({ otlpTracesEndpoint, otlpEndpoint }: Values): string | undefined {
  if (otlpTracesEndpoint !== undefined) return String(otlpTracesEndpoint);
  return otlpEndpoint === undefined ? undefined : `${String(otlpEndpoint).replace(/\/+$/, "")}/v1/traces`;
}

function resourceOf(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.flatMap(([key = "", ...rest]) =>
      key.trim() === "" ? [] : [[decoded(key.trim()), decoded(rest.join("=").trim())]],
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the variables ask that cannot be. */
export function tracingFaults(tracing: TracingSettings | undefined, env: Environment): FieldFault[] {
  if (tracing === undefined) return [];
  const names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
  const name = names.find((one) => env[one] !== undefined && env[one] !== "");
  if (name === undefined || env[name]!.startsWith("http/")) return [];
  const detail = `traces are sent over HTTP: name the collector's HTTP port in ${settings.otlpEndpoint.env} (usually 4318) and unset this; it is "${env[name]}"`;
  return [{ pointer: name, detail }];
}
