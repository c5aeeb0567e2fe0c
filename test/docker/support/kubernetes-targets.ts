import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../../support/temp-dir.ts'
import {
  type Container,
  containersOf,
  type DeploymentSpec,
  foldersIn,
  KUBERNETES,
  kustomize,
  type Labels,
  type Manifest,
  ofKind,
  type PodSpec,
} from './kubernetes.ts'

/** Something that can be applied to a cluster. */
export interface Target {
  readonly name: string
  readonly manifests: () => readonly Manifest[]
}

/** A pod of a Deployment. */
export interface Pod {
  readonly name: string
  readonly labels: Labels
  readonly spec: PodSpec
  readonly deployment: DeploymentSpec
}

/** A program of ours in its pod. */
export interface Placed {
  readonly container: Container
  readonly pod: Pod
}

export const README = readFileSync(join(KUBERNETES, 'README.md'), 'utf8')

/** All components in one pod, so that none of them breaks another. */
const EVERYTHING = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base]
components:
${foldersIn('components')
  .filter((name) => name !== 'images')
  // It says of itself that it comes last.
  .sort((one, other) => Number(one === 'plain-container') - Number(other === 'plain-container'))
  .map((name) => `  - ../../components/${name}`)
  .join('\n')}
`

const folder = (name: string): Target => target(name, () => kustomize(join(KUBERNETES, name)))

/** Every folder that can be applied, by itself: a new one is looked at too. */
export const FOLDERS: readonly Target[] = [
  folder('base'),
  folder('registry'),
  ...foldersIn('overlays').map((name) => folder(`overlays/${name}`)),
]

/** And what users may make of them. */
export const TARGETS: readonly Target[] = [
  ...FOLDERS,
  target('the example of the README', () => kustomizeText(exampleOf(README))),
  target('all components at once', () => kustomizeText(EVERYTHING)),
]

/** Built when it is first asked for, once. */
function target(name: string, build: () => readonly Manifest[]): Target {
  let built: readonly Manifest[] | undefined
  const manifests = (): readonly Manifest[] => {
    built ??= build()
    return built
  }
  return { name, manifests }
}

/** A kustomization in a folder of its own, beside the overlays in a copy of them. */
function kustomizeText(kustomization: string): readonly Manifest[] {
  const copy = makeTempDir()
  cpSync(KUBERNETES, copy, { recursive: true })
  const mine = join(copy, 'overlays', 'mine')
  mkdirSync(mine)
  writeFileSync(join(mine, 'kustomization.yaml'), kustomization)
  return kustomize(mine)
}

function exampleOf(readme: string): string {
  const [, example] = /```yaml\n(apiVersion: kustomize[\s\S]*?)```/.exec(readme) ?? []
  if (example === undefined) throw new Error('the README of docker/kubernetes has no kustomization any more')
  return example
}

export function podsOf({ manifests }: Target): readonly Pod[] {
  return ofKind<DeploymentSpec>(manifests(), 'Deployment').map(({ metadata, spec }) => ({
    name: metadata.name,
    labels: spec.template.metadata.labels,
    spec: spec.template.spec,
    deployment: spec,
  }))
}

/** The containers of that name in all pods of a target. */
export function placed(name: string, target: Target): readonly Placed[] {
  return podsOf(target).flatMap((pod) =>
    containersOf(pod.spec)
      .filter((container) => container.name === name)
      .map((container) => ({ container, pod })),
  )
}
