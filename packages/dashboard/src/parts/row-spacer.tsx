/** Takes the room of the rows that are not in the page. */
export function RowSpacer({ height }: { readonly height: number }) {
  return height <= 0 ? null : <tr aria-hidden className="list-spacer" style={{ height }} />;
}
