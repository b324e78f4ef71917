import { useEffect, useRef } from "react";

/** What each key does; keys as the browser names them. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Where the reader's choice about single keys is kept in the browser. */
export const shortcutsSetting = "auditflow-shortcuts";

/** Listens to single keys, but not while the reader types, nor in a dialog, nor with Ctrl, Alt or Meta held. */
export function useShortcuts(shortcuts: Shortcuts, enabled: boolean): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent): void => {
      const act = latest.current[event.key];
      if (act === undefined || isTaken(event)) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [enabled]);
}

function isTaken({ target, ctrlKey, altKey, metaKey, defaultPrevented }: KeyboardEvent): boolean {
  if (ctrlKey || altKey || metaKey || defaultPrevented) return true;
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [role=dialog], [role=tree]") !== null
  );
}
