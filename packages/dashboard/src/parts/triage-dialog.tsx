import type { ActionRequest, AlertAction } from "@auditflow/contracts";
import { Button, Group, Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Dialog } from "./dialog.tsx";
import { closeReasonWords } from "./status.tsx";
import { knownAssignees, rememberAssignee } from "./triage-assignees.ts";

interface DialogProps {
  /** What is to be done; undefined: nothing is asked. */
  readonly action: AlertAction | undefined;
  readonly subject: string;
  readonly assignee: string | null;
  readonly close: () => void;
  readonly act: (deed: ActionRequest) => void;
}

const forms = { close: CloseForm, assign: AssignForm, note: NoteForm } as const;

/** Whether an action needs to be told more than that it shall be done. */
export function isAsked(action: AlertAction): action is keyof typeof forms {
  return action in forms;
}

const titles = { close: "Close", assign: "Assign", note: "Add a note to" } as const;

/** Asks for what an action needs: why it is closed, who takes care of it, what there is to note. */
export function TriageDialog({ action, subject, assignee, close, act }: DialogProps) {
  const asked = action !== undefined && isAsked(action) ? action : undefined;
  const Form = asked === undefined ? undefined : forms[asked];
  return (
    <Dialog
      title={asked === undefined ? "" : `${titles[asked]} ${subject}`}
      opened={asked !== undefined}
      close={close}
    >
      {Form === undefined ? null : <Form assignee={assignee} act={act} />}
    </Dialog>
  );
}

type FormProps = Pick<DialogProps, "assignee" | "act">;

const reasons = Object.entries(closeReasonWords) as [NonNullable<ActionRequest["reason"]>, string][];

function CloseForm({ act }: FormProps) {
  const [reason, setReason] = useState<ActionRequest["reason"]>();
  const [note, setNote] = useState("");
  const submit = (): void => {
    if (reason !== undefined) act({ action: "close", reason, ...noteOf(note) });
  };
  return (
    <Form onSubmit={submit} word="Close" ready={reason !== undefined}>
      <Radio.Group
        label="Why"
        required
        value={reason ?? null}
        onChange={(value) => setReason(value as NonNullable<ActionRequest["reason"]>)}
      >
        <Stack gap={6} mt={6}>
          {reasons.map(([value, words], position) => (
            <Radio
              key={value}
              value={value}
              label={words}
              size="sm"
              data-autofocus={position === 0 || undefined}
            />
          ))}
        </Stack>
      </Radio.Group>
      <NoteField note={note} setNote={setNote} />
    </Form>
  );
}

function AssignForm({ assignee, act }: FormProps) {
  const id = useId();
  const [who, setWho] = useState(assignee ?? knownAssignees()[0] ?? "");
  const submit = (): void => {
    const name = who.trim();
    if (name === "") return;
    rememberAssignee(name);
    act({ action: "assign", assignee: name });
  };
  return (
    <Form onSubmit={submit} word="Assign" ready={who.trim() !== ""}>
      <TextInput
        label="Who takes care of it"
        description="A name that your team knows"
        list={`${id}-known`}
        value={who}
        onChange={(event) => setWho(event.currentTarget.value)}
        maxLength={256}
        autoComplete="off"
        data-autofocus
      />
      <datalist id={`${id}-known`}>
        {knownAssignees().map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {assignee === null ? null : (
        <Button
          size="xs"
          variant="subtle"
          className="start"
          onClick={() => act({ action: "assign", assignee: null })}
        >
          Take {assignee} off it
        </Button>
      )}
    </Form>
  );
}

function NoteForm({ act }: FormProps) {
  const [note, setNote] = useState("");
  const submit = (): void => {
    if (note.trim() !== "") act({ action: "note", note: note.trim() });
  };
  return (
    <Form onSubmit={submit} word="Add the note" ready={note.trim() !== ""}>
      <NoteField note={note} setNote={setNote} needed />
    </Form>
  );
}

interface NoteProps {
  readonly note: string;
  readonly setNote: (note: string) => void;
  readonly needed?: boolean;
}

function NoteField({ note, setNote, needed = false }: NoteProps) {
  return (
    <Textarea
      label={needed ? "Note" : "Note (optional)"}
      description="It stays in the history"
      required={needed}
      autosize
      minRows={2}
      maxRows={8}
      maxLength={4000}
      value={note}
      onChange={(event) => setNote(event.currentTarget.value)}
      {...(needed ? { "data-autofocus": true } : {})}
    />
  );
}

function noteOf(note: string): Pick<ActionRequest, "note"> {
  return note.trim() === "" ? {} : { note: note.trim() };
}

interface FormFrameProps {
  readonly onSubmit: () => void;
  readonly word: string;
  readonly ready: boolean;
  readonly children: ReactNode;
}

function Form({ onSubmit, word, ready, children }: FormFrameProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {children}
        <Group justify="flex-end">
          <Button size="sm" type="submit" disabled={!ready}>
            {word}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
