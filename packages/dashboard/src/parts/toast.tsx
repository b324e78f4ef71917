import { Button, CloseButton, Kbd, Paper, Text } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { dismiss, type Notice, undoOperation, useNotice } from "../live/undo.ts";
import "./toast.css";

/** Milliseconds for which what was done is shown; a failure stays until it is dismissed. */
const shownFor = 10_000;

/** Says what was done and offers to take it back, or says what failed; it stands over every page. */
export function Toast() {
  const notice = useNotice();
  const failed = notice?.kind === "failed";
  return (
    <>
      <div className="toast-place" role="status">
        {notice === undefined || failed ? null : <Card key={notice.key} notice={notice} />}
      </div>
      <div className="toast-place" role="alert">
        {failed ? <Card key={notice.key} notice={notice} /> : null}
      </div>
    </>
  );
}

function Card({ notice }: { readonly notice: Notice }) {
  const [held, setHeld] = useState(false);
  const [busy, setBusy] = useState(false);
  const { kind, words, operationId } = notice;
  useEffect(() => {
    if (kind === "failed" || held) return;
    const timer = setTimeout(dismiss, shownFor);
    return () => clearTimeout(timer);
  }, [kind, held]);
  const undo = async (id: string): Promise<void> => {
    setBusy(true);
    await undoOperation(id);
  };
  const Icon = kind === "failed" ? TriangleAlert : CircleCheck;
  return (
    <Paper
      withBorder
      shadow="md"
      className={`toast toast-${kind}`}
      // Whoever points at it or is in it has not read it yet.
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon size={16} aria-hidden className="toast-icon" />
      <Text size="sm" className="toast-words">
        {words}
      </Text>
      {operationId === undefined ? null : (
        <Button size="compact-sm" variant="default" loading={busy} onClick={() => void undo(operationId)}>
          Undo <Kbd ml={6}>u</Kbd>
        </Button>
      )}
      <CloseButton size="sm" aria-label="Dismiss" onClick={dismiss} />
    </Paper>
  );
}
