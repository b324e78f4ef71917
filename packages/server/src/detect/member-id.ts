/**
 * The id under which a window store keeps what a mark says of an event: the event's own id where there is no mark. Marks
 * hold no spaces.
 */
export function memberId(eventId: string, mark: string): string {
  return mark === "" ? eventId : `${eventId} ${mark}`;
}

/** The event of a member whose id has a mark. */
export function eventIn(id: string): string {
  return id.slice(0, id.lastIndexOf(" "));
}
