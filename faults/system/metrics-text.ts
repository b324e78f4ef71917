/** The sum of a metric's values in the Prometheus text format, over the label sets that contain these; 0: none. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    const [, found, set = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (found !== name) continue;
    const fits = Object.entries(labels).every(([key, wanted]) => set.includes(`${key}="${wanted}"`));
    if (fits) sum += Number(value);
  }
  return sum;
}
