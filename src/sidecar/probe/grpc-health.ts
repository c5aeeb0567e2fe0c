import type { HealthStatus } from '../events.ts'
import { GRPC_OK, GRPC_UNIMPLEMENTED, type GrpcAnswer } from './grpc-call.ts'

/** The standard health check of gRPC servers (`grpc.health.v1`); an empty request asks about the server as a whole. */
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check'

const STATUSES: readonly HealthStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
/** Field 1, a varint: `HealthCheckResponse.status`. */
const STATUS_FIELD = 0x08

/** What an answer to `HEALTH_CHECK` says; null if it says nothing about health. */
export function healthOf({ status, message }: GrpcAnswer): HealthStatus | null {
  if (status === GRPC_UNIMPLEMENTED) return 'UNIMPLEMENTED'
  if (status !== GRPC_OK) return null
  // Protobuf leaves the default value, 0, out.
  if (message.length === 0) return 'UNKNOWN'
  return message[0] === STATUS_FIELD ? (STATUSES[message[1] ?? 0] ?? null) : null
}
