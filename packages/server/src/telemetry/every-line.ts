/** A field `[everyLine]: true` keeps a line from being held back as a repeat: each one matters by itself. */
export const everyLine: unique symbol = Symbol("every line");
