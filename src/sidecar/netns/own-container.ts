import { existsSync } from 'node:fs'

/** What Docker and Podman put into each of their containers. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv']
/** Where the network is not the container's own: that of a pod, or that of a machine that runs Docker. */
const SHARED_MARKS = ['/var/run/secrets/kubernetes.io', '/sys/class/net/docker0']

/**
 * Whether this process is in a container that has, as far as can be seen, a network of its own. A container that shares the network of another
 * one looks the same.
 */
export function isInOwnContainer(exists: (path: string) => boolean = existsSync): boolean {
  return CONTAINER_MARKS.some(exists) && !SHARED_MARKS.some(exists)
}
