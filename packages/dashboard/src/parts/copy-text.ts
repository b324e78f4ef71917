/** Puts text on the clipboard, also on a page without HTTPS; answers whether that worked. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Browsers keep the clipboard from pages that came over plain HTTP from another machine.
    if (globalThis.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Denied: the older way may still be allowed.
  }
  return copySelected(text);
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
