/** The words of SQL in which the two engines differ; migrations are written once with them. */
export interface Flavour {
  /** Put before the name of a table: the quoted schema and a dot, or nothing. */
  readonly prefix: string;
  readonly uuid: string;
  readonly integer: string;
  readonly bigint: string;
  /** Text compared byte by byte. */
  readonly text: string;
  /** The type of a column of JSON, with what keeps everything else out of it. */
  readonly json: (column: string) => string;
  /** Makes columns of JSON keep their text as it is, and rows of some kilobytes stay in one piece; nothing where they do. */
  readonly keepAsWritten: (table: string, columns: readonly string[]) => readonly string[];
  /** Follows the closing bracket of a table. */
  readonly tableEnd: string;
  /** The same for a table whose rows are updated again and again. */
  readonly updatedTableEnd: string;
  /** Makes what the positions of written rows are taken from; nothing where the server has it. */
  readonly stamps: readonly string[];
}
