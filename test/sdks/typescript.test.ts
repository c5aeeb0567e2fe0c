import { testRows } from './support/test-rows.ts'
import { rows } from './typescript/row.ts'

testRows(rows)
