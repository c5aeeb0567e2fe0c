import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findGrpcJs, grpcJsRemedy, judgeGrpcJs } from '../../../../src/doctor/client/grpc-js.ts'
import { makeTempDir } from '../../../support/temp-dir.ts'

/** A bot's folder with packages in it: paths below it, and versions. */
function botWith(packages: Readonly<Record<string, string>>): string {
  const folder = makeTempDir()
  for (const [path, version] of Object.entries(packages)) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ version }))
  }
  return folder
}

const SDK = {
  'node_modules/wechaty-puppet-service': '1.19.9',
  'node_modules/wechaty-token': '1.1.2',
  'node_modules/wechaty-grpc': '1.5.2',
}

const verdictOf = (packages: Readonly<Record<string, string>>) => {
  const copies = findGrpcJs(botWith(packages))
  return copies && judgeGrpcJs(copies).kind
}

describe('grpc-js of a TypeScript bot', () => {
  it.each([
    ['1.8.22', 'good'],
    ['1.9.15', 'good'],
    ['1.10.0', 'crashes'],
    ['1.13.4', 'crashes'],
    ['1.14.7', 'crashes'],
    ['2.0.0', 'crashes'],
  ])('in the version %s is %s', (version, kind) => {
    expect(verdictOf({ ...SDK, 'node_modules/@grpc/grpc-js': version })).toBe(kind)
  })

  it('is found for the SDK of Juzi too', () => {
    const juzi = {
      'node_modules/@juzi/wechaty': '1.0.144',
      'node_modules/@juzi/wechaty/node_modules/@juzi/wechaty-puppet-service': '1.0.113',
      'node_modules/@juzi/wechaty-grpc': '1.0.100',
      'node_modules/wechaty-token': '1.1.2',
    }
    expect(verdictOf({ ...juzi, 'node_modules/@grpc/grpc-js': '1.9.15' })).toBe('good')
    expect(verdictOf({ ...juzi, 'node_modules/@grpc/grpc-js': '1.14.7' })).toBe('crashes')
  })

  it('is said to end the bot with the error that this version ends it with', () => {
    const errorOf = (version: string): string => {
      const copy = { folder: '/grpc-js', version }
      return judgeGrpcJs({ ofToken: copy, ofClient: copy }).seen
    }
    expect(errorOf('1.13.4')).toContain("Cannot use 'in' operator to search for 'port' in undefined")
    expect(errorOf('1.14.0')).toContain('The "callback" argument must be of type function')
  })

  it('is missing where it lies below wechaty-grpc alone, as an override of npm puts it', () => {
    expect(verdictOf({ ...SDK, 'node_modules/wechaty-grpc/node_modules/@grpc/grpc-js': '1.9.15' })).toBe(
      'missing',
    )
  })

  it('must be one copy for wechaty-token and for wechaty-grpc', () => {
    const packages = {
      ...SDK,
      'node_modules/@grpc/grpc-js': '1.9.15',
      'node_modules/wechaty-grpc/node_modules/@grpc/grpc-js': '1.9.15',
    }
    expect(verdictOf(packages)).toBe('two copies')
  })

  it('is found where Node.js finds it: above the bot, and below wechaty', () => {
    const folder = botWith({ ...SDK, 'node_modules/@grpc/grpc-js': '1.9.15' })
    mkdirSync(join(folder, 'packages/bot/src'), { recursive: true })
    expect(findGrpcJs(join(folder, 'packages/bot/src'))?.ofToken?.version).toBe('1.9.15')
    const below = 'node_modules/wechaty/node_modules'
    const nested = botWith({
      'node_modules/wechaty': '1.20.2',
      [`${below}/wechaty-puppet-service`]: '1.19.9',
      [`${below}/wechaty-token`]: '1.1.2',
      [`${below}/wechaty-grpc`]: '1.5.2',
      [`${below}/@grpc/grpc-js`]: '1.12.0',
    })
    expect(findGrpcJs(nested)?.ofToken?.version).toBe('1.12.0')
  })

  it('is not looked for where there is no SDK', () => {
    expect(findGrpcJs(botWith({ 'node_modules/@grpc/grpc-js': '1.14.0' }))).toBeUndefined()
  })

  it('is mended by the package manager that the bot has', () => {
    const typedIn = (lockfile: string): string | undefined => {
      const folder = makeTempDir()
      writeFileSync(join(folder, lockfile), '')
      return grpcJsRemedy(folder).type
    }
    expect(typedIn('package-lock.json')).toBe('npm install @grpc/grpc-js@1.9.15')
    expect(typedIn('yarn.lock')).toBe(
      "npm pkg set 'resolutions.@grpc/grpc-js=1.9.15' && yarn add @grpc/grpc-js@1.9.15",
    )
    expect(typedIn('pnpm-lock.yaml')).toBe('pnpm add @grpc/grpc-js@1.9.15')
  })
})
