import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../../support/temp-dir.ts'
import { call, docker } from './engine.ts'

/** A program of this machine in the place of an image that cannot be pulled. */
export interface StandIn {
  readonly image: string
  /** A program of this machine. */
  readonly program: string
  /** How the image starts it. */
  readonly command: readonly string[]
}

/** An image with this program, the libraries that it needs, and folders to write into. */
const DOCKERFILE = `FROM scratch
COPY root /
ENV PATH=/bin
`

const COLLECT = `set -e
mkdir -p "$2/bin" "$2/etc" "$2/tmp" "$2/var/lib/nginx" "$2/var/log/nginx"
chmod 1777 "$2/tmp"
cp -L "$1" "$2/bin/"
printf 'root:x:0:0::/:\\nnobody:x:65534:65534::/:\\n' >"$2/etc/passwd"
printf 'root:x:0:\\nnobody:x:65534:\\nnogroup:x:65534:\\n' >"$2/etc/group"
for library in $(ldd "$1" | grep -oE '/[^ ]+' || true) $(ldconfig -p | grep -oE '/[^ ]+/libnss_files.so.2$' || true); do
  mkdir -p "$2$(dirname "$library")"
  cp -L "$library" "$2$library"
done`

/** Sees to it that an image is there: as it is, pulled, or made of a program of this machine. */
export async function haveImage({ image, program, command }: StandIn): Promise<void> {
  const isThere = (...args: readonly string[]): Promise<boolean> =>
    docker(...args).then(
      () => true,
      () => false,
    )
  if (await isThere('image', 'inspect', image)) return
  if (await isThere('pull', '--quiet', image)) return
  const folder = makeTempDir()
  await call('sh', ['-c', COLLECT, 'sh', program, join(folder, 'root')])
  writeFileSync(join(folder, 'Dockerfile'), `${DOCKERFILE}CMD ${JSON.stringify(command)}\n`)
  await docker('build', '--quiet', '--tag', image, folder)
}
