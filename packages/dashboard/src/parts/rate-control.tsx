import { Alert, Button, Group, Paper, Select, SimpleGrid, Slider, Stack, Text, Title } from "@mantine/core";
import { CircleX, Pause, Play } from "lucide-react";
import { useState } from "react";
import type { GeneratorRate, GeneratorStatus } from "../client/generated/auditflow.ts";
import { formatRate, formatTick } from "./chart-format.ts";
import "./rate-control.css";
import { type RateChange, useRateChange } from "./rate-change.ts";
import { RateField } from "./rate-field.tsx";
import { highestPlace, highestRate, placeOf, rateAt } from "./rate-scale.ts";

const marks = [0, 1, 10, 100, 1_000, 10_000, 50_000].map((rate) => ({
  value: placeOf(rate),
  label: formatTick(rate),
}));

interface ControlProps {
  readonly status: GeneratorStatus;
  readonly apply: RateChange["apply"];
}

/** How many events the generator makes, and in which shape. */
export function RateControl({ status }: { readonly status: GeneratorStatus }) {
  const { apply, error } = useRateChange();
  const { events_per_second, paused, seed } = status;
  return (
    <Paper component="section" withBorder p="sm" h="100%" aria-labelledby="rate">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="rate">
          Rate
        </Title>
        <Button
          size="xs"
          variant="default"
          leftSection={paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
          onClick={() => apply({ paused: !paused })}
        >
          {paused ? "Resume" : "Pause"}
        </Button>
      </Group>
      <Stack gap="sm">
        <RateSlider status={status} apply={apply} />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <RateField
            label="Events per second"
            description="Fractions too: 0.1 is one in ten seconds"
            value={events_per_second}
            min={0}
            max={highestRate}
            onApply={(value) => apply({ events_per_second: value })}
          />
          <RateField
            label="Seed"
            description="Starts the random numbers anew"
            value={seed}
            min={0}
            max={2 ** 32 - 1}
            whole
            onApply={(value) => apply({ seed: value })}
          />
        </SimpleGrid>
        <ShapeFields status={status} apply={apply} />
        {error === null ? null : (
          <Alert color="red" icon={<CircleX />} title="The change was not made" role="alert">
            {error.message}
          </Alert>
        )}
      </Stack>
    </Paper>
  );
}

/** Logarithmic: as fine between 1 and 10 as between 1,000 and 10,000. */
function RateSlider({ status: { events_per_second }, apply }: ControlProps) {
  const [place, setPlace] = useState<number>();
  return (
    <div className="rate-slider">
      <Slider
        min={0}
        max={highestPlace}
        value={place ?? placeOf(events_per_second)}
        onChange={setPlace}
        onChangeEnd={(end) => {
          setPlace(undefined);
          if (end !== placeOf(events_per_second)) apply({ events_per_second: rateAt(end) });
        }}
        label={(at) => `${formatRate(rateAt(at))} events/s`}
        marks={marks}
        thumbLabel="Events per second"
        thumbSize={20}
        thumbValueText={(at) => `${formatRate(rateAt(at))} events per second`}
      />
    </div>
  );
}

const shapes = [
  { value: "constant", label: "Constant" },
  { value: "ramp", label: "Ramp" },
  { value: "burst", label: "Bursts" },
] as const;

/** The shape of the rate over time, with what each shape needs to know. */
function ShapeFields({ status, apply }: ControlProps) {
  const { shape, period_seconds, burst_factor } = status;
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <Select
          label="Shape"
          data={[...shapes]}
          value={shape}
          allowDeselect={false}
          onChange={(next) => {
            if (next !== null && next !== shape) apply({ shape: next } as GeneratorRate);
          }}
        />
        {shape === "constant" ? null : (
          <RateField
            label={shape === "ramp" ? "Ramp lasts" : "Period"}
            value={period_seconds}
            min={1}
            max={86_400}
            suffix=" s"
            onApply={(value) => apply({ period_seconds: value })}
          />
        )}
        {shape === "burst" ? (
          <RateField
            label="Burst factor"
            value={burst_factor}
            min={1}
            max={100}
            onApply={(value) => apply({ burst_factor: value })}
          />
        ) : null}
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        {inWords(status)}
      </Text>
    </>
  );
}

function inWords({ shape, period_seconds, burst_factor, events_per_second }: GeneratorStatus): string {
  const rate = `${formatRate(events_per_second)} events/s`;
  if (shape === "ramp")
    return `A change of the rate takes ${period_seconds} s, in a straight line to ${rate}.`;
  if (shape === "burst") {
    const high = formatRate(Math.min(highestRate, events_per_second * burst_factor));
    return `${rate}, and ${high} events/s for the first tenth of every ${period_seconds} s.`;
  }
  return `Always ${rate}.`;
}
