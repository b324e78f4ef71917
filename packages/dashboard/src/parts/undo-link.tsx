import type { Operation } from "@auditflow/contracts";
import { Anchor, Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { call } from "../client/call.ts";
import { problemWords } from "../client/problem-words.ts";
import { tell } from "../live/undo.ts";
import { Dialog } from "./dialog.tsx";

interface LinkProps {
  readonly operationId: string;
  readonly undo: (operationId: string) => void;
}

/** Takes an operation back; one that changed more than this alert is taken back only once that was said. */
export function UndoLink({ operationId, undo }: LinkProps) {
  const [alerts, setAlerts] = useState<number>();
  const close = (): void => setAlerts(undefined);
  const ask = async (): Promise<void> => {
    try {
      const { changed } = await call<Operation>(`/api/v1/operations/${operationId}`, {});
      if (changed > 1) setAlerts(changed);
      else undo(operationId);
    } catch (error) {
      tell(`Not undone. ${problemWords(error)}`, "failed");
    }
  };
  return (
    <>
      <Anchor component="button" type="button" size="sm" onClick={() => void ask()}>
        Undo
      </Anchor>
      <Dialog
        title={`Undo it on ${alerts?.toLocaleString("en-GB")} alerts`}
        opened={alerts !== undefined}
        close={close}
      >
        <Text size="sm">
          It was done to {alerts?.toLocaleString("en-GB")} alerts at once, and is undone on all of them. Those
          that were changed again since are left alone.
        </Text>
        <Group justify="flex-end" mt="sm">
          <Button
            size="sm"
            data-autofocus
            onClick={() => {
              close();
              undo(operationId);
            }}
          >
            Undo all
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
