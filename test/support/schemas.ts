import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** A JSON Schema, as far as those of docs/schemas use it. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const FOLDER = new URL('../../docs/schemas/', import.meta.url)
const SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  readdirSync(FOLDER).map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))]),
)
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
addFormats.default(ajv)
for (const [name, schema] of SCHEMAS) ajv.addSchema(schema, name)

/** A schema of docs/schemas, and what was seen of all that it says can be. */
export class CheckedSchema {
  readonly #name: string
  readonly #seen = new Set<string>()

  constructor(name: string) {
    this.#name = name
  }

  /** What is wrong with an answer; empty: nothing. */
  problemsOf(answer: unknown): readonly string[] {
    const validate = ajv.getSchema(this.#name)
    if (validate === undefined) throw new Error(`there is no schema ${this.#name}`)
    this.#look({ $ref: this.#name }, answer, '')
    if (validate(answer)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }

  /** What it says can be, and was never seen: keys, types, values. */
  get unseen(): readonly string[] {
    return possible({ $ref: this.#name }, '').filter((one) => !this.#seen.has(one))
  }

  #look(schema: Schema, value: unknown, path: string): void {
    const { anyOf = [], properties = {}, items, ...rest } = resolved(schema)
    this.#seen.add(rest.enum === undefined ? `${path}: ${typeOf(value, rest)}` : `${path} = ${value}`)
    for (const one of anyOf) if ((typeOf(value) === 'null') === isNull(one)) this.#look(one, value, path)
    if (items !== undefined && Array.isArray(value))
      for (const each of value) this.#look(items, each, `${path}[]`)
    if (typeOf(value) !== 'object') return
    for (const [key, each] of Object.entries(value as Record<string, unknown>)) {
      const property = properties[key]
      if (property !== undefined) this.#look(property, each, `${path}.${key}`)
    }
  }
}

function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const [name = '', pointer = ''] = schema.$ref.split('#/$defs/')
  const file = SCHEMAS.get(name)
  const found = pointer === '' ? file : file?.$defs?.[pointer]
  if (found === undefined) throw new Error(`there is no ${schema.$ref}`)
  return resolved(found)
}

const isNull = (schema: Schema): boolean => schema.type === 'null'

/** In the schema's own word for it: a number may be an integer. */
function typeOf(value: unknown, { type = [] }: Schema = {}): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' && [type].flat().includes('integer') ? 'integer' : typeof value
}

/** All that a schema says can be. */
function possible(schema: Schema, path: string): readonly string[] {
  const { anyOf = [], properties = {}, items, type = [], enum: values } = resolved(schema)
  const own =
    values === undefined
      ? [type].flat().map((one) => `${path}: ${one}`)
      : values.map((one) => `${path} = ${one}`)
  return [
    ...own,
    ...anyOf.flatMap((one) => possible(one, path)),
    ...Object.entries(properties).flatMap(([key, property]) => possible(property, `${path}.${key}`)),
    ...(items === undefined ? [] : possible(items, `${path}[]`)),
  ]
}
