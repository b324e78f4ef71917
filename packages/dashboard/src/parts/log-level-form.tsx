import {
  type LogLevel,
  type LogLevelParams,
  type LogLevels,
  type LogModule,
  logLevels,
  logModules,
} from "@auditflow/contracts";
import { Button, Group, Select } from "@mantine/core";
import { useState } from "react";
import type { useChangeLogLevel } from "../live/use-log-levels.ts";

interface FormProps {
  readonly levels: LogLevels;
  readonly changing: ReturnType<typeof useChangeLogLevel>;
}

const everything = "";

const spans = [
  { value: "10m", label: "for 10 minutes" },
  { value: "1h", label: "for 1 hour" },
  { value: everything, label: "until changed again" },
];

/** Whose level becomes what, and for how long: a talkative level forgotten fills a disk. */
export function LogLevelForm({ levels, changing }: FormProps) {
  const [service, setService] = useState<LogLevelParams["service"]>("all");
  const [level, setLevel] = useState<LogLevel>("debug");
  const [module, setModule] = useState<LogModule | typeof everything>(everything);
  const [span, setSpan] = useState("10m");
  const running = [...new Set(levels.processes.flatMap(({ services }) => services))];
  const change = {
    level,
    ...(module === everything ? {} : { module }),
    ...(span === everything ? {} : { for: span }),
  };
  return (
    <Group gap="xs" align="flex-end" mb="xs">
      <Choice
        label="Service"
        data={[
          { value: "all", label: "All services" },
          ...running.map((name) => ({ value: name, label: name })),
        ]}
        value={service}
        set={setService}
        width={220}
      />
      <Choice
        label="Level"
        data={logLevels.map((name) => ({ value: name, label: name }))}
        value={level}
        set={setLevel}
        width={110}
      />
      <Choice
        label="Part of the program"
        data={[
          { value: everything, label: "Everything" },
          ...logModules.map((name) => ({ value: name, label: name })),
        ]}
        value={module}
        set={setModule}
        width={160}
      />
      <Choice label="How long" data={spans} value={span} set={setSpan} width={180} />
      <Button size="sm" loading={changing.isPending} onClick={() => changing.mutate({ service, change })}>
        Change
      </Button>
    </Group>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly data: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly set: (value: T) => void;
  readonly width: number;
}

function Choice<T extends string>({ label, data, value, set, width }: ChoiceProps<T>) {
  return (
    <Select
      label={label}
      data={[...data]}
      value={value}
      allowDeselect={false}
      w={width}
      onChange={(next) => {
        if (next !== null) set(next as T);
      }}
    />
  );
}
