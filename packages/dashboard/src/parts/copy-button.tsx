import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "./copy-text.ts";

interface CopyProps {
  readonly text: string;
  /** What is copied, as in "Copy JSON". */
  readonly label: string;
}

type Outcome = "idle" | "copied" | "refused";

const outcomeLooks = {
  idle: { icon: Copy, word: undefined },
  copied: { icon: Check, word: "Copied" },
  refused: { icon: X, word: "The browser does not allow it" },
} as const;

/** A button that copies a text and says whether that worked. */
export function CopyButton({ text, label }: CopyProps) {
  const [outcome, copy] = useCopy(text);
  const { icon: Icon, word } = outcomeLooks[outcome];
  return (
    <Button size="compact-sm" variant="default" leftSection={<Icon size={13} aria-hidden />} onClick={copy}>
      <span aria-live="polite">{word ?? label}</span>
    </Button>
  );
}

/** The same for places with little room: an icon whose name is the label. */
export function CopyIcon({ text, label }: CopyProps) {
  const [outcome, copy] = useCopy(text);
  const { icon: Icon, word } = outcomeLooks[outcome];
  return (
    <Tooltip label={word ?? label}>
      <ActionIcon size={24} variant="subtle" color="gray" aria-label={word ?? label} onClick={copy}>
        <Icon size={13} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function useCopy(text: string): readonly [Outcome, () => void] {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => setOutcome("idle"), 1_500);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => void copyText(text).then((worked) => setOutcome(worked ? "copied" : "refused"));
  return [outcome, copy];
}
