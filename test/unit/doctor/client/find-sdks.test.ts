import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findSdks } from '../../../../src/doctor/client/find-sdks.ts'
import { makeTempDir } from '../../../support/temp-dir.ts'

async function namesIn(
  files: Readonly<Record<string, string>>,
  below = '',
): Promise<readonly string[] | undefined> {
  const folder = makeTempDir()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, below), { recursive: true })
  return (await findSdks(join(folder, below)))?.sdks.map(({ name }) => name)
}

describe("the SDK of a bot's folder", () => {
  it.each([
    ['package.json', '{"dependencies":{"wechaty":"^1.20.2"}}', 'TypeScript'],
    ['package.json', '{"dependencies":{"@juzi/wechaty":"^1.0.144"}}', 'TypeScript'],
    ['go.mod', 'require github.com/wechaty/go-wechaty v0.4.9', 'Go'],
    ['go.mod', 'github.com/wechaty/go-wechaty v0.4.10-0.20230918075513-0123456789ab', 'Go after v0.4.9'],
    ['requirements.txt', 'wechaty>=0.8\n', 'Python'],
    ['pyproject.toml', 'dependencies = ["wechaty-puppet-service"]', 'Python'],
    ['pom.xml', '<groupId>io.github.wechaty</groupId>', 'Java'],
    ['pom.xml', '<groupId>io.github.wechaty</groupId><artifactId>wechaty_2.12</artifactId>', 'Scala'],
    ['build.gradle', "implementation 'io.github.wechaty:wechaty_2.12:0.0.15'", 'Scala'],
    ['build.sbt', 'libraryDependencies += "com.github.wechaty" % "wechaty" % "0.0.17"', 'Scala'],
    ['Bot.csproj', '<PackageReference Include="Wechaty" Version="1.0" />', '.NET'],
    ['composer.json', '{"require":{"wechaty/php-wechaty":"*"}}', 'PHP'],
    ['Cargo.toml', '[dependencies]\nwechaty = "0.1"\n', 'Rust'],
  ])('shows from %s', async (name, text, wanted) => {
    expect(await namesIn({ [name]: text })).toEqual([wanted])
  })

  it('shows from a folder below it, and several do together', async () => {
    const files = { 'package.json': '{"dependencies":{"wechaty":"1"}}', 'requirements.txt': 'wechaty' }
    expect(await namesIn(files, 'src/bots')).toEqual(['TypeScript', 'Python'])
  })

  it('shows from what is installed: in node_modules, and in a virtual environment', async () => {
    expect(await namesIn({}, 'node_modules/wechaty-puppet-service')).toEqual(['TypeScript'])
    expect(await namesIn({}, 'node_modules/@juzi/wechaty')).toEqual(['TypeScript'])
    expect(await namesIn({}, '.venv/lib/python3.9/site-packages/wechaty_puppet_service')).toEqual(['Python'])
  })

  it('is not guessed from files of something else, or from one that is too large', async () => {
    expect(await namesIn({ 'package.json': '{"name":"other"}', 'go.mod': 'module other' })).toBeUndefined()
    const padding = ' '.repeat(1024 * 1024)
    expect(await namesIn({ 'requirements.txt': `wechaty${padding}` })).toBeUndefined()
  })
})
