/** The text without control characters: what a record says must not move the cursor of the terminal it is shown on. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}
