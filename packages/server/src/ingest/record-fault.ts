import type { ErrorCode, FieldFault } from "@auditflow/contracts";

/** Why a record was refused: a code, words that say where and what, and which fields are at fault. */
export interface RecordFault {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldFault[];
}
