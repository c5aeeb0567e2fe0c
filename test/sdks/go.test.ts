import { rows } from './go/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
