import { rows } from './python/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
