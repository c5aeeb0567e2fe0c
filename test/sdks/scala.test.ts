import { rows } from './scala/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
