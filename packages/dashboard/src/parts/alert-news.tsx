import { Button, VisuallyHidden } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** Milliseconds between two announcements: whoever listens to the page must not be talked over. */
const announceEvery = 5_000;

interface PillProps {
  readonly pending: number;
  /** More came than are kept. */
  readonly overflown: boolean;
  readonly onShow: () => void;
}

/** Says that new alerts wait, and lets them into the list. */
export function NewAlertsPill({ pending, overflown, onShow }: PillProps) {
  if (pending === 0 && !overflown) return null;
  const count = pending.toLocaleString("en-GB");
  return (
    <Button
      size="compact-sm"
      radius="xl"
      className="alert-pill"
      leftSection={<ArrowUp size={13} aria-hidden />}
      onClick={onShow}
    >
      {overflown ? "Much has changed: show it" : `${count} new ${pending === 1 ? "alert" : "alerts"}`}
    </Button>
  );
}

interface NewsProps {
  /** How many alerts came or changed since the list was fetched. */
  readonly changed: number;
  readonly pending: number;
}

/** Tells whoever listens to the page that alerts came, at most once in five seconds. */
export function AlertNews({ changed, pending }: NewsProps) {
  const [words, setWords] = useState("");
  const latest = useRef({ changed, pending });
  useEffect(() => {
    latest.current = { changed, pending };
  });
  useEffect(() => {
    let said = latest.current.changed;
    const timer = setInterval(() => {
      const now = latest.current;
      const more = now.changed - said;
      said = now.changed;
      if (more > 0) setWords(newsText(more, now.pending));
    }, announceEvery);
    return () => clearInterval(timer);
  }, []);
  return (
    <VisuallyHidden aria-live="polite" role="status">
      {words}
    </VisuallyHidden>
  );
}

function newsText(more: number, pending: number): string {
  const came = more === 1 ? "1 alert came or changed" : `${more} alerts came or changed`;
  return pending === 0 ? came : `${came}; ${pending} new ones wait at the top of the list`;
}
