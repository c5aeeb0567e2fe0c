import { rows } from './rust/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
