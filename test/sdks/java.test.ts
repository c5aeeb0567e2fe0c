import { rows } from './java/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
