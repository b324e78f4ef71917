import { Alert, Button, Group, NativeSelect, Radio, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { CircleX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ProblemError } from "../client/call.ts";
import { type ChannelDraft, type DraftField, draftFaults, faultsByField, freeName } from "./channel-draft.ts";
import { channelKinds } from "./channel-kind.tsx";
import { atLeast, severities } from "./severity.tsx";
import { Failure } from "./states.tsx";

interface FormProps {
  readonly draft: ChannelDraft;
  readonly change: (draft: ChannelDraft) => void;
  /** Names that are in use. */
  readonly taken: readonly string[];
  readonly busy: boolean;
  readonly error: Error | null;
  readonly add: () => void;
  readonly close: () => void;
}

/** What a new channel is and where it leads; what the service finds wrong stands at the field. */
export function ChannelForm({ draft, change, taken, busy, error, add, close }: FormProps) {
  // A proposed name follows the kind; one that a person wrote stays.
  const named = draft.name !== "" && draft.name !== freeName(draft.kind, taken);
  const [tried, setTried] = useState(false);
  const found = faultsByField(error instanceof ProblemError ? error.errors : []);
  const own = draftFaults(draft);
  const fields = tried ? { ...found.fields, ...own } : found.fields;
  const set = (part: Partial<ChannelDraft>): void => change({ ...draft, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!busy && Object.keys(own).length === 0) add();
  };
  const kindChosen = (kind: ChannelDraft["kind"]): void =>
    set({ kind, ...(named ? {} : { name: freeName(kind, taken) }) });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Kinds kind={draft.kind} choose={kindChosen} />
        <Receiver {...{ draft, set, fields }} />
        <TextInput
          label="Name"
          description="How you will know it: letters, digits, spaces and . _ @ -"
          value={draft.name}
          error={fields.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <LeastSeverity {...{ draft, set, fields }} />
        {error !== null && Object.keys(fields).length === 0 ? (
          <Refused error={error} others={found.others} />
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button size="sm" variant="default" onClick={close}>
            Cancel
          </Button>
          <Button size="sm" type="submit" loading={busy}>
            Add and send a test
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Refused({ error, others }: { readonly error: Error; readonly others: readonly string[] }) {
  if (others.length === 0) return <Failure error={error} />;
  return (
    <Alert color="red" icon={<CircleX />} role="alert" title="The channel was not added" py="xs">
      <Text size="sm">{others.join(" ")}</Text>
    </Alert>
  );
}

interface KindsProps {
  readonly kind: ChannelDraft["kind"];
  readonly choose: (kind: ChannelDraft["kind"]) => void;
}

function Kinds({ kind, choose }: KindsProps) {
  const names = Object.keys(channelKinds) as ChannelDraft["kind"][];
  return (
    <Radio.Group
      label="Kind"
      description={channelKinds[kind].help}
      value={kind}
      onChange={(value) => choose(value as ChannelDraft["kind"])}
    >
      <Group gap="md" mt={8}>
        {names.map((name) => (
          <Radio key={name} value={name} label={channelKinds[name].word} />
        ))}
      </Group>
    </Radio.Group>
  );
}

interface PartProps {
  readonly draft: ChannelDraft;
  readonly set: (part: Partial<ChannelDraft>) => void;
  readonly fields: Partial<Record<DraftField, string>>;
}

const addresses = {
  slack: { label: "Webhook URL", placeholder: "https://hooks.slack.com/services/…" },
  webhook: { label: "URL", placeholder: "https://example.com/auditflow" },
} as const;

function Receiver({ draft, set, fields }: PartProps) {
  const { kind } = draft;
  if (kind === "log") return null;
  if (kind === "email") return <MailAddresses {...{ draft, set, fields }} />;
  return (
    <TextInput
      {...addresses[kind]}
      type="url"
      required
      description="Kept as a secret: it is not shown again"
      value={draft.url}
      error={fields.url}
      autoComplete="off"
      onChange={(event) => set({ url: event.currentTarget.value })}
    />
  );
}

function MailAddresses({ draft, set, fields }: PartProps) {
  return (
    <>
      <Textarea
        label="To"
        required
        autosize
        minRows={1}
        maxRows={5}
        description="At most 20 addresses, separated by commas"
        placeholder="soc@example.com, oncall@example.com"
        value={draft.to}
        error={fields.to}
        onChange={(event) => set({ to: event.currentTarget.value })}
      />
      <TextInput
        label="From"
        description="The mail server's user when left empty"
        value={draft.from}
        error={fields.from}
        onChange={(event) => set({ from: event.currentTarget.value })}
      />
    </>
  );
}

function LeastSeverity({ draft, set, fields }: PartProps) {
  return (
    <NativeSelect
      label="Told of incidents that are"
      value={draft.min_severity}
      error={fields.min_severity}
      onChange={({ currentTarget: { value } }) =>
        set({ min_severity: value as ChannelDraft["min_severity"] })
      }
      data={severities.map((value) => ({ value, label: atLeast(value) }))}
    />
  );
}
