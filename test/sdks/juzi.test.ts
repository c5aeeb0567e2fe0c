import { rows } from './juzi/row.ts'
import { testRows } from './support/test-rows.ts'

testRows(rows)
