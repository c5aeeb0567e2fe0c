/** What Kubernetes sets in every pod beside a Service, whatever that is called; `<NAME>_PORT` is told by its value. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const LINK_VALUE = /^(tcp|udp|sctp):\/\//i

export function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && LINK_VALUE.test(value))
}
