import { useState } from "react";
import type { ChannelCreated } from "../client/generated/auditflow.ts";
import { useAddChannel, useRemoveChannel, useTestChannel } from "../live/use-channels.ts";
import { ChannelAdded } from "./channel-added.tsx";
import { type ChannelDraft, emptyDraft, freeName, inputOf } from "./channel-draft.ts";
import { ChannelForm } from "./channel-form.tsx";
import { Dialog } from "./dialog.tsx";

interface AddProps {
  readonly opened: boolean;
  readonly close: () => void;
  /** Names that are in use. */
  readonly taken: readonly string[];
}

/** The dialog that adds a channel, sends a test over it at once, and tells what came of both. */
export function AddChannel({ opened, close, taken }: AddProps) {
  return (
    <Dialog title="Add a channel" opened={opened} close={close}>
      {opened ? <Steps taken={taken} close={close} /> : null}
    </Dialog>
  );
}

function Steps({ taken, close }: Omit<AddProps, "opened">) {
  const [draft, setDraft] = useState<ChannelDraft>({ ...emptyDraft, name: freeName(emptyDraft.kind, taken) });
  const [channel, setChannel] = useState<ChannelCreated>();
  const adding = useAddChannel();
  const removing = useRemoveChannel();
  const test = useTestChannel();
  const add = (): void =>
    adding.mutate(inputOf(draft), {
      onSuccess: (made) => {
        setChannel(made);
        test.mutate(made.channel_id);
      },
    });
  const takeBack = (): void => {
    if (channel === undefined) return;
    removing.mutate(channel.channel_id, {
      onSuccess: () => {
        setChannel(undefined);
        adding.reset();
        test.reset();
      },
    });
  };
  if (channel !== undefined) {
    return <ChannelAdded {...{ channel, test, takeBack, close }} kept={removing.error} />;
  }
  return (
    <ChannelForm
      {...{ draft, taken, add, close }}
      change={setDraft}
      busy={adding.isPending}
      error={adding.error}
    />
  );
}
