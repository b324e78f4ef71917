/** The values of `OTEL_TRACES_SAMPLER`, apart from the samplers, so that a check of settings loads none of them. */
export const samplerNames = [
  ...(["always_on", "always_off", "traceidratio"] as const),
  ...(["parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"] as const),
] as const;
