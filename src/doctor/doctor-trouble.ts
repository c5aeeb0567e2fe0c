/** What only the doctor sees, as stable names. Beside each: what to do about it, as docs/troubleshooting.md says. */
export const DOCTOR_REMEDIES = {
  /** No sidecar runs with this environment, and nobody can be found with the token. */
  SIDECAR_ABSENT: 'start the sidecar (puppet-registrar run), with the environment that doctor has',
  /** What listens on the port of its endpoints does not answer. */
  SIDECAR_SILENT: 'restart the sidecar; if it is another program that hangs there, set REGISTRAR_ADMIN_PORT',
  /** It was told to withdraw every token. */
  SIDECAR_DRAINED: 'restart the sidecar',
  /** It has another configuration than the doctor. */
  SIDECAR_DIFFERS: "run doctor with the sidecar's own environment: docker exec, or kubectl exec -c registrar",
  /** The network that it shares with the puppet has nothing but loopback left. */
  NETWORK_GONE:
    "restart the registrar's container, so that it joins the network that the puppet's container has now (docker restart registrar)",
  /** The clock of this machine is off by more than five minutes. */
  CLOCK_WRONG:
    'set the clock of the machine, which is that of its containers too, and keep it right with a time service (timedatectl set-ntp true)',
  /** No NATS server can be reached there. */
  NATS_UNREACHABLE:
    'start the NATS server, or correct REGISTRY_NATS_URL; firewalls have to let its port through',
  /** It does not let the registry in. */
  NATS_REFUSED:
    'give this registry a user that the server knows: REGISTRY_NATS_USER with REGISTRY_NATS_PASSWORD_FILE, or REGISTRY_NATS_CREDENTIALS_FILE',
  /** No TLS, or a certificate that is not trusted or for another name. */
  NATS_TLS:
    "make REGISTRY_NATS_URL (nats:// or tls://, and the name in it), REGISTRY_NATS_CA_FILE and the server's certificate agree",
  /** Somebody has subscribed to subjects of tokens that nobody has. */
  NATS_OVERHEARD:
    "end what subscribes to all subjects (nats sub '>', a stream on '>'), and let only registries subscribe to those of the cluster",
  /** What is said at one server of the list is not heard at another one. */
  NATS_SPLIT:
    'join the NATS servers by routes, or name in REGISTRY_NATS_URL only servers of one NATS cluster and one account',
} as const

export type DoctorTrouble = keyof typeof DOCTOR_REMEDIES

export const DOCTOR_TROUBLES = Object.keys(DOCTOR_REMEDIES) as readonly DoctorTrouble[]
