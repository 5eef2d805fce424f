import type { ErrorCode, Warning } from '@oms/domain'
import type { Column } from './columns.ts'

/** What the sheet alone can have; everything else has the code that the admin API would answer with. */
export type SheetErrorCode =
  | 'AMBIGUOUS_MNC'
  | 'AMBIGUOUS_NUMBER'
  | 'AMBIGUOUS_PREFIX'
  | 'CELL_WITHOUT_COLUMN'
  | 'DUPLICATE_IN_FILE'
  | 'EXISTS_DIFFERENT'
  | 'FIRST_ROW_FAILED'
  | 'PASSWORD_AMBIGUOUS'
  | 'PASSWORD_NOT_FOUND'

export type SheetWarningCode =
  | Warning['code']
  | 'COMPLETED'
  | 'CREATE_IN_PROGRESS'
  | 'PASSWORD_MAY_BE_ESCAPED'
  | 'RULES_CREATED'
  | 'RULE_COLUMNS_UNUSED'
  | 'SHORT_ROW'
  | 'UNFINISHED'

/** `column` is empty where no single cell is at fault. The message never repeats a cell. */
export type Problem = Readonly<{ column: Column | ''; code: SheetErrorCode | ErrorCode; message: string }>

export type RowWarning = Readonly<{ column: Column | ''; code: SheetWarningCode; message: string }>

/** Each once: several prefixes of a row share its other cells. */
export const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
]
