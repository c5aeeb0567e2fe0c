import type { GrpcAnswer } from '../../grpc/grpc-call.ts'
import { readMessage } from '../../grpc/grpc-message.ts'
import type { HealthStatus } from '../events.ts'
import { lengthDelimited, readFields } from './protobuf.ts'

/** The standard health check of gRPC servers (`grpc.health.v1`). */
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check'

/** Field 1 of `HealthCheckRequest` is `service`, field 1 of `HealthCheckResponse` is `status`. */
const SERVICE_FIELD = 1
const STATUS_FIELD = 1
const STATUSES: readonly HealthStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** @param service whose health to ask for; empty: the server's as a whole */
export function healthCheckRequest(service: string): Buffer {
  return service === '' ? Buffer.alloc(0) : lengthDelimited(SERVICE_FIELD, Buffer.from(service))
}

/** The health in an answer with the status OK, or what is wrong with that answer, in words. */
export function readHealth({ body, encoding }: GrpcAnswer): HealthStatus | { readonly problem: string } {
  const reading = readMessage(body, encoding)
  if ('problem' in reading) return reading
  const fields = readFields(reading.message)
  if (fields === undefined) return { problem: 'is no HealthCheckResponse' }
  // Protobuf leaves the default value, 0, out; of several values the last one counts.
  const value = fields.findLast(({ number }) => number === STATUS_FIELD)?.value ?? 0n
  return STATUSES[Number(value)] ?? { problem: 'holds a status that the health protocol does not have' }
}
