/**
 * The id under which a window store keeps what a mark says of an event: the event's own id where there is no mark. Marks
 * hold no spaces.
 */
export function memberId(eventId: string, mark: string): string {
  return mark === "" ? eventId : `${eventId} ${mark}`;
}

/** The event and the mark of a member whose id has a mark. */
export function partsOf(id: string): { readonly eventId: string; readonly mark: string } {
  const space = id.lastIndexOf(" ");
  return { eventId: id.slice(0, space), mark: id.slice(space + 1) };
}
