import type { SdkRow } from '../support/matrix.ts'

// SDKs whose packages could not be had where the bots are built: NuGet and Packagist are no registries that a build there reaches, and
// Debian has neither .NET nor gRPC for PHP.

export const rows: readonly SdkRow[] = [
  row('.NET', '`Wechaty` of NuGet', '`nuget install` reaches no server'),
  row('PHP', '`wechaty/php-wechaty`', '`composer require` reaches no server'),
]

function row(sdk: string, version: string, notRun: string): SdkRow {
  const cells = { TLS: { notRun }, plaintext: { notRun } }
  return {
    sdk,
    version,
    program: 'none',
    env: () => ({}),
    cells: { 'public-like': cells, ours: cells, connect: cells },
  }
}
