import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Node, SourceFile } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { API, type Checker, SignatureKind, type Type } from 'typescript/unstable/sync'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Finds promises that nobody awaits, returns, or gives to an owner: a rejection of theirs would end the process. */
class PromiseFinder {
  readonly found: string[] = []
  readonly #checker: Checker

  constructor(checker: Checker) {
    this.#checker = checker
  }

  search(file: SourceFile): void {
    const visit = (node: Node): void => {
      if (this.#isLost(node)) {
        const line = file.text.slice(0, node.getStart(file)).split('\n').length
        this.found.push(`${file.fileName.slice(ROOT.length + 1)}:${line}`)
      }
      node.forEachChild(visit)
    }
    file.forEachChild(visit)
  }

  #isLost(node: Node): boolean {
    if (is.isExpressionStatement(node) || is.isVoidExpression(node)) {
      return this.#isPromise(this.#checker.getTypeAtLocation(node.expression)) && !keeps(node.expression)
    }
    if (is.isArrowFunction(node) || is.isFunctionExpression(node)) {
      return this.#isForVoid(this.#checker.getContextualType(node), node)
    }
    return is.isMethodDeclaration(node) && this.#basesOf(node).some((type) => this.#isForVoid(type, node))
  }

  /** Whether a function that returns a promise stands where nobody looks at what it returns. */
  #isForVoid(wanted: Type | undefined, node: Node): boolean {
    if (!this.#returned(this.#checker.getTypeAtLocation(node)).some((type) => this.#isPromise(type)))
      return false
    const returned = this.#returned(wanted)
    return returned.length > 0 && returned.every((type) => type === this.#checker.getVoidType())
  }

  /** The types that a method has in what its class or object is to be. */
  #basesOf(method: Node & { readonly name: Node }): readonly (Type | undefined)[] {
    const { parent } = method
    const name = method.name.getText()
    const heritage = is.isClassDeclaration(parent) ? (parent.heritageClauses ?? []) : []
    const bases = is.isObjectLiteralExpression(parent)
      ? [this.#checker.getContextualType(parent)]
      : heritage.flatMap(({ types }) => [...types]).map((base) => this.#checker.getTypeAtLocation(base))
    return bases
      .flatMap((base) => (base === undefined ? [] : [...this.#checker.getPropertiesOfType(base)]))
      .filter((property) => property.name === name)
      .map((property) => this.#checker.getTypeOfSymbol(property))
  }

  #returned(type: Type | undefined): readonly Type[] {
    if (type === undefined) return []
    const present = this.#checker.getNonNullableType(type) ?? type
    return this.#checker
      .getSignaturesOfType(present, SignatureKind.Call)
      .flatMap((signature) => this.#checker.getReturnTypeOfSignature(signature) ?? [])
  }

  #isPromise(type: Type | undefined): boolean {
    const present = type && (this.#checker.getNonNullableType(type) ?? type)
    return present?.getSymbol()?.name === 'Promise'
  }
}

/** `promise.catch(handler)` and `promise.then(handler, handler)` leave nothing to be handled; an assignment keeps the promise. */
function keeps(node: Node): boolean {
  if (is.isBinaryExpression(node)) return node.operatorToken.getText().endsWith('=')
  if (!is.isCallExpression(node) || !is.isPropertyAccessExpression(node.expression)) return false
  const name = node.expression.name.getText()
  return (name === 'catch' && node.arguments.length === 1) || (name === 'then' && node.arguments.length === 2)
}

/** Has each kind of lost promise, on lines that say so, and each kind that is not lost. */
const FIXTURE = 'test/unit/promises-fixture.ts'

describe('a promise has an owner', () => {
  const api = new API({ cwd: ROOT })
  afterAll(() => api.close())

  /** The places of lost promises in some files, by their paths from the root. */
  function lostIn(isWanted: (path: string) => boolean): readonly string[] {
    const snapshot = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] })
    const [project] = snapshot.getProjects()
    if (project === undefined) throw new Error('there is no project')
    const finder = new PromiseFinder(project.checker)
    const paths = project.program.getSourceFileNames().map((name) => name.slice(ROOT.length + 1))
    const wanted = paths.filter(isWanted)
    expect(wanted).not.toEqual([])
    for (const path of wanted) {
      const file = project.program.getSourceFile(join(ROOT, path))
      if (file !== undefined) finder.search(file)
    }
    return finder.found
  }

  it('and where it has none, this test sees it', () => {
    const lines = readFileSync(join(ROOT, FIXTURE), 'utf8').split('\n')
    const lost = lines.flatMap((line, index) => (line.includes('// lost') ? `${FIXTURE}:${index + 1}` : []))
    expect(lost.length).toBeGreaterThan(5)
    expect(lostIn((path) => path === FIXTURE)).toEqual(lost)
  })

  it('in all of the source', () => {
    expect(lostIn((path) => path.startsWith('src/'))).toEqual([])
  })
})
